//! Feedback on an appointment, as the two feedback events ask for it.
//!
//! Owns which contact receives the outcome and the reasons for rejecting it; refuses to choose the appointment out of the
//! call-back's answer (`consumer`) and to say what an outcome entails (`outcome`).

use uuid::Uuid;

use super::code;
use super::ledger::{Entity, Occasion};
use super::mode::ClosedNsi;
use super::outcome::{self, SessionOutcome};
use super::record::Record;
use super::refusal::{EventRefusal, Failure, Rejection};

/// What a feedback event and its call-back say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Feedback {
    pub(crate) appointment_id: Uuid,
    /// Delius's id, when the event carries it: used when the URN finds nothing.
    pub(crate) delius_id: Option<i64>,
    pub(crate) outcome: SessionOutcome,
    pub(crate) notes: String,
}

/// Records feedback on the contact of an appointment.
///
/// # Errors
/// Rejected when the contact is deleted or unknown, or its activity is closed and closed ones are refused; failed for a
/// URN held twice or an attendance without a rule. Nothing changes then.
pub(crate) fn record_feedback(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    feedback: &Feedback,
) -> Result<(), EventRefusal> {
    let case = record.case(crn).ok_or(Rejection::AppointmentMissing)?;
    let urn = code::appointment_urn(feedback.appointment_id);
    let by_urn = case.live_contact(&urn).map_err(|_several| Failure::SeveralMatches)?;
    let contact = by_urn
        .map(|position| &case.contacts[position])
        .or_else(|| case.contact(feedback.delius_id?).filter(|contact| !contact.soft_deleted));
    let Some(contact) = contact else {
        let deleted = case
            .contacts
            .iter()
            .any(|contact| contact.urn.as_deref() == Some(urn.as_str()) || Some(contact.id) == feedback.delius_id);
        let reason = if deleted { Rejection::AppointmentDeleted } else { Rejection::AppointmentMissing };
        return Err(reason.into());
    };
    // A deleted activity is no obstacle: the contact stands by itself.
    let closed = contact
        .nsi_id
        .and_then(|id| case.nsis.iter().find(|nsi| nsi.id == id))
        .is_some_and(|nsi| !nsi.soft_deleted && nsi.is_closed());
    if closed && record.mode.closed_nsi == ClosedNsi::Strict {
        return Err(Rejection::NsiClosed.into());
    }
    outcome::rule(&feedback.outcome).map_err(|_no_rule| Failure::NoOutcomeRule)?;
    let id = contact.id;
    let noted = contact.notes.contains(&feedback.notes);
    let applied = outcome::apply(record, occasion, crn, id, &feedback.outcome).and_then(|()| {
        if noted {
            return Ok(());
        }
        let contact = record.contact_mut(crn, id)?;
        contact.append_note(&feedback.notes);
        contact.version += 1;
        record.log(occasion, Entity::Contact, &id.to_string(), Some(crn), "feedback noted");
        Ok(())
    });
    applied.map_err(|_gone| Rejection::AppointmentMissing.into())
}
