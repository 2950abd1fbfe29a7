-- Users, their aliases, and the classification of columns.
SET LOCAL lock_timeout = '5s';

CREATE TABLE metadata (
    table_name text NOT NULL,
    column_name text NOT NULL,
    sensitive boolean NOT NULL,
    domain_data boolean NOT NULL,
    PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE metadata IS 'Which columns are sensitive: obfuscated outside production. One row for each column of each table.';
COMMENT ON COLUMN metadata.table_name IS 'The table';
COMMENT ON COLUMN metadata.column_name IS 'The column';
COMMENT ON COLUMN metadata.sensitive IS 'Whether the values are obfuscated outside production';
COMMENT ON COLUMN metadata.domain_data IS 'Whether the column holds data of the domain, not of a framework';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('metadata', 'table_name', false, false),
    ('metadata', 'column_name', false, false),
    ('metadata', 'sensitive', false, false),
    ('metadata', 'domain_data', false, false);

CREATE TABLE auth_user (
    auth_source text NOT NULL,
    id text NOT NULL,
    user_name text NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (auth_source, id),
    CONSTRAINT auth_user_name_key UNIQUE (auth_source, user_name)
);
COMMENT ON TABLE auth_user IS 'Who acted: every user that this service has met, and the service itself.';
COMMENT ON COLUMN auth_user.auth_source IS 'Where the user signs in: delius, auth, or the name of another source';
COMMENT ON COLUMN auth_user.id IS 'The sign-in service''s id; unique within its source only';
COMMENT ON COLUMN auth_user.user_name IS 'The name that the user signs in with; may be renamed';
COMMENT ON COLUMN auth_user.deleted IS 'Whether the sign-in service has deleted the user';
COMMENT ON COLUMN auth_user.created_at IS 'When this service first met the user';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('auth_user', 'auth_source', false, true),
    ('auth_user', 'id', false, true),
    ('auth_user', 'user_name', true, true),
    ('auth_user', 'deleted', false, true),
    ('auth_user', 'created_at', false, true);

CREATE TABLE auth_user_alias (
    auth_source text NOT NULL,
    alias_id text NOT NULL,
    id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (auth_source, alias_id),
    FOREIGN KEY (auth_source, id) REFERENCES auth_user (auth_source, id)
);
CREATE INDEX auth_user_alias_user_idx ON auth_user_alias (auth_source, id);
COMMENT ON TABLE auth_user_alias IS 'A second id that the sign-in service gave to a user whom we knew already.';
COMMENT ON COLUMN auth_user_alias.auth_source IS 'Where the user signs in';
COMMENT ON COLUMN auth_user_alias.alias_id IS 'The later id';
COMMENT ON COLUMN auth_user_alias.id IS 'The id under which the user was known first';
COMMENT ON COLUMN auth_user_alias.created_at IS 'When the later id was first seen';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('auth_user_alias', 'auth_source', false, true),
    ('auth_user_alias', 'alias_id', false, true),
    ('auth_user_alias', 'id', false, true),
    ('auth_user_alias', 'created_at', false, true);

INSERT INTO auth_user (auth_source, id, user_name)
VALUES ('urn:hmpps:interventions', '00000000-0000-0000-0000-000000000000', 'hmpps-interventions-service');
