CREATE OR REPLACE TRIGGER refund_moves AFTER UPDATE OF status ON refund
  FOR EACH ROW EXECUTE FUNCTION guard_moves('refund', 'status');

-- I14: what is on its way back or gone back is never more than what came in. The capture row is the lock.
CREATE OR REPLACE FUNCTION refund_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE captured bigint; given bigint;
BEGIN
  SELECT amount INTO captured FROM capture WHERE id = NEW.capture FOR UPDATE;
  SELECT coalesce(sum(amount), 0) INTO given FROM refund
    WHERE capture = NEW.capture AND id <> NEW.id AND status IN ('requested', 'pending', 'succeeded');
  IF given + NEW.amount > captured AND NEW.status IN ('requested', 'pending', 'succeeded') THEN
    RAISE EXCEPTION 'refunds of capture % exceed %', NEW.capture, captured;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER refund_within BEFORE INSERT OR UPDATE OF amount, status ON refund FOR EACH ROW EXECUTE FUNCTION refund_within();
CREATE INDEX IF NOT EXISTS refund_capture ON refund (capture);
