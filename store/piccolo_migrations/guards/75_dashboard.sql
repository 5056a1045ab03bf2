-- I18: a parcel moves only where `allowed_move` leads; every move leaves a row.
CREATE OR REPLACE TRIGGER vendor_order_moves AFTER UPDATE OF fulfilment ON vendor_order
  FOR EACH ROW EXECUTE FUNCTION guard_moves('fulfilment', 'fulfilment');
INSERT INTO allowed_move (machine, from_state, to_state) VALUES
  ('fulfilment', 'to_ship', 'shipped'), ('fulfilment', 'shipped', 'delivered') ON CONFLICT DO NOTHING;

-- A picture's bytes are what its address stands for, for ever.
CREATE OR REPLACE FUNCTION refuse_new_bytes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'picture_rendition: bytes never change, their address is cached for ever'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE TRIGGER picture_rendition_fixed BEFORE UPDATE ON picture_rendition
  FOR EACH ROW EXECUTE FUNCTION refuse_new_bytes();
-- One place among those that are shown.
CREATE INDEX IF NOT EXISTS picture_of_product ON picture (product, position);

-- What a vendor's pages ask for.
CREATE INDEX IF NOT EXISTS vendor_order_of_vendor ON vendor_order (vendor, fulfilment);
CREATE INDEX IF NOT EXISTS orders_by_paid_at ON orders (paid_at DESC) WHERE payment_state = 'paid';
CREATE INDEX IF NOT EXISTS order_line_of_part ON order_line (vendor_order);
CREATE INDEX IF NOT EXISTS ledger_entry_of_tx ON ledger_entry (tx);
CREATE INDEX IF NOT EXISTS promotion_of_vendor ON promotion (vendor) WHERE vendor IS NOT NULL;
