//! Why a rule refuses a change. One closed set for every decision, so that each boundary answers in one place.

use crate::FieldErrors;

/// A refused change; nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Fields of the request break rules; all of them are named.
    #[error("fields are not acceptable: {0}")]
    Fields(FieldErrors),
    /// The request breaks a rule that belongs to no field.
    #[error("{0}")]
    Unmet(&'static str),
    /// The request cannot be meant: something it names is not there or does not fit.
    #[error("{0}")]
    Bad(String),
    /// What the request acts on does not exist.
    #[error("{0}")]
    Missing(String),
    /// The state of things does not allow it, or no longer does.
    #[error("{0}")]
    Conflict(&'static str),
    /// A step that must come first has not been taken.
    #[error("{0}")]
    NotReady(&'static str),
}

impl From<FieldErrors> for Refused {
    fn from(errors: FieldErrors) -> Self {
        Self::Fields(errors)
    }
}
