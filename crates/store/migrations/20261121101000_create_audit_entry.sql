-- Who looked at whose record.
SET LOCAL lock_timeout = '5s';

CREATE TABLE audit_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_source text,
    actor_id text NOT NULL,
    operation text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    correlation_id text NOT NULL
);
CREATE INDEX audit_entry_subject_idx ON audit_entry (subject_kind, subject_id, at);
CREATE INDEX audit_entry_actor_idx ON audit_entry (actor_id, at);
COMMENT ON TABLE audit_entry IS 'Every look at a person''s record, and every change.';
COMMENT ON COLUMN audit_entry.id IS 'Its id';
COMMENT ON COLUMN audit_entry.at IS 'When';
COMMENT ON COLUMN audit_entry.actor_source IS 'Where the user signs in; none for a machine';
COMMENT ON COLUMN audit_entry.actor_id IS 'The user or the client';
COMMENT ON COLUMN audit_entry.operation IS 'What was done, by the name of the operation';
COMMENT ON COLUMN audit_entry.subject_kind IS 'What kind of record it was done to';
COMMENT ON COLUMN audit_entry.subject_id IS 'Which record';
COMMENT ON COLUMN audit_entry.correlation_id IS 'Ties it to the request';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('audit_entry', 'id', false, false),
    ('audit_entry', 'at', false, false),
    ('audit_entry', 'actor_source', false, false),
    ('audit_entry', 'actor_id', false, false),
    ('audit_entry', 'operation', false, false),
    ('audit_entry', 'subject_kind', false, false),
    ('audit_entry', 'subject_id', true, false),
    ('audit_entry', 'correlation_id', false, false);
