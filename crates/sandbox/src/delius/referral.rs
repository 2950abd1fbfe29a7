//! Start of a referral: the activity (NSI) that holds it, found by case number and URN.
//!
//! Owns the create-or-find of the start call and the read by URN; refuses to end an activity (`ending`). What makes a
//! repeat safe is the URN alone: neither the activity's type nor its id is ever matched.

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::code;
use super::ledger::{Entity, Occasion};
use super::mode::ClosedNsi;
use super::model::{Contact, Nsi, StatusRow, london_date};
use super::record::{NewContact, Record};
use super::refusal::Refusal;

/// Body of the start call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartReferral {
    pub(crate) referral_id: Uuid,
    /// The instant the referral was sent.
    pub(crate) started_at: Timestamp,
    pub(crate) contract_type: String,
    /// Id of the event (conviction).
    pub(crate) sentence_id: i64,
    pub(crate) notes: String,
}

/// Creates the activity of a referral, or brings the existing one up to date.
///
/// # Errors
/// 404 for an unknown person or sentence; 500 for an unmapped contract type or two activities with this URN; 400 when
/// the activity is closed and closed ones are refused.
pub(crate) fn start(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    request: &StartReferral,
) -> Result<(), Refusal> {
    let urn = code::referral_urn(request.referral_id);
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    match case.live_nsi(&urn)?.map(|position| &case.nsis[position]) {
        None => create(record, occasion, crn, request, Some(urn)).map(|_id| ()),
        Some(nsi) if nsi.is_closed() && record.mode.closed_nsi == ClosedNsi::Strict => {
            Err(Refusal::ClosedReferral(request.referral_id.to_string()))
        }
        Some(nsi) if nsi.is_closed() && !record.mode.half_reopen => Ok(()),
        Some(nsi) => {
            let id = nsi.id;
            refresh(record, occasion, crn, id, request)
        }
    }
}

/// Creates an activity with its three contacts; gives its id.
pub(super) fn create(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    request: &StartReferral,
    urn: Option<String>,
) -> Result<i64, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    // Neither the event's nor the sentence's flags are looked at: a terminated sentence takes a referral too.
    let disposal = case
        .event(request.sentence_id)
        .and_then(|event| event.disposal.as_ref())
        .ok_or(Refusal::NoSuchSentence(request.sentence_id))?;
    let requirement_id = disposal
        .requirements
        .iter()
        .find(|requirement| requirement.active && requirement.main_category == code::REHABILITATION_ACTIVITY)
        .map(|requirement| requirement.id);
    let type_code = nsi_type(record, &request.contract_type)?;
    let id = record.next_nsi_id();
    let nsi = Nsi {
        id,
        event_id: Some(request.sentence_id),
        requirement_id,
        type_code,
        status: code::IN_PROGRESS.to_owned(),
        status_at: request.started_at,
        outcome: None,
        referral_date: london_date(request.started_at),
        started_at: Some(request.started_at),
        ended_at: None,
        notes: request.notes.clone(),
        urn,
        rar_count: None,
        soft_deleted: false,
        version: 0,
        history: vec![StatusRow {
            status: code::IN_PROGRESS.to_owned(),
            at: request.started_at,
            by: occasion.by.to_owned(),
        }],
        created_at: occasion.now,
        created_by: occasion.by.to_owned(),
        updated_at: occasion.now,
        updated_by: occasion.by.to_owned(),
    };
    record.add_nsi(occasion, crn, nsi)?;
    for type_code in [code::contact::REFERRED, code::contact::STATUS_IN_PROGRESS, code::contact::COMMENCED] {
        status_contact(record, occasion, crn, id, type_code, request.started_at, "")?;
    }
    Ok(id)
}

