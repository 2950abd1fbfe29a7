-- How what Delius holds differs from what is true here, what stands still because of it, and who chose what about it.
SET LOCAL lock_timeout = '5s';

CREATE TABLE discrepancy (
    id uuid PRIMARY KEY,
    referral_id uuid REFERENCES referral (id),
    appointment_id uuid,
    urn text,
    kind text NOT NULL CONSTRAINT discrepancy_kind_check CHECK (kind IN ('missing', 'soft_deleted', 'closed_early', 'half_reopened', 'still_open', 'outcome_mismatch', 'type_mismatch', 'person_mismatch', 'event_mismatch', 'date_mismatch', 'duplicate', 'orphan_urn', 'malformed_urn', 'appointment_missing', 'appointment_outcome_mismatch')),
    evidence jsonb NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    repairs integer NOT NULL DEFAULT 0,
    resolved_at timestamptz,
    resolution text,
    resolved_by_source text,
    resolved_by_id text,
    why text,
    CONSTRAINT discrepancy_resolved_check CHECK ((resolved_at IS NULL) = (resolution IS NULL)),
    CONSTRAINT discrepancy_resolved_by_fkey FOREIGN KEY (resolved_by_source, resolved_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
-- One open row for each thing that is the matter.
CREATE UNIQUE INDEX discrepancy_open_key ON discrepancy (referral_id, kind, appointment_id, urn) NULLS NOT DISTINCT
    WHERE resolved_at IS NULL;
CREATE INDEX discrepancy_referral_idx ON discrepancy (referral_id, first_seen_at);
CREATE INDEX discrepancy_seen_idx ON discrepancy (first_seen_at, id) WHERE resolved_at IS NULL;
CREATE INDEX discrepancy_resolved_by_idx ON discrepancy (resolved_by_source, resolved_by_id) WHERE resolved_by_id IS NOT NULL;
COMMENT ON TABLE discrepancy IS 'A disagreement between Delius and us, from when it was first seen until it was settled. Never deleted.';
COMMENT ON COLUMN discrepancy.id IS 'Its id';
COMMENT ON COLUMN discrepancy.referral_id IS 'The referral; none for an activity that names no referral of ours';
COMMENT ON COLUMN discrepancy.appointment_id IS 'The appointment that it is about; none: the activity as a whole';
COMMENT ON COLUMN discrepancy.urn IS 'The reference that an activity without a referral of ours carries';
COMMENT ON COLUMN discrepancy.kind IS 'What is the matter';
COMMENT ON COLUMN discrepancy.evidence IS 'What was seen: dates, statuses and codes; never an NSI id';
COMMENT ON COLUMN discrepancy.first_seen_at IS 'When it was first seen';
COMMENT ON COLUMN discrepancy.last_seen_at IS 'When it was last seen';
COMMENT ON COLUMN discrepancy.repairs IS 'How often it was repaired by itself';
COMMENT ON COLUMN discrepancy.resolved_at IS 'When it was settled';
COMMENT ON COLUMN discrepancy.resolution IS 'How: no longer seen, or what a person chose';
COMMENT ON COLUMN discrepancy.resolved_by_source IS 'Sign-in source of the user who settled it';
COMMENT ON COLUMN discrepancy.resolved_by_id IS 'Id of the user who settled it';
COMMENT ON COLUMN discrepancy.why IS 'Their words';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('discrepancy', 'id', false, false),
    ('discrepancy', 'referral_id', false, false),
    ('discrepancy', 'appointment_id', false, false),
    ('discrepancy', 'urn', false, false),
    ('discrepancy', 'kind', false, false),
    ('discrepancy', 'evidence', true, false),
    ('discrepancy', 'first_seen_at', false, false),
    ('discrepancy', 'last_seen_at', false, false),
    ('discrepancy', 'repairs', false, false),
    ('discrepancy', 'resolved_at', false, false),
    ('discrepancy', 'resolution', false, false),
    ('discrepancy', 'resolved_by_source', false, false),
    ('discrepancy', 'resolved_by_id', false, false),
    ('discrepancy', 'why', true, false);

CREATE TABLE collection (
    referral_id uuid PRIMARY KEY REFERENCES referral (id),
    state text NOT NULL CONSTRAINT collection_state_check CHECK (state IN ('clear', 'held', 'without')),
    discrepancy_id uuid REFERENCES discrepancy (id),
    since timestamptz NOT NULL,
    asked_at timestamptz,
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX collection_discrepancy_idx ON collection (discrepancy_id) WHERE discrepancy_id IS NOT NULL;
CREATE INDEX collection_held_idx ON collection (since, referral_id) WHERE state = 'held';
COMMENT ON TABLE collection IS 'Whether Delius may be told of a referral. No row: it may.';
COMMENT ON COLUMN collection.referral_id IS 'The referral';
COMMENT ON COLUMN collection.state IS 'clear: Delius is told; held: what Delius is to be told waits; without: Delius is told nothing more';
COMMENT ON COLUMN collection.discrepancy_id IS 'Why it is held, or went on without';
COMMENT ON COLUMN collection.since IS 'Since when it is in this state';
COMMENT ON COLUMN collection.asked_at IS 'When somebody in Delius was asked to reopen the activity';
COMMENT ON COLUMN collection.version IS 'Rises with every change, so that a choice is made about what was looked at';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('collection', 'referral_id', false, false),
    ('collection', 'state', false, false),
    ('collection', 'discrepancy_id', false, false),
    ('collection', 'since', false, false),
    ('collection', 'asked_at', false, false),
    ('collection', 'version', false, false);

CREATE TABLE collection_choice (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    discrepancy_id uuid REFERENCES discrepancy (id),
    choice text NOT NULL CONSTRAINT collection_choice_choice_check CHECK (choice IN ('ask-to-reopen', 'reopened', 'without-delius', 'end-referral', 'create-again')),
    chosen_at timestamptz NOT NULL,
    chosen_by_source text NOT NULL,
    chosen_by_id text NOT NULL,
    why text NOT NULL,
    CONSTRAINT collection_choice_chosen_by_fkey FOREIGN KEY (chosen_by_source, chosen_by_id) REFERENCES auth_user (auth_source, id)
);
CREATE INDEX collection_choice_referral_idx ON collection_choice (referral_id, chosen_at);
CREATE INDEX collection_choice_discrepancy_idx ON collection_choice (discrepancy_id) WHERE discrepancy_id IS NOT NULL;
CREATE INDEX collection_choice_chosen_by_idx ON collection_choice (chosen_by_source, chosen_by_id);
COMMENT ON TABLE collection_choice IS 'What people chose about a referral whose line to Delius was held. Never deleted.';
COMMENT ON COLUMN collection_choice.id IS 'Its id';
COMMENT ON COLUMN collection_choice.referral_id IS 'The referral';
COMMENT ON COLUMN collection_choice.discrepancy_id IS 'What the choice was about';
COMMENT ON COLUMN collection_choice.choice IS 'What was chosen';
COMMENT ON COLUMN collection_choice.chosen_at IS 'When';
COMMENT ON COLUMN collection_choice.chosen_by_source IS 'Sign-in source of the user who chose';
COMMENT ON COLUMN collection_choice.chosen_by_id IS 'Id of the user who chose';
COMMENT ON COLUMN collection_choice.why IS 'Their words';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('collection_choice', 'id', false, false),
    ('collection_choice', 'referral_id', false, false),
    ('collection_choice', 'discrepancy_id', false, false),
    ('collection_choice', 'choice', false, false),
    ('collection_choice', 'chosen_at', false, false),
    ('collection_choice', 'chosen_by_source', false, false),
    ('collection_choice', 'chosen_by_id', false, false),
    ('collection_choice', 'why', true, false);

-- What Delius acts on: every call to it, and the events that its consumer reads. Worked out by the database, so that
-- rows of an earlier release have it too; a test compares it with the rule in the code.
ALTER TABLE effect ADD COLUMN reaches_delius boolean GENERATED ALWAYS AS (
    system = 'delius'
    OR (kind = 'publish' AND payload ->> 'event' IN ('plan-submitted', 'plan-approved', 'feedback-submitted', 'referral-ended'))
) STORED;
-- The e-mail that asks somebody to choose must not wait behind e-mails that wait for that very choice.
ALTER TABLE effect ADD COLUMN out_of_line boolean GENERATED ALWAYS AS (
    kind = 'email' AND payload ->> 'purpose' = 'delius-needs-choice'
) STORED;
COMMENT ON COLUMN effect.out_of_line IS 'Whether it goes out without waiting for what is before it in its line';
COMMENT ON COLUMN effect.reaches_delius IS 'Whether Delius acts on it: calls to Delius, and the events that its consumer reads';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('effect', 'out_of_line', false, false),
    ('effect', 'reaches_delius', false, false);
