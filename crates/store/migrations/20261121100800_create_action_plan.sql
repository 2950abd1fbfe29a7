-- The provider plan and the end of service report.
SET LOCAL lock_timeout = '5s';

CREATE TABLE action_plan (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    number_of_sessions integer CHECK (number_of_sessions > 0),
    created_at timestamptz NOT NULL,
    created_by_source text NOT NULL,
    created_by_id text NOT NULL,
    submitted_at timestamptz,
    submitted_by_source text,
    submitted_by_id text,
    approved_at timestamptz,
    approved_by_source text,
    approved_by_id text,
    CONSTRAINT action_plan_submission_check CHECK ((submitted_at IS NULL) = (submitted_by_id IS NULL)),
    CONSTRAINT action_plan_approval_check CHECK ((approved_at IS NULL) = (approved_by_id IS NULL) AND (approved_at IS NULL OR submitted_at IS NOT NULL)),
    CONSTRAINT action_plan_created_by_fkey FOREIGN KEY (created_by_source, created_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT action_plan_submitted_by_fkey FOREIGN KEY (submitted_by_source, submitted_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT action_plan_approved_by_fkey FOREIGN KEY (approved_by_source, approved_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX action_plan_referral_idx ON action_plan (referral_id);
CREATE INDEX action_plan_created_by_idx ON action_plan (created_by_source, created_by_id);
CREATE INDEX action_plan_submitted_by_idx ON action_plan (submitted_by_source, submitted_by_id);
CREATE INDEX action_plan_approved_by_idx ON action_plan (approved_by_source, approved_by_id);
COMMENT ON TABLE action_plan IS 'Versions of the plan of a referral; the one approved last is in force.';
COMMENT ON COLUMN action_plan.id IS 'Its id';
COMMENT ON COLUMN action_plan.referral_id IS 'The referral';
COMMENT ON COLUMN action_plan.number_of_sessions IS 'How many sessions are planned';
COMMENT ON COLUMN action_plan.created_at IS 'When it was begun';
COMMENT ON COLUMN action_plan.created_by_source IS 'Sign-in source of the user who began it';
COMMENT ON COLUMN action_plan.created_by_id IS 'Id of the user who began it';
COMMENT ON COLUMN action_plan.submitted_at IS 'When it was submitted';
COMMENT ON COLUMN action_plan.submitted_by_source IS 'Sign-in source of the user who submitted it';
COMMENT ON COLUMN action_plan.submitted_by_id IS 'Id of the user who submitted it';
COMMENT ON COLUMN action_plan.approved_at IS 'When it was approved';
COMMENT ON COLUMN action_plan.approved_by_source IS 'Sign-in source of the user who approved it';
COMMENT ON COLUMN action_plan.approved_by_id IS 'Id of the user who approved it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('action_plan', 'id', false, true),
    ('action_plan', 'referral_id', false, true),
    ('action_plan', 'number_of_sessions', false, true),
    ('action_plan', 'created_at', false, true),
    ('action_plan', 'created_by_source', false, true),
    ('action_plan', 'created_by_id', false, true),
    ('action_plan', 'submitted_at', false, true),
    ('action_plan', 'submitted_by_source', false, true),
    ('action_plan', 'submitted_by_id', false, true),
    ('action_plan', 'approved_at', false, true),
    ('action_plan', 'approved_by_source', false, true),
    ('action_plan', 'approved_by_id', false, true);

CREATE TABLE action_plan_activity (
    id uuid PRIMARY KEY,
    action_plan_id uuid NOT NULL REFERENCES action_plan (id),
    description text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX action_plan_activity_plan_idx ON action_plan_activity (action_plan_id);
COMMENT ON TABLE action_plan_activity IS 'What a plan says is to be done.';
COMMENT ON COLUMN action_plan_activity.id IS 'Its id';
COMMENT ON COLUMN action_plan_activity.action_plan_id IS 'The plan';
COMMENT ON COLUMN action_plan_activity.description IS 'What is to be done';
COMMENT ON COLUMN action_plan_activity.created_at IS 'When it was added';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('action_plan_activity', 'id', false, true),
    ('action_plan_activity', 'action_plan_id', false, true),
    ('action_plan_activity', 'description', true, true),
    ('action_plan_activity', 'created_at', false, true);

CREATE TABLE end_of_service_report (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL UNIQUE REFERENCES referral (id),
    created_at timestamptz NOT NULL,
    created_by_source text NOT NULL,
    created_by_id text NOT NULL,
    further_information text,
    submitted_at timestamptz,
    submitted_by_source text,
    submitted_by_id text,
    CONSTRAINT end_of_service_report_submission_check CHECK ((submitted_at IS NULL) = (submitted_by_id IS NULL)),
    CONSTRAINT end_of_service_report_created_by_fkey FOREIGN KEY (created_by_source, created_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL,
    CONSTRAINT end_of_service_report_submitted_by_fkey FOREIGN KEY (submitted_by_source, submitted_by_id) REFERENCES auth_user (auth_source, id) MATCH FULL
);
CREATE INDEX end_of_service_report_created_by_idx ON end_of_service_report (created_by_source, created_by_id);
CREATE INDEX end_of_service_report_submitted_by_idx ON end_of_service_report (submitted_by_source, submitted_by_id);
COMMENT ON TABLE end_of_service_report IS 'What was achieved: at most one for each referral.';
COMMENT ON COLUMN end_of_service_report.id IS 'Its id';
COMMENT ON COLUMN end_of_service_report.referral_id IS 'The referral';
COMMENT ON COLUMN end_of_service_report.created_at IS 'When it was begun';
COMMENT ON COLUMN end_of_service_report.created_by_source IS 'Sign-in source of the user who began it';
COMMENT ON COLUMN end_of_service_report.created_by_id IS 'Id of the user who began it';
COMMENT ON COLUMN end_of_service_report.further_information IS 'Anything else';
COMMENT ON COLUMN end_of_service_report.submitted_at IS 'When it was submitted';
COMMENT ON COLUMN end_of_service_report.submitted_by_source IS 'Sign-in source of the user who submitted it';
COMMENT ON COLUMN end_of_service_report.submitted_by_id IS 'Id of the user who submitted it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('end_of_service_report', 'id', false, true),
    ('end_of_service_report', 'referral_id', false, true),
    ('end_of_service_report', 'created_at', false, true),
    ('end_of_service_report', 'created_by_source', false, true),
    ('end_of_service_report', 'created_by_id', false, true),
    ('end_of_service_report', 'further_information', true, true),
    ('end_of_service_report', 'submitted_at', false, true),
    ('end_of_service_report', 'submitted_by_source', false, true),
    ('end_of_service_report', 'submitted_by_id', false, true);

CREATE TABLE end_of_service_report_outcome (
    end_of_service_report_id uuid NOT NULL REFERENCES end_of_service_report (id),
    desired_outcome_id uuid NOT NULL REFERENCES desired_outcome (id),
    achievement_level text NOT NULL CHECK (achievement_level IN ('ACHIEVED', 'PARTIALLY_ACHIEVED', 'NOT_ACHIEVED')),
    progression_comments text,
    additional_task_comments text,
    PRIMARY KEY (end_of_service_report_id, desired_outcome_id)
);
CREATE INDEX end_of_service_report_outcome_outcome_idx ON end_of_service_report_outcome (desired_outcome_id);
COMMENT ON TABLE end_of_service_report_outcome IS 'How far each desired outcome was achieved.';
COMMENT ON COLUMN end_of_service_report_outcome.end_of_service_report_id IS 'The report';
COMMENT ON COLUMN end_of_service_report_outcome.desired_outcome_id IS 'The outcome';
COMMENT ON COLUMN end_of_service_report_outcome.achievement_level IS 'How far it was achieved';
COMMENT ON COLUMN end_of_service_report_outcome.progression_comments IS 'How the person progressed';
COMMENT ON COLUMN end_of_service_report_outcome.additional_task_comments IS 'What remains to be done';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('end_of_service_report_outcome', 'end_of_service_report_id', false, true),
    ('end_of_service_report_outcome', 'desired_outcome_id', false, true),
    ('end_of_service_report_outcome', 'achievement_level', false, true),
    ('end_of_service_report_outcome', 'progression_comments', true, true),
    ('end_of_service_report_outcome', 'additional_task_comments', true, true);
