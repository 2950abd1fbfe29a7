-- Referrals that are being made. One row holds the whole draft; sending empties it (ADR 8).
SET LOCAL lock_timeout = '5s';

CREATE TABLE draft_referral (
    id uuid PRIMARY KEY,
    version bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('editing', 'sending', 'sent')),
    created_at timestamptz NOT NULL,
    created_by_source text NOT NULL,
    created_by_id text NOT NULL,
    changed_at timestamptz NOT NULL,
    service_usercrn text NOT NULL,
    intervention_id uuid NOT NULL REFERENCES intervention (id),
    relevant_sentence_id bigint,
    title text,
    first_name text,
    last_name text,
    dob date,
    gender text,
    ethnicity text,
    preferred_language text,
    religion_or_belief text,
    disabilities text[],
    completion_deadline date,
    further_information text,
    maximum_enforceable_days integer,
    reason_for_referral text,
    reason_for_referral_further_information text,
    reason_for_referral_before_allocation text,
    accessibility_needs text,
    additional_needs_information text,
    needs_interpreter boolean,
    interpreter_language text,
    has_additional_responsibilities boolean,
    when_unavailable text,
    selection jsonb,
    person_current_location_type text CHECK (person_current_location_type IN ('CUSTODY', 'COMMUNITY')),
    person_custody_prison_id text,
    person_expected_release_date date,
    person_expected_release_date_missing_reason text,
    referral_releasing_12_weeks boolean,
    expected_probation_office text,
    expected_probation_office_unknown_reason text,
    already_know_prison_name boolean,
    allocated_community_pp boolean,
    valid_delius_pp_details boolean,
    has_main_point_of_contact_details boolean,
    ndelius_pp_name text,
    ndelius_pp_email_address text,
    ndelius_pp_pdu text,
    ndelius_pp_telephone_number text,
    ndelius_pp_team_telephone_number text,
    pp_name text,
    pp_email_address text,
    pp_pdu text,
    pp_telephone_number text,
    pp_team_telephone_number text,
    pp_probation_office text,
    role_job_title text,
    pp_establishment text,
    draft_supplementary_risk text,
    draft_supplementary_risk_updated_at timestamptz,
    reserved_sent_at timestamptz,
    reserved_sent_by_source text,
    reserved_sent_by_id text,
    CONSTRAINT draft_referral_reservation_check CHECK ((state = 'sending') = (reserved_sent_at IS NOT NULL) AND (reserved_sent_at IS NULL) = (reserved_sent_by_id IS NULL)),
    CONSTRAINT draft_referral_emptied_check CHECK (
        state <> 'sent'
        OR num_nonnulls(
            title, first_name, last_name, dob, gender, ethnicity, preferred_language, religion_or_belief, disabilities,
            further_information, reason_for_referral, reason_for_referral_further_information,
            reason_for_referral_before_allocation, accessibility_needs, additional_needs_information,
            interpreter_language, when_unavailable, selection, person_current_location_type, ndelius_pp_name, pp_name,
            draft_supplementary_risk, draft_supplementary_risk_updated_at
        ) = 0
    ),
    CONSTRAINT draft_referral_created_by_fkey FOREIGN KEY (created_by_source, created_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT draft_referral_reserved_sent_by_fkey FOREIGN KEY (reserved_sent_by_source, reserved_sent_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX draft_referral_service_usercrn_idx ON draft_referral (service_usercrn);
CREATE INDEX draft_referral_intervention_idx ON draft_referral (intervention_id);
CREATE INDEX draft_referral_stale_idx ON draft_referral (changed_at) WHERE state = 'editing';
CREATE INDEX draft_referral_created_by_idx ON draft_referral (created_by_source, created_by_id);
CREATE INDEX draft_referral_reserved_sent_by_idx ON draft_referral (reserved_sent_by_source, reserved_sent_by_id);
COMMENT ON TABLE draft_referral IS 'Referrals that are being made; the id is kept by the referral that is sent. Emptied when sent.';
COMMENT ON COLUMN draft_referral.id IS 'Its id; the sent referral keeps it';
COMMENT ON COLUMN draft_referral.version IS 'Rises with every change';
COMMENT ON COLUMN draft_referral.state IS 'How far it has come';
COMMENT ON COLUMN draft_referral.created_at IS 'When it was begun';
COMMENT ON COLUMN draft_referral.created_by_source IS 'Sign-in source of the user who began it';
COMMENT ON COLUMN draft_referral.created_by_id IS 'Id of the user who began it';
COMMENT ON COLUMN draft_referral.changed_at IS 'When it was last changed';
COMMENT ON COLUMN draft_referral.service_usercrn IS 'The person''s case reference number';
COMMENT ON COLUMN draft_referral.intervention_id IS 'What they are referred to';
COMMENT ON COLUMN draft_referral.relevant_sentence_id IS 'The Delius event under which the referral is made';
COMMENT ON COLUMN draft_referral.title IS 'Mr, Ms and so on';
COMMENT ON COLUMN draft_referral.first_name IS 'First name';
COMMENT ON COLUMN draft_referral.last_name IS 'Last name';
COMMENT ON COLUMN draft_referral.dob IS 'Date of birth';
COMMENT ON COLUMN draft_referral.gender IS 'Gender, as Delius words it';
COMMENT ON COLUMN draft_referral.ethnicity IS 'Ethnicity, as Delius words it';
COMMENT ON COLUMN draft_referral.preferred_language IS 'Preferred language';
COMMENT ON COLUMN draft_referral.religion_or_belief IS 'Religion or belief';
COMMENT ON COLUMN draft_referral.disabilities IS 'Disabilities; none: never asked';
COMMENT ON COLUMN draft_referral.completion_deadline IS 'The day by which the work is to be done';
COMMENT ON COLUMN draft_referral.further_information IS 'Further information for the provider';
COMMENT ON COLUMN draft_referral.maximum_enforceable_days IS 'The most RAR days that the provider may use';
COMMENT ON COLUMN draft_referral.reason_for_referral IS 'Why the person is referred';
COMMENT ON COLUMN draft_referral.reason_for_referral_further_information IS 'Further information on the reason';
COMMENT ON COLUMN draft_referral.reason_for_referral_before_allocation IS 'Why the referral is made before a community practitioner is allocated';
COMMENT ON COLUMN draft_referral.accessibility_needs IS 'Mobility, disability, accessibility';
COMMENT ON COLUMN draft_referral.additional_needs_information IS 'Needs in general';
COMMENT ON COLUMN draft_referral.needs_interpreter IS 'Whether an interpreter is needed';
COMMENT ON COLUMN draft_referral.interpreter_language IS 'For which language';
COMMENT ON COLUMN draft_referral.has_additional_responsibilities IS 'Whether the person has caring or employment responsibilities';
COMMENT ON COLUMN draft_referral.when_unavailable IS 'When they cannot come';
COMMENT ON COLUMN draft_referral.selection IS 'The chosen service categories, each with its complexity level and outcomes';
COMMENT ON COLUMN draft_referral.person_current_location_type IS 'Where the person is';
COMMENT ON COLUMN draft_referral.person_custody_prison_id IS 'The prison, by its code';
COMMENT ON COLUMN draft_referral.person_expected_release_date IS 'Expected release date';
COMMENT ON COLUMN draft_referral.person_expected_release_date_missing_reason IS 'Why there is none';
COMMENT ON COLUMN draft_referral.referral_releasing_12_weeks IS 'Whether release is expected within twelve weeks';
COMMENT ON COLUMN draft_referral.expected_probation_office IS 'The probation office expected after release';
COMMENT ON COLUMN draft_referral.expected_probation_office_unknown_reason IS 'Why it is not known';
COMMENT ON COLUMN draft_referral.already_know_prison_name IS 'Whether the name of the prison was already known';
COMMENT ON COLUMN draft_referral.allocated_community_pp IS 'Whether a community practitioner is allocated';
COMMENT ON COLUMN draft_referral.valid_delius_pp_details IS 'Whether the details of the practitioner in Delius are right';
COMMENT ON COLUMN draft_referral.has_main_point_of_contact_details IS 'Whether a main point of contact is named';
COMMENT ON COLUMN draft_referral.ndelius_pp_name IS 'Name of the practitioner in Delius';
COMMENT ON COLUMN draft_referral.ndelius_pp_email_address IS 'E-mail address in Delius';
COMMENT ON COLUMN draft_referral.ndelius_pp_pdu IS 'Probation delivery unit in Delius';
COMMENT ON COLUMN draft_referral.ndelius_pp_telephone_number IS 'Telephone in Delius';
COMMENT ON COLUMN draft_referral.ndelius_pp_team_telephone_number IS 'Team telephone in Delius';
COMMENT ON COLUMN draft_referral.pp_name IS 'Name of the practitioner, as corrected';
COMMENT ON COLUMN draft_referral.pp_email_address IS 'E-mail address, as corrected';
COMMENT ON COLUMN draft_referral.pp_pdu IS 'Probation delivery unit, as corrected';
COMMENT ON COLUMN draft_referral.pp_telephone_number IS 'Telephone, as corrected';
COMMENT ON COLUMN draft_referral.pp_team_telephone_number IS 'Team telephone, as corrected';
COMMENT ON COLUMN draft_referral.pp_probation_office IS 'Probation office of the practitioner';
COMMENT ON COLUMN draft_referral.role_job_title IS 'Role or job title of the main point of contact';
COMMENT ON COLUMN draft_referral.pp_establishment IS 'Prison establishment of the main point of contact';
COMMENT ON COLUMN draft_referral.draft_supplementary_risk IS 'Free text on risk; never kept once sent';
COMMENT ON COLUMN draft_referral.draft_supplementary_risk_updated_at IS 'When the free text on risk was last changed';
COMMENT ON COLUMN draft_referral.reserved_sent_at IS 'When it was first sent, while being sent';
COMMENT ON COLUMN draft_referral.reserved_sent_by_source IS 'Sign-in source of the user who first sent it, while it is being sent';
COMMENT ON COLUMN draft_referral.reserved_sent_by_id IS 'Id of the user who first sent it, while it is being sent';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('draft_referral', 'id', false, true),
    ('draft_referral', 'version', false, true),
    ('draft_referral', 'state', false, true),
    ('draft_referral', 'created_at', false, true),
    ('draft_referral', 'created_by_source', false, true),
    ('draft_referral', 'created_by_id', false, true),
    ('draft_referral', 'changed_at', false, true),
    ('draft_referral', 'service_usercrn', true, true),
    ('draft_referral', 'intervention_id', false, true),
    ('draft_referral', 'relevant_sentence_id', false, true),
    ('draft_referral', 'title', true, true),
    ('draft_referral', 'first_name', true, true),
    ('draft_referral', 'last_name', true, true),
    ('draft_referral', 'dob', true, true),
    ('draft_referral', 'gender', true, true),
    ('draft_referral', 'ethnicity', true, true),
    ('draft_referral', 'preferred_language', true, true),
    ('draft_referral', 'religion_or_belief', true, true),
    ('draft_referral', 'disabilities', true, true),
    ('draft_referral', 'completion_deadline', false, true),
    ('draft_referral', 'further_information', true, true),
    ('draft_referral', 'maximum_enforceable_days', false, true),
    ('draft_referral', 'reason_for_referral', true, true),
    ('draft_referral', 'reason_for_referral_further_information', true, true),
    ('draft_referral', 'reason_for_referral_before_allocation', true, true),
    ('draft_referral', 'accessibility_needs', true, true),
    ('draft_referral', 'additional_needs_information', true, true),
    ('draft_referral', 'needs_interpreter', false, true),
    ('draft_referral', 'interpreter_language', true, true),
    ('draft_referral', 'has_additional_responsibilities', false, true),
    ('draft_referral', 'when_unavailable', true, true),
    ('draft_referral', 'selection', false, true),
    ('draft_referral', 'person_current_location_type', true, true),
    ('draft_referral', 'person_custody_prison_id', true, true),
    ('draft_referral', 'person_expected_release_date', true, true),
    ('draft_referral', 'person_expected_release_date_missing_reason', true, true),
    ('draft_referral', 'referral_releasing_12_weeks', true, true),
    ('draft_referral', 'expected_probation_office', true, true),
    ('draft_referral', 'expected_probation_office_unknown_reason', true, true),
    ('draft_referral', 'already_know_prison_name', true, true),
    ('draft_referral', 'allocated_community_pp', true, true),
    ('draft_referral', 'valid_delius_pp_details', true, true),
    ('draft_referral', 'has_main_point_of_contact_details', true, true),
    ('draft_referral', 'ndelius_pp_name', true, true),
    ('draft_referral', 'ndelius_pp_email_address', true, true),
    ('draft_referral', 'ndelius_pp_pdu', true, true),
    ('draft_referral', 'ndelius_pp_telephone_number', true, true),
    ('draft_referral', 'ndelius_pp_team_telephone_number', true, true),
    ('draft_referral', 'pp_name', true, true),
    ('draft_referral', 'pp_email_address', true, true),
    ('draft_referral', 'pp_pdu', true, true),
    ('draft_referral', 'pp_telephone_number', true, true),
    ('draft_referral', 'pp_team_telephone_number', true, true),
    ('draft_referral', 'pp_probation_office', true, true),
    ('draft_referral', 'role_job_title', true, true),
    ('draft_referral', 'pp_establishment', true, true),
    ('draft_referral', 'draft_supplementary_risk', true, true),
    ('draft_referral', 'draft_supplementary_risk_updated_at', false, true),
    ('draft_referral', 'reserved_sent_at', false, true),
    ('draft_referral', 'reserved_sent_by_source', false, true),
    ('draft_referral', 'reserved_sent_by_id', false, true);

CREATE TABLE draft_oasys_risk_information (
    referral_id uuid PRIMARY KEY REFERENCES draft_referral (id) ON DELETE CASCADE,
    updated_at timestamptz NOT NULL,
    updated_by_source text NOT NULL,
    updated_by_id text NOT NULL,
    risk_summary_who_is_at_risk text,
    risk_summary_nature_of_risk text,
    risk_summary_risk_imminence text,
    risk_to_self_suicide text,
    risk_to_self_self_harm text,
    risk_to_self_hostel_setting text,
    risk_to_self_vulnerability text,
    additional_information text,
    CONSTRAINT draft_oasys_risk_information_updated_by_fkey FOREIGN KEY (updated_by_source, updated_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX draft_oasys_risk_information_updated_by_idx ON draft_oasys_risk_information (updated_by_source, updated_by_id);
COMMENT ON TABLE draft_oasys_risk_information IS 'The redacted risk assessment of a draft; deleted when the draft is sent.';
COMMENT ON COLUMN draft_oasys_risk_information.referral_id IS 'The draft';
COMMENT ON COLUMN draft_oasys_risk_information.updated_at IS 'When it was last changed';
COMMENT ON COLUMN draft_oasys_risk_information.updated_by_source IS 'Sign-in source of the user who changed it last';
COMMENT ON COLUMN draft_oasys_risk_information.updated_by_id IS 'Id of the user who changed it last';
COMMENT ON COLUMN draft_oasys_risk_information.risk_summary_who_is_at_risk IS 'Who is at risk';
COMMENT ON COLUMN draft_oasys_risk_information.risk_summary_nature_of_risk IS 'The nature of the risk';
COMMENT ON COLUMN draft_oasys_risk_information.risk_summary_risk_imminence IS 'When the risk is greatest';
COMMENT ON COLUMN draft_oasys_risk_information.risk_to_self_suicide IS 'Concerns about suicide';
COMMENT ON COLUMN draft_oasys_risk_information.risk_to_self_self_harm IS 'Concerns about self-harm';
COMMENT ON COLUMN draft_oasys_risk_information.risk_to_self_hostel_setting IS 'Concerns about coping in a hostel';
COMMENT ON COLUMN draft_oasys_risk_information.risk_to_self_vulnerability IS 'Concerns about vulnerability';
COMMENT ON COLUMN draft_oasys_risk_information.additional_information IS 'Anything else';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('draft_oasys_risk_information', 'referral_id', false, true),
    ('draft_oasys_risk_information', 'updated_at', false, true),
    ('draft_oasys_risk_information', 'updated_by_source', false, true),
    ('draft_oasys_risk_information', 'updated_by_id', false, true),
    ('draft_oasys_risk_information', 'risk_summary_who_is_at_risk', true, true),
    ('draft_oasys_risk_information', 'risk_summary_nature_of_risk', true, true),
    ('draft_oasys_risk_information', 'risk_summary_risk_imminence', true, true),
    ('draft_oasys_risk_information', 'risk_to_self_suicide', true, true),
    ('draft_oasys_risk_information', 'risk_to_self_self_harm', true, true),
    ('draft_oasys_risk_information', 'risk_to_self_hostel_setting', true, true),
    ('draft_oasys_risk_information', 'risk_to_self_vulnerability', true, true),
    ('draft_oasys_risk_information', 'additional_information', true, true);

CREATE TABLE reference_number (
    reference_number text PRIMARY KEY,
    referral_id uuid NOT NULL UNIQUE
);
COMMENT ON TABLE reference_number IS 'Every reference number ever given: to a sent referral, or reserved for a draft that is being sent.';
COMMENT ON COLUMN reference_number.reference_number IS 'The number';
COMMENT ON COLUMN reference_number.referral_id IS 'The draft or referral that it is for';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('reference_number', 'reference_number', false, true),
    ('reference_number', 'referral_id', false, true);
