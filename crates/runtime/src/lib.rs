//! Configuration, secrets, telemetry, health, shutdown, tasks, the real clock and the source of ids.
