-- What a worker looks for: due rows first.
CREATE INDEX IF NOT EXISTS operation_due ON operation (run_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS mail_message_due ON mail_message (run_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS inbox_event_due ON inbox_event (run_at) WHERE state = 'waiting';
