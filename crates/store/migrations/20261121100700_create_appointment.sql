-- The supplier assessment, the delivery sessions, and the appointments of both.
SET LOCAL lock_timeout = '5s';

CREATE TABLE supplier_assessment (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL UNIQUE REFERENCES referral (id)
);
COMMENT ON TABLE supplier_assessment IS 'The first meeting: exactly one for each referral.';
COMMENT ON COLUMN supplier_assessment.id IS 'Its id';
COMMENT ON COLUMN supplier_assessment.referral_id IS 'The referral';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('supplier_assessment', 'id', false, true),
    ('supplier_assessment', 'referral_id', false, true);

CREATE TABLE delivery_session (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    session_number integer NOT NULL CHECK (session_number > 0),
    CONSTRAINT delivery_session_number_key UNIQUE (referral_id, session_number)
);
COMMENT ON TABLE delivery_session IS 'Numbered slots that an approved plan made.';
COMMENT ON COLUMN delivery_session.id IS 'Its id';
COMMENT ON COLUMN delivery_session.referral_id IS 'The referral';
COMMENT ON COLUMN delivery_session.session_number IS 'From 1';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('delivery_session', 'id', false, true),
    ('delivery_session', 'referral_id', false, true),
    ('delivery_session', 'session_number', false, true);

