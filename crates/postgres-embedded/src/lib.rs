//! Starts and stops a private PostgreSQL when no DATABASE_URL is given.
