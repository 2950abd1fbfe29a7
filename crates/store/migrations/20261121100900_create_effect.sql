-- The outbox: what other systems are to be told, in order for each referral and system, and the evidence of each attempt.
SET LOCAL lock_timeout = '5s';

CREATE TABLE effect (
    id uuid PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    referral_id uuid NOT NULL REFERENCES referral (id),
    system text NOT NULL CHECK (system IN ('delius', 'events', 'notify', 'prisoner-search')),
    kind text NOT NULL,
    payload jsonb NOT NULL,
    after_id uuid REFERENCES effect (id),
    state text NOT NULL CHECK (state IN ('waiting', 'in_flight', 'retrying', 'delivered', 'refused', 'parked', 'superseded')),
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    lease_until timestamptz,
    ambiguous boolean NOT NULL DEFAULT false,
    last_status integer,
    last_error text,
    last_attempt_at timestamptz,
    settled_at timestamptz,
    receipt text,
    reason text,
    cause text NOT NULL,
    actor_source text NOT NULL,
    actor_id text NOT NULL,
    correlation_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT effect_lease_check CHECK ((state = 'in_flight') = (lease_until IS NOT NULL)),
    CONSTRAINT effect_settled_check CHECK ((state IN ('delivered', 'refused', 'parked', 'superseded')) = (settled_at IS NOT NULL)),
    CONSTRAINT effect_actor_fkey FOREIGN KEY (actor_source, actor_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX effect_referral_idx ON effect (referral_id, position);
CREATE INDEX effect_after_idx ON effect (after_id) WHERE after_id IS NOT NULL;
-- The claim reads these three only, so that it costs the same whatever has been delivered before.
CREATE INDEX effect_line_idx ON effect (referral_id, system, position)
    WHERE state IN ('waiting', 'in_flight', 'retrying', 'parked');
CREATE INDEX effect_due_idx ON effect (system, (coalesce(lease_until, not_before)), position)
    WHERE state IN ('waiting', 'in_flight', 'retrying');
CREATE INDEX effect_backlog_idx ON effect (system, state, created_at)
    WHERE state IN ('waiting', 'in_flight', 'retrying', 'parked');
CREATE INDEX effect_actor_idx ON effect (actor_source, actor_id);
COMMENT ON TABLE effect IS 'What another system is to be told because something happened to a referral. Never deleted.';
COMMENT ON COLUMN effect.id IS 'Stable id that the receiver sees';
COMMENT ON COLUMN effect.position IS 'Its place in its line; rises within one referral in the order in which things happened';
COMMENT ON COLUMN effect.referral_id IS 'The referral; with the system it makes the line';
COMMENT ON COLUMN effect.system IS 'The system that is told';
COMMENT ON COLUMN effect.kind IS 'What is to be done';
COMMENT ON COLUMN effect.payload IS 'Ids, and the few facts that would be lost';
COMMENT ON COLUMN effect.after_id IS 'An earlier effect that must be finished first';
COMMENT ON COLUMN effect.state IS 'How far it has come';
COMMENT ON COLUMN effect.attempts IS 'How often it was tried; also the fence of the current attempt';
COMMENT ON COLUMN effect.not_before IS 'When it may be tried next';
COMMENT ON COLUMN effect.lease_until IS 'While in flight: until when its worker holds it';
COMMENT ON COLUMN effect.ambiguous IS 'Whether an earlier attempt may have been carried out although no answer came';
COMMENT ON COLUMN effect.last_status IS 'Status of the last answer, where one came';
COMMENT ON COLUMN effect.last_error IS 'What went wrong last, without personal data';
COMMENT ON COLUMN effect.last_attempt_at IS 'When it was tried last';
COMMENT ON COLUMN effect.settled_at IS 'When it was delivered, refused, parked or superseded';
COMMENT ON COLUMN effect.receipt IS 'What the receiver gave as proof';
COMMENT ON COLUMN effect.reason IS 'Why it was refused, parked or superseded';
COMMENT ON COLUMN effect.cause IS 'The kind of fact that it follows from';
COMMENT ON COLUMN effect.actor_source IS 'Sign-in source of the user who caused it';
COMMENT ON COLUMN effect.actor_id IS 'Id of the user who caused it';
COMMENT ON COLUMN effect.correlation_id IS 'Ties it to the request that caused it';
COMMENT ON COLUMN effect.occurred_at IS 'When its cause happened';
COMMENT ON COLUMN effect.created_at IS 'When it was written down';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('effect', 'id', false, false),
    ('effect', 'position', false, false),
    ('effect', 'referral_id', false, false),
    ('effect', 'system', false, false),
    ('effect', 'kind', false, false),
    ('effect', 'payload', true, false),
    ('effect', 'after_id', false, false),
    ('effect', 'state', false, false),
    ('effect', 'attempts', false, false),
    ('effect', 'not_before', false, false),
    ('effect', 'lease_until', false, false),
    ('effect', 'ambiguous', false, false),
    ('effect', 'last_status', false, false),
    ('effect', 'last_error', false, false),
    ('effect', 'last_attempt_at', false, false),
    ('effect', 'settled_at', false, false),
    ('effect', 'receipt', false, false),
    ('effect', 'reason', false, false),
    ('effect', 'cause', false, false),
    ('effect', 'actor_source', false, false),
    ('effect', 'actor_id', false, false),
    ('effect', 'correlation_id', false, false),
    ('effect', 'occurred_at', false, false),
    ('effect', 'created_at', false, false);

CREATE TABLE effect_attempt (
    effect_id uuid NOT NULL REFERENCES effect (id),
    attempt integer NOT NULL CHECK (attempt > 0),
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('delivered', 'retry', 'refused', 'parked', 'superseded', 'lost')),
    status integer,
    error text,
    PRIMARY KEY (effect_id, attempt),
    CONSTRAINT effect_attempt_end_check CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
COMMENT ON TABLE effect_attempt IS 'Evidence: one row for each attempt to carry out an effect.';
COMMENT ON COLUMN effect_attempt.effect_id IS 'The effect';
COMMENT ON COLUMN effect_attempt.attempt IS 'From 1';
COMMENT ON COLUMN effect_attempt.started_at IS 'When it was claimed';
COMMENT ON COLUMN effect_attempt.ended_at IS 'When its outcome was known';
COMMENT ON COLUMN effect_attempt.outcome IS 'What came of it; lost: its worker never said';
COMMENT ON COLUMN effect_attempt.status IS 'Status of the answer, where one came';
COMMENT ON COLUMN effect_attempt.error IS 'What went wrong, without personal data';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('effect_attempt', 'effect_id', false, false),
    ('effect_attempt', 'attempt', false, false),
    ('effect_attempt', 'started_at', false, false),
    ('effect_attempt', 'ended_at', false, false),
    ('effect_attempt', 'outcome', false, false),
    ('effect_attempt', 'status', false, false),
    ('effect_attempt', 'error', false, false);
