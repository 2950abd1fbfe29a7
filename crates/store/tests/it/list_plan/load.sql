-- Case lists as large services have them: `:referrals` sent referrals, three in ten of them on the three contracts of
-- one large provider, the rest spread over the catalogue. Two referrals a person, two hundred a practitioner, eight in
-- ten assigned, half of them concluded. Fictional throughout; the same rows every time.
CREATE TEMPORARY TABLE place AS
SELECT i.id, row_number() OVER (ORDER BY c.contract_reference, i.id) - 1 AS number, count(*) OVER () AS count
FROM intervention i
JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id;

CREATE TEMPORARY TABLE person AS
SELECT
    n,
    ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
    chr(65 + n / 260000 % 26) || chr(65 + n / 10000 % 26) || lpad((n % 10000)::text, 4, '0') || 'ZZ' AS reference,
    '2021-06-01T09:00:00Z'::timestamptz + n * interval '7 minutes' AS sent_at,
    'Q' || lpad((n / 2)::text, 6, '0') AS crn,
    'pp-' || n / 200 AS practitioner,
    'cw-' || n % 300 AS caseworker,
    (SELECT p.id FROM place p WHERE p.number = CASE WHEN n % 10 < 3 THEN n % 3 ELSE 3 + n % (p.count - 3) END) AS intervention_id,
    n % 2 = 0 AS is_concluded,
    n % 14 = 0 AS is_cancelled,
    n % 5 > 0 AS is_assigned
FROM generate_series(1, :referrals) n;

INSERT INTO auth_user (id, auth_source, user_name)
SELECT DISTINCT practitioner, 'delius', upper(practitioner) FROM person
UNION ALL
SELECT DISTINCT caseworker, 'auth', upper(caseworker) FROM person;

INSERT INTO reference_number (reference_number, referral_id) SELECT reference, id FROM person;

INSERT INTO referral (
    id, version, reference_number, created_at, created_by_source, created_by_id, sent_at, sent_by_source, sent_by_id,
    service_usercrn, intervention_id, relevant_sentence_id, supplementary_risk_id, status,
    end_requested_at, end_requested_by_source, end_requested_by_id, concluded_at, concluded_state
)
SELECT
    id, 1, reference, sent_at - interval '1 day', 'delius', practitioner, sent_at, 'delius', practitioner,
    crn, intervention_id, 2500000000 + n, id, CASE WHEN n % 3 = 0 THEN 'PRE_ICA' ELSE 'POST_ICA' END,
    CASE WHEN is_cancelled THEN sent_at + interval '30 days' END, CASE WHEN is_cancelled THEN 'delius' END,
    CASE WHEN is_cancelled THEN practitioner END,
    CASE WHEN is_concluded THEN sent_at + interval '90 days' END,
    CASE WHEN is_cancelled THEN 'CANCELLED' WHEN is_concluded THEN 'COMPLETED' END
FROM person;

INSERT INTO referral_service_user_data (referral_id, title, first_name, last_name, dob, gender)
SELECT id, 'Mx', 'First' || n % 53, 'Last' || n / 2 % 401, '1990-02-28'::date, 'Male' FROM person;

INSERT INTO referral_location (referral_id, type, prison_id, expected_release_date)
SELECT
    id, CASE WHEN n % 4 = 0 THEN 'CUSTODY' ELSE 'COMMUNITY' END, CASE WHEN n % 4 = 0 THEN 'ABC' END,
    CASE WHEN n % 4 = 0 THEN sent_at::date + 200 + n % 300 END
FROM person;

INSERT INTO probation_practitioner_details (referral_id, ndelius_name, ndelius_pdu, probation_office)
SELECT id, 'Sam Field', 'Coast', 'Harbour House' FROM person;

INSERT INTO referral_assignments (
    referral_id, assigned_at, assigned_by_source, assigned_by_id, assigned_to_source, assigned_to_id, superseded
)
SELECT id, sent_at + interval '1 day', 'auth', caseworker, 'auth', caseworker, false FROM person WHERE is_assigned
UNION ALL
SELECT id, sent_at + interval '1 hour', 'auth', caseworker, 'auth', caseworker, true FROM person WHERE n % 7 = 0;

INSERT INTO end_of_service_report (
    id, referral_id, created_at, created_by_source, created_by_id, submitted_at, submitted_by_source, submitted_by_id
)
SELECT id, id, sent_at + interval '80 days', 'auth', caseworker, sent_at + interval '81 days', 'auth', caseworker
FROM person
WHERE is_concluded AND NOT is_cancelled;

INSERT INTO action_plan (id, referral_id, created_at, created_by_source, created_by_id, submitted_at, submitted_by_source, submitted_by_id)
SELECT id, id, sent_at + interval '20 days', 'auth', caseworker, sent_at + interval '21 days', 'auth', caseworker
FROM person
WHERE n % 3 > 0;

INSERT INTO case_note (id, referral_id, subject, body, sent_at, sent_by_source, sent_by_id)
SELECT id, id, 'A note', 'Words.', sent_at + interval '2 days', 'auth', caseworker FROM person;

INSERT INTO referral_details (id, referral_id, created_at, created_by, reason_for_change)
SELECT id, id, sent_at, practitioner, 'initial' FROM person;

INSERT INTO changelog (
    changelog_id, referral_id, topic, old_value, new_value, reason_for_change, changed_at, changed_by_source, changed_by_id
)
SELECT id, id, 'COMPLETION_DATETIME', '{}', '{}', '', sent_at, 'delius', practitioner FROM person;

INSERT INTO delivery_session (id, referral_id, session_number) SELECT id, id, 1 FROM person;
INSERT INTO appointment (
    id, referral_id, slot_id, appointment_time, duration_in_minutes, created_at, created_by_source, created_by_id,
    booking_state
)
SELECT id, id, id, sent_at + interval '30 days', 30, sent_at, 'auth', caseworker, 'confirmed' FROM person;
INSERT INTO delivery_session_appointment (delivery_session_id, appointment_id) SELECT id, id FROM person;
INSERT INTO appointment_delivery (appointment_id, appointment_delivery_type, appointment_session_type)
SELECT id, 'PHONE_CALL', 'ONE_TO_ONE' FROM person;

INSERT INTO draft_referral (
    id, version, state, created_at, created_by_source, created_by_id, changed_at, service_usercrn, intervention_id
)
SELECT
    ('00000000-0000-4000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'editing', sent_at, 'delius', practitioner,
    sent_at, crn, intervention_id
FROM person
WHERE n % 4 = 0;

DROP TABLE place, person;
