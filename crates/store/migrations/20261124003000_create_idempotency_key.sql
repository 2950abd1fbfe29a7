-- Requests that were carried out and may be repeated: a row stands here exactly when the change of its request does,
-- because both are written in one transaction.
SET LOCAL lock_timeout = '5s';

CREATE TABLE idempotency_key (
    user_source text NOT NULL,
    user_id text NOT NULL,
    key_digest bytea NOT NULL CONSTRAINT idempotency_key_digest_check CHECK (octet_length(key_digest) = 32),
    fingerprint bytea NOT NULL CONSTRAINT idempotency_key_fingerprint_check CHECK (octet_length(fingerprint) = 32),
    resource_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    answer bytea,
    PRIMARY KEY (user_source, user_id, key_digest)
);
CREATE INDEX idempotency_key_created_idx ON idempotency_key (created_at);
COMMENT ON TABLE idempotency_key IS 'Requests with an Idempotency-Key whose change was committed; kept for a day.';
COMMENT ON COLUMN idempotency_key.user_source IS 'Which sign-in service the user belongs to';
COMMENT ON COLUMN idempotency_key.user_id IS 'Whose request it was; nobody else finds it';
COMMENT ON COLUMN idempotency_key.key_digest IS 'SHA-256 of the key; the key itself is nowhere in the database';
COMMENT ON COLUMN idempotency_key.fingerprint IS 'SHA-256 of method, address and body';
COMMENT ON COLUMN idempotency_key.resource_id IS 'The id of what the request made, if it made something';
COMMENT ON COLUMN idempotency_key.created_at IS 'When the change was made';
COMMENT ON COLUMN idempotency_key.answer IS 'The first answer, encrypted under a key made from the request''s key; none when it was cut off before it was given';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('idempotency_key', 'user_source', false, false),
    ('idempotency_key', 'user_id', true, false),
    ('idempotency_key', 'key_digest', true, false),
    ('idempotency_key', 'fingerprint', true, false),
    ('idempotency_key', 'resource_id', false, false),
    ('idempotency_key', 'created_at', false, false),
    ('idempotency_key', 'answer', true, false);
