CREATE INDEX IF NOT EXISTS session_person ON session (person);
CREATE INDEX IF NOT EXISTS link_person ON link (person);
CREATE INDEX IF NOT EXISTS orders_person ON orders (person);
-- An account's orders are found by its verified address too.
CREATE INDEX IF NOT EXISTS orders_email ON orders (lower(email));
ALTER TABLE link ADD CONSTRAINT link_kinds CHECK (kind IN ('verify_email', 'reset_password'));
