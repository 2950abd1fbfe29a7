//! Appointments as the older interface took them: they carry no URN, Delius's id alone names them.
//!
//! Owns booking, moving, relocating and outcomes here; refuses a closed activity, and any time that crosses midnight.

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::delius::appointment::{is_taken, mark_rescheduled};
use crate::delius::code;
use crate::delius::ledger::{Entity, Occasion};
use crate::delius::model::{Contact, london_date};
use crate::delius::outcome::{self, Attended, SessionOutcome};
use crate::delius::record::{NewContact, Record};
use crate::delius::refusal::Refusal;

use super::nsi::{ReferralKey, find_open};

/// Body of the booking call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Booking {
    contract_type: String,
    referral_start: Timestamp,
    #[serde(default)]
    referral_id: Option<Uuid>,
    appointment_start: Timestamp,
    appointment_end: Timestamp,
    #[serde(default)]
    office_location_code: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    counts_towards_rar_days: bool,
    #[serde(default)]
    attended: Option<Attended>,
    #[serde(default, rename = "notifyPPOfAttendanceBehaviour")]
    notify: Option<bool>,
}

/// Body of the reschedule call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reschedule {
    updated_appointment_start: Timestamp,
    updated_appointment_end: Timestamp,
    initiated_by_service_provider: bool,
    #[serde(default)]
    office_location_code: Option<String>,
}

/// Body of the relocate call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Relocate {
    office_location_code: String,
}

/// Body of the outcome call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    #[serde(default)]
    notes: Option<String>,
    attended: Attended,
    #[serde(default, rename = "notifyPPOfAttendanceBehaviour")]
    notify: Option<bool>,
}

/// This interface knew no sessions that did not happen: who attended had one.
fn session(attended: Attended, notify: Option<bool>) -> SessionOutcome {
    SessionOutcome {
        attended,
        did_session_happen: Some(attended != Attended::No),
        no_session_reason_type: None,
        notify_probation_practitioner_of_behaviour: notify.unwrap_or(false),
    }
}

fn check_times(start: Timestamp, end: Timestamp) -> Result<(), Refusal> {
    if start < end && london_date(start) == london_date(end) { Ok(()) } else { Err(Refusal::ImpossibleTimes) }
}

fn check_office(record: &Record, office: Option<&str>) -> Result<(), Refusal> {
    match office {
        Some(office) if !record.office_is_active(office) => Err(Refusal::NoSuchOffice(office.to_owned())),
        _ => Ok(()),
    }
}

/// Books an appointment on the open activity of a referral; each call makes one.
///
/// # Errors
/// 409 for a clash; 404 for an unknown case; 400 without an open activity, for impossible times, an unknown office, or
/// a past appointment without attendance.
pub(super) fn book(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    sentence_id: i64,
    request: &Booking,
) -> Result<i64, Refusal> {
    let (start, end) = (request.appointment_start, request.appointment_end);
    let key = ReferralKey {
        referral_id: request.referral_id,
        contract_type: &request.contract_type,
        started_at: request.referral_start,
        sentence_id,
    };
    let (case, nsi) = find_open(record, crn, &key)?;
    check_times(start, end)?;
    if start < occasion.now && request.attended.is_none() {
        return Err(Refusal::PastWithoutOutcome);
    }
    if start > occasion.now && is_taken(case, start, end, |_| true) {
        return Err(Refusal::Clash);
    }
    check_office(record, request.office_location_code.as_deref())?;
    let rar_activity = request.counts_towards_rar_days && case.is_rehabilitation_activity(nsi);
    let new = NewContact {
        type_code: if request.counts_towards_rar_days {
            code::contact::DELIVERY_SESSION
        } else {
            code::contact::SUPPLIER_ASSESSMENT
        },
        start,
        end: Some(end),
        event_id: nsi.event_id,
        nsi_id: Some(nsi.id),
        notes: request.notes.as_deref().unwrap_or_default(),
    };
    let id = record.add_contact(occasion, crn, &new)?;
    let contact = record.contact_mut(crn, id)?;
    contact.office_code.clone_from(&request.office_location_code);
    contact.rar_activity = rar_activity;
    if let Some(attended) = request.attended {
        outcome::apply(record, occasion, crn, id, &session(attended, request.notify))?;
    }
    Ok(id)
}

/// The live appointment with an id, on an open activity.
fn find_appointment<'a>(record: &'a Record, crn: &str, id: i64) -> Result<&'a Contact, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let missing = || Refusal::NoSuchContact(id.to_string());
    let contact = case.contact(id).filter(|contact| !contact.soft_deleted).ok_or_else(missing)?;
    let closed = case.nsis.iter().any(|nsi| Some(nsi.id) == contact.nsi_id && nsi.is_closed());
    if closed { Err(Refusal::NoOpenNsi) } else { Ok(contact) }
}

/// Moves an appointment: the old one is marked, a new one made. Each call makes one.
///
/// # Errors
/// 409 for a clash; 404 for an unknown appointment; 400 for a closed activity, impossible times, a time that has
/// passed or an unknown office.
pub(super) fn reschedule(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    id: i64,
    request: &Reschedule,
) -> Result<i64, Refusal> {
    let (start, end) = (request.updated_appointment_start, request.updated_appointment_end);
    let old = find_appointment(record, crn, id)?.clone();
    check_times(start, end)?;
    if start < occasion.now {
        // A move has no outcome to bring along.
        return Err(Refusal::PastWithoutOutcome);
    }
    check_office(record, request.office_location_code.as_deref())?;
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    if start > occasion.now && is_taken(case, start, end, |contact| contact.id != id) {
        return Err(Refusal::Clash);
    }
    let marked = if request.initiated_by_service_provider { code::RSSR } else { code::RSOF };
    mark_rescheduled(record, occasion, crn, id, marked)?;
    let new = NewContact {
        type_code: &old.type_code,
        start,
        end: Some(end),
        event_id: old.event_id,
        nsi_id: old.nsi_id,
        notes: &old.notes,
    };
    let new_id = record.add_contact(occasion, crn, &new)?;
    let contact = record.contact_mut(crn, new_id)?;
    contact.office_code = request.office_location_code.clone().or(old.office_code);
    contact.rar_activity = old.rar_activity;
    Ok(new_id)
}

/// Changes the office of an appointment.
///
/// # Errors
/// 404 for an unknown appointment; 400 for a closed activity or an unknown office.
pub(super) fn relocate(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    id: i64,
    request: &Relocate,
) -> Result<i64, Refusal> {
    find_appointment(record, crn, id)?;
    check_office(record, Some(&request.office_location_code))?;
    let contact = record.contact_mut(crn, id)?;
    if contact.office_code.as_deref() != Some(request.office_location_code.as_str()) {
        contact.office_code = Some(request.office_location_code.clone());
        contact.version += 1;
        record.log(occasion, Entity::Contact, &id.to_string(), Some(crn), "relocated");
    }
    Ok(id)
}

/// Records the outcome of an appointment.
///
/// # Errors
/// 404 for an unknown appointment; 400 for a closed activity.
pub(super) fn record_outcome(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    id: i64,
    request: &Outcome,
) -> Result<i64, Refusal> {
    find_appointment(record, crn, id)?;
    outcome::apply(record, occasion, crn, id, &session(request.attended, request.notify))?;
    record.contact_mut(crn, id)?.append_note(request.notes.as_deref().unwrap_or_default());
    Ok(id)
}
