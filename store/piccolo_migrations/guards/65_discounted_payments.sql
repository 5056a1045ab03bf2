-- The request of the coupon is resent byte for byte too. What a code at the provider's page took off is written once.
CREATE OR REPLACE FUNCTION payment_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.token, OLD.attempt, OLD.provider, OLD.charge_type, OLD.account_ref,
      OLD.destination_ref, OLD.amount, OLD.currency, OLD.fee, OLD.request, OLD.expires_at,
      OLD.subtotal, OLD.coupon, OLD.coupon_request, OLD.allows_codes)
     IS DISTINCT FROM
     (NEW."order", NEW.token, NEW.attempt, NEW.provider, NEW.charge_type, NEW.account_ref,
      NEW.destination_ref, NEW.amount, NEW.currency, NEW.fee, NEW.request, NEW.expires_at,
      NEW.subtotal, NEW.coupon, NEW.coupon_request, NEW.allows_codes)
     OR (OLD.discount <> 0 AND NEW.discount <> OLD.discount) THEN
    RAISE EXCEPTION 'payment % is frozen', OLD.id;
  END IF;
  IF OLD.provider_ref IS NOT NULL AND NEW.provider_ref IS DISTINCT FROM OLD.provider_ref THEN
    RAISE EXCEPTION 'payment % has its reference', OLD.id;
  END IF;
  RETURN NEW;
END $$;

-- I3: a capture is its attempt's amount, the order's total, less what a code at the provider's page took off; where it
-- settles the order, that discount is recorded there.
CREATE OR REPLACE FUNCTION capture_matches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM payment p JOIN orders o ON o.id = p."order"
    WHERE p.id = NEW.payment AND o.id = NEW."order" AND p.amount - p.discount = NEW.amount AND p.currency = NEW.currency
      AND o.total = p.amount AND o.currency = NEW.currency
      AND (NEW.kind <> 'settling' OR p.discount = (
        SELECT coalesce(sum(d.amount), 0) FROM order_discount d WHERE d."order" = o.id))) THEN
    RAISE EXCEPTION 'capture % does not match its payment', NEW.capture_ref;
  END IF;
  RETURN NEW;
END $$;
