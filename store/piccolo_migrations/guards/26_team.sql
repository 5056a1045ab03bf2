-- One open offer to an address in one shop: inviting again replaces it.
CREATE UNIQUE INDEX IF NOT EXISTS one_open_invitation ON invitation (vendor, email_key)
  WHERE accepted_at IS NULL AND withdrawn_at IS NULL;

-- A shop has an owner as long as it has anybody: the last one can neither leave nor become staff. Owners of one shop
-- who leave at the same time queue at the shop's row.
CREATE OR REPLACE FUNCTION shop_keeps_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.role = 'owner' AND (TG_OP = 'DELETE' OR NEW.role <> 'owner' OR NEW.vendor <> OLD.vendor) THEN
    PERFORM 1 FROM vendor WHERE id = OLD.vendor FOR UPDATE;
    IF NOT EXISTS (SELECT FROM membership WHERE vendor = OLD.vendor AND role = 'owner' AND id <> OLD.id)
       AND EXISTS (SELECT FROM membership WHERE vendor = OLD.vendor AND id <> OLD.id) THEN
      RAISE EXCEPTION 'shop % would have no owner', OLD.vendor USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE TRIGGER shop_keeps_an_owner BEFORE UPDATE OR DELETE ON membership
  FOR EACH ROW EXECUTE FUNCTION shop_keeps_an_owner();
