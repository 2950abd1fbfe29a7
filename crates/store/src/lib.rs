//! All SQL: migrations, queries per noun, units of work, the outbox and audit rows.
//!
//! Query functions take the connection first ([`Db`]; both [`UnitOfWork`] and [`Connection`] give one), the noun's
//! values after it, and never commit: whoever began a unit of work ends it. Not found is `None`. Rules live in
//! `domain`; here are only those that must hold even when code is wrong, as constraints.
//!
//! Queries are checked against the committed metadata in `.sqlx`; after changing one, refresh it with
//! `cargo xtask db prepare`.

pub mod audit;
pub mod case_note;
pub mod catalogue;
pub mod changelog;
pub mod circuit;
pub mod collection;
mod column;
mod connection;
pub mod dashboard;
pub mod discrepancy;
pub mod draft;
mod error;
pub mod idempotency;
pub mod import;
pub mod job;
mod listen;
pub mod outbox;
pub mod page;
pub mod probation_case;
pub mod reference;
pub mod referral;
mod seek;
pub mod subject_access;
pub mod user;
pub mod web_session;

pub use connection::{Connection, Store, UnitOfWork, schema_fingerprint};
pub use error::StoreError;
pub use listen::{Heard, Listener};

/// A connection, with or without a transaction.
pub type Db = sqlx::PgConnection;
