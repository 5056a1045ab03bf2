CREATE OR REPLACE TRIGGER vendor_moves AFTER UPDATE OF state ON vendor
  FOR EACH ROW EXECUTE FUNCTION guard_moves('vendor', 'state');

-- The request is resent byte for byte, and an account once known is the one: neither may change.
CREATE OR REPLACE FUNCTION connected_account_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.id, OLD.vendor, OLD.request, OLD.created_at) IS DISTINCT FROM (NEW.id, NEW.vendor, NEW.request, NEW.created_at) THEN
    RAISE EXCEPTION 'connected account % is frozen', OLD.id;
  END IF;
  IF OLD.account_ref IS NOT NULL AND NEW.account_ref IS DISTINCT FROM OLD.account_ref THEN
    RAISE EXCEPTION 'connected account % has its reference', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER connected_account_frozen BEFORE UPDATE ON connected_account
  FOR EACH ROW EXECUTE FUNCTION connected_account_frozen();

-- Two tabs, one vendor: one account is meant to be open at a time.
CREATE UNIQUE INDEX IF NOT EXISTS one_open_account ON connected_account (vendor) WHERE closed_at IS NULL;
