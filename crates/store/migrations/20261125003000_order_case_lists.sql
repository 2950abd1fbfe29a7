-- Case lists are read in order: for each thing that they are sorted by there is an index of every contract's entries in
-- that order, so that no page sorts more than itself. What the older list shows is on the entry too.
SET LOCAL lock_timeout = '5s';

ALTER TABLE case_list_entry
    ADD COLUMN assigned_to_username text,
    ADD COLUMN first_name text,
    ADD COLUMN has_report boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN case_list_entry.assigned_to_username IS 'Sign-in name of the current caseworker';
COMMENT ON COLUMN case_list_entry.first_name IS 'The person''s first name';
COMMENT ON COLUMN case_list_entry.has_report IS 'Whether it has an end of service report, submitted or not';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('case_list_entry', 'assigned_to_username', false, false),
    ('case_list_entry', 'first_name', true, false),
    ('case_list_entry', 'has_report', false, false);

CREATE OR REPLACE FUNCTION case_list_entry_of_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_list_entry
    SET first_name = NEW.first_name,
        last_name = NEW.last_name,
        full_name = lower(coalesce(NEW.first_name, '') || ' ' || coalesce(NEW.last_name, ''))
    WHERE referral_id = NEW.referral_id;
    RETURN NULL;
END $$;

-- The user's row is held while it is read: a change of the sign-in name comes before, or finds the entry.
CREATE OR REPLACE FUNCTION case_list_entry_of_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    assigned uuid := coalesce(NEW.referral_id, OLD.referral_id);
    assignee_source text;
    assignee_id text;
    assignee_name text;
BEGIN
    SELECT a.assigned_to_source, a.assigned_to_id
    INTO assignee_source, assignee_id
    FROM referral_assignments a
    WHERE a.referral_id = assigned AND NOT a.superseded;
    SELECT u.user_name
    INTO assignee_name
    FROM auth_user u
    WHERE u.auth_source = assignee_source AND u.id = assignee_id
    FOR SHARE;
    UPDATE case_list_entry
    SET assigned_to_source = assignee_source, assigned_to_id = assignee_id, assigned_to_username = assignee_name
    WHERE referral_id = assigned;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION case_list_entry_of_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_list_entry
    SET has_report = NEW.id IS NOT NULL, has_submitted_report = NEW.submitted_at IS NOT NULL
    WHERE referral_id = coalesce(NEW.referral_id, OLD.referral_id);
    RETURN NULL;
END $$;

CREATE FUNCTION case_list_entry_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_list_entry
    SET assigned_to_username = NEW.user_name
    WHERE assigned_to_source = NEW.auth_source AND assigned_to_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER case_list_entry_of_user
    AFTER UPDATE OF user_name
    ON auth_user FOR EACH ROW WHEN (NEW.user_name IS DISTINCT FROM OLD.user_name)
    EXECUTE FUNCTION case_list_entry_of_user();

-- The triggers' locks keep writers out until this transaction is committed, so nothing is missed; other lists may be read.
LOCK TABLE referral, referral_service_user_data, referral_assignments, end_of_service_report IN SHARE MODE;
DROP INDEX case_list_entry_scope_idx;
UPDATE case_list_entry e
SET first_name = u.first_name,
    has_report = r.id IS NOT NULL,
    assigned_to_username = w.user_name
FROM case_list_entry s
LEFT JOIN referral_service_user_data u ON u.referral_id = s.referral_id
LEFT JOIN end_of_service_report r ON r.referral_id = s.referral_id
LEFT JOIN auth_user w ON w.auth_source = s.assigned_to_source AND w.id = s.assigned_to_id
WHERE e.referral_id = s.referral_id;

-- Each holds what lists filter by, so that it is read alone. Backwards each is the opposite order.
CREATE INDEX case_list_entry_sent_idx ON case_list_entry (intervention_id, sent_at, referral_id)
    INCLUDE (is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_id);
CREATE INDEX case_list_entry_by_reference_idx ON case_list_entry (intervention_id, reference_number, sent_at, referral_id)
    INCLUDE (is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_id);
CREATE INDEX case_list_entry_by_surname_idx ON case_list_entry (intervention_id, last_name, sent_at, referral_id)
    INCLUDE (is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_id);
CREATE INDEX case_list_entry_by_release_idx ON case_list_entry (intervention_id, expected_release_date, sent_at, referral_id)
    INCLUDE (is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_id);
CREATE INDEX case_list_entry_by_assignee_idx ON case_list_entry (intervention_id, assigned_to_username, sent_at, referral_id)
    INCLUDE (is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_id);
-- One upwards and the other downwards, where many are equal by the first: no release date, no caseworker.
CREATE INDEX case_list_entry_by_release_newest_idx
    ON case_list_entry (intervention_id, expected_release_date, sent_at DESC, referral_id DESC)
    INCLUDE (is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_id);
CREATE INDEX case_list_entry_by_assignee_newest_idx
    ON case_list_entry (intervention_id, assigned_to_username, sent_at DESC, referral_id DESC)
    INCLUDE (is_concluded, is_ended_before_ica, has_submitted_report, assigned_to_id);
