-- When Delius and we last agreed about a referral: what it was told since then may have met an activity that somebody had
-- closed, and is told again once it is open.
SET LOCAL lock_timeout = '5s';

ALTER TABLE collection_check ADD COLUMN agreed_at timestamptz;
COMMENT ON COLUMN collection_check.agreed_at IS 'When nothing was found that we disagree about; unset: never';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('collection_check', 'agreed_at', false, false);
