CREATE OR REPLACE TRIGGER payout_moves AFTER UPDATE OF state ON payout
  FOR EACH ROW EXECUTE FUNCTION guard_moves('payout', 'state');

-- I13: what a vendor has or shall have of one order by payouts, and by debts paid instead, less what it owes of it, is
-- never more than its share. The vendor's part of the order is the lock. I14: no debt is more than what went out.
CREATE OR REPLACE FUNCTION payouts_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE part record; given bigint; owed bigint;
BEGIN
  SELECT * INTO part FROM vendor_order WHERE id = NEW.vendor_order FOR UPDATE;
  SELECT coalesce(sum(amount + withheld), 0) INTO given FROM payout
    WHERE vendor_order = NEW.vendor_order AND state NOT IN ('returned', 'failed', 'canceled');
  SELECT coalesce(sum(amount), 0) INTO owed FROM payout_debt WHERE vendor_order = NEW.vendor_order;
  IF part.vendor IS DISTINCT FROM NEW.vendor THEN
    RAISE EXCEPTION '% % is of another vendor than its part of the order', TG_TABLE_NAME, NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payouts_within';
  END IF;
  IF given - owed > part.share THEN
    RAISE EXCEPTION 'payouts to % exceed its share of the order', part.vendor_name
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payouts_within';
  END IF;
  IF TG_TABLE_NAME = 'payout_debt' AND owed > given THEN
    RAISE EXCEPTION 'debts of % exceed what was paid out', part.vendor_name
      USING ERRCODE = 'check_violation', CONSTRAINT = 'debts_within';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER payouts_within AFTER INSERT OR UPDATE OF amount, withheld, state ON payout
  FOR EACH ROW EXECUTE FUNCTION payouts_within();
CREATE OR REPLACE TRIGGER payout_debts_within AFTER INSERT OR UPDATE OF amount ON payout_debt
  FOR EACH ROW EXECUTE FUNCTION payouts_within();

-- What was sent, or may have been, is what was asked for: amount and receiver stay, and what the provider calls it.
CREATE OR REPLACE FUNCTION payout_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.vendor_order, OLD.vendor, OLD.provider, OLD.reason, OLD.cause, OLD.replaces, OLD.currency,
      OLD.payable_at)
     IS DISTINCT FROM
     (NEW."order", NEW.vendor_order, NEW.vendor, NEW.provider, NEW.reason, NEW.cause, NEW.replaces, NEW.currency,
      NEW.payable_at)
     OR NEW.amount > OLD.amount
     OR (NEW.amount, NEW.withheld, NEW.receiver) IS DISTINCT FROM (OLD.amount, OLD.withheld, OLD.receiver)
       AND OLD.state NOT IN ('planned', 'waiting')
     OR OLD.batch_ref IS NOT NULL AND NEW.batch_ref IS DISTINCT FROM OLD.batch_ref
     OR OLD.item_ref IS NOT NULL AND NEW.item_ref IS DISTINCT FROM OLD.item_ref THEN
    RAISE EXCEPTION 'payout % is frozen', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_frozen';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER payout_frozen BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION payout_frozen();

-- One open offer of an address to a shop: asking again replaces it.
CREATE UNIQUE INDEX IF NOT EXISTS one_open_payout_address ON payout_address (vendor) WHERE ended_at IS NULL;
