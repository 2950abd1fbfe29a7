-- Which systems nothing is delivered to for now, and why somebody did what they did.
SET LOCAL lock_timeout = '5s';

CREATE TABLE paused_system (
    system text PRIMARY KEY CONSTRAINT paused_system_system_check CHECK (system IN ('delius', 'events', 'notify', 'prisoner-search')),
    since timestamptz NOT NULL,
    why text NOT NULL,
    paused_by_source text NOT NULL,
    paused_by_id text NOT NULL,
    CONSTRAINT paused_system_paused_by_fkey FOREIGN KEY (paused_by_source, paused_by_id) REFERENCES auth_user (auth_source, id)
);
CREATE INDEX paused_system_paused_by_idx ON paused_system (paused_by_source, paused_by_id);
COMMENT ON TABLE paused_system IS 'Systems whose effects wait until somebody resumes them';
COMMENT ON COLUMN paused_system.system IS 'The system';
COMMENT ON COLUMN paused_system.since IS 'Since when';
COMMENT ON COLUMN paused_system.why IS 'The reason that was given';
COMMENT ON COLUMN paused_system.paused_by_source IS 'Sign-in source of the user who paused it';
COMMENT ON COLUMN paused_system.paused_by_id IS 'Id of the user who paused it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('paused_system', 'system', false, false),
    ('paused_system', 'since', false, false),
    ('paused_system', 'why', true, false),
    ('paused_system', 'paused_by_source', false, false),
    ('paused_system', 'paused_by_id', false, false);

ALTER TABLE audit_entry ADD COLUMN why text;
COMMENT ON COLUMN audit_entry.why IS 'The reason that was given, where one is asked for';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('audit_entry', 'why', true, false);

CREATE INDEX effect_correlation_idx ON effect (correlation_id);
