//! Case notes: messages left on a referral by either side. Never edited or deleted.

use jiff::Timestamp;

use crate::{CaseNoteId, ReferralId, User};

/// The longest subject, in characters. Our choice: one line of a list.
pub const SUBJECT_MAX: usize = 255;
/// The longest body, in characters. Our choice: a generous page.
pub const BODY_MAX: usize = 10_000;

/// A message left on a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseNote {
    /// Its id.
    pub id: CaseNoteId,
    /// The referral it is about.
    pub referral_id: ReferralId,
    /// One line.
    pub subject: String,
    /// The message.
    pub body: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Who sent it.
    pub sent_by: User,
}
