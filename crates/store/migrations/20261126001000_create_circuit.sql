-- What each worker's circuits do, so that pages of another process can show it; and an index by which what was delivered
-- lately is counted.
SET LOCAL lock_timeout = '5s';

CREATE TABLE circuit (
    worker uuid NOT NULL,
    system text NOT NULL,
    state text NOT NULL CONSTRAINT circuit_state_check CHECK (state IN ('closed', 'open', 'half-open')),
    failures integer NOT NULL CONSTRAINT circuit_failures_check CHECK (failures >= 0),
    since timestamptz,
    open_until timestamptz,
    seen_at timestamptz NOT NULL,
    CONSTRAINT circuit_pkey PRIMARY KEY (worker, system),
    CONSTRAINT circuit_since_check CHECK ((since IS NULL) = (state = 'closed')),
    CONSTRAINT circuit_open_until_check CHECK ((open_until IS NOT NULL) = (state = 'open'))
);
COMMENT ON TABLE circuit IS 'What the circuit of each system does in each worker, as that worker last said';
COMMENT ON COLUMN circuit.worker IS 'The worker: an id that it takes when it starts';
COMMENT ON COLUMN circuit.system IS 'The system, as metrics and logs name it';
COMMENT ON COLUMN circuit.state IS 'Closed: calls go through. Open: none is sent. Half open: one is sent for trial';
COMMENT ON COLUMN circuit.failures IS 'Failures in a row that opened it, failed trials included; 0 while it is closed';
COMMENT ON COLUMN circuit.since IS 'When it opened';
COMMENT ON COLUMN circuit.open_until IS 'From then on one call is let through for trial';
COMMENT ON COLUMN circuit.seen_at IS 'When the worker last said so. One that is silent for a minute is taken for gone';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('circuit', 'worker', false, false),
    ('circuit', 'system', false, false),
    ('circuit', 'state', false, false),
    ('circuit', 'failures', false, false),
    ('circuit', 'since', false, false),
    ('circuit', 'open_until', false, false),
    ('circuit', 'seen_at', false, false);

-- Rows come in order of this time, near enough, so that a few pages tell where the last minutes are. Summarised as pages
-- fill, so that those minutes are never looked for in all that came since the last vacuum.
CREATE INDEX effect_finished_settled_idx ON effect_finished USING brin (settled_at) WITH (autosummarize = on);
