-- What a buyer wrote stays as it was written; the seller may only be done with it.
CREATE OR REPLACE FUNCTION order_message_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.id, OLD.vendor_order, OLD.form_id, OLD.kind, OLD.reason, OLD.text, OLD.created_at)
     IS DISTINCT FROM (NEW.id, NEW.vendor_order, NEW.form_id, NEW.kind, NEW.reason, NEW.text, NEW.created_at) THEN
    RAISE EXCEPTION 'message % is kept as it was written', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER order_message_kept BEFORE UPDATE OR DELETE ON order_message
  FOR EACH ROW EXECUTE FUNCTION order_message_kept();

CREATE INDEX IF NOT EXISTS order_message_open ON order_message (vendor_order) WHERE done_at IS NULL;
