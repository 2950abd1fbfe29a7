-- Amendments of sent referrals, and messages left on them.
SET LOCAL lock_timeout = '5s';

CREATE TABLE changelog (
    changelog_id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    topic text NOT NULL CHECK (topic IN ('COMPLEXITY_LEVEL', 'DESIRED_OUTCOMES', 'COMPLETION_DATETIME', 'MAXIMUM_ENFORCEABLE_DAYS', 'REASON_FOR_REFERRAL', 'REASON_FOR_REFERRAL_FURTHER_INFORMATION', 'NEEDS_AND_REQUIREMENTS_HAS_ADDITIONAL_RESPONSIBILITIES', 'NEEDS_AND_REQUIREMENTS_INTERPRETER_REQUIRED', 'NEEDS_AND_REQUIREMENTS_ACCESSIBILITY_NEEDS', 'NEEDS_AND_REQUIREMENTS_ADDITIONAL_INFORMATION', 'PRISON_ESTABLISHMENT', 'EXPECTED_RELEASE_DATE', 'EXPECTED_PROBATION_OFFICE', 'PROBATION_PRACTITIONER_PROBATION_OFFICE', 'PROBATION_PRACTITIONER_NAME', 'PROBATION_PRACTITIONER_EMAIL', 'PROBATION_PRACTITIONER_PHONE_NUMBER', 'PROBATION_PRACTITIONER_TEAM_PHONE_NUMBER')),
    old_value jsonb NOT NULL,
    new_value jsonb NOT NULL,
    reason_for_change text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by_source text NOT NULL,
    changed_by_id text NOT NULL,
    CONSTRAINT changelog_changed_by_fkey FOREIGN KEY (changed_by_source, changed_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX changelog_referral_idx ON changelog (referral_id, changed_at);
CREATE INDEX changelog_changed_by_idx ON changelog (changed_by_source, changed_by_id);
COMMENT ON TABLE changelog IS 'One row for each amendment of a sent referral.';
COMMENT ON COLUMN changelog.changelog_id IS 'Its id';
COMMENT ON COLUMN changelog.referral_id IS 'The referral';
COMMENT ON COLUMN changelog.topic IS 'What was amended';
COMMENT ON COLUMN changelog.old_value IS 'The values before: an object with a list of texts';
COMMENT ON COLUMN changelog.new_value IS 'The values after: an object with a list of texts';
COMMENT ON COLUMN changelog.reason_for_change IS 'Why; empty where the topic asks for no reason';
COMMENT ON COLUMN changelog.changed_at IS 'When';
COMMENT ON COLUMN changelog.changed_by_source IS 'Sign-in source of the user who amended it';
COMMENT ON COLUMN changelog.changed_by_id IS 'Id of the user who amended it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('changelog', 'changelog_id', false, true),
    ('changelog', 'referral_id', false, true),
    ('changelog', 'topic', false, true),
    ('changelog', 'old_value', true, true),
    ('changelog', 'new_value', true, true),
    ('changelog', 'reason_for_change', true, true),
    ('changelog', 'changed_at', false, true),
    ('changelog', 'changed_by_source', false, true),
    ('changelog', 'changed_by_id', false, true);

CREATE TABLE case_note (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    subject text NOT NULL,
    body text NOT NULL,
    sent_at timestamptz NOT NULL,
    sent_by_source text NOT NULL,
    sent_by_id text NOT NULL,
    CONSTRAINT case_note_sent_by_fkey FOREIGN KEY (sent_by_source, sent_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX case_note_referral_idx ON case_note (referral_id, sent_at, id);
CREATE INDEX case_note_sent_by_idx ON case_note (sent_by_source, sent_by_id);
COMMENT ON TABLE case_note IS 'Messages left on a referral by either side; never edited or deleted.';
COMMENT ON COLUMN case_note.id IS 'Its id';
COMMENT ON COLUMN case_note.referral_id IS 'The referral';
COMMENT ON COLUMN case_note.subject IS 'One line';
COMMENT ON COLUMN case_note.body IS 'The message';
COMMENT ON COLUMN case_note.sent_at IS 'When it was sent';
COMMENT ON COLUMN case_note.sent_by_source IS 'Sign-in source of the user who sent it';
COMMENT ON COLUMN case_note.sent_by_id IS 'Id of the user who sent it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('case_note', 'id', false, true),
    ('case_note', 'referral_id', false, true),
    ('case_note', 'subject', true, true),
    ('case_note', 'body', true, true),
    ('case_note', 'sent_at', false, true),
    ('case_note', 'sent_by_source', false, true),
    ('case_note', 'sent_by_id', false, true);
