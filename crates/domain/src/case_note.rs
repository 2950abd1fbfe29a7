//! Case notes: messages left on a referral by either side. Never edited or deleted.

use jiff::Timestamp;

use crate::validation::is_blank;
use crate::{CaseNoteId, ErrorCode, Fact, FieldErrors, Referral, ReferralId, Refused, User};

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

impl Referral {
    /// Leaves a case note, on a concluded referral too. `tell_practitioner` is false when the writer wants no e-mail.
    ///
    /// # Errors
    /// Subject or body blank or too long.
    pub fn add_case_note(&self, note: CaseNote, tell_practitioner: bool) -> Result<Vec<Fact>, Refused> {
        let mut errors = FieldErrors::default();
        for (field, text, max) in [("subject", &note.subject, SUBJECT_MAX), ("body", &note.body, BODY_MAX)] {
            errors.require(!is_blank(Some(text)), field, ErrorCode::CannotBeEmpty);
            errors.limit(Some(text), field, max);
        }
        errors.into_result()?;
        Ok(vec![Fact::CaseNoteAdded { note, tell_practitioner }])
    }
}
