-- I30 with one exception: who an order went to is erased, whole, when the account behind it is deleted; nothing else of
-- it ever changes.
CREATE OR REPLACE FUNCTION orders_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.number, OLD.token, OLD.form_id, OLD.group_key, OLD.goods_hash, OLD.snapshot_hash, OLD.charge_type, OLD.country,
      OLD.currency, OLD.subtotal, OLD.delivery, OLD.discount, OLD.promo_code, OLD.total, OLD.fee, OLD.descriptor,
      OLD.placed_at)
     IS DISTINCT FROM
     (NEW.number, NEW.token, NEW.form_id, NEW.group_key, NEW.goods_hash, NEW.snapshot_hash, NEW.charge_type, NEW.country,
      NEW.currency, NEW.subtotal, NEW.delivery, NEW.discount, NEW.promo_code, NEW.total, NEW.fee, NEW.descriptor,
      NEW.placed_at) THEN
    RAISE EXCEPTION 'order % is frozen', OLD.number;
  END IF;
  IF (OLD.email, OLD.full_name, OLD.address_line1, OLD.address_line2, OLD.city, OLD.region, OLD.postcode)
     IS DISTINCT FROM
     (NEW.email, NEW.full_name, NEW.address_line1, NEW.address_line2, NEW.city, NEW.region, NEW.postcode)
     AND NOT ((NEW.email, NEW.full_name, NEW.address_line1, NEW.address_line2, NEW.city, NEW.region, NEW.postcode)
              = ('', '', '', '', '', '', '')
              AND EXISTS (SELECT FROM person WHERE person.id = NEW.person AND person.deleted_at IS NOT NULL)) THEN
    RAISE EXCEPTION 'order % is frozen', OLD.number;
  END IF;
  RETURN NEW;
END $$;
