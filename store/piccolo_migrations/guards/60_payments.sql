CREATE OR REPLACE TRIGGER payment_moves AFTER UPDATE OF status ON payment
  FOR EACH ROW EXECUTE FUNCTION guard_moves('payment', 'status');

-- The request is resent byte for byte: neither it nor what it was made of may change.
CREATE OR REPLACE FUNCTION payment_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.token, OLD.attempt, OLD.provider, OLD.charge_type, OLD.account_ref,
      OLD.destination_ref, OLD.amount, OLD.currency, OLD.fee, OLD.request, OLD.expires_at)
     IS DISTINCT FROM
     (NEW."order", NEW.token, NEW.attempt, NEW.provider, NEW.charge_type, NEW.account_ref,
      NEW.destination_ref, NEW.amount, NEW.currency, NEW.fee, NEW.request, NEW.expires_at) THEN
    RAISE EXCEPTION 'payment % is frozen', OLD.id;
  END IF;
  IF OLD.provider_ref IS NOT NULL AND NEW.provider_ref IS DISTINCT FROM OLD.provider_ref THEN
    RAISE EXCEPTION 'payment % has its reference', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER payment_frozen BEFORE UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION payment_frozen();

-- While an attempt may still bring money, no other one opens.
CREATE UNIQUE INDEX IF NOT EXISTS one_live_payment ON payment ("order") WHERE status IN ('created', 'pending', 'processing');
-- I2: an order is settled by one capture at most.
CREATE UNIQUE INDEX IF NOT EXISTS one_settling_capture ON capture ("order") WHERE kind = 'settling';

-- I3: a settling capture has the amount and currency of its attempt and of its order.
CREATE OR REPLACE FUNCTION capture_matches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM payment p JOIN orders o ON o.id = p."order"
    WHERE p.id = NEW.payment AND o.id = NEW."order" AND p.amount = NEW.amount AND p.currency = NEW.currency
      AND o.total = NEW.amount AND o.currency = NEW.currency) THEN
    RAISE EXCEPTION 'capture % does not match its payment', NEW.capture_ref;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER capture_matches BEFORE INSERT ON capture FOR EACH ROW EXECUTE FUNCTION capture_matches();

CREATE OR REPLACE FUNCTION capture_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.payment, OLD."order", OLD.provider, OLD.capture_ref, OLD.account_ref, OLD.kind, OLD.amount, OLD.currency, OLD.charge_type)
     IS DISTINCT FROM
     (NEW.payment, NEW."order", NEW.provider, NEW.capture_ref, NEW.account_ref, NEW.kind, NEW.amount, NEW.currency, NEW.charge_type) THEN
    RAISE EXCEPTION 'capture % is frozen', OLD.capture_ref;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER capture_frozen BEFORE UPDATE ON capture FOR EACH ROW EXECUTE FUNCTION capture_frozen();
CREATE INDEX IF NOT EXISTS capture_payment ON capture (payment);
CREATE INDEX IF NOT EXISTS payment_order ON payment ("order");
