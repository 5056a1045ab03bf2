-- A destination has its share by the charge itself. Where that came back with a refund which failed, we send it again:
-- never more than the buyer paid for its goods. Everything else as in 75_payouts.sql.
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
  IF promoted > part.owed + page_owed OR kind = 'direct'
     OR (kind = 'destination' AND (passed - promoted > part.total OR (NEW.reason = 'share' AND NOT NEW.restores)))
     OR (kind = 'separate' AND passed > part.share) THEN
    RAISE EXCEPTION 'transfers to % exceed its share of the order', part.vendor_name
      USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_within';
  END IF;
  RETURN NULL;
END $$;
