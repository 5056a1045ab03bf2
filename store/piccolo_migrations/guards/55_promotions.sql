-- I23: a code is never used more often than it may be, in all and per e-mail address. A use that counts locks its
-- promotion first, so that two buyers queue; what is used stays used.
CREATE OR REPLACE FUNCTION promotion_use_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE p record;
BEGIN
  IF TG_OP = 'UPDATE' AND ((OLD.promotion, OLD.order_ref, OLD.email_hash, OLD.amount, OLD.currency)
      IS DISTINCT FROM (NEW.promotion, NEW.order_ref, NEW.email_hash, NEW.amount, NEW.currency)
      OR (OLD.state = 'used' AND NEW.state <> 'used')) THEN
    RAISE EXCEPTION 'promotion use % is frozen', OLD.id;
  END IF;
  IF NEW.state = 'released' OR (TG_OP = 'UPDATE' AND OLD.state <> 'released') THEN
    RETURN NEW;
  END IF;
  SELECT INTO p code, max_uses, per_email FROM promotion WHERE id = NEW.promotion FOR NO KEY UPDATE;
  IF (SELECT count(*) FROM promotion_use WHERE promotion = NEW.promotion AND id <> NEW.id AND state <> 'released')
      >= p.max_uses THEN
    RAISE EXCEPTION 'promotion % has no use left', p.code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'promotion_use_within';
  END IF;
  IF (SELECT count(*) FROM promotion_use WHERE promotion = NEW.promotion AND email_hash = NEW.email_hash
      AND id <> NEW.id AND state <> 'released') >= p.per_email THEN
    RAISE EXCEPTION 'promotion % has no use left for this address', p.code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'promotion_use_per_email';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER promotion_use_within BEFORE INSERT OR UPDATE ON promotion_use
  FOR EACH ROW EXECUTE FUNCTION promotion_use_within();
CREATE INDEX IF NOT EXISTS promotion_use_of ON promotion_use (promotion, email_hash);

-- I30, with the discount.
CREATE OR REPLACE FUNCTION orders_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.number, OLD.token, OLD.form_id, OLD.group_key, OLD.goods_hash, OLD.snapshot_hash, OLD.charge_type, OLD.email,
      OLD.full_name, OLD.address_line1, OLD.address_line2, OLD.city, OLD.region, OLD.postcode, OLD.country, OLD.currency,
      OLD.subtotal, OLD.delivery, OLD.discount, OLD.promo_code, OLD.total, OLD.fee, OLD.descriptor, OLD.placed_at)
     IS DISTINCT FROM
     (NEW.number, NEW.token, NEW.form_id, NEW.group_key, NEW.goods_hash, NEW.snapshot_hash, NEW.charge_type, NEW.email,
      NEW.full_name, NEW.address_line1, NEW.address_line2, NEW.city, NEW.region, NEW.postcode, NEW.country, NEW.currency,
      NEW.subtotal, NEW.delivery, NEW.discount, NEW.promo_code, NEW.total, NEW.fee, NEW.descriptor, NEW.placed_at) THEN
    RAISE EXCEPTION 'order % is frozen', OLD.number;
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION vendor_order_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.vendor, OLD.vendor_name, OLD.account_ref, OLD.subtotal, OLD.delivery, OLD.discount, OLD.total,
      OLD.fee, OLD.share, OLD.owed)
     IS DISTINCT FROM
     (NEW."order", NEW.vendor, NEW.vendor_name, NEW.account_ref, NEW.subtotal, NEW.delivery, NEW.discount, NEW.total,
      NEW.fee, NEW.share, NEW.owed) THEN
    RAISE EXCEPTION 'vendor order % is frozen', OLD.id;
  END IF;
  RETURN NEW;
END $$;

-- I12: the parts are the whole, the discount included, checked when the placing transaction commits.
CREATE OR REPLACE FUNCTION order_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE o record;
BEGIN
  SELECT INTO o orders.number, orders.total, orders.fee, orders.delivery, orders.discount,
    (SELECT coalesce(sum(v.total), 0) FROM vendor_order v WHERE v."order" = orders.id) AS parts,
    (SELECT coalesce(sum(v.fee), 0) FROM vendor_order v WHERE v."order" = orders.id) AS fees,
    (SELECT coalesce(sum(v.delivery), 0) FROM vendor_order v WHERE v."order" = orders.id) AS deliveries,
    (SELECT coalesce(sum(v.discount), 0) FROM vendor_order v WHERE v."order" = orders.id) AS discounts,
    (SELECT coalesce(sum(l.total), 0) FROM order_line l WHERE l."order" = orders.id) AS lines
    FROM orders WHERE orders.id = NEW.id;
  IF o.total <> o.parts OR o.fee <> o.fees OR o.delivery <> o.deliveries OR o.discount <> o.discounts
     OR o.total <> o.lines + o.delivery - o.discount THEN
    RAISE EXCEPTION 'order %: the parts are not the whole', o.number;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER order_discount_append_only BEFORE UPDATE OR DELETE ON order_discount
  FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE INDEX IF NOT EXISTS order_discount_order ON order_discount ("order");
