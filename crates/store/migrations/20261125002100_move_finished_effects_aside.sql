-- Finished effects leave the table that workers claim from, in the transaction that finishes them, so that the outbox
-- costs the same whatever was delivered before (ADR 21). The old table becomes the ledger's, because it holds nearly all
-- rows already; what is unfinished moves to a new one.
SET LOCAL lock_timeout = '5s';

-- A row moves while others name it, so no foreign key can lead to it.
ALTER TABLE effect_attempt DROP CONSTRAINT effect_attempt_effect_id_fkey;
ALTER TABLE effect DROP CONSTRAINT effect_after_id_fkey;

ALTER TABLE effect RENAME TO effect_finished;
CREATE TABLE effect (LIKE effect_finished INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING COMMENTS);

DROP INDEX effect_after_idx, effect_line_idx, effect_due_idx, effect_backlog_idx;
ALTER TABLE effect_finished DROP CONSTRAINT effect_position_key;
ALTER TABLE effect_finished DROP CONSTRAINT effect_lease_check;
ALTER TABLE effect_finished DROP CONSTRAINT effect_settled_check;
ALTER TABLE effect_finished DROP CONSTRAINT effect_state_check;
ALTER TABLE effect_finished RENAME CONSTRAINT effect_pkey TO effect_finished_pkey;
ALTER TABLE effect_finished RENAME CONSTRAINT effect_system_check TO effect_finished_system_check;
ALTER TABLE effect_finished RENAME CONSTRAINT effect_adapter_check TO effect_finished_adapter_check;
ALTER TABLE effect_finished RENAME CONSTRAINT effect_referral_id_fkey TO effect_finished_referral_id_fkey;
ALTER TABLE effect_finished RENAME CONSTRAINT effect_actor_fkey TO effect_finished_actor_fkey;
ALTER INDEX effect_referral_idx RENAME TO effect_finished_referral_idx;
ALTER INDEX effect_actor_idx RENAME TO effect_finished_actor_idx;
ALTER INDEX effect_correlation_idx RENAME TO effect_finished_correlation_idx;
-- Rows come in order of time, near enough: an index of a few pages finds a window.
CREATE INDEX effect_finished_created_idx ON effect_finished USING brin (created_at);

INSERT INTO effect (
    id, position, referral_id, system, kind, payload, after_id, state, attempts, not_before, lease_until, ambiguous,
    last_status, last_error, last_attempt_at, settled_at, receipt, reason, cause, actor_source, actor_id, correlation_id,
    occurred_at, created_at, traceparent, adapter
)
SELECT
    id, position, referral_id, system, kind, payload, after_id, state, attempts, not_before, lease_until, ambiguous,
    last_status, last_error, last_attempt_at, settled_at, receipt, reason, cause, actor_source, actor_id, correlation_id,
    occurred_at, created_at, traceparent, adapter
FROM effect_finished
WHERE state IN ('waiting', 'in_flight', 'retrying', 'parked');
DELETE FROM effect_finished WHERE state IN ('waiting', 'in_flight', 'retrying', 'parked');
ALTER TABLE effect_finished ADD CONSTRAINT effect_finished_state_check
    CHECK (state IN ('delivered', 'refused', 'superseded') AND settled_at IS NOT NULL AND lease_until IS NULL);

ALTER TABLE effect_finished ALTER COLUMN position DROP IDENTITY;
ALTER TABLE effect ALTER COLUMN position ADD GENERATED ALWAYS AS IDENTITY;
DO $$
BEGIN
    PERFORM setval(
        pg_get_serial_sequence('effect', 'position'),
        greatest(
            (SELECT coalesce(max(position), 0) FROM effect),
            (SELECT coalesce(max(position), 0) FROM effect_finished)
        ) + 1,
        false
    );
END $$;
ALTER TABLE effect ADD CONSTRAINT effect_pkey PRIMARY KEY (id);
ALTER TABLE effect ADD CONSTRAINT effect_referral_id_fkey FOREIGN KEY (referral_id) REFERENCES referral (id);
ALTER TABLE effect ADD CONSTRAINT effect_actor_fkey
    FOREIGN KEY (actor_source, actor_id) REFERENCES auth_user (auth_source, id) MATCH FULL;
