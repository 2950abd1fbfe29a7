-- Regions, service categories, contract types and reasons: lists that change a few times a year.
SET LOCAL lock_timeout = '5s';

CREATE TABLE nps_region (
    id text PRIMARY KEY CHECK (length(id) = 1),
    name text NOT NULL UNIQUE
);
COMMENT ON TABLE nps_region IS 'Probation regions.';
COMMENT ON COLUMN nps_region.id IS 'One letter';
COMMENT ON COLUMN nps_region.name IS 'Name, as shown';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('nps_region', 'id', false, true),
    ('nps_region', 'name', false, true);

CREATE TABLE pcc_region (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    nps_region_id text NOT NULL REFERENCES nps_region (id)
);
CREATE INDEX pcc_region_nps_region_idx ON pcc_region (nps_region_id);
COMMENT ON TABLE pcc_region IS 'Police and crime commissioner areas.';
COMMENT ON COLUMN pcc_region.id IS 'Slug, such as cheshire';
COMMENT ON COLUMN pcc_region.name IS 'Name, as shown';
COMMENT ON COLUMN pcc_region.nps_region_id IS 'The probation region that it belongs to';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('pcc_region', 'id', false, true),
    ('pcc_region', 'name', false, true),
    ('pcc_region', 'nps_region_id', false, true);

CREATE TABLE service_category (
    id uuid PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL UNIQUE
);
COMMENT ON TABLE service_category IS 'Areas of need.';
COMMENT ON COLUMN service_category.id IS 'Its id, stable in reports';
COMMENT ON COLUMN service_category.created IS 'When it was added';
COMMENT ON COLUMN service_category.name IS 'Its name';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('service_category', 'id', false, true),
    ('service_category', 'created', false, true),
    ('service_category', 'name', false, true);

CREATE TABLE complexity_level (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    description text NOT NULL,
    service_category_id uuid NOT NULL REFERENCES service_category (id),
    complexity text NOT NULL CHECK (complexity IN ('LOW', 'MEDIUM', 'HIGH')),
    UNIQUE (service_category_id, complexity)
);
COMMENT ON TABLE complexity_level IS 'How much help is needed within a service category.';
COMMENT ON COLUMN complexity_level.id IS 'Its id';
COMMENT ON COLUMN complexity_level.title IS 'Title, such as Low complexity';
COMMENT ON COLUMN complexity_level.description IS 'What the level means';
COMMENT ON COLUMN complexity_level.service_category_id IS 'The category that it belongs to';
COMMENT ON COLUMN complexity_level.complexity IS 'Its place in the order';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('complexity_level', 'id', false, true),
    ('complexity_level', 'title', false, true),
    ('complexity_level', 'description', false, true),
    ('complexity_level', 'service_category_id', false, true),
    ('complexity_level', 'complexity', false, true);

CREATE TABLE desired_outcome (
    id uuid PRIMARY KEY,
    description text NOT NULL,
    service_category_id uuid NOT NULL REFERENCES service_category (id),
    deprecated_at timestamptz
);
CREATE INDEX desired_outcome_service_category_idx ON desired_outcome (service_category_id);
COMMENT ON TABLE desired_outcome IS 'Results that are sought within a service category.';
COMMENT ON COLUMN desired_outcome.id IS 'Its id';
COMMENT ON COLUMN desired_outcome.description IS 'What is sought';
COMMENT ON COLUMN desired_outcome.service_category_id IS 'The category that it belongs to';
COMMENT ON COLUMN desired_outcome.deprecated_at IS 'When it stopped being offered';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('desired_outcome', 'id', false, true),
    ('desired_outcome', 'description', false, true),
    ('desired_outcome', 'service_category_id', false, true),
    ('desired_outcome', 'deprecated_at', false, true);

CREATE TABLE desired_outcome_filter_rule (
    id uuid PRIMARY KEY,
    desired_outcome_id uuid NOT NULL UNIQUE REFERENCES desired_outcome (id),
    rule_type text NOT NULL CHECK (rule_type IN ('INCLUDE', 'EXCLUDE')),
    match_type text NOT NULL CHECK (match_type = 'contract_reference')
);
COMMENT ON TABLE desired_outcome_filter_rule IS 'Limits an outcome to contracts, or bars it from them. At most one for each outcome.';
COMMENT ON COLUMN desired_outcome_filter_rule.id IS 'Its id';
COMMENT ON COLUMN desired_outcome_filter_rule.desired_outcome_id IS 'The outcome';
COMMENT ON COLUMN desired_outcome_filter_rule.rule_type IS 'Whether the listed contracts are the only ones, or the excepted ones';
COMMENT ON COLUMN desired_outcome_filter_rule.match_type IS 'What is matched: the contract reference';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('desired_outcome_filter_rule', 'id', false, true),
    ('desired_outcome_filter_rule', 'desired_outcome_id', false, true),
    ('desired_outcome_filter_rule', 'rule_type', false, true),
    ('desired_outcome_filter_rule', 'match_type', false, true);

