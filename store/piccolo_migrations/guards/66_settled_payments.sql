-- Who settles an attempt is part of its request, and frozen with it.
CREATE OR REPLACE FUNCTION payment_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.token, OLD.attempt, OLD.provider, OLD.charge_type, OLD.account_ref,
      OLD.destination_ref, OLD.merchant_ref, OLD.amount, OLD.currency, OLD.fee, OLD.request, OLD.expires_at,
      OLD.subtotal, OLD.coupon, OLD.coupon_request, OLD.allows_codes)
     IS DISTINCT FROM
     (NEW."order", NEW.token, NEW.attempt, NEW.provider, NEW.charge_type, NEW.account_ref,
      NEW.destination_ref, NEW.merchant_ref, NEW.amount, NEW.currency, NEW.fee, NEW.request, NEW.expires_at,
      NEW.subtotal, NEW.coupon, NEW.coupon_request, NEW.allows_codes)
     OR (OLD.discount <> 0 AND NEW.discount <> OLD.discount) THEN
    RAISE EXCEPTION 'payment % is frozen', OLD.id;
  END IF;
  IF OLD.provider_ref IS NOT NULL AND NEW.provider_ref IS DISTINCT FROM OLD.provider_ref THEN
    RAISE EXCEPTION 'payment % has its reference', OLD.id;
  END IF;
  RETURN NEW;
END $$;
