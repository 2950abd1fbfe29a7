-- Reference data that operators import: probation offices, delivery units, regions, and how Delius files each contract type.
SET LOCAL lock_timeout = '5s';

ALTER TABLE import_run
    ADD COLUMN subject text NOT NULL DEFAULT 'catalogue'
    CONSTRAINT import_run_subject_check CHECK (subject IN ('catalogue', 'reference-data'));
COMMENT ON TABLE import_run IS 'Every import that changed the catalogue or the reference data.';
COMMENT ON COLUMN import_run.subject IS 'What was imported';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('import_run', 'subject', false, false);

CREATE VIEW imported_row AS
SELECT DISTINCT change ->> 'table' AS table_name, change ->> 'key' AS key
FROM import_run
CROSS JOIN jsonb_array_elements(changes) AS change
WHERE undone_at IS NULL;
COMMENT ON VIEW imported_row IS 'Rows that an import wrote and nobody took back: what is part of the program no longer corrects them.';
COMMENT ON COLUMN imported_row.table_name IS 'The table';
COMMENT ON COLUMN imported_row.key IS 'The row''s key';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('imported_row', 'table_name', false, false),
    ('imported_row', 'key', false, false);

-- Names may change places within one import: looked at when it ends.
ALTER TABLE nps_region
    ADD COLUMN tom_id text CONSTRAINT nps_region_tom_id_check CHECK (tom_id ~ '^[A-Z]$'),
    ADD COLUMN active boolean NOT NULL DEFAULT true,
    DROP CONSTRAINT nps_region_name_key,
    ADD CONSTRAINT nps_region_name_key UNIQUE (name) DEFERRABLE INITIALLY DEFERRED;
COMMENT ON COLUMN nps_region.tom_id IS 'Its letter in the target operating model of 2021, which is another scheme';
COMMENT ON COLUMN nps_region.active IS 'Whether the latest register has it';
ALTER TABLE pcc_region
    ADD COLUMN active boolean NOT NULL DEFAULT true,
    DROP CONSTRAINT pcc_region_name_key,
    ADD CONSTRAINT pcc_region_name_key UNIQUE (name) DEFERRABLE INITIALLY DEFERRED;
COMMENT ON COLUMN pcc_region.active IS 'Whether the latest register has it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('nps_region', 'tom_id', false, true),
    ('nps_region', 'active', false, true),
    ('pcc_region', 'active', false, true);

CREATE TABLE probation_office (
    id integer PRIMARY KEY CHECK (id > 0),
    name text NOT NULL,
    address text NOT NULL,
    nps_region_id text NOT NULL REFERENCES nps_region (id),
    gov_uk_url text,
    delius_location_code text CONSTRAINT probation_office_delius_location_code_check CHECK (length(delius_location_code) = 7),
    active boolean NOT NULL,
    CONSTRAINT probation_office_delius_location_code_key UNIQUE (delius_location_code) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX probation_office_nps_region_idx ON probation_office (nps_region_id);
COMMENT ON TABLE probation_office IS 'Probation offices, as the public register has them.';
COMMENT ON COLUMN probation_office.id IS 'Its number in the register';
COMMENT ON COLUMN probation_office.name IS 'Name, as shown';
COMMENT ON COLUMN probation_office.address IS 'Address in one line, with the postcode at its end';
COMMENT ON COLUMN probation_office.nps_region_id IS 'The probation region that it belongs to';
COMMENT ON COLUMN probation_office.gov_uk_url IS 'Its page on GOV.UK';
COMMENT ON COLUMN probation_office.delius_location_code IS 'Its code in Delius; none: appointments there are booked under the default code';
COMMENT ON COLUMN probation_office.active IS 'Whether it can be chosen';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('probation_office', 'id', false, true),
    ('probation_office', 'name', false, true),
    ('probation_office', 'address', false, true),
    ('probation_office', 'nps_region_id', false, true),
    ('probation_office', 'gov_uk_url', false, true),
    ('probation_office', 'delius_location_code', false, true),
    ('probation_office', 'active', false, true);

CREATE TABLE probation_delivery_unit (
    id integer PRIMARY KEY CHECK (id > 0),
    name text NOT NULL,
    nps_region_id text NOT NULL REFERENCES nps_region (id),
    active boolean NOT NULL
);
CREATE INDEX probation_delivery_unit_nps_region_idx ON probation_delivery_unit (nps_region_id);
COMMENT ON TABLE probation_delivery_unit IS 'Probation delivery units, as the public register has them.';
COMMENT ON COLUMN probation_delivery_unit.id IS 'Its number in the register';
COMMENT ON COLUMN probation_delivery_unit.name IS 'Name, as shown';
COMMENT ON COLUMN probation_delivery_unit.nps_region_id IS 'The probation region that it belongs to';
COMMENT ON COLUMN probation_delivery_unit.active IS 'Whether it can be chosen';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('probation_delivery_unit', 'id', false, true),
    ('probation_delivery_unit', 'name', false, true),
    ('probation_delivery_unit', 'nps_region_id', false, true),
    ('probation_delivery_unit', 'active', false, true);

-- One table instead of a column of every type: a code that is not in it has no type in Delius.
CREATE TABLE nsi_type_mapping (
    contract_type_code text PRIMARY KEY CHECK (length(contract_type_code) <= 10),
    nsi_type text NOT NULL CONSTRAINT nsi_type_mapping_nsi_type_check CHECK (nsi_type ~ '^CRS[0-9]{2}$')
);
COMMENT ON TABLE nsi_type_mapping IS 'How Delius files the activity of each contract type; checked with those who keep Delius.';
COMMENT ON COLUMN nsi_type_mapping.contract_type_code IS 'The code of the contract type';
COMMENT ON COLUMN nsi_type_mapping.nsi_type IS 'The type of the activity (NSI)';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('nsi_type_mapping', 'contract_type_code', false, true),
    ('nsi_type_mapping', 'nsi_type', false, true);
ALTER TABLE contract_type DROP COLUMN nsi_type;
DELETE FROM metadata WHERE table_name = 'contract_type' AND column_name = 'nsi_type';
