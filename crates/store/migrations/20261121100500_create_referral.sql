-- Sent referrals and what was sent with them.
SET LOCAL lock_timeout = '5s';

CREATE TABLE referral (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    reference_number text NOT NULL UNIQUE REFERENCES reference_number (reference_number),
    created_at timestamptz NOT NULL,
    created_by_source text NOT NULL,
    created_by_id text NOT NULL,
    sent_at timestamptz NOT NULL,
    sent_by_source text NOT NULL,
    sent_by_id text NOT NULL,
    service_usercrn text NOT NULL,
    intervention_id uuid NOT NULL REFERENCES intervention (id),
    relevant_sentence_id bigint NOT NULL,
    relevant_sentence_end_date date,
    accessibility_needs text,
    additional_needs_information text,
    needs_interpreter boolean,
    interpreter_language text,
    has_additional_responsibilities boolean,
    when_unavailable text,
    supplementary_risk_id uuid NOT NULL,
    has_main_point_of_contact_details boolean,
    status text NOT NULL CHECK (status IN ('PRE_ICA', 'POST_ICA')),
    end_requested_at timestamptz,
    end_requested_by_source text,
    end_requested_by_id text,
    end_requested_reason_code text REFERENCES cancellation_reason (code),
    end_requested_comments text,
    withdrawal_reason_code text REFERENCES withdrawal_reason (code),
    withdrawal_comments text CHECK (length(withdrawal_comments) <= 2500),
    withdrawal_state text CHECK (withdrawal_state IN ('PRE_ICA_WITHDRAWAL', 'POST_ICA_WITHDRAWAL', 'POST_ICA_CLOSE_REFERRAL_EARLY')),
    concluded_at timestamptz,
    concluded_state text CHECK (concluded_state IN ('CANCELLED', 'PREMATURELY_ENDED', 'COMPLETED')),
    CONSTRAINT referral_end_request_check CHECK ((end_requested_at IS NULL) = (end_requested_by_id IS NULL) AND (end_requested_at IS NOT NULL OR num_nonnulls(end_requested_reason_code, end_requested_comments, withdrawal_reason_code, withdrawal_comments, withdrawal_state) = 0)),
    CONSTRAINT referral_one_end_reason_check CHECK (num_nonnulls(end_requested_reason_code, withdrawal_reason_code) <= 1),
    CONSTRAINT referral_conclusion_check CHECK (concluded_at IS NOT NULL OR concluded_state IS NULL),
    CONSTRAINT referral_created_by_fkey FOREIGN KEY (created_by_source, created_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT referral_sent_by_fkey FOREIGN KEY (sent_by_source, sent_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT referral_end_requested_by_fkey FOREIGN KEY (end_requested_by_source, end_requested_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX referral_service_usercrn_idx ON referral (service_usercrn);
CREATE INDEX referral_end_requested_reason_idx ON referral (end_requested_reason_code) WHERE end_requested_reason_code IS NOT NULL;
CREATE INDEX referral_withdrawal_reason_idx ON referral (withdrawal_reason_code) WHERE withdrawal_reason_code IS NOT NULL;
-- Dashboards find their pages here: by what was referred to, newest first, without visiting the row.
CREATE INDEX referral_dashboard_idx ON referral (intervention_id, sent_at, id)
    INCLUDE (status, concluded_at, end_requested_at, reference_number, service_usercrn);
CREATE INDEX referral_created_by_idx ON referral (created_by_source, created_by_id);
CREATE INDEX referral_sent_by_idx ON referral (sent_by_source, sent_by_id);
CREATE INDEX referral_end_requested_by_idx ON referral (end_requested_by_source, end_requested_by_id);
COMMENT ON TABLE referral IS 'Referrals that were sent.';
COMMENT ON COLUMN referral.id IS 'Its id; the draft had the same';
COMMENT ON COLUMN referral.version IS 'Rises with every change';
COMMENT ON COLUMN referral.reference_number IS 'What people call it';
COMMENT ON COLUMN referral.created_at IS 'When the draft was begun';
COMMENT ON COLUMN referral.created_by_source IS 'Sign-in source of the user who began the draft';
COMMENT ON COLUMN referral.created_by_id IS 'Id of the user who began the draft';
COMMENT ON COLUMN referral.sent_at IS 'When it was sent';
COMMENT ON COLUMN referral.sent_by_source IS 'Sign-in source of the user who sent it';
COMMENT ON COLUMN referral.sent_by_id IS 'Id of the user who sent it';
COMMENT ON COLUMN referral.service_usercrn IS 'The person''s case reference number';
COMMENT ON COLUMN referral.intervention_id IS 'What they are referred to';
COMMENT ON COLUMN referral.relevant_sentence_id IS 'The Delius event under which the referral is made';
COMMENT ON COLUMN referral.relevant_sentence_end_date IS 'When the sentence is expected to end';
COMMENT ON COLUMN referral.accessibility_needs IS 'Mobility, disability, accessibility';
COMMENT ON COLUMN referral.additional_needs_information IS 'Needs in general';
COMMENT ON COLUMN referral.needs_interpreter IS 'Whether an interpreter is needed';
COMMENT ON COLUMN referral.interpreter_language IS 'For which language';
COMMENT ON COLUMN referral.has_additional_responsibilities IS 'Whether the person has caring or employment responsibilities';
COMMENT ON COLUMN referral.when_unavailable IS 'When they cannot come';
COMMENT ON COLUMN referral.supplementary_risk_id IS 'The risk system''s record of the redacted risk';
COMMENT ON COLUMN referral.has_main_point_of_contact_details IS 'Whether a main point of contact was named';
COMMENT ON COLUMN referral.status IS 'Whether a delivery session has ever been held';
COMMENT ON COLUMN referral.end_requested_at IS 'When an end was requested';
COMMENT ON COLUMN referral.end_requested_by_source IS 'Sign-in source of the user who requested the end';
COMMENT ON COLUMN referral.end_requested_by_id IS 'Id of the user who requested the end';
COMMENT ON COLUMN referral.end_requested_reason_code IS 'Reason of the older end request';
COMMENT ON COLUMN referral.end_requested_comments IS 'Comments of the older end request';
COMMENT ON COLUMN referral.withdrawal_reason_code IS 'Reason of the withdrawal';
COMMENT ON COLUMN referral.withdrawal_comments IS 'Comments on the withdrawal';
COMMENT ON COLUMN referral.withdrawal_state IS 'When in the life of the referral it was withdrawn, as requested';
COMMENT ON COLUMN referral.concluded_at IS 'When it was concluded';
COMMENT ON COLUMN referral.concluded_state IS 'In which state it was concluded; old rows do not say';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral', 'id', false, true),
    ('referral', 'version', false, true),
    ('referral', 'reference_number', false, true),
    ('referral', 'created_at', false, true),
    ('referral', 'created_by_source', false, true),
    ('referral', 'created_by_id', false, true),
    ('referral', 'sent_at', false, true),
    ('referral', 'sent_by_source', false, true),
    ('referral', 'sent_by_id', false, true),
    ('referral', 'service_usercrn', true, true),
    ('referral', 'intervention_id', false, true),
    ('referral', 'relevant_sentence_id', false, true),
    ('referral', 'relevant_sentence_end_date', true, true),
    ('referral', 'accessibility_needs', true, true),
    ('referral', 'additional_needs_information', true, true),
    ('referral', 'needs_interpreter', false, true),
    ('referral', 'interpreter_language', true, true),
    ('referral', 'has_additional_responsibilities', false, true),
    ('referral', 'when_unavailable', true, true),
    ('referral', 'supplementary_risk_id', false, true),
    ('referral', 'has_main_point_of_contact_details', true, true),
    ('referral', 'status', false, true),
    ('referral', 'end_requested_at', false, true),
    ('referral', 'end_requested_by_source', false, true),
    ('referral', 'end_requested_by_id', false, true),
    ('referral', 'end_requested_reason_code', false, true),
    ('referral', 'end_requested_comments', true, true),
    ('referral', 'withdrawal_reason_code', true, true),
    ('referral', 'withdrawal_comments', true, true),
    ('referral', 'withdrawal_state', false, true),
    ('referral', 'concluded_at', false, true),
    ('referral', 'concluded_state', false, true);

CREATE TABLE referral_details (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    superseded_by_id uuid UNIQUE REFERENCES referral_details (id) DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    reason_for_change text NOT NULL,
    completion_deadline date,
    further_information text,
    maximum_enforceable_days integer,
    reason_for_referral text,
    reason_for_referral_further_information text,
    reason_for_referral_before_allocation text,
    CHECK (superseded_by_id <> id)
);
CREATE INDEX referral_details_referral_idx ON referral_details (referral_id);
CREATE UNIQUE INDEX referral_details_current_key ON referral_details (referral_id) WHERE superseded_by_id IS NULL;
COMMENT ON TABLE referral_details IS 'Versions of what a referral asks for; the newest is current.';
COMMENT ON COLUMN referral_details.id IS 'Its id';
COMMENT ON COLUMN referral_details.referral_id IS 'The referral';
COMMENT ON COLUMN referral_details.superseded_by_id IS 'The version that replaced it; none: current';
COMMENT ON COLUMN referral_details.created_at IS 'When this version was made';
COMMENT ON COLUMN referral_details.created_by IS 'Id of the user who made it';
COMMENT ON COLUMN referral_details.reason_for_change IS 'Why it was made';
COMMENT ON COLUMN referral_details.completion_deadline IS 'The day by which the work is to be done';
COMMENT ON COLUMN referral_details.further_information IS 'Further information for the provider';
COMMENT ON COLUMN referral_details.maximum_enforceable_days IS 'The most RAR days that the provider may use';
COMMENT ON COLUMN referral_details.reason_for_referral IS 'Why the person is referred';
COMMENT ON COLUMN referral_details.reason_for_referral_further_information IS 'Further information on the reason';
COMMENT ON COLUMN referral_details.reason_for_referral_before_allocation IS 'Why the referral was made before a community practitioner was allocated';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral_details', 'id', false, true),
    ('referral_details', 'referral_id', false, true),
    ('referral_details', 'superseded_by_id', false, true),
    ('referral_details', 'created_at', false, true),
    ('referral_details', 'created_by', false, true),
    ('referral_details', 'reason_for_change', true, true),
    ('referral_details', 'completion_deadline', false, true),
    ('referral_details', 'further_information', true, true),
    ('referral_details', 'maximum_enforceable_days', false, true),
    ('referral_details', 'reason_for_referral', true, true),
    ('referral_details', 'reason_for_referral_further_information', true, true),
    ('referral_details', 'reason_for_referral_before_allocation', true, true);

CREATE TABLE referral_service_user_data (
    referral_id uuid PRIMARY KEY REFERENCES referral (id),
    title text,
    first_name text,
    last_name text,
    dob date,
    gender text,
    ethnicity text,
    preferred_language text,
    religion_or_belief text,
    disabilities text[]
);
CREATE INDEX referral_service_user_data_full_name_idx
    ON referral_service_user_data (lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '')));
COMMENT ON TABLE referral_service_user_data IS 'What was known of the person when the referral was made.';
COMMENT ON COLUMN referral_service_user_data.referral_id IS 'The referral';
COMMENT ON COLUMN referral_service_user_data.title IS 'Mr, Ms and so on';
COMMENT ON COLUMN referral_service_user_data.first_name IS 'First name';
COMMENT ON COLUMN referral_service_user_data.last_name IS 'Last name';
COMMENT ON COLUMN referral_service_user_data.dob IS 'Date of birth';
COMMENT ON COLUMN referral_service_user_data.gender IS 'Gender, as Delius words it';
COMMENT ON COLUMN referral_service_user_data.ethnicity IS 'Ethnicity, as Delius words it';
COMMENT ON COLUMN referral_service_user_data.preferred_language IS 'Preferred language';
COMMENT ON COLUMN referral_service_user_data.religion_or_belief IS 'Religion or belief';
COMMENT ON COLUMN referral_service_user_data.disabilities IS 'Disabilities; none: never asked';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral_service_user_data', 'referral_id', false, true),
    ('referral_service_user_data', 'title', true, true),
    ('referral_service_user_data', 'first_name', true, true),
    ('referral_service_user_data', 'last_name', true, true),
    ('referral_service_user_data', 'dob', true, true),
    ('referral_service_user_data', 'gender', true, true),
    ('referral_service_user_data', 'ethnicity', true, true),
    ('referral_service_user_data', 'preferred_language', true, true),
    ('referral_service_user_data', 'religion_or_belief', true, true),
    ('referral_service_user_data', 'disabilities', true, true);

CREATE TABLE referral_selected_service_category (
    referral_id uuid NOT NULL REFERENCES referral (id),
    service_category_id uuid NOT NULL REFERENCES service_category (id),
    PRIMARY KEY (referral_id, service_category_id)
);
CREATE INDEX referral_selected_service_category_category_idx ON referral_selected_service_category (service_category_id);
COMMENT ON TABLE referral_selected_service_category IS 'The service categories of a referral.';
COMMENT ON COLUMN referral_selected_service_category.referral_id IS 'The referral';
COMMENT ON COLUMN referral_selected_service_category.service_category_id IS 'The category';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral_selected_service_category', 'referral_id', false, true),
    ('referral_selected_service_category', 'service_category_id', false, true);

CREATE TABLE referral_complexity_level_ids (
    referral_id uuid NOT NULL,
    complexity_level_ids_key uuid NOT NULL,
    complexity_level_ids uuid NOT NULL REFERENCES complexity_level (id),
    PRIMARY KEY (referral_id, complexity_level_ids_key),
    CONSTRAINT referral_complexity_level_ids_category_fkey FOREIGN KEY (referral_id, complexity_level_ids_key) REFERENCES referral_selected_service_category (referral_id, service_category_id)
);
CREATE INDEX referral_complexity_level_ids_level_idx ON referral_complexity_level_ids (complexity_level_ids);
COMMENT ON TABLE referral_complexity_level_ids IS 'The complexity level of each service category of a referral.';
COMMENT ON COLUMN referral_complexity_level_ids.referral_id IS 'The referral';
COMMENT ON COLUMN referral_complexity_level_ids.complexity_level_ids_key IS 'The service category';
COMMENT ON COLUMN referral_complexity_level_ids.complexity_level_ids IS 'The level';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral_complexity_level_ids', 'referral_id', false, true),
    ('referral_complexity_level_ids', 'complexity_level_ids_key', false, true),
    ('referral_complexity_level_ids', 'complexity_level_ids', false, true);

CREATE TABLE referral_desired_outcome (
    referral_id uuid NOT NULL,
    service_category_id uuid NOT NULL,
    desired_outcome_id uuid NOT NULL REFERENCES desired_outcome (id),
    PRIMARY KEY (referral_id, service_category_id, desired_outcome_id),
    CONSTRAINT referral_desired_outcome_category_fkey FOREIGN KEY (referral_id, service_category_id) REFERENCES referral_selected_service_category (referral_id, service_category_id)
);
CREATE INDEX referral_desired_outcome_outcome_idx ON referral_desired_outcome (desired_outcome_id);
COMMENT ON TABLE referral_desired_outcome IS 'The desired outcomes of each service category of a referral.';
COMMENT ON COLUMN referral_desired_outcome.referral_id IS 'The referral';
COMMENT ON COLUMN referral_desired_outcome.service_category_id IS 'The service category';
COMMENT ON COLUMN referral_desired_outcome.desired_outcome_id IS 'The outcome';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral_desired_outcome', 'referral_id', false, true),
    ('referral_desired_outcome', 'service_category_id', false, true),
    ('referral_desired_outcome', 'desired_outcome_id', false, true);

CREATE TABLE referral_location (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    referral_id uuid NOT NULL UNIQUE REFERENCES referral (id),
    type text NOT NULL CHECK (type IN ('CUSTODY', 'COMMUNITY')),
    prison_id text,
    expected_release_date date,
    expected_release_date_missing_reason text,
    referral_releasing_12_weeks boolean,
    expected_probation_office text,
    expected_probation_office_unknown_reason text,
    nomis_prison_id text,
    nomis_release_date date,
    nomis_confirmed_release_date date,
    nomis_non_dto_release_date date,
    nomis_automatic_release_date date,
    nomis_post_recall_release_date date,
    nomis_conditional_release_date date,
    nomis_actual_parole_date date,
    nomis_discharge_date date
);
CREATE INDEX referral_location_expected_release_date_idx ON referral_location (expected_release_date);
COMMENT ON TABLE referral_location IS 'Where the person is and when they are expected to be released, and what the prison system said at sending.';
COMMENT ON COLUMN referral_location.id IS 'Its id';
COMMENT ON COLUMN referral_location.referral_id IS 'The referral';
COMMENT ON COLUMN referral_location.type IS 'Where the person is';
COMMENT ON COLUMN referral_location.prison_id IS 'The prison, by its code';
COMMENT ON COLUMN referral_location.expected_release_date IS 'Expected release date';
COMMENT ON COLUMN referral_location.expected_release_date_missing_reason IS 'Why there is none';
COMMENT ON COLUMN referral_location.referral_releasing_12_weeks IS 'Whether release was expected within twelve weeks';
COMMENT ON COLUMN referral_location.expected_probation_office IS 'The probation office expected after release';
COMMENT ON COLUMN referral_location.expected_probation_office_unknown_reason IS 'Why it is not known';
COMMENT ON COLUMN referral_location.nomis_prison_id IS 'The prison, as the prison system knew it';
COMMENT ON COLUMN referral_location.nomis_release_date IS 'Release date in the prison system';
COMMENT ON COLUMN referral_location.nomis_confirmed_release_date IS 'Confirmed release date in the prison system';
COMMENT ON COLUMN referral_location.nomis_non_dto_release_date IS 'Release date other than of a detention and training order';
COMMENT ON COLUMN referral_location.nomis_automatic_release_date IS 'Automatic release date';
COMMENT ON COLUMN referral_location.nomis_post_recall_release_date IS 'Release date after recall';
COMMENT ON COLUMN referral_location.nomis_conditional_release_date IS 'Conditional release date';
COMMENT ON COLUMN referral_location.nomis_actual_parole_date IS 'Actual parole date';
COMMENT ON COLUMN referral_location.nomis_discharge_date IS 'Discharge date';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral_location', 'id', false, true),
    ('referral_location', 'referral_id', false, true),
    ('referral_location', 'type', true, true),
    ('referral_location', 'prison_id', true, true),
    ('referral_location', 'expected_release_date', true, true),
    ('referral_location', 'expected_release_date_missing_reason', true, true),
    ('referral_location', 'referral_releasing_12_weeks', true, true),
    ('referral_location', 'expected_probation_office', true, true),
    ('referral_location', 'expected_probation_office_unknown_reason', true, true),
    ('referral_location', 'nomis_prison_id', true, true),
    ('referral_location', 'nomis_release_date', true, true),
    ('referral_location', 'nomis_confirmed_release_date', true, true),
    ('referral_location', 'nomis_non_dto_release_date', true, true),
    ('referral_location', 'nomis_automatic_release_date', true, true),
    ('referral_location', 'nomis_post_recall_release_date', true, true),
    ('referral_location', 'nomis_conditional_release_date', true, true),
    ('referral_location', 'nomis_actual_parole_date', true, true),
    ('referral_location', 'nomis_discharge_date', true, true);

CREATE TABLE probation_practitioner_details (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    referral_id uuid NOT NULL UNIQUE REFERENCES referral (id),
    ndelius_name text,
    ndelius_email_address text,
    ndelius_pdu text,
    ndelius_pp_telephone_number text,
    ndelius_pp_team_telephone_number text,
    name text,
    email_address text,
    pdu text,
    pp_telephone_number text,
    pp_team_telephone_number text,
    probation_office text,
    role_job_title text,
    establishment text
);
COMMENT ON TABLE probation_practitioner_details IS 'The probation practitioner of a referral, as Delius knew them and as corrected.';
COMMENT ON COLUMN probation_practitioner_details.id IS 'Its id';
COMMENT ON COLUMN probation_practitioner_details.referral_id IS 'The referral';
COMMENT ON COLUMN probation_practitioner_details.ndelius_name IS 'Name in Delius';
COMMENT ON COLUMN probation_practitioner_details.ndelius_email_address IS 'E-mail address in Delius';
COMMENT ON COLUMN probation_practitioner_details.ndelius_pdu IS 'Probation delivery unit in Delius';
COMMENT ON COLUMN probation_practitioner_details.ndelius_pp_telephone_number IS 'Telephone in Delius';
COMMENT ON COLUMN probation_practitioner_details.ndelius_pp_team_telephone_number IS 'Team telephone in Delius';
COMMENT ON COLUMN probation_practitioner_details.name IS 'Name, as corrected';
COMMENT ON COLUMN probation_practitioner_details.email_address IS 'E-mail address, as corrected';
COMMENT ON COLUMN probation_practitioner_details.pdu IS 'Probation delivery unit, as corrected';
COMMENT ON COLUMN probation_practitioner_details.pp_telephone_number IS 'Telephone, as corrected';
COMMENT ON COLUMN probation_practitioner_details.pp_team_telephone_number IS 'Team telephone, as corrected';
COMMENT ON COLUMN probation_practitioner_details.probation_office IS 'Probation office';
COMMENT ON COLUMN probation_practitioner_details.role_job_title IS 'Role or job title of the main point of contact';
COMMENT ON COLUMN probation_practitioner_details.establishment IS 'Prison establishment of the main point of contact';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('probation_practitioner_details', 'id', false, true),
    ('probation_practitioner_details', 'referral_id', false, true),
    ('probation_practitioner_details', 'ndelius_name', true, true),
    ('probation_practitioner_details', 'ndelius_email_address', true, true),
    ('probation_practitioner_details', 'ndelius_pdu', true, true),
    ('probation_practitioner_details', 'ndelius_pp_telephone_number', true, true),
    ('probation_practitioner_details', 'ndelius_pp_team_telephone_number', true, true),
    ('probation_practitioner_details', 'name', true, true),
    ('probation_practitioner_details', 'email_address', true, true),
    ('probation_practitioner_details', 'pdu', true, true),
    ('probation_practitioner_details', 'pp_telephone_number', true, true),
    ('probation_practitioner_details', 'pp_team_telephone_number', true, true),
    ('probation_practitioner_details', 'probation_office', true, true),
    ('probation_practitioner_details', 'role_job_title', true, true),
    ('probation_practitioner_details', 'establishment', true, true);

CREATE TABLE referral_assignments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    assigned_at timestamptz NOT NULL,
    assigned_by_source text NOT NULL,
    assigned_by_id text NOT NULL,
    assigned_to_source text NOT NULL,
    assigned_to_id text NOT NULL,
    superseded boolean NOT NULL DEFAULT false,
    CONSTRAINT referral_assignments_assigned_by_fkey FOREIGN KEY (assigned_by_source, assigned_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT referral_assignments_assigned_to_fkey FOREIGN KEY (assigned_to_source, assigned_to_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX referral_assignments_referral_idx ON referral_assignments (referral_id);
CREATE UNIQUE INDEX referral_assignments_current_key ON referral_assignments (referral_id)
    INCLUDE (assigned_to_source, assigned_to_id) WHERE NOT superseded;
CREATE INDEX referral_assignments_assigned_by_idx ON referral_assignments (assigned_by_source, assigned_by_id);
CREATE INDEX referral_assignments_assigned_to_idx ON referral_assignments (assigned_to_source, assigned_to_id);
COMMENT ON TABLE referral_assignments IS 'Who works on a referral, from when; the newest counts.';
COMMENT ON COLUMN referral_assignments.id IS 'Its id';
COMMENT ON COLUMN referral_assignments.referral_id IS 'The referral';
COMMENT ON COLUMN referral_assignments.assigned_at IS 'When';
COMMENT ON COLUMN referral_assignments.assigned_by_source IS 'Sign-in source of the user who assigned';
COMMENT ON COLUMN referral_assignments.assigned_by_id IS 'Id of the user who assigned';
COMMENT ON COLUMN referral_assignments.assigned_to_source IS 'Sign-in source of the user who was assigned';
COMMENT ON COLUMN referral_assignments.assigned_to_id IS 'Id of the user who was assigned';
COMMENT ON COLUMN referral_assignments.superseded IS 'Whether a later assignment replaced it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('referral_assignments', 'id', false, true),
    ('referral_assignments', 'referral_id', false, true),
    ('referral_assignments', 'assigned_at', false, true),
    ('referral_assignments', 'assigned_by_source', false, true),
    ('referral_assignments', 'assigned_by_id', false, true),
    ('referral_assignments', 'assigned_to_source', false, true),
    ('referral_assignments', 'assigned_to_id', false, true),
    ('referral_assignments', 'superseded', false, true);
