-- Case lists: one narrow row for each sent referral with all that a list is chosen and sorted by, so that the ids of a
-- page come from one index. Kept by triggers; each writes only what its own table says, so none undoes another's.
SET LOCAL lock_timeout = '5s';

CREATE TABLE case_list_entry (
    referral_id uuid PRIMARY KEY REFERENCES referral (id) ON DELETE CASCADE,
    intervention_id uuid NOT NULL,
    reference_number text NOT NULL,
    service_usercrn text NOT NULL,
    created_by_source text NOT NULL,
    created_by_id text NOT NULL,
    sent_at timestamptz NOT NULL,
    is_concluded boolean NOT NULL,
    is_ended_before_ica boolean NOT NULL,
    has_submitted_report boolean NOT NULL DEFAULT false,
    assigned_to_source text,
    assigned_to_id text,
    last_name text,
    full_name text NOT NULL DEFAULT ' ',
    expected_release_date date
);
-- A provider's lists: every page, order, filter and total is read from here.
CREATE INDEX case_list_entry_scope_idx ON case_list_entry (intervention_id, sent_at, referral_id)
    INCLUDE (
        reference_number, is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_source, assigned_to_id,
        last_name, expected_release_date
    );
-- One caseworker's referrals, and those of nobody.
CREATE INDEX case_list_entry_assigned_idx ON case_list_entry (assigned_to_id, intervention_id);
-- A practitioner's lists, and what is searched for.
CREATE INDEX case_list_entry_created_by_idx ON case_list_entry (created_by_source, created_by_id);
CREATE INDEX case_list_entry_crn_idx ON case_list_entry (service_usercrn);
CREATE INDEX case_list_entry_reference_idx ON case_list_entry (reference_number);
CREATE INDEX case_list_entry_full_name_idx ON case_list_entry (full_name);

COMMENT ON TABLE case_list_entry IS 'What case lists are chosen and sorted by: one row for each sent referral, kept by triggers, never written otherwise.';
COMMENT ON COLUMN case_list_entry.referral_id IS 'The referral';
COMMENT ON COLUMN case_list_entry.intervention_id IS 'What the person was referred to';
COMMENT ON COLUMN case_list_entry.reference_number IS 'What people call it';
COMMENT ON COLUMN case_list_entry.service_usercrn IS 'Case reference number of the person';
COMMENT ON COLUMN case_list_entry.created_by_source IS 'Sign-in source of the user who began it';
COMMENT ON COLUMN case_list_entry.created_by_id IS 'Id of the user who began it';
COMMENT ON COLUMN case_list_entry.sent_at IS 'When it was sent';
COMMENT ON COLUMN case_list_entry.is_concluded IS 'Whether it is concluded';
COMMENT ON COLUMN case_list_entry.is_ended_before_ica IS 'Whether it is concluded after a request to end it and before the initial assessment appointment was attended';
COMMENT ON COLUMN case_list_entry.has_submitted_report IS 'Whether its end of service report was submitted';
COMMENT ON COLUMN case_list_entry.assigned_to_source IS 'Sign-in source of the current caseworker';
COMMENT ON COLUMN case_list_entry.assigned_to_id IS 'Id of the current caseworker';
COMMENT ON COLUMN case_list_entry.last_name IS 'The person''s last name';
COMMENT ON COLUMN case_list_entry.full_name IS 'The person''s first and last name in small letters, a space between';
COMMENT ON COLUMN case_list_entry.expected_release_date IS 'When the person is expected to be released';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('case_list_entry', 'referral_id', false, false),
    ('case_list_entry', 'intervention_id', false, false),
    ('case_list_entry', 'reference_number', false, false),
    ('case_list_entry', 'service_usercrn', true, false),
    ('case_list_entry', 'created_by_source', false, false),
    ('case_list_entry', 'created_by_id', false, false),
    ('case_list_entry', 'sent_at', false, false),
    ('case_list_entry', 'is_concluded', false, false),
    ('case_list_entry', 'is_ended_before_ica', false, false),
    ('case_list_entry', 'has_submitted_report', false, false),
    ('case_list_entry', 'assigned_to_source', false, false),
    ('case_list_entry', 'assigned_to_id', false, false),
    ('case_list_entry', 'last_name', true, false),
    ('case_list_entry', 'full_name', true, false),
    ('case_list_entry', 'expected_release_date', true, false);

