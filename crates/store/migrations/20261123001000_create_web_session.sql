-- Sessions of the pages: found by a digest of the browser's cookie, readable only with the cookie itself.
SET LOCAL lock_timeout = '5s';

CREATE TABLE web_session (
    id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
    contents bytea NOT NULL,
    created_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    idle_until timestamptz NOT NULL
);
CREATE INDEX web_session_idle_idx ON web_session (idle_until);
CREATE INDEX web_session_ends_idx ON web_session (ends_at);
COMMENT ON TABLE web_session IS 'Sessions of people who use the pages.';
COMMENT ON COLUMN web_session.id IS 'SHA-256 of the cookie''s bytes; the cookie itself is nowhere in the database';
COMMENT ON COLUMN web_session.contents IS 'The tokens, encrypted under a key made from the cookie''s bytes';
COMMENT ON COLUMN web_session.created_at IS 'When the person signed in';
COMMENT ON COLUMN web_session.ends_at IS 'When it ends however busy it is';
COMMENT ON COLUMN web_session.idle_until IS 'When it ends unless it is used before';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('web_session', 'id', true, false),
    ('web_session', 'contents', true, false),
    ('web_session', 'created_at', false, false),
    ('web_session', 'ends_at', false, false),
    ('web_session', 'idle_until', false, false);
