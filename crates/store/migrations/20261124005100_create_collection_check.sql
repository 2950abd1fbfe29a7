-- When each referral was last compared with what Delius holds, and the case numbers that people had before a merge.
SET LOCAL lock_timeout = '5s';

CREATE TABLE collection_check (
    referral_id uuid PRIMARY KEY REFERENCES referral (id),
    checked_at timestamptz NOT NULL,
    digest text NOT NULL,
    open integer NOT NULL
);
CREATE INDEX collection_check_checked_idx ON collection_check (checked_at);
COMMENT ON TABLE collection_check IS 'When each referral was last compared with what Delius holds. A run that was cut short is carried on from here.';
COMMENT ON COLUMN collection_check.referral_id IS 'The referral';
COMMENT ON COLUMN collection_check.checked_at IS 'When it was last compared';
COMMENT ON COLUMN collection_check.digest IS 'What was seen, in short: status, outcome and dates of its activities';
COMMENT ON COLUMN collection_check.open IS 'How many discrepancies there were';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('collection_check', 'referral_id', false, false),
    ('collection_check', 'checked_at', false, false),
    ('collection_check', 'digest', false, false),
    ('collection_check', 'open', false, false);

CREATE TABLE former_case_number (
    referral_id uuid NOT NULL REFERENCES referral (id),
    crn text NOT NULL,
    replaced_at timestamptz NOT NULL,
    replaced_by_source text NOT NULL,
    replaced_by_id text NOT NULL,
    why text NOT NULL,
    PRIMARY KEY (referral_id, replaced_at),
    CONSTRAINT former_case_number_replaced_by_fkey FOREIGN KEY (replaced_by_source, replaced_by_id) REFERENCES auth_user (auth_source, id)
);
CREATE INDEX former_case_number_crn_idx ON former_case_number (crn);
CREATE INDEX former_case_number_replaced_by_idx ON former_case_number (replaced_by_source, replaced_by_id);
COMMENT ON TABLE former_case_number IS 'The case numbers that a referral was under before the person was merged in Delius; the referral has the current one.';
COMMENT ON COLUMN former_case_number.referral_id IS 'The referral';
COMMENT ON COLUMN former_case_number.crn IS 'The former number';
COMMENT ON COLUMN former_case_number.replaced_at IS 'When another took its place';
COMMENT ON COLUMN former_case_number.replaced_by_source IS 'Sign-in source of the user who said so';
COMMENT ON COLUMN former_case_number.replaced_by_id IS 'Id of the user who said so';
COMMENT ON COLUMN former_case_number.why IS 'Their words';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('former_case_number', 'referral_id', false, false),
    ('former_case_number', 'crn', true, false),
    ('former_case_number', 'replaced_at', false, false),
    ('former_case_number', 'replaced_by_source', false, false),
    ('former_case_number', 'replaced_by_id', false, false),
    ('former_case_number', 'why', true, false);

ALTER TABLE job_run DROP CONSTRAINT job_run_job_check;
ALTER TABLE job_run ADD CONSTRAINT job_run_job_check
    CHECK (job IN ('conclude-referrals', 'delete-stale-drafts', 'transfer-referrals', 'load-sentence-ends', 'reconcile'));