CREATE FUNCTION case_list_entry_of_referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO case_list_entry AS e (
        referral_id, intervention_id, reference_number, service_usercrn, created_by_source, created_by_id, sent_at,
        is_concluded, is_ended_before_ica
    )
    VALUES (
        NEW.id, NEW.intervention_id, NEW.reference_number, NEW.service_usercrn, NEW.created_by_source,
        NEW.created_by_id, NEW.sent_at, NEW.concluded_at IS NOT NULL,
        NEW.concluded_at IS NOT NULL AND NEW.end_requested_at IS NOT NULL AND NEW.status = 'PRE_ICA'
    )
    ON CONFLICT (referral_id) DO UPDATE SET
        intervention_id = excluded.intervention_id,
        reference_number = excluded.reference_number,
        service_usercrn = excluded.service_usercrn,
        created_by_source = excluded.created_by_source,
        created_by_id = excluded.created_by_id,
        sent_at = excluded.sent_at,
        is_concluded = excluded.is_concluded,
        is_ended_before_ica = excluded.is_ended_before_ica;
    RETURN NULL;
END $$;
CREATE TRIGGER case_list_entry_of_referral
    AFTER INSERT OR UPDATE OF intervention_id, reference_number, service_usercrn, created_by_source, created_by_id,
        sent_at, concluded_at, end_requested_at, status
    ON referral FOR EACH ROW EXECUTE FUNCTION case_list_entry_of_referral();

CREATE FUNCTION case_list_entry_of_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_list_entry
    SET last_name = NEW.last_name,
        full_name = lower(coalesce(NEW.first_name, '') || ' ' || coalesce(NEW.last_name, ''))
    WHERE referral_id = NEW.referral_id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_list_entry_of_person
    AFTER INSERT OR UPDATE OF first_name, last_name
    ON referral_service_user_data FOR EACH ROW EXECUTE FUNCTION case_list_entry_of_person();

CREATE FUNCTION case_list_entry_of_location() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_list_entry
    SET expected_release_date = NEW.expected_release_date
    WHERE referral_id = NEW.referral_id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_list_entry_of_location
    AFTER INSERT OR UPDATE OF expected_release_date
    ON referral_location FOR EACH ROW EXECUTE FUNCTION case_list_entry_of_location();

CREATE FUNCTION case_list_entry_of_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    assigned uuid := coalesce(NEW.referral_id, OLD.referral_id);
BEGIN
    UPDATE case_list_entry
    SET (assigned_to_source, assigned_to_id) = (
        SELECT a.assigned_to_source, a.assigned_to_id
        FROM referral_assignments a
        WHERE a.referral_id = assigned AND NOT a.superseded
    )
    WHERE referral_id = assigned;
    RETURN NULL;
END $$;
CREATE TRIGGER case_list_entry_of_assignment
    AFTER INSERT OR UPDATE OR DELETE
    ON referral_assignments FOR EACH ROW EXECUTE FUNCTION case_list_entry_of_assignment();

CREATE FUNCTION case_list_entry_of_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_list_entry
    SET has_submitted_report = NEW.submitted_at IS NOT NULL
    WHERE referral_id = coalesce(NEW.referral_id, OLD.referral_id);
    RETURN NULL;
END $$;
CREATE TRIGGER case_list_entry_of_report
    AFTER INSERT OR UPDATE OF submitted_at OR DELETE
    ON end_of_service_report FOR EACH ROW EXECUTE FUNCTION case_list_entry_of_report();

-- The triggers' locks keep writers out until this transaction is committed, so nothing is missed.
INSERT INTO case_list_entry
SELECT
    r.id, r.intervention_id, r.reference_number, r.service_usercrn, r.created_by_source, r.created_by_id, r.sent_at,
    r.concluded_at IS NOT NULL,
    r.concluded_at IS NOT NULL AND r.end_requested_at IS NOT NULL AND r.status = 'PRE_ICA',
    e.submitted_at IS NOT NULL, a.assigned_to_source, a.assigned_to_id, u.last_name,
    lower(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')), l.expected_release_date
FROM referral r
LEFT JOIN end_of_service_report e ON e.referral_id = r.id
LEFT JOIN referral_assignments a ON a.referral_id = r.id AND NOT a.superseded
LEFT JOIN referral_service_user_data u ON u.referral_id = r.id
LEFT JOIN referral_location l ON l.referral_id = r.id;
