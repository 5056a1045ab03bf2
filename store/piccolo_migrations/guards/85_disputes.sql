-- I18: a dispute ends once; every move leaves a row.
CREATE OR REPLACE TRIGGER dispute_moves AFTER UPDATE OF status ON dispute
  FOR EACH ROW EXECUTE FUNCTION guard_moves('dispute', 'status');
INSERT INTO allowed_move (machine, from_state, to_state) VALUES ('dispute', 'open', 'resolved');
CREATE INDEX IF NOT EXISTS dispute_order ON dispute ("order");
