-- Imports of the catalogue: who imported what, when, and everything that it changed.
SET LOCAL lock_timeout = '5s';

CREATE TABLE import_run (
    id uuid PRIMARY KEY,
    imported_at timestamptz NOT NULL,
    imported_by text NOT NULL,
    files jsonb NOT NULL,
    changes jsonb NOT NULL,
    undone_at timestamptz,
    undone_by text,
    CONSTRAINT import_run_undone_check CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
CREATE INDEX import_run_imported_idx ON import_run (imported_at);
COMMENT ON TABLE import_run IS 'Every import that changed the catalogue.';
COMMENT ON COLUMN import_run.id IS 'Its id';
COMMENT ON COLUMN import_run.imported_at IS 'When';
COMMENT ON COLUMN import_run.imported_by IS 'The operator''s account on the machine';
COMMENT ON COLUMN import_run.files IS 'The SHA-256 of each file, by its path within the imported folder';
COMMENT ON COLUMN import_run.changes IS 'Each row that was added, changed or removed, as it was before and after';
COMMENT ON COLUMN import_run.undone_at IS 'When it was undone';
COMMENT ON COLUMN import_run.undone_by IS 'Who undid it: the operator''s account on the machine';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('import_run', 'id', false, false),
    ('import_run', 'imported_at', false, false),
    ('import_run', 'imported_by', true, false),
    ('import_run', 'files', false, false),
    ('import_run', 'changes', true, false),
    ('import_run', 'undone_at', false, false),
    ('import_run', 'undone_by', true, false);
