//! Test support: a database per test, a running app, builders and actors.
