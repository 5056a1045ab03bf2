-- The ledger defends itself: balanced per transaction and currency (I8), append-only (I9). refuse_rewrite: 10_kit.sql.
-- Life of a transaction: insert it unsealed, insert its entries, seal it, commit. Nothing else is possible.

CREATE OR REPLACE FUNCTION ledger_entry_needs_open_tx() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM ledger_tx WHERE id = NEW.tx AND NOT sealed FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'ledger transaction % is sealed or missing', NEW.tx
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_sealed';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_tx_starts_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sealed THEN
    RAISE EXCEPTION 'a ledger transaction starts unsealed'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_sealed';
  END IF;
  RETURN NEW;
END $$;

-- The one allowed change is to seal, and only what is whole can be sealed.
CREATE OR REPLACE FUNCTION ledger_tx_seals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.sealed OR NOT NEW.sealed OR to_jsonb(NEW) - 'sealed' <> to_jsonb(OLD) - 'sealed' THEN
    RAISE EXCEPTION 'ledger_tx is append-only: UPDATE refused'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM ledger_entry WHERE tx = OLD.id)
     OR EXISTS (SELECT 1 FROM ledger_entry WHERE tx = OLD.id GROUP BY currency HAVING sum(amount) <> 0) THEN
    RAISE EXCEPTION 'ledger transaction % % % does not balance', OLD.source, OLD.kind, OLD.ref
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balance';
  END IF;
  RETURN NEW;
END $$;

-- Runs at COMMIT.
CREATE OR REPLACE FUNCTION ledger_tx_is_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_tx WHERE id = NEW.id AND NOT sealed) THEN
    RAISE EXCEPTION 'ledger transaction % % % was never sealed', NEW.source, NEW.kind, NEW.ref
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_sealed';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE OR REPLACE TRIGGER ledger_entry_into_open_tx BEFORE INSERT ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_needs_open_tx();
CREATE OR REPLACE TRIGGER ledger_tx_append_only BEFORE DELETE ON ledger_tx
  FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
CREATE OR REPLACE TRIGGER ledger_tx_unsealed_first BEFORE INSERT ON ledger_tx
  FOR EACH ROW EXECUTE FUNCTION ledger_tx_starts_unsealed();
CREATE OR REPLACE TRIGGER ledger_tx_seal BEFORE UPDATE ON ledger_tx
  FOR EACH ROW EXECUTE FUNCTION ledger_tx_seals();

DROP TRIGGER IF EXISTS ledger_tx_sealed_at_commit ON ledger_tx;
CREATE CONSTRAINT TRIGGER ledger_tx_sealed_at_commit AFTER INSERT ON ledger_tx
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_tx_is_sealed();
