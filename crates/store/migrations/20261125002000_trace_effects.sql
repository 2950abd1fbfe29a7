-- The trace that an effect continues, so that a call to another system joins the click that caused it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE effect ADD COLUMN traceparent text;
COMMENT ON COLUMN effect.traceparent IS 'W3C trace context of the request that caused it';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('effect', 'traceparent', false, false);
