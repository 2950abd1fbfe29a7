//! What a use case answers when it does not succeed. One closed set; each boundary maps it once.

use domain::{FieldErrors, Refused};
use store::StoreError;
use upstream::UpstreamError;

/// Another system failed us, as far as the caller may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependencyError {
    /// Which system, in plain words.
    pub system: &'static str,
    /// The status it answered with; none when it could not be reached.
    pub status: Option<u16>,
    /// What went wrong, without internals.
    pub message: String,
    /// What a person can be told, where there is something to tell.
    pub user_message: Option<String>,
}

/// Why an operation did not happen. Unless a case says otherwise nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing does not exist.
    #[error("not found: {0}")]
    NotFound(String),
    /// The caller lacks a role, or the token lacks claims.
    #[error("access denied: {0}")]
    AccessDenied(String),
    /// The caller may not do this, or not to this thing; every reason is given.
    #[error("access refused: {message}")]
    AccessError {
        /// In short.
        message: String,
        /// Each reason.
        errors: Vec<String>,
    },
    /// Fields of the request break rules.
    #[error("fields are not acceptable: {0}")]
    Fields(FieldErrors),
    /// The request breaks a rule that belongs to no field.
    #[error("{0}")]
    Unmet(String),
    /// The request cannot be meant.
    #[error("{0}")]
    Bad(String),
    /// A text is not one of those that the place takes.
    #[error("{0}")]
    IllegalArgument(String),
    /// The state of things does not allow it, or somebody else changed it meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// A step that must come first has not been taken.
    #[error("{0}")]
    NotReady(String),
    /// It was there and is no longer offered.
    #[error("{0}")]
    Gone(String),
    /// This service does not do it yet.
    #[error("{0}")]
    NotOffered(&'static str),
    /// Another system failed us.
    #[error("{} failed: {}", .0.system, .0.message)]
    Dependency(DependencyError),
    /// The database is away; trying again helps.
    #[error("the database is not available")]
    Unavailable(#[source] StoreError),
    /// Our own fault.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::NotFound(format!("{what} {id} does not exist"))
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fields(errors) => Self::Fields(errors),
            Refused::Unmet(text) => Self::Unmet(text.to_owned()),
            Refused::Bad(text) => Self::Bad(text),
            Refused::Missing(text) => Self::NotFound(text),
            Refused::Conflict(text) => Self::Conflict(text.to_owned()),
            Refused::NotReady(text) => Self::NotReady(text.to_owned()),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error),
            StoreError::Conflict { .. } => {
                Self::Conflict("somebody else changed this meanwhile; look again".to_owned())
            }
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<UpstreamError> for Error {
    fn from(error: UpstreamError) -> Self {
        let system = plain_name(&error);
        let status = error.status();
        let user_message = match status {
            Some(409) => None,
            Some(400..=499) => Some(format!("{system} did not accept this. Check what you entered, or ask for help.")),
            _ => Some(format!("{system} is not answering. Nothing you entered is lost; try again in a few minutes.")),
        };
        Self::Dependency(DependencyError { system, status, message: error.to_string(), user_message })
    }
}

/// The system's name as users know it.
fn plain_name(error: &UpstreamError) -> &'static str {
    match error.system.name() {
        "delius" | "community-api" => "Delius",
        "arn" => "The risk system",
        "prisoner-search" | "prison-register" | "prison-api" => "Prison information",
        "manage-users" | "auth" | "token-verification" => "The sign-in service",
        _ => "Another system",
    }
}