CREATE INDEX effect_line_idx ON effect (referral_id, system, position);
CREATE INDEX effect_due_idx ON effect (system, (coalesce(lease_until, not_before)), position)
    WHERE state IN ('waiting', 'in_flight', 'retrying');
CREATE INDEX effect_after_idx ON effect (after_id) WHERE after_id IS NOT NULL;
CREATE INDEX effect_actor_idx ON effect (actor_source, actor_id);
CREATE INDEX effect_correlation_idx ON effect (correlation_id);
-- Every row is changed twice and leaves: without this, a claim would step over what is gone until a share of the table is.
ALTER TABLE effect SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000
);
-- The outcome of an attempt is written into its row, in place where the page has room.
ALTER TABLE effect_attempt SET (
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200000
);

CREATE FUNCTION effect_moves_aside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO effect_finished (
        id, position, referral_id, system, kind, payload, after_id, state, attempts, not_before, lease_until, ambiguous,
        last_status, last_error, last_attempt_at, settled_at, receipt, reason, cause, actor_source, actor_id,
        correlation_id, occurred_at, created_at, traceparent, adapter
    )
    VALUES (
        NEW.id, NEW.position, NEW.referral_id, NEW.system, NEW.kind, NEW.payload, NEW.after_id, NEW.state, NEW.attempts,
        NEW.not_before, NEW.lease_until, NEW.ambiguous, NEW.last_status, NEW.last_error, NEW.last_attempt_at,
        NEW.settled_at, NEW.receipt, NEW.reason, NEW.cause, NEW.actor_source, NEW.actor_id, NEW.correlation_id,
        NEW.occurred_at, NEW.created_at, NEW.traceparent, NEW.adapter
    );
    DELETE FROM effect WHERE id = NEW.id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION effect_moves_aside IS 'Moves an effect to the finished ones in the statement that finishes it, whoever does';
CREATE TRIGGER effect_moves_aside AFTER INSERT OR UPDATE OF state ON effect
    FOR EACH ROW WHEN (NEW.state IN ('delivered', 'refused', 'superseded')) EXECUTE FUNCTION effect_moves_aside();

CREATE VIEW every_effect AS
SELECT
    id, position, referral_id, system, kind, payload, after_id, state, attempts, not_before, lease_until, ambiguous,
    last_status, last_error, last_attempt_at, settled_at, receipt, reason, cause, actor_source, actor_id, correlation_id,
    occurred_at, created_at, reaches_delius, out_of_line, traceparent, adapter
FROM effect
UNION ALL
SELECT
    id, position, referral_id, system, kind, payload, after_id, state, attempts, not_before, lease_until, ambiguous,
    last_status, last_error, last_attempt_at, settled_at, receipt, reason, cause, actor_source, actor_id, correlation_id,
    occurred_at, created_at, reaches_delius, out_of_line, traceparent, adapter
FROM effect_finished;

COMMENT ON TABLE effect IS 'What another system is still to be told because something happened to a referral. Finished, it moves to effect_finished.';
COMMENT ON TABLE effect_finished IS 'What another system was told, or needs not be told any more. Never deleted.';
COMMENT ON VIEW every_effect IS 'The ledger: unfinished and finished effects';
DO $$
DECLARE
    described record;
BEGIN
    FOR described IN
        SELECT attname AS column_name, col_description(attrelid, attnum) AS words
        FROM pg_attribute
        WHERE attrelid = 'effect_finished'::regclass AND attnum > 0 AND NOT attisdropped
    LOOP
        EXECUTE format('COMMENT ON COLUMN every_effect.%I IS %L', described.column_name, described.words);
    END LOOP;
END $$;
INSERT INTO metadata (table_name, column_name, sensitive, domain_data)
SELECT copy.name, m.column_name, m.sensitive, m.domain_data
FROM metadata m
CROSS JOIN (VALUES ('effect_finished'), ('every_effect')) AS copy (name)
WHERE m.table_name = 'effect';
