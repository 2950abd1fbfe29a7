//! The outbox relay: ordered lines, leases, fences, back-off, parking; and schedules.
