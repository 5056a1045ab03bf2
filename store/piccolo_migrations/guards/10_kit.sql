-- A state goes only where allowed_move leads, whoever writes it, and every move is one row of transition (I18).
-- Attach to a table with a state column:
--   CREATE OR REPLACE TRIGGER guard_moves AFTER UPDATE OF payment_state ON orders FOR EACH ROW
--     WHEN (OLD.payment_state IS DISTINCT FROM NEW.payment_state)
--     EXECUTE FUNCTION guard_moves('order', 'payment_state');
-- The row is locked by its UPDATE, so counting seq needs no lock of its own.
CREATE OR REPLACE FUNCTION guard_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  machine_name CONSTANT text := TG_ARGV[0];
  source text;
  target text;
BEGIN
  EXECUTE format('SELECT ($1).%1$I::text, ($2).%1$I::text', TG_ARGV[1]) INTO source, target USING OLD, NEW;
  IF source IS NOT DISTINCT FROM target THEN
    RETURN NULL;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM allowed_move
                 WHERE machine = machine_name AND from_state = source AND to_state = target) THEN
    RAISE EXCEPTION '% %: % -> % is not an allowed move', machine_name, NEW.id, source, target
      USING ERRCODE = 'check_violation', CONSTRAINT = 'allowed_move';
  END IF;
  INSERT INTO transition (machine, row_id, seq, from_state, to_state)
    SELECT machine_name, NEW.id::text, coalesce(max(t.seq), 0) + 1, source, target
    FROM transition t WHERE t.machine = machine_name AND t.row_id = NEW.id::text;
  RETURN NULL;
END $$;

CREATE UNIQUE INDEX IF NOT EXISTS transition_seq ON transition (machine, row_id, seq);
CREATE UNIQUE INDEX IF NOT EXISTS allowed_move_once ON allowed_move (machine, from_state, to_state);

CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
END $$;

CREATE OR REPLACE TRIGGER transition_append_only BEFORE UPDATE OR DELETE ON transition
  FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
