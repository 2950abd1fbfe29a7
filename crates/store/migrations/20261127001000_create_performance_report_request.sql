-- Performance reports that provider users asked for.
SET LOCAL lock_timeout = '5s';

CREATE TABLE performance_report_request (
    id uuid PRIMARY KEY,
    asked_at timestamptz NOT NULL,
    asked_by_source text NOT NULL,
    asked_by_id text NOT NULL,
    contracts text[] NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    CONSTRAINT performance_report_request_asked_by_fkey FOREIGN KEY (asked_by_source, asked_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT performance_report_request_contracts_check CHECK (cardinality(contracts) > 0),
    CONSTRAINT performance_report_request_days_check CHECK (first_day <= last_day)
);
CREATE INDEX performance_report_request_asked_by_idx ON performance_report_request (asked_by_source, asked_by_id, asked_at);
COMMENT ON TABLE performance_report_request IS 'Performance reports that provider users asked for, to be made in the order of asking.';
COMMENT ON COLUMN performance_report_request.id IS 'Its id';
COMMENT ON COLUMN performance_report_request.asked_at IS 'When it was asked for';
COMMENT ON COLUMN performance_report_request.asked_by_source IS 'Sign-in source of the user who asked';
COMMENT ON COLUMN performance_report_request.asked_by_id IS 'Id of the user who asked';
COMMENT ON COLUMN performance_report_request.contracts IS 'References of the contracts that the user worked for at that time, in order';
COMMENT ON COLUMN performance_report_request.first_day IS 'The first civil day that it covers';
COMMENT ON COLUMN performance_report_request.last_day IS 'The last civil day that it covers';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('performance_report_request', 'id', false, false),
    ('performance_report_request', 'asked_at', false, false),
    ('performance_report_request', 'asked_by_source', false, false),
    ('performance_report_request', 'asked_by_id', false, false),
    ('performance_report_request', 'contracts', false, false),
    ('performance_report_request', 'first_day', false, false),
    ('performance_report_request', 'last_day', false, false);
