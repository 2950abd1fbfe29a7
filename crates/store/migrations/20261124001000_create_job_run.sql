-- Runs of jobs: who ran what, when, and what came of it.
SET LOCAL lock_timeout = '5s';

CREATE TABLE job_run (
    id uuid PRIMARY KEY,
    job text NOT NULL CONSTRAINT job_run_job_check CHECK (job IN ('conclude-referrals', 'delete-stale-drafts', 'transfer-referrals', 'load-sentence-ends')),
    started_at timestamptz NOT NULL,
    started_by text NOT NULL,
    scheduled_for timestamptz,
    dry_run boolean NOT NULL,
    parameters jsonb NOT NULL,
    finished_at timestamptz,
    outcome text CONSTRAINT job_run_outcome_check CHECK (outcome IN ('succeeded', 'failed', 'interrupted')),
    examined bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    errors jsonb NOT NULL DEFAULT '[]',
    CONSTRAINT job_run_finished_check CHECK ((finished_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT job_run_counts_check CHECK (changed >= 0 AND failed >= 0 AND changed + failed <= examined)
);
-- A scheduled time is run once; a run that was interrupted does not count.
CREATE UNIQUE INDEX job_run_schedule_key ON job_run (job, scheduled_for) WHERE outcome IS DISTINCT FROM 'interrupted';
CREATE INDEX job_run_started_idx ON job_run (started_at);
COMMENT ON TABLE job_run IS 'Every run of a job, dry runs included.';
COMMENT ON COLUMN job_run.id IS 'Its id; what the run changed has job: and this id as its correlation';
COMMENT ON COLUMN job_run.job IS 'Which job';
COMMENT ON COLUMN job_run.started_at IS 'When it began';
COMMENT ON COLUMN job_run.started_by IS 'The operator''s account on the machine, or schedule';
COMMENT ON COLUMN job_run.scheduled_for IS 'The time that the schedule set; none when an operator ran it';
COMMENT ON COLUMN job_run.dry_run IS 'Whether it only looked at what it would change';
COMMENT ON COLUMN job_run.parameters IS 'What it was told';
COMMENT ON COLUMN job_run.finished_at IS 'When it ended';
COMMENT ON COLUMN job_run.outcome IS 'How it ended; none while it runs';
COMMENT ON COLUMN job_run.examined IS 'Items dealt with so far';
COMMENT ON COLUMN job_run.changed IS 'Items changed, or in a dry run to be changed';
COMMENT ON COLUMN job_run.failed IS 'Items that could not be dealt with';
COMMENT ON COLUMN job_run.errors IS 'The first of them: the item''s id and what went wrong';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('job_run', 'id', false, false),
    ('job_run', 'job', false, false),
    ('job_run', 'started_at', false, false),
    ('job_run', 'started_by', true, false),
    ('job_run', 'scheduled_for', false, false),
    ('job_run', 'dry_run', false, false),
    ('job_run', 'parameters', true, false),
    ('job_run', 'finished_at', false, false),
    ('job_run', 'outcome', false, false),
    ('job_run', 'examined', false, false),
    ('job_run', 'changed', false, false),
    ('job_run', 'failed', false, false),
    ('job_run', 'errors', false, false);
