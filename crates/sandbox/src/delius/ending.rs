//! End of a referral, as the ended event asks for it.
//!
//! Owns closing the activity (NSI), withdrawing what is still booked on it, and the contacts that say so; refuses to read
//! the event or the call-back (`consumer`). Repeated ends with other outcomes or dates overwrite each other: there is no
//! check of versions.

use jiff::Timestamp;

use super::code;
use super::ledger::{Entity, Occasion};
use super::mode::ClosedNsi;
use super::model::{Case, Nsi, append_note, london_date};
use super::notification;
use super::record::Record;
use super::referral::{set_status, status_contact, touch};
use super::refusal::{EventRefusal, Failure, Refusal, Rejection};

/// What the ended event and its call-back say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndReferral {
    /// The activity's URN, as the event carries it.
    pub(crate) urn: String,
    /// Conclusion, or else the request to end.
    pub(crate) ended_at: Timestamp,
    /// `CANCELLED`, `PREMATURELY_ENDED` or `COMPLETED`.
    pub(crate) delivery_state: String,
    pub(crate) notes: String,
    /// Text of the note on a submitted end of service report, when there is one.
    pub(crate) end_of_service_report: Option<String>,
}

/// Finds the live activity of a referral for an event.
///
/// # Errors
/// Rejected when there is none, saying whether it was deleted; failed when there are several.
pub(super) fn find_for_event<'a>(
    record: &'a Record,
    crn: &str,
    urn: &str,
) -> Result<(&'a Case, &'a Nsi), EventRefusal> {
    let case = record.case(crn).ok_or(Rejection::NsiMissing)?;
    match case.live_nsi(urn).map_err(|_several| Failure::SeveralMatches)? {
        Some(position) => Ok((case, &case.nsis[position])),
        None if case.nsis.iter().any(|nsi| nsi.urn.as_deref() == Some(urn)) => Err(Rejection::NsiSoftDeleted.into()),
        None => Err(Rejection::NsiMissing.into()),
    }
}

/// Ends the activity of a referral.
///
/// # Errors
/// Rejected when there is no live activity, its sentence is terminated, or it is closed and closed ones are refused;
/// failed for several activities with one URN or an unknown delivery state. Nothing changes then.
pub(crate) fn end(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    request: &EndReferral,
) -> Result<(), EventRefusal> {
    let outcome = code::nsi_outcome(&request.delivery_state).ok_or(Failure::UnknownDeliveryState)?;
    let (case, nsi) = find_for_event(record, crn, &request.urn)?;
    let terminated =
        nsi.event_id.is_some_and(|id| case.event(id).is_none_or(|event| !event.active || event.soft_deleted));
    if terminated && record.mode.terminated_sentence_blocks_end {
        return Err(Rejection::EventTerminated.into());
    }
    if nsi.is_closed() && record.mode.closed_nsi == ClosedNsi::Strict {
        return Err(Rejection::NsiClosed.into());
    }
    let id = nsi.id;
    // What follows can only miss what was just found.
    carry_out(record, occasion, crn, id, outcome, request).map_err(|_gone| Rejection::NsiMissing.into())
}

/// Closes an activity that was found and may be closed.
pub(super) fn carry_out(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    id: i64,
    outcome: &str,
    request: &EndReferral,
) -> Result<(), Refusal> {
    let missing = || Refusal::NoSuchReferral(request.urn.clone());
    let nsi = record.case_mut(crn)?.nsi_mut(id).ok_or_else(missing)?;
    let before = nsi.clone();
    let completes = nsi.status != code::COMPLETED;
    if completes {
        set_status(nsi, occasion, code::COMPLETED, request.ended_at);
        append_note(&mut nsi.notes, &request.notes);
    }
    let outcome_differs = nsi.outcome.as_deref() != Some(outcome);
    nsi.outcome = Some(outcome.to_owned());
    nsi.ended_at = Some(request.ended_at);
    if *nsi != before {
        touch(nsi, occasion);
        let action = format!("ended with outcome {outcome}");
        record.log(occasion, Entity::Nsi, &id.to_string(), Some(crn), &action);
    }
    if completes {
        withdraw_appointments(record, occasion, crn, id)?;
        status_contact(record, occasion, crn, id, code::contact::STATUS_COMPLETED, request.ended_at, "")?;
    }
    if outcome_differs {
        let note = format!("NSI Terminated with Outcome: {}", code::nsi_outcome_description(outcome));
        status_contact(record, occasion, crn, id, code::contact::TERMINATED, request.ended_at, &note)?;
    }
    if let Some(text) = &request.end_of_service_report {
        notification::note_once_a_day(
            record,
            occasion,
            crn,
            id,
            &notification::Note { title: "End of Service Report Submitted", text, at: request.ended_at },
        )?;
    }
    Ok(())
}

/// Withdraws the appointments on an activity that are today or later and have no outcome.
fn withdraw_appointments(record: &mut Record, occasion: &Occasion<'_>, crn: &str, nsi_id: i64) -> Result<(), Refusal> {
    let today = london_date(occasion.now);
    let mut withdrawn = Vec::new();
    for contact in &mut record.case_mut(crn)?.contacts {
        let open = !contact.soft_deleted && contact.outcome.is_none() && contact.date >= today;
        if open && contact.nsi_id == Some(nsi_id) && code::contact::is_commissioned(&contact.type_code) {
            contact.outcome = Some(code::APPW.code.to_owned());
            contact.attended = Some(code::APPW.attended);
            contact.complied = Some(code::APPW.complied);
            contact.version += 1;
            withdrawn.push(contact.id);
        }
    }
    for id in withdrawn {
        record.log(occasion, Entity::Contact, &id.to_string(), Some(crn), "appointment withdrawn APPW");
    }
    Ok(())
}
