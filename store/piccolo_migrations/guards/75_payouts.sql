CREATE OR REPLACE TRIGGER transfer_moves AFTER UPDATE OF state ON transfer
  FOR EACH ROW EXECUTE FUNCTION guard_moves('transfer', 'state');
CREATE OR REPLACE TRIGGER transfer_reversal_moves AFTER UPDATE OF state ON transfer_reversal
  FOR EACH ROW EXECUTE FUNCTION guard_moves('transfer_reversal', 'state');

-- I13: what is passed on to a vendor, less what was taken back, is never more than its share of the order; of that, what
-- a discount of ours added. A direct vendor has its money already, a destination has its share by the charge itself.
-- The vendor's part of the order is the lock.
CREATE OR REPLACE FUNCTION transfers_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE part record; page_owed bigint; kind text; passed bigint; promoted bigint;
BEGIN
  IF NEW.state = 'canceled' THEN
    RETURN NULL;
  END IF;
  SELECT * INTO part FROM vendor_order WHERE id = NEW.vendor_order FOR UPDATE;
  SELECT coalesce(sum(owed), 0) INTO page_owed FROM order_discount WHERE vendor_order = NEW.vendor_order;
  SELECT charge_type INTO kind FROM orders WHERE id = NEW."order";
  SELECT coalesce(sum(amount - reversed), 0), coalesce(sum(amount - reversed) FILTER (WHERE reason = 'promotion'), 0)
    INTO passed, promoted FROM transfer
    WHERE vendor_order = NEW.vendor_order AND state <> 'canceled';
  IF (part."order", part.vendor) IS DISTINCT FROM (NEW."order", NEW.vendor) THEN
    RAISE EXCEPTION 'transfer % is for another vendor than its part of the order', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_within';
  END IF;
  IF passed > part.share OR promoted > part.owed + page_owed OR kind = 'direct'
     OR (kind = 'destination' AND NEW.reason <> 'promotion') THEN
    RAISE EXCEPTION 'transfers to % exceed its share of the order', part.vendor_name
      USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_within';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER transfers_within AFTER INSERT OR UPDATE OF amount, reversed, state ON transfer
  FOR EACH ROW EXECUTE FUNCTION transfers_within();

-- I14: what is or shall be taken back of a transfer is never more than was sent. The transfer is the lock.
CREATE OR REPLACE FUNCTION reversals_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE sent bigint; taken bigint;
BEGIN
  IF NEW.state = 'canceled' THEN
    RETURN NEW;
  END IF;
  SELECT amount INTO sent FROM transfer WHERE id = NEW.transfer FOR UPDATE;
  SELECT coalesce(sum(amount), 0) INTO taken FROM transfer_reversal
    WHERE transfer = NEW.transfer AND id <> NEW.id AND state <> 'canceled';
  IF taken + NEW.amount > sent THEN
    RAISE EXCEPTION 'reversals of transfer % exceed %', NEW.transfer, sent
      USING ERRCODE = 'check_violation', CONSTRAINT = 'reversals_within';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER reversals_within BEFORE INSERT OR UPDATE OF amount, state ON transfer_reversal
  FOR EACH ROW EXECUTE FUNCTION reversals_within();

-- What was sent, or may have been, is sent again byte for byte: only before that, and by a refund, is it made smaller.
CREATE OR REPLACE FUNCTION transfer_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."order", OLD.vendor_order, OLD.vendor, OLD.provider, OLD.reason, OLD.cause, OLD.restores, OLD.currency,
      OLD.source_ref, OLD.transfer_group)
     IS DISTINCT FROM
     (NEW."order", NEW.vendor_order, NEW.vendor, NEW.provider, NEW.reason, NEW.cause, NEW.restores, NEW.currency,
      NEW.source_ref, NEW.transfer_group)
     OR NEW.amount > OLD.amount
     OR (NEW.amount, NEW.account_ref) IS DISTINCT FROM (OLD.amount, OLD.account_ref)
       AND OLD.sent_at IS NOT NULL AND NEW.sent_at IS NOT NULL
     OR OLD.transfer_ref IS NOT NULL AND NEW.transfer_ref IS DISTINCT FROM OLD.transfer_ref THEN
    RAISE EXCEPTION 'transfer % is frozen', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'transfer_frozen';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER transfer_frozen BEFORE UPDATE ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_frozen();

CREATE INDEX IF NOT EXISTS transfer_of_part ON transfer (vendor_order);
CREATE INDEX IF NOT EXISTS transfer_reversal_of ON transfer_reversal (transfer);
