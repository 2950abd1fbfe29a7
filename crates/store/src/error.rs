//! What can go wrong between us and the database, in the few kinds that a caller may treat differently.
//!
//! Not found is never an error here: it is `None`. Values of rows stay out of the messages.

use sqlx::postgres::PgQueryResult;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or has no room; the same call may succeed later.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A constraint does not allow it, or a row was changed in the meantime (`constraint` is then `version`).
    #[error("conflict with {constraint}")]
    Conflict {
        /// The constraint's name in the database, or `version`, or `reference_number`.
        constraint: String,
    },
    /// A write touched more or fewer rows than it must.
    #[error("expected to write {expected} rows, wrote {actual}")]
    WrongRowCount {
        /// How many rows it must touch.
        expected: u64,
        /// How many it did.
        actual: u64,
    },
    /// A row holds what the domain does not know.
    #[error("{table}.{column} of {id} cannot be read")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        id: String,
    },
    /// The server is older than our SQL is written for.
    #[error("PostgreSQL {major} is too old: version {oldest} or newer is needed")]
    TooOld {
        /// Its major version.
        major: u32,
        /// The oldest that will do.
        oldest: u32,
    },
    /// The migrations could not be applied.
    #[error("the migrations cannot be applied")]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
    /// The database refused a statement: a mistake of ours.
    #[error("the database refused a statement")]
    Failed(#[source] sqlx::Error),
}

impl StoreError {
    /// Somebody else changed the row after it was read.
    pub(crate) fn lost_update() -> Self {
        Self::Conflict { constraint: "version".to_owned() }
    }

    /// A row holds what the domain does not know.
    pub(crate) fn corrupt(table: &'static str, column: &'static str, id: &dyn std::fmt::Display) -> Self {
        Self::Corrupt { table, column, id: id.to_string() }
    }

    /// Whether this is a conflict with the named constraint.
    pub fn is_conflict_with(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => {
                if let Some(constraint) = refusal.constraint() {
                    return Self::Conflict { constraint: constraint.to_owned() };
                }
                // Classes 08 (connection), 53 (resources) and 57P (shutdown) pass by themselves.
                let passing =
                    refusal.code().is_some_and(|code| ["08", "53", "57P"].iter().any(|class| code.starts_with(class)));
                if passing { Self::Unavailable(Box::new(error)) } else { Self::Failed(error) }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(Box::new(error)),
            _ => Self::Failed(error),
        }
    }
}

/// Checks that a write touched exactly one row.
pub(crate) fn one_row(result: &PgQueryResult) -> Result<(), StoreError> {
    rows(result, 1)
}

/// Checks how many rows a write touched.
pub(crate) fn rows(result: &PgQueryResult, expected: u64) -> Result<(), StoreError> {
    let actual = result.rows_affected();
    if actual == expected { Ok(()) } else { Err(StoreError::WrongRowCount { expected, actual }) }
}
