-- Frozen with one exception each: who a row speaks of is erased, whole, when nobody needs it any more.

-- An attempt's request holds the buyer's address. It is sent again only while the attempt is `created`, a state to which
-- nothing leads back; after that it goes with the name and address of its order.
CREATE OR REPLACE FUNCTION payment_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.token, OLD.attempt, OLD.provider, OLD.charge_type, OLD.account_ref,
      OLD.destination_ref, OLD.merchant_ref, OLD.amount, OLD.currency, OLD.fee, OLD.expires_at,
      OLD.subtotal, OLD.coupon, OLD.coupon_request, OLD.allows_codes)
     IS DISTINCT FROM
     (NEW."order", NEW.token, NEW.attempt, NEW.provider, NEW.charge_type, NEW.account_ref,
      NEW.destination_ref, NEW.merchant_ref, NEW.amount, NEW.currency, NEW.fee, NEW.expires_at,
      NEW.subtotal, NEW.coupon, NEW.coupon_request, NEW.allows_codes)
     OR (OLD.discount <> 0 AND NEW.discount <> OLD.discount) THEN
    RAISE EXCEPTION 'payment % is frozen', OLD.id;
  END IF;
  IF NEW.request IS DISTINCT FROM OLD.request
     AND NOT (NEW.request = '' AND OLD.status <> 'created'
              AND EXISTS (SELECT FROM orders WHERE orders.id = NEW."order" AND orders.email = '')) THEN
    RAISE EXCEPTION 'payment % is frozen', OLD.id;
  END IF;
  IF OLD.provider_ref IS NOT NULL AND NEW.provider_ref IS DISTINCT FROM OLD.provider_ref THEN
    RAISE EXCEPTION 'payment % has its reference', OLD.id;
  END IF;
  RETURN NEW;
END $$;

-- A request for an account is sent again only until it is answered, or given up.
CREATE OR REPLACE FUNCTION connected_account_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.id, OLD.vendor, OLD.created_at) IS DISTINCT FROM (NEW.id, NEW.vendor, NEW.created_at)
     OR NEW.request IS DISTINCT FROM OLD.request
        AND NOT (NEW.request = '' AND (NEW.account_ref IS NOT NULL OR NEW.closed_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'connected account % is frozen', OLD.id;
  END IF;
  IF OLD.account_ref IS NOT NULL AND NEW.account_ref IS DISTINCT FROM OLD.account_ref THEN
    RAISE EXCEPTION 'connected account % has its reference', OLD.id;
  END IF;
  RETURN NEW;
END $$;

-- What a buyer wrote stays as it was written for as long as it is known who wrote it.
CREATE OR REPLACE FUNCTION order_message_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.id, OLD.vendor_order, OLD.form_id, OLD.kind, OLD.reason, OLD.created_at)
     IS DISTINCT FROM (NEW.id, NEW.vendor_order, NEW.form_id, NEW.kind, NEW.reason, NEW.created_at) THEN
    RAISE EXCEPTION 'message % is kept as it was written', OLD.id;
  END IF;
  IF NEW.text IS DISTINCT FROM OLD.text
     AND NOT (NEW.text = '(deleted with the account)'
              AND EXISTS (SELECT FROM vendor_order AS part JOIN orders ON orders.id = part."order"
                          WHERE part.id = NEW.vendor_order AND orders.email = '')) THEN
    RAISE EXCEPTION 'message % is kept as it was written', OLD.id;
  END IF;
  RETURN NEW;
END $$;

-- What a look for yesterday's bodies and mails finds without reading all of them.
CREATE INDEX IF NOT EXISTS inbox_event_body ON inbox_event (received_at) WHERE body <> '';
CREATE INDEX IF NOT EXISTS inbox_variant_body ON inbox_variant (received_at) WHERE body <> '';
CREATE INDEX IF NOT EXISTS mail_message_kept ON mail_message (created_at) WHERE recipient <> '';
