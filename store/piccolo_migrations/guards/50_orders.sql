-- I18: an order's payment state moves only where `allowed_move` leads; every move leaves a row.
CREATE OR REPLACE TRIGGER orders_moves AFTER UPDATE OF payment_state ON orders
  FOR EACH ROW EXECUTE FUNCTION guard_moves('order', 'payment_state');

-- I30: what the buyer agreed to is frozen when the order is placed.
CREATE OR REPLACE FUNCTION orders_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.number, OLD.token, OLD.form_id, OLD.group_key, OLD.goods_hash, OLD.snapshot_hash, OLD.charge_type, OLD.email,
      OLD.full_name, OLD.address_line1, OLD.address_line2, OLD.city, OLD.region, OLD.postcode, OLD.country, OLD.currency,
      OLD.subtotal, OLD.delivery, OLD.total, OLD.fee, OLD.descriptor, OLD.placed_at)
     IS DISTINCT FROM
     (NEW.number, NEW.token, NEW.form_id, NEW.group_key, NEW.goods_hash, NEW.snapshot_hash, NEW.charge_type, NEW.email,
      NEW.full_name, NEW.address_line1, NEW.address_line2, NEW.city, NEW.region, NEW.postcode, NEW.country, NEW.currency,
      NEW.subtotal, NEW.delivery, NEW.total, NEW.fee, NEW.descriptor, NEW.placed_at) THEN
    RAISE EXCEPTION 'order % is frozen', OLD.number;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER orders_frozen BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_frozen();

CREATE OR REPLACE FUNCTION vendor_order_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.vendor, OLD.vendor_name, OLD.account_ref, OLD.subtotal, OLD.delivery, OLD.total, OLD.fee, OLD.share)
     IS DISTINCT FROM
     (NEW."order", NEW.vendor, NEW.vendor_name, NEW.account_ref, NEW.subtotal, NEW.delivery, NEW.total, NEW.fee, NEW.share) THEN
    RAISE EXCEPTION 'vendor order % is frozen', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER vendor_order_frozen BEFORE UPDATE ON vendor_order FOR EACH ROW EXECUTE FUNCTION vendor_order_frozen();

CREATE OR REPLACE TRIGGER order_line_append_only BEFORE UPDATE OR DELETE ON order_line FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE OR REPLACE TRIGGER order_event_append_only BEFORE UPDATE OR DELETE ON order_event FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();

-- I12: the parts are the whole, checked when the placing transaction commits.
CREATE OR REPLACE FUNCTION order_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE o record;
BEGIN
  SELECT INTO o orders.number, orders.total, orders.fee, orders.delivery,
    (SELECT coalesce(sum(v.total), 0) FROM vendor_order v WHERE v."order" = orders.id) AS parts,
    (SELECT coalesce(sum(v.fee), 0) FROM vendor_order v WHERE v."order" = orders.id) AS fees,
    (SELECT coalesce(sum(v.delivery), 0) FROM vendor_order v WHERE v."order" = orders.id) AS deliveries,
    (SELECT coalesce(sum(l.total), 0) FROM order_line l WHERE l."order" = orders.id) AS lines
    FROM orders WHERE orders.id = NEW.id;
  IF o.total <> o.parts OR o.fee <> o.fees OR o.delivery <> o.deliveries OR o.total <> o.lines + o.delivery THEN
    RAISE EXCEPTION 'order %: the parts are not the whole', o.number;
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_parts AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION order_parts();

-- A timeline line with a key is written once.
CREATE UNIQUE INDEX IF NOT EXISTS order_event_once ON order_event ("order", key) WHERE key <> '';
CREATE INDEX IF NOT EXISTS order_event_order ON order_event ("order");
CREATE INDEX IF NOT EXISTS order_line_order ON order_line ("order");
CREATE INDEX IF NOT EXISTS vendor_order_order ON vendor_order ("order");
-- At most one unpaid order per cart and checkout group: two tabs meet here.
CREATE UNIQUE INDEX IF NOT EXISTS one_open_order ON orders (cart_id, group_key)
  WHERE payment_state IN ('awaiting_payment', 'processing', 'failed');
