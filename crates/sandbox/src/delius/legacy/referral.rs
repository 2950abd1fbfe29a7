//! Start, end and notifications as the older interface took them.
//!
//! Owns these three writes; refuses a closed activity. A start always creates: there is no look-up before it.

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::delius::code;
use crate::delius::ending::{self, EndReferral};
use crate::delius::ledger::Occasion;
use crate::delius::record::{NewContact, Record};
use crate::delius::referral::{StartReferral, create};
use crate::delius::refusal::Refusal;

use super::nsi::{ReferralKey, find_open};

/// Body of the start call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start {
    started_at: Timestamp,
    contract_type: String,
    sentence_id: i64,
    #[serde(default)]
    referral_id: Option<Uuid>,
    notes: String,
}

/// Body of the end call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct End {
    contract_type: String,
    started_at: Timestamp,
    #[serde(default)]
    referral_id: Option<Uuid>,
    ended_at: Timestamp,
    sentence_id: i64,
    end_type: String,
    notes: String,
}

/// Body of the notification call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notification {
    contract_type: String,
    referral_start: Timestamp,
    #[serde(default)]
    referral_id: Option<Uuid>,
    contact_date_time: Timestamp,
    notes: String,
}

/// Creates an activity, whether there is one already or not; its notes begin with the URN.
///
/// # Errors
/// 404 for an unknown case; 400 for an unknown sentence, several referral requirements, an unmapped contract type.
pub(super) fn start(record: &mut Record, occasion: &Occasion<'_>, crn: &str, request: &Start) -> Result<i64, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let disposal = case.event(request.sentence_id).and_then(|event| event.disposal.as_ref());
    let requirements = disposal.map_or(0, |disposal| {
        disposal.requirements.iter().filter(|r| r.active && r.main_category == code::REHABILITATION_ACTIVITY).count()
    });
    if requirements > 1 {
        return Err(Refusal::SeveralRequirements(request.sentence_id));
    }
    let urn = request.referral_id.map(code::referral_urn);
    let notes = match &urn {
        Some(urn) => format!("{urn}\n{}", request.notes),
        None => request.notes.clone(),
    };
    let start = StartReferral {
        referral_id: request.referral_id.unwrap_or_default(),
        started_at: request.started_at,
        contract_type: request.contract_type.clone(),
        sentence_id: request.sentence_id,
        notes,
    };
    create(record, occasion, crn, &start, urn)
}

/// Ends the open activity of a referral.
///
/// # Errors
/// 404 for an unknown case; 400 when there is no open activity, several match, or the end type is unknown.
pub(super) fn end(record: &mut Record, occasion: &Occasion<'_>, crn: &str, request: &End) -> Result<i64, Refusal> {
    let outcome = code::nsi_outcome(&request.end_type).ok_or(Refusal::UnknownEndType)?;
    let key = ReferralKey {
        referral_id: request.referral_id,
        contract_type: &request.contract_type,
        started_at: request.started_at,
        sentence_id: request.sentence_id,
    };
    let (_, nsi) = find_open(record, crn, &key)?;
    let id = nsi.id;
    let end = EndReferral {
        urn: nsi.urn.clone().unwrap_or_default(),
        ended_at: request.ended_at,
        delivery_state: request.end_type.clone(),
        notes: request.notes.clone(),
        end_of_service_report: None,
    };
    ending::carry_out(record, occasion, crn, id, outcome, &end)?;
    Ok(id)
}

/// Writes a note on the open activity of a referral, once for each second.
///
/// # Errors
/// As [`end`].
pub(super) fn notify(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    sentence_id: i64,
    request: &Notification,
) -> Result<i64, Refusal> {
    let key = ReferralKey {
        referral_id: request.referral_id,
        contract_type: &request.contract_type,
        started_at: request.referral_start,
        sentence_id,
    };
    let (case, nsi) = find_open(record, crn, &key)?;
    let second = request.contact_date_time.as_second();
    let there = case.contacts.iter().find(|contact| {
        contact.nsi_id == Some(nsi.id)
            && !contact.soft_deleted
            && contact.type_code == code::contact::NOTE
            && contact.start.as_second() == second
    });
    if let Some(contact) = there {
        return Ok(contact.id);
    }
    let new = NewContact {
        type_code: code::contact::NOTE,
        start: request.contact_date_time,
        end: None,
        event_id: nsi.event_id,
        nsi_id: Some(nsi.id),
        notes: &request.notes,
    };
    record.add_contact(occasion, crn, &new)
}
