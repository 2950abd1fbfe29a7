-- A correlation id that somebody quotes finds what a request looked at or changed, where it told no other system anything.
SET LOCAL lock_timeout = '5s';

CREATE INDEX audit_entry_correlation_idx ON audit_entry (correlation_id);
