-- An attempt of which we have asked for the money may still bring it: meanwhile no other one opens.
DROP INDEX IF EXISTS one_live_payment;
CREATE UNIQUE INDEX one_live_payment ON payment ("order")
  WHERE status IN ('created', 'pending', 'capturing', 'processing');

-- Where our discount is a line of the request itself, no request goes before it.
ALTER TABLE payment DROP CONSTRAINT payment_adds_up;
ALTER TABLE payment ADD CONSTRAINT payment_adds_up CHECK (
  amount = subtotal - coupon AND least(amount, coupon, discount) >= 0 AND discount <= amount
  AND (coupon > 0 OR coupon_request = '') AND (coupon = 0 OR coupon_request <> '' OR provider = 'paypal')
  AND (discount = 0 OR allows_codes));

-- What was given up is given up, and who gets the money is said once.
CREATE OR REPLACE FUNCTION payment_given_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.superseded AND NOT NEW.superseded OR OLD.payee_ref <> '' AND NEW.payee_ref <> OLD.payee_ref
     OR NEW.capture_no < OLD.capture_no THEN
    RAISE EXCEPTION 'payment % is frozen', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER payment_given_up BEFORE UPDATE ON payment FOR EACH ROW EXECUTE FUNCTION payment_given_up();
