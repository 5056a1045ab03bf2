-- Catalogue: full-text search, and I5 (stock adds up) kept by the database itself.
-- A row in stock_move IS the change of the counters: a trigger applies it, nothing else may touch them, and no row is
-- ever changed or deleted. So the counters are always the sum of their moves, whoever writes.

ALTER TABLE product ADD COLUMN IF NOT EXISTS search tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('english'::regconfig, title), 'A')
    || setweight(to_tsvector('english'::regconfig, summary), 'B')
    || setweight(to_tsvector('english'::regconfig, description), 'C')
) STORED;

-- A product is priced in its vendor's currency: a cart's group and its delivery price rely on it.
CREATE UNIQUE INDEX IF NOT EXISTS vendor_with_currency ON vendor (id, currency);
ALTER TABLE product DROP CONSTRAINT IF EXISTS product_in_vendors_currency;
ALTER TABLE product ADD CONSTRAINT product_in_vendors_currency
    FOREIGN KEY (vendor, currency) REFERENCES vendor (id, currency);

CREATE INDEX IF NOT EXISTS product_search ON product USING gin (search);
CREATE INDEX IF NOT EXISTS product_by_vendor ON product (vendor, category);
CREATE INDEX IF NOT EXISTS product_by_category ON product (category);
CREATE INDEX IF NOT EXISTS product_newest ON product (created_at DESC, id) WHERE published;
CREATE INDEX IF NOT EXISTS variant_by_product ON variant (product);
CREATE INDEX IF NOT EXISTS stock_move_by_ref ON stock_move (ref);
CREATE INDEX IF NOT EXISTS stock_move_by_holder ON stock_move (holder) WHERE holder IS NOT NULL;
-- A hold ends once: released or sold, never both.
CREATE UNIQUE INDEX IF NOT EXISTS stock_move_ends_once ON stock_move (variant, ref) WHERE kind IN ('release', 'sell');

ALTER TABLE stock_move DROP CONSTRAINT IF EXISTS stock_move_kind;
ALTER TABLE stock_move ADD CONSTRAINT stock_move_kind CHECK (
    (kind = 'adjust' AND quantity <> 0) OR (kind IN ('hold', 'release', 'sell') AND quantity > 0)
);

-- How many of a variant one cart may have: what is free, and what it holds itself (a buyer who comes back from the
-- payment page with the last item has not lost it).
CREATE OR REPLACE FUNCTION available_to(variant_id uuid, holder_id uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT on_hand - reserved - sold + coalesce((
        SELECT sum(hold.quantity) FROM stock_move AS hold
        WHERE hold.holder = holder_id AND hold.variant = variant_id AND hold.kind = 'hold' AND NOT EXISTS (
            SELECT FROM stock_move AS ended WHERE ended.variant = hold.variant AND ended.ref = hold.ref
            AND ended.kind IN ('release', 'sell'))
    ), 0) FROM variant WHERE id = variant_id
$$;

CREATE OR REPLACE FUNCTION apply_stock_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind IN ('release', 'sell') AND NOT EXISTS (
        SELECT FROM stock_move
        WHERE variant = NEW.variant AND kind = 'hold' AND ref = NEW.ref AND quantity = NEW.quantity
    ) THEN
        RAISE EXCEPTION 'stock_move: % of % without its hold %', NEW.kind, NEW.variant, NEW.ref
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    UPDATE variant SET
        on_hand = on_hand + CASE NEW.kind WHEN 'adjust' THEN NEW.quantity ELSE 0 END,
        reserved = reserved + CASE NEW.kind WHEN 'hold' THEN NEW.quantity
            WHEN 'release' THEN -NEW.quantity WHEN 'sell' THEN -NEW.quantity ELSE 0 END,
        sold = sold + CASE NEW.kind WHEN 'sell' THEN NEW.quantity ELSE 0 END
    WHERE id = NEW.variant;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION refuse_counter_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Depth 1 is this trigger alone: a statement of a person or a service, not of apply_stock_move.
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'variant: on_hand, reserved and sold change by rows of stock_move only (catalogue.adjust_stock)'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION refuse_stock_move_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock_move is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE TRIGGER stock_move_applies AFTER INSERT ON stock_move
    FOR EACH ROW EXECUTE FUNCTION apply_stock_move();
CREATE OR REPLACE TRIGGER stock_move_append_only BEFORE UPDATE OR DELETE ON stock_move
    FOR EACH ROW EXECUTE FUNCTION refuse_stock_move_change();
CREATE OR REPLACE TRIGGER variant_counters BEFORE UPDATE ON variant
    FOR EACH ROW WHEN ((OLD.on_hand, OLD.reserved, OLD.sold) IS DISTINCT FROM (NEW.on_hand, NEW.reserved, NEW.sold))
    EXECUTE FUNCTION refuse_counter_change();
CREATE OR REPLACE TRIGGER variant_starts_empty BEFORE INSERT ON variant
    FOR EACH ROW WHEN ((NEW.on_hand, NEW.reserved, NEW.sold) IS DISTINCT FROM (0, 0, 0))
    EXECUTE FUNCTION refuse_counter_change();
