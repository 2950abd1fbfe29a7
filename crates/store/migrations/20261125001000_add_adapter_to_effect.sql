-- Delius may be called through either of two APIs. Which one an attempt went through must outlive its worker: after a
-- lost answer the same one is asked again.
SET LOCAL lock_timeout = '5s';

ALTER TABLE effect ADD COLUMN adapter text CONSTRAINT effect_adapter_check CHECK (adapter IN ('integration', 'legacy'));
COMMENT ON COLUMN effect.adapter IS 'Through which API to Delius it was tried last; unset: through none, or through the integration API';

-- The e-mail about a clash must not wait behind the e-mail that waits for the booking that clashed.
ALTER TABLE effect DROP COLUMN out_of_line;
ALTER TABLE effect ADD COLUMN out_of_line boolean GENERATED ALWAYS AS (
    kind = 'email' AND payload ->> 'purpose' IN ('delius-needs-choice', 'appointment-clash')
) STORED;
COMMENT ON COLUMN effect.out_of_line IS 'Whether it goes out without waiting for what is before it in its line';
INSERT INTO metadata (table_name, column_name, sensitive, domain_data) VALUES
    ('effect', 'adapter', false, false);
