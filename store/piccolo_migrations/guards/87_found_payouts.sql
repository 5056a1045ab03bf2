-- An earlier try took effect, of which we believed that it had not: amount and receiver are what went out. Everything
-- else as in 83_erased_receivers.sql.
CREATE OR REPLACE FUNCTION payout_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found_there boolean := NEW.state = 'intended' AND OLD.state <> 'intended' AND OLD.batch_ref IS NULL;
BEGIN
  IF (OLD."order", OLD.vendor_order, OLD.vendor, OLD.provider, OLD.reason, OLD.cause, OLD.replaces, OLD.currency,
      OLD.payable_at)
     IS DISTINCT FROM
     (NEW."order", NEW.vendor_order, NEW.vendor, NEW.provider, NEW.reason, NEW.cause, NEW.replaces, NEW.currency,
      NEW.payable_at)
     OR NEW.amount > OLD.amount AND NOT found_there
     OR ((NEW.amount, NEW.withheld) IS DISTINCT FROM (OLD.amount, OLD.withheld)
         OR NEW.receiver IS DISTINCT FROM OLD.receiver AND NEW.receiver <> 'erased')
       AND OLD.state NOT IN ('planned', 'waiting') AND NOT found_there
     OR OLD.batch_ref IS NOT NULL AND NEW.batch_ref IS DISTINCT FROM OLD.batch_ref
     OR OLD.item_ref IS NOT NULL AND NEW.item_ref IS DISTINCT FROM OLD.item_ref THEN
    RAISE EXCEPTION 'payout % is frozen', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_frozen';
  END IF;
  RETURN NEW;
END $$;
INSERT INTO allowed_move (machine, from_state, to_state) VALUES ('payout', 'held', 'intended'),
  ('payout', 'failed', 'intended'), ('payout', 'canceled', 'intended'), ('payout', 'netted', 'intended');
