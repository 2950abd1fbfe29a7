//! How long a draft that nobody changes is kept.

use jiff::{SignedDuration, Timestamp};

use super::{DraftReferral, DraftState};

/// How long unsent drafts are kept, counted from their last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A draft unchanged for this long is deleted.
    pub keep: SignedDuration,
    /// Its owner is warned this long before.
    pub warn: SignedDuration,
}

impl Default for Retention {
    /// Ninety days, with a warning for the last thirty.
    fn default() -> Self {
        Self { keep: SignedDuration::from_hours(90 * 24), warn: SignedDuration::from_hours(30 * 24) }
    }
}

impl Retention {
    /// Drafts last changed before this instant are stale.
    pub fn stale_before(self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.keep).unwrap_or(Timestamp::MIN)
    }

    /// When the draft will be deleted unless it is changed. None for a draft that is being sent or was sent: those are
    /// never deleted.
    pub fn deletion(self, draft: &DraftReferral) -> Option<Timestamp> {
        match draft.state {
            DraftState::Editing => Some(draft.changed_at.saturating_add(self.keep).unwrap_or(Timestamp::MAX)),
            _ => None,
        }
    }

    /// When the draft will be deleted unless it is changed, once its owner is to be warned of it; none before that.
    pub fn warning(self, draft: &DraftReferral, now: Timestamp) -> Option<Timestamp> {
        let deleted_at = self.deletion(draft)?;
        let warned_from = deleted_at.saturating_sub(self.warn).unwrap_or(Timestamp::MIN);
        (now >= warned_from).then_some(deleted_at)
    }
}
