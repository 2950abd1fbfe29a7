//! Versions as callers see them: which one an operation shows, and which one a change was made for.
//!
//! A draft and a sent referral have a version each, which rises with every change; the parts of a referral (its plans,
//! appointments, sessions and report) are of the referral's version. A caller may say which version they have read; a
//! change is then refused when there is a newer one. That is looked at under the lock under which the change is made,
//! so nobody writes over what they have not read. A repetition (see [`crate::idempotency`]) changes nothing and is not
//! refused for what came after the first run (ADR 18).

use std::sync::{Arc, Mutex, PoisonError};

use domain::Refused;
use domain::draft::{DraftReferral, DraftState};

use crate::OpCtx;

/// Which versions a change may be applied to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whatever there is.
    #[default]
    Any,
    /// One of these; none fits an empty list.
    OneOf(Vec<i64>),
}

/// Where an operation leaves the version that it shows its caller; whoever runs the operation keeps a clone.
#[derive(Clone, Debug, Default)]
pub struct Shown(Arc<Mutex<Option<i64>>>);

impl Shown {
    /// The version, once the operation has succeeded; none where it showed nothing that has one.
    pub fn version(&self) -> Option<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, version: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
    }
}

/// What an operation has to do with versions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Versions {
    expected: Expected,
    shown: Shown,
}

impl OpCtx {
    /// The same operation for a caller who expects to change one of these versions, and who is told the version that
    /// they are shown.
    #[must_use]
    pub fn with_versions(self, expected: Expected, shown: Shown) -> Self {
        Self { versions: Versions { expected, shown }, ..self }
    }

    /// The caller is shown something of this version.
    pub(crate) fn shows(&self, version: i64) {
        self.versions.shown.set(version);
    }

    /// The caller is shown a draft. One that was sent is made up from the referral, whose version is another, and
    /// cannot be changed any more.
    pub(crate) fn shows_draft(&self, draft: &DraftReferral) {
        if draft.state != DraftState::Sent {
            self.shows(draft.version);
        }
    }

    /// Refuses to change what is of another version than the caller expects. Only under the lock of what is changed.
    pub(crate) fn ensure_expected(&self, present: i64) -> Result<(), Refused> {
        self.ensure_one_expected(&[present])
    }

    /// [`OpCtx::ensure_expected`] for a draft. One that is being sent says what it said in the version before, from
    /// which it was frozen; whoever read either may send it again. One that was sent is refused in its own words.
    pub(crate) fn ensure_draft_expected(&self, draft: &DraftReferral) -> Result<(), Refused> {
        match draft.state {
            DraftState::Editing => self.ensure_expected(draft.version),
            DraftState::Sending(_) => self.ensure_one_expected(&[draft.version, draft.version - 1]),
            DraftState::Sent => Ok(()),
        }
    }

    fn ensure_one_expected(&self, present: &[i64]) -> Result<(), Refused> {
        match &self.versions.expected {
            Expected::OneOf(expected) if !expected.iter().any(|version| present.contains(version)) => {
                Err(Refused::Conflict(STALE))
            }
            Expected::Any | Expected::OneOf(_) => Ok(()),
        }
    }
}

const STALE: &str = "If-Match names no present version: this was changed since you read it; read it again and apply \
                     your change to what it says now";
