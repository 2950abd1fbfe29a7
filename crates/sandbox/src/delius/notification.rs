//! Notes that events leave on an activity: action plans and end of service reports.
//!
//! Owns writing one note a day for each kind of news; refuses to read events (`consumer`). A note has no URN: it is
//! matched by activity, type, date and its title.

use jiff::Timestamp;
use uuid::Uuid;

use super::code;
use super::ending::find_for_event;
use super::ledger::Occasion;
use super::mode::ClosedNsi;
use super::model::london_date;
use super::record::{NewContact, Record};
use super::refusal::{EventRefusal, Refusal, Rejection};

/// A note to write.
pub(crate) struct Note<'a> {
    /// First line; with the date it tells one note from another.
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) at: Timestamp,
}

/// Which news of an action plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActionPlanNews {
    Submitted,
    Approved,
}

impl ActionPlanNews {
    /// The first line of its note.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Submitted => "Action Plan Submitted",
            Self::Approved => "Action Plan Approved",
        }
    }
}

/// Notes an action plan event on the activity of its referral, once for each day and kind of news.
///
/// # Errors
/// Rejected when there is no live activity or it is closed and closed ones are refused; failed when there are several.
pub(crate) fn action_plan(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    referral: Uuid,
    note: &Note<'_>,
) -> Result<(), EventRefusal> {
    let (_, nsi) = find_for_event(record, crn, &code::referral_urn(referral))?;
    if nsi.is_closed() && record.mode.closed_nsi == ClosedNsi::Strict {
        return Err(Rejection::NsiClosed.into());
    }
    let id = nsi.id;
    note_once_a_day(record, occasion, crn, id, note).map_err(|_gone| Rejection::NsiMissing.into())
}

/// Writes a note unless one with this title is on the activity that day.
pub(super) fn note_once_a_day(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    nsi_id: i64,
    note: &Note<'_>,
) -> Result<(), Refusal> {
    let date = london_date(note.at);
    let case = record.case_mut(crn)?;
    let there = case.contacts.iter().any(|contact| {
        contact.nsi_id == Some(nsi_id)
            && !contact.soft_deleted
            && contact.type_code == code::contact::NOTE
            && contact.date == date
            && contact.notes.starts_with(note.title)
    });
    if there {
        return Ok(());
    }
    let event_id = case.nsi_mut(nsi_id).and_then(|nsi| nsi.event_id);
    let notes = format!("{}\n{}", note.title, note.text);
    let new = NewContact {
        type_code: code::contact::NOTE,
        start: note.at,
        end: None,
        event_id,
        nsi_id: Some(nsi_id),
        notes: &notes,
    };
    record.add_contact(occasion, crn, &new)?;
    Ok(())
}
