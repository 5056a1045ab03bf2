-- I18: the end of a dispute can be appealed; it is open again then.
INSERT INTO allowed_move (machine, from_state, to_state) VALUES ('dispute', 'resolved', 'open');