CREATE TABLE desired_outcome_filter_rule_match_data (
    desired_outcome_filter_rule_id uuid NOT NULL REFERENCES desired_outcome_filter_rule (id) ON DELETE CASCADE,
    match_data text NOT NULL,
    PRIMARY KEY (desired_outcome_filter_rule_id, match_data)
);
COMMENT ON TABLE desired_outcome_filter_rule_match_data IS 'The contracts that a rule lists.';
COMMENT ON COLUMN desired_outcome_filter_rule_match_data.desired_outcome_filter_rule_id IS 'The rule';
COMMENT ON COLUMN desired_outcome_filter_rule_match_data.match_data IS 'A contract reference';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('desired_outcome_filter_rule_match_data', 'desired_outcome_filter_rule_id', false, true),
    ('desired_outcome_filter_rule_match_data', 'match_data', false, true);

CREATE TABLE contract_type (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    code text NOT NULL UNIQUE CHECK (length(code) <= 10),
    nsi_type text NOT NULL
);
COMMENT ON TABLE contract_type IS 'Kinds of service that contracts buy.';
COMMENT ON COLUMN contract_type.id IS 'Its id, stable in reports';
COMMENT ON COLUMN contract_type.name IS 'Its name; its first two letters end every reference number';
COMMENT ON COLUMN contract_type.code IS 'Its code, such as ACC';
COMMENT ON COLUMN contract_type.nsi_type IS 'The type under which Delius files the activity';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('contract_type', 'id', false, true),
    ('contract_type', 'name', false, true),
    ('contract_type', 'code', false, true),
    ('contract_type', 'nsi_type', false, true);

CREATE TABLE contract_type_service_category (
    contract_type_id uuid NOT NULL REFERENCES contract_type (id),
    service_category_id uuid NOT NULL REFERENCES service_category (id),
    PRIMARY KEY (contract_type_id, service_category_id)
);
CREATE INDEX contract_type_service_category_category_idx ON contract_type_service_category (service_category_id);
COMMENT ON TABLE contract_type_service_category IS 'The service categories of a contract type: one for a single service, more for a cohort.';
COMMENT ON COLUMN contract_type_service_category.contract_type_id IS 'The contract type';
COMMENT ON COLUMN contract_type_service_category.service_category_id IS 'The category';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('contract_type_service_category', 'contract_type_id', false, true),
    ('contract_type_service_category', 'service_category_id', false, true);

CREATE TABLE cancellation_reason (
    code text PRIMARY KEY CHECK (length(code) = 3),
    description text NOT NULL,
    position integer NOT NULL
);
COMMENT ON TABLE cancellation_reason IS 'Reasons of the older end request; still listed and still on older referrals.';
COMMENT ON COLUMN cancellation_reason.code IS 'Three letters';
COMMENT ON COLUMN cancellation_reason.description IS 'What it says';
COMMENT ON COLUMN cancellation_reason.position IS 'Its place in the list';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('cancellation_reason', 'code', false, true),
    ('cancellation_reason', 'description', false, true),
    ('cancellation_reason', 'position', false, true);

CREATE TABLE withdrawal_reason (
    code text PRIMARY KEY CHECK (length(code) = 3),
    description text NOT NULL,
    grouping text NOT NULL,
    position integer NOT NULL
);
COMMENT ON TABLE withdrawal_reason IS 'Reasons why a referral is withdrawn or closed early.';
COMMENT ON COLUMN withdrawal_reason.code IS 'Three letters';
COMMENT ON COLUMN withdrawal_reason.description IS 'What it says';
COMMENT ON COLUMN withdrawal_reason.grouping IS 'The group under which pages show it';
COMMENT ON COLUMN withdrawal_reason.position IS 'Its place in the list';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('withdrawal_reason', 'code', true, true),
    ('withdrawal_reason', 'description', true, true),
    ('withdrawal_reason', 'grouping', true, true),
    ('withdrawal_reason', 'position', false, true);