CREATE TABLE appointment (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    slot_id uuid NOT NULL,
    appointment_time timestamptz NOT NULL,
    duration_in_minutes integer NOT NULL CHECK (duration_in_minutes > 0),
    created_at timestamptz NOT NULL,
    created_by_source text NOT NULL,
    created_by_id text NOT NULL,
    booking_state text NOT NULL CHECK (booking_state IN ('proposed', 'unconfirmed', 'confirmed', 'refused', 'clash')),
    delius_appointment_id bigint,
    replaces_appointment_id uuid REFERENCES appointment (id) DEFERRABLE INITIALLY DEFERRED,
    superseded boolean NOT NULL DEFAULT false,
    superseded_by_appointment_id uuid UNIQUE REFERENCES appointment (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    reschedule_requested_by text,
    rescheduled_reason text,
    stale boolean NOT NULL DEFAULT false,
    attended text CHECK (attended IN ('YES', 'LATE', 'NO')),
    did_session_happen boolean,
    attendance_submitted_at timestamptz,
    attendance_submitted_by_source text,
    attendance_submitted_by_id text,
    late boolean,
    late_reason text,
    future_session_plans text,
    no_attendance_information text,
    no_session_reason_type text CHECK (no_session_reason_type IN ('POP_ACCEPTABLE', 'POP_UNACCEPTABLE', 'LOGISTICS')),
    no_session_reason_pop_acceptable text,
    no_session_reason_pop_unacceptable text,
    no_session_reason_logistics text,
    session_summary text,
    session_response text,
    session_concerns text,
    session_behaviour text,
    notify_probation_practitioner_of_behaviour boolean,
    notify_probation_practitioner_of_concerns boolean,
    session_feedback_submitted_at timestamptz,
    session_feedback_submitted_by_source text,
    session_feedback_submitted_by_id text,
    appointment_feedback_submitted_at timestamptz,
    appointment_feedback_submitted_by_source text,
    appointment_feedback_submitted_by_id text,
    additional_attendance_information text,
    attendance_failure_information text,
    attendance_behaviour text,
    attendance_behaviour_submitted_at timestamptz,
    attendance_behaviour_submitted_by_source text,
    attendance_behaviour_submitted_by_id text,
    notifyppof_attendance_behaviour boolean,
    CONSTRAINT appointment_superseded_check CHECK (superseded = (superseded_by_appointment_id IS NOT NULL)),
    CONSTRAINT appointment_links_check CHECK (superseded_by_appointment_id <> id AND replaces_appointment_id <> id),
    CONSTRAINT appointment_delius_id_check CHECK (delius_appointment_id IS NULL OR booking_state = 'confirmed'),
    CONSTRAINT appointment_attendance_check CHECK ((attended IS NULL) = (attendance_submitted_at IS NULL)),
    CONSTRAINT appointment_submission_check CHECK (appointment_feedback_submitted_at IS NULL OR attended IS NOT NULL),
    CONSTRAINT appointment_proposal_check CHECK (booking_state IN ('unconfirmed', 'confirmed', 'clash') OR NOT superseded),
    CONSTRAINT appointment_created_by_fkey FOREIGN KEY (created_by_source, created_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT appointment_attendance_submitted_by_fkey FOREIGN KEY (attendance_submitted_by_source, attendance_submitted_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT appointment_session_feedback_submitted_by_fkey FOREIGN KEY (session_feedback_submitted_by_source, session_feedback_submitted_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT appointment_appointment_feedback_submitted_by_fkey FOREIGN KEY (appointment_feedback_submitted_by_source, appointment_feedback_submitted_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT appointment_attendance_behaviour_submitted_by_fkey FOREIGN KEY (attendance_behaviour_submitted_by_source, attendance_behaviour_submitted_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX appointment_referral_idx ON appointment (referral_id);
CREATE INDEX appointment_replaces_idx ON appointment (replaces_appointment_id) WHERE replaces_appointment_id IS NOT NULL;
-- At most one appointment of a slot is open, and at most one more is proposed to replace it.
CREATE UNIQUE INDEX appointment_one_open_key ON appointment (slot_id)
    WHERE booking_state IN ('unconfirmed', 'confirmed', 'clash')
        AND NOT superseded
        AND NOT stale
        AND appointment_feedback_submitted_at IS NULL;
CREATE INDEX appointment_slot_idx ON appointment (slot_id);
CREATE INDEX appointment_created_by_idx ON appointment (created_by_source, created_by_id);
CREATE INDEX appointment_attendance_submitted_by_idx ON appointment (attendance_submitted_by_source, attendance_submitted_by_id);
CREATE INDEX appointment_session_feedback_submitted_by_idx ON appointment (session_feedback_submitted_by_source, session_feedback_submitted_by_id);
CREATE INDEX appointment_appointment_feedback_submitted_by_idx ON appointment (appointment_feedback_submitted_by_source, appointment_feedback_submitted_by_id);
CREATE INDEX appointment_attendance_behaviour_submitted_by_idx ON appointment (attendance_behaviour_submitted_by_source, attendance_behaviour_submitted_by_id);
COMMENT ON TABLE appointment IS 'Appointments with their feedback: one row for each booking, proposals and refused ones included.';
COMMENT ON COLUMN appointment.id IS 'Its id; also the last part of its URN in Delius';
COMMENT ON COLUMN appointment.referral_id IS 'The referral';
COMMENT ON COLUMN appointment.slot_id IS 'What it is for: the id of the supplier assessment or of the delivery session';
COMMENT ON COLUMN appointment.appointment_time IS 'When it starts';
COMMENT ON COLUMN appointment.duration_in_minutes IS 'How long it lasts, in minutes';
COMMENT ON COLUMN appointment.created_at IS 'When it was booked';
COMMENT ON COLUMN appointment.created_by_source IS 'Sign-in source of the user who booked it';
COMMENT ON COLUMN appointment.created_by_id IS 'Id of the user who booked it';
COMMENT ON COLUMN appointment.booking_state IS 'What Delius has said about it';
COMMENT ON COLUMN appointment.delius_appointment_id IS 'The contact''s id in Delius, once known';
COMMENT ON COLUMN appointment.replaces_appointment_id IS 'The appointment that it replaces by rescheduling';
COMMENT ON COLUMN appointment.superseded IS 'Whether a later appointment replaced it';
COMMENT ON COLUMN appointment.superseded_by_appointment_id IS 'The appointment that replaced it';
COMMENT ON COLUMN appointment.reschedule_requested_by IS 'Who asked for the change that replaced it';
COMMENT ON COLUMN appointment.rescheduled_reason IS 'Why it was replaced';
COMMENT ON COLUMN appointment.stale IS 'Marked by a past clean-up as not real; excluded from every count';
COMMENT ON COLUMN appointment.attended IS 'Whether the person attended';
COMMENT ON COLUMN appointment.did_session_happen IS 'Whether the substance was delivered; older rows were never asked';
COMMENT ON COLUMN appointment.attendance_submitted_at IS 'When attendance was recorded';
COMMENT ON COLUMN appointment.attendance_submitted_by_source IS 'Sign-in source of the user who recorded attendance';
COMMENT ON COLUMN appointment.attendance_submitted_by_id IS 'Id of the user who recorded attendance';
COMMENT ON COLUMN appointment.late IS 'Whether the person was late';
COMMENT ON COLUMN appointment.late_reason IS 'Why they were late';
COMMENT ON COLUMN appointment.future_session_plans IS 'What is planned next';
COMMENT ON COLUMN appointment.no_attendance_information IS 'How contact was attempted when the person did not attend';
COMMENT ON COLUMN appointment.no_session_reason_type IS 'Why no session took place though the person attended';
COMMENT ON COLUMN appointment.no_session_reason_pop_acceptable IS 'The text for an acceptable reason';
COMMENT ON COLUMN appointment.no_session_reason_pop_unacceptable IS 'The text for an unacceptable reason';
COMMENT ON COLUMN appointment.no_session_reason_logistics IS 'The text for a reason of the provider';
COMMENT ON COLUMN appointment.session_summary IS 'What was done';
COMMENT ON COLUMN appointment.session_response IS 'How the person responded';
COMMENT ON COLUMN appointment.session_concerns IS 'Concerns';
COMMENT ON COLUMN appointment.session_behaviour IS 'Poor behaviour';
COMMENT ON COLUMN appointment.notify_probation_practitioner_of_behaviour IS 'Whether the practitioner is to be told of the behaviour';
COMMENT ON COLUMN appointment.notify_probation_practitioner_of_concerns IS 'Whether the practitioner is to be told of the concerns';
COMMENT ON COLUMN appointment.session_feedback_submitted_at IS 'When session feedback was recorded';
COMMENT ON COLUMN appointment.session_feedback_submitted_by_source IS 'Sign-in source of the user who recorded session feedback';
COMMENT ON COLUMN appointment.session_feedback_submitted_by_id IS 'Id of the user who recorded session feedback';
COMMENT ON COLUMN appointment.appointment_feedback_submitted_at IS 'When the feedback was submitted; from then on it stands';
COMMENT ON COLUMN appointment.appointment_feedback_submitted_by_source IS 'Sign-in source of the user who submitted the feedback';
COMMENT ON COLUMN appointment.appointment_feedback_submitted_by_id IS 'Id of the user who submitted the feedback';
COMMENT ON COLUMN appointment.additional_attendance_information IS 'Older rows only: more about the attendance';
COMMENT ON COLUMN appointment.attendance_failure_information IS 'Older rows only: why attendance failed';
COMMENT ON COLUMN appointment.attendance_behaviour IS 'Older rows only: behaviour';
COMMENT ON COLUMN appointment.attendance_behaviour_submitted_at IS 'Older rows only: when behaviour was recorded';
COMMENT ON COLUMN appointment.attendance_behaviour_submitted_by_source IS 'Sign-in source of the user who recorded behaviour, older rows only';
COMMENT ON COLUMN appointment.attendance_behaviour_submitted_by_id IS 'Id of the user who recorded behaviour, older rows only';
COMMENT ON COLUMN appointment.notifyppof_attendance_behaviour IS 'Older rows only: whether the practitioner is to be told';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('appointment', 'id', false, true),
    ('appointment', 'referral_id', false, true),
    ('appointment', 'slot_id', false, true),
    ('appointment', 'appointment_time', false, true),
    ('appointment', 'duration_in_minutes', false, true),
    ('appointment', 'created_at', false, true),
    ('appointment', 'created_by_source', false, true),
    ('appointment', 'created_by_id', false, true),
    ('appointment', 'booking_state', false, true),
    ('appointment', 'delius_appointment_id', false, true),
    ('appointment', 'replaces_appointment_id', false, true),
    ('appointment', 'superseded', false, true),
    ('appointment', 'superseded_by_appointment_id', false, false),
    ('appointment', 'reschedule_requested_by', true, true),
    ('appointment', 'rescheduled_reason', true, true),
    ('appointment', 'stale', false, false),
    ('appointment', 'attended', false, true),
    ('appointment', 'did_session_happen', false, true),
    ('appointment', 'attendance_submitted_at', false, true),
    ('appointment', 'attendance_submitted_by_source', false, true),
    ('appointment', 'attendance_submitted_by_id', false, true),
    ('appointment', 'late', false, true),
    ('appointment', 'late_reason', true, true),
    ('appointment', 'future_session_plans', true, true),
    ('appointment', 'no_attendance_information', true, true),
    ('appointment', 'no_session_reason_type', false, true),
    ('appointment', 'no_session_reason_pop_acceptable', true, true),
    ('appointment', 'no_session_reason_pop_unacceptable', true, true),
    ('appointment', 'no_session_reason_logistics', true, true),
    ('appointment', 'session_summary', true, true),
    ('appointment', 'session_response', true, true),
    ('appointment', 'session_concerns', true, true),
    ('appointment', 'session_behaviour', true, true),
    ('appointment', 'notify_probation_practitioner_of_behaviour', false, true),
    ('appointment', 'notify_probation_practitioner_of_concerns', false, true),
    ('appointment', 'session_feedback_submitted_at', false, true),
    ('appointment', 'session_feedback_submitted_by_source', false, true),
    ('appointment', 'session_feedback_submitted_by_id', false, true),
    ('appointment', 'appointment_feedback_submitted_at', false, true),
    ('appointment', 'appointment_feedback_submitted_by_source', false, true),
    ('appointment', 'appointment_feedback_submitted_by_id', false, true),
    ('appointment', 'additional_attendance_information', true, true),
    ('appointment', 'attendance_failure_information', true, true),
    ('appointment', 'attendance_behaviour', true, true),
    ('appointment', 'attendance_behaviour_submitted_at', false, true),
    ('appointment', 'attendance_behaviour_submitted_by_source', false, true),
    ('appointment', 'attendance_behaviour_submitted_by_id', false, true),
    ('appointment', 'notifyppof_attendance_behaviour', false, true);

CREATE TABLE appointment_delivery (
    appointment_id uuid PRIMARY KEY REFERENCES appointment (id) ON DELETE CASCADE,
    appointment_delivery_type text NOT NULL CHECK (appointment_delivery_type IN ('PHONE_CALL', 'VIDEO_CALL', 'IN_PERSON_MEETING_PROBATION_OFFICE', 'IN_PERSON_MEETING_OTHER')),
    nps_office_code text CHECK (length(nps_office_code) <= 7),
    appointment_session_type text NOT NULL CHECK (appointment_session_type IN ('ONE_TO_ONE', 'GROUP')),
    CONSTRAINT appointment_delivery_office_check CHECK ((appointment_delivery_type = 'IN_PERSON_MEETING_PROBATION_OFFICE') = (nps_office_code IS NOT NULL))
);
COMMENT ON TABLE appointment_delivery IS 'How an appointment is held.';
COMMENT ON COLUMN appointment_delivery.appointment_id IS 'The appointment';
COMMENT ON COLUMN appointment_delivery.appointment_delivery_type IS 'How it is held';
COMMENT ON COLUMN appointment_delivery.nps_office_code IS 'The probation office, by its code in Delius';
COMMENT ON COLUMN appointment_delivery.appointment_session_type IS 'Alone or with others';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('appointment_delivery', 'appointment_id', false, true),
    ('appointment_delivery', 'appointment_delivery_type', false, true),
    ('appointment_delivery', 'nps_office_code', false, true),
    ('appointment_delivery', 'appointment_session_type', false, true);

CREATE TABLE appointment_delivery_address (
    appointment_delivery_id uuid PRIMARY KEY REFERENCES appointment_delivery (appointment_id) ON DELETE CASCADE,
    first_address_line text NOT NULL,
    second_address_line text,
    town_city text,
    county text,
    post_code text NOT NULL CHECK (length(post_code) <= 8)
);
COMMENT ON TABLE appointment_delivery_address IS 'Where an appointment is held that is neither remote nor in a probation office.';
COMMENT ON COLUMN appointment_delivery_address.appointment_delivery_id IS 'The appointment';
COMMENT ON COLUMN appointment_delivery_address.first_address_line IS 'First line';
COMMENT ON COLUMN appointment_delivery_address.second_address_line IS 'Second line';
COMMENT ON COLUMN appointment_delivery_address.town_city IS 'Town or city';
COMMENT ON COLUMN appointment_delivery_address.county IS 'County';
COMMENT ON COLUMN appointment_delivery_address.post_code IS 'Postcode, without white space';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('appointment_delivery_address', 'appointment_delivery_id', false, true),
    ('appointment_delivery_address', 'first_address_line', true, true),
    ('appointment_delivery_address', 'second_address_line', true, true),
    ('appointment_delivery_address', 'town_city', true, true),
    ('appointment_delivery_address', 'county', true, true),
    ('appointment_delivery_address', 'post_code', true, true);

CREATE TABLE supplier_assessment_appointment (
    supplier_assessment_id uuid NOT NULL REFERENCES supplier_assessment (id),
    appointment_id uuid NOT NULL UNIQUE REFERENCES appointment (id) ON DELETE CASCADE,
    PRIMARY KEY (supplier_assessment_id, appointment_id)
);
COMMENT ON TABLE supplier_assessment_appointment IS 'The appointments of a supplier assessment.';
COMMENT ON COLUMN supplier_assessment_appointment.supplier_assessment_id IS 'The assessment';
COMMENT ON COLUMN supplier_assessment_appointment.appointment_id IS 'The appointment';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('supplier_assessment_appointment', 'supplier_assessment_id', false, true),
    ('supplier_assessment_appointment', 'appointment_id', false, true);

CREATE TABLE delivery_session_appointment (
    delivery_session_id uuid NOT NULL REFERENCES delivery_session (id),
    appointment_id uuid NOT NULL UNIQUE REFERENCES appointment (id) ON DELETE CASCADE,
    PRIMARY KEY (delivery_session_id, appointment_id)
);
COMMENT ON TABLE delivery_session_appointment IS 'The appointments of a delivery session.';
COMMENT ON COLUMN delivery_session_appointment.delivery_session_id IS 'The session';
COMMENT ON COLUMN delivery_session_appointment.appointment_id IS 'The appointment';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('delivery_session_appointment', 'delivery_session_id', false, true),
    ('delivery_session_appointment', 'appointment_id', false, true);
