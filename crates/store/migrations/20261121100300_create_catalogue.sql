-- Providers, contracts and interventions.
SET LOCAL lock_timeout = '5s';

CREATE TABLE service_provider (
    id text PRIMARY KEY CHECK (length(id) <= 30),
    name text NOT NULL
);
COMMENT ON TABLE service_provider IS 'Organisations that deliver interventions.';
COMMENT ON COLUMN service_provider.id IS 'Code; also the last part of the login group INT_SP_…';
COMMENT ON COLUMN service_provider.name IS 'Name, as shown';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('service_provider', 'id', false, true),
    ('service_provider', 'name', false, true);

CREATE TABLE dynamic_framework_contract (
    id uuid PRIMARY KEY,
    contract_reference text NOT NULL UNIQUE CHECK (length(contract_reference) <= 30),
    contract_type_id uuid NOT NULL REFERENCES contract_type (id),
    prime_provider_id text NOT NULL REFERENCES service_provider (id),
    start_date date NOT NULL,
    end_date date NOT NULL,
    referral_start_date date NOT NULL,
    referral_end_at timestamptz,
    nps_region_id text REFERENCES nps_region (id),
    pcc_region_id text REFERENCES pcc_region (id),
    allows_female boolean NOT NULL,
    allows_male boolean NOT NULL,
    minimum_age integer NOT NULL CHECK (minimum_age >= 0),
    maximum_age integer CHECK (maximum_age >= minimum_age),
    CONSTRAINT dynamic_framework_contract_one_region_check CHECK (num_nonnulls(nps_region_id, pcc_region_id) = 1),
    CONSTRAINT dynamic_framework_contract_dates_check CHECK (start_date <= end_date)
);
CREATE INDEX dynamic_framework_contract_prime_provider_idx ON dynamic_framework_contract (prime_provider_id);
CREATE INDEX dynamic_framework_contract_contract_type_idx ON dynamic_framework_contract (contract_type_id);
CREATE INDEX dynamic_framework_contract_nps_region_idx ON dynamic_framework_contract (nps_region_id);
CREATE INDEX dynamic_framework_contract_pcc_region_idx ON dynamic_framework_contract (pcc_region_id);
COMMENT ON TABLE dynamic_framework_contract IS 'Awards: who delivers what, where and for whom.';
COMMENT ON COLUMN dynamic_framework_contract.id IS 'Its id';
COMMENT ON COLUMN dynamic_framework_contract.contract_reference IS 'Its key in the outside world; also the last part of the login group INT_CR_…';
COMMENT ON COLUMN dynamic_framework_contract.contract_type_id IS 'What it buys';
COMMENT ON COLUMN dynamic_framework_contract.prime_provider_id IS 'The organisation awarded the contract';
COMMENT ON COLUMN dynamic_framework_contract.start_date IS 'When the award begins';
COMMENT ON COLUMN dynamic_framework_contract.end_date IS 'When the award ends';
COMMENT ON COLUMN dynamic_framework_contract.referral_start_date IS 'The first day on which referrals are taken';
COMMENT ON COLUMN dynamic_framework_contract.referral_end_at IS 'When referrals stop, if they do';
COMMENT ON COLUMN dynamic_framework_contract.nps_region_id IS 'The probation region in which it is delivered, if it is a whole one';
COMMENT ON COLUMN dynamic_framework_contract.pcc_region_id IS 'The area in which it is delivered, if it is a single one';
COMMENT ON COLUMN dynamic_framework_contract.allows_female IS 'Whether women may be referred';
COMMENT ON COLUMN dynamic_framework_contract.allows_male IS 'Whether men may be referred';
COMMENT ON COLUMN dynamic_framework_contract.minimum_age IS 'Years';
COMMENT ON COLUMN dynamic_framework_contract.maximum_age IS 'Years; none: no upper limit';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('dynamic_framework_contract', 'id', false, true),
    ('dynamic_framework_contract', 'contract_reference', false, true),
    ('dynamic_framework_contract', 'contract_type_id', false, true),
    ('dynamic_framework_contract', 'prime_provider_id', false, true),
    ('dynamic_framework_contract', 'start_date', false, true),
    ('dynamic_framework_contract', 'end_date', false, true),
    ('dynamic_framework_contract', 'referral_start_date', false, true),
    ('dynamic_framework_contract', 'referral_end_at', false, true),
    ('dynamic_framework_contract', 'nps_region_id', false, true),
    ('dynamic_framework_contract', 'pcc_region_id', false, true),
    ('dynamic_framework_contract', 'allows_female', false, true),
    ('dynamic_framework_contract', 'allows_male', false, true),
    ('dynamic_framework_contract', 'minimum_age', false, true),
    ('dynamic_framework_contract', 'maximum_age', false, true);

CREATE TABLE dynamic_framework_contract_sub_contractor (
    dynamic_framework_contract_id uuid NOT NULL REFERENCES dynamic_framework_contract (id),
    subcontractor_provider_id text NOT NULL REFERENCES service_provider (id),
    PRIMARY KEY (dynamic_framework_contract_id, subcontractor_provider_id)
);
CREATE INDEX dynamic_framework_contract_sub_contractor_provider_idx ON dynamic_framework_contract_sub_contractor (subcontractor_provider_id);
COMMENT ON TABLE dynamic_framework_contract_sub_contractor IS 'Organisations that work under a contract besides its prime provider.';
COMMENT ON COLUMN dynamic_framework_contract_sub_contractor.dynamic_framework_contract_id IS 'The contract';
COMMENT ON COLUMN dynamic_framework_contract_sub_contractor.subcontractor_provider_id IS 'The organisation';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('dynamic_framework_contract_sub_contractor', 'dynamic_framework_contract_id', false, true),
    ('dynamic_framework_contract_sub_contractor', 'subcontractor_provider_id', false, true);

CREATE TABLE intervention (
    id uuid PRIMARY KEY,
    dynamic_framework_contract_id uuid NOT NULL UNIQUE REFERENCES dynamic_framework_contract (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    title text NOT NULL,
    description text NOT NULL,
    incoming_referral_distribution_email text NOT NULL
);
COMMENT ON TABLE intervention IS 'Catalogue entries: exactly one for each contract.';
COMMENT ON COLUMN intervention.id IS 'Its id';
COMMENT ON COLUMN intervention.dynamic_framework_contract_id IS 'The contract that buys it';
COMMENT ON COLUMN intervention.created_at IS 'When it was added';
COMMENT ON COLUMN intervention.title IS 'Title, as shown';
COMMENT ON COLUMN intervention.description IS 'Description, several paragraphs';
COMMENT ON COLUMN intervention.incoming_referral_distribution_email IS 'The provider''s mailbox for new referrals';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('intervention', 'id', false, true),
    ('intervention', 'dynamic_framework_contract_id', false, true),
    ('intervention', 'created_at', false, true),
    ('intervention', 'title', false, true),
    ('intervention', 'description', false, true),
    ('intervention', 'incoming_referral_distribution_email', false, true);
