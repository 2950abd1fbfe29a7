-- The outbox is empty again and again. Vacuumed then, its table would be cut to no page at all, and whoever plans a
-- statement at that moment plans to read it from end to end, and keeps that plan while thousands of rows come and go. With
-- its pages kept, the planner sees a table of some size with few rows, and uses the indexes (ADR 23).
SET LOCAL lock_timeout = '5s';

ALTER TABLE effect SET (vacuum_truncate = false);