/// The activity type of a contract type.
pub(super) fn nsi_type(record: &Record, contract_type: &str) -> Result<String, Refusal> {
    match record.nsi_types.get(contract_type) {
        Some(_) if record.mode.one_nsi_type => Ok("CRS01".to_owned()),
        Some(nsi_type) => Ok(nsi_type.clone()),
        None if record.mode.unmapped_contract_internal_error => {
            Err(Refusal::UnmappedContractType(contract_type.to_owned()))
        }
        None => Err(Refusal::RefusedContractType(contract_type.to_owned())),
    }
}

fn refresh(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    id: i64,
    request: &StartReferral,
) -> Result<(), Refusal> {
    let nsi = record.case_mut(crn)?.nsi_mut(id).ok_or_else(|| missing(request.referral_id))?;
    let before = nsi.clone();
    nsi.notes.clone_from(&request.notes);
    nsi.started_at = Some(request.started_at);
    let reopened = nsi.status != code::IN_PROGRESS;
    if reopened {
        // End date, outcome and hence the active flag stay: the activity is reopened by half.
        set_status(nsi, occasion, code::IN_PROGRESS, request.started_at);
    }
    if *nsi == before {
        return Ok(());
    }
    touch(nsi, occasion);
    let action = if reopened { "status set back to in progress" } else { "notes or start updated" };
    record.log(occasion, Entity::Nsi, &id.to_string(), Some(crn), action);
    if reopened {
        status_contact(record, occasion, crn, id, code::contact::STATUS_IN_PROGRESS, request.started_at, "")?;
    }
    Ok(())
}

fn missing(referral: Uuid) -> Refusal {
    Refusal::NoSuchReferral(referral.to_string())
}

/// Sets a status and adds its history row.
pub(super) fn set_status(nsi: &mut Nsi, occasion: &Occasion<'_>, status: &str, at: Timestamp) {
    status.clone_into(&mut nsi.status);
    nsi.status_at = at;
    nsi.history.push(StatusRow { status: status.to_owned(), at, by: occasion.by.to_owned() });
}

/// Counts a change of an activity.
pub(super) fn touch(nsi: &mut Nsi, occasion: &Occasion<'_>) {
    nsi.version += 1;
    nsi.updated_at = occasion.now;
    occasion.by.clone_into(&mut nsi.updated_by);
}

/// Writes one of the contacts that Delius makes for a step of an activity's life.
pub(super) fn status_contact(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    nsi_id: i64,
    type_code: &str,
    at: Timestamp,
    notes: &str,
) -> Result<i64, Refusal> {
    let event_id = record.case_mut(crn)?.nsi_mut(nsi_id).and_then(|nsi| nsi.event_id);
    let new = NewContact { type_code, start: at, end: None, event_id, nsi_id: Some(nsi_id), notes };
    record.add_contact(occasion, crn, &new)
}

/// An activity as the read by URN shows it, with its appointments.
pub(crate) struct NsiByUrn<'a> {
    pub(crate) nsi: &'a Nsi,
    pub(crate) appointments: Vec<&'a Contact>,
}

/// Reads the activity of a referral by URN; a deleted one only when nothing live matches.
///
/// # Errors
/// 404 when nothing matches or the read is switched off; 409 when several live ones match.
pub(crate) fn read_by_urn<'a>(record: &'a Record, crn: &str, referral: Uuid) -> Result<NsiByUrn<'a>, Refusal> {
    if !record.mode.urn_read {
        return Err(missing(referral));
    }
    let urn = code::referral_urn(referral);
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let live = case.live_nsi(&urn).map_err(|_several| Refusal::SeveralReferralsRead(urn.clone()))?;
    let nsi = match live {
        Some(position) => &case.nsis[position],
        None => case
            .nsis
            .iter()
            .rev()
            .find(|nsi| nsi.urn.as_deref() == Some(urn.as_str()))
            .ok_or_else(|| missing(referral))?,
    };
    let appointments = case
        .contacts
        .iter()
        .filter(|contact| contact.nsi_id == Some(nsi.id) && code::contact::is_commissioned(&contact.type_code))
        .collect();
    Ok(NsiByUrn { nsi, appointments })
}
