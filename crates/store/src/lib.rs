//! All SQL: migrations, queries per noun, units of work, the outbox and audit rows.
