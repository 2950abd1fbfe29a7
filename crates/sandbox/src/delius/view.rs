//! The record of a case as scripts, tests and the read by URN see it.
//!
//! Owns these shapes; refuses to leave anything out: deleted rows are shown and say so. A key without a value is null.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::model::{Case, Contact, Event, Nsi, london_date};
use super::record::Record;
use super::referral::NsiByUrn;

/// The whole record of a case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseView {
    crn: String,
    merged_into: Option<String>,
    events: Vec<EventView>,
    nsis: Vec<NsiView>,
    contacts: Vec<ContactView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventView {
    id: i64,
    event_number: u32,
    active: bool,
    soft_deleted: bool,
    conviction_date: Option<Date>,
    sentence: Option<SentenceView>,
    ftc_count: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SentenceView {
    description: String,
    start_date: Date,
    expected_end_date: Option<Date>,
    active: bool,
    requirements: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NsiView {
    id: i64,
    external_reference: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    status_at: Timestamp,
    outcome: Option<String>,
    event_id: Option<i64>,
    requirement_id: Option<i64>,
    referral_date: Date,
    start_date: Option<Date>,
    started_at: Option<Timestamp>,
    end_date: Option<Date>,
    ended_at: Option<Timestamp>,
    active: bool,
    soft_deleted: bool,
    notes: String,
    rar_count: Option<u32>,
    version: u64,
    created_at: Timestamp,
    created_by: String,
    updated_at: Timestamp,
    updated_by: String,
    history: Vec<StatusView>,
}

#[derive(Serialize)]
struct StatusView {
    status: String,
    at: Timestamp,
    by: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactView {
    id: i64,
    external_reference: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    date: Date,
    start_time: Timestamp,
    end_time: Option<Timestamp>,
    office_code: Option<String>,
    attended: Option<bool>,
    complied: Option<bool>,
    outcome: Option<String>,
    hours_credited: Option<f64>,
    enforcement: Option<EnforcementView>,
    event_id: Option<i64>,
    nsi_id: Option<i64>,
    rar_activity: bool,
    linked_contact_id: Option<i64>,
    notes: String,
    soft_deleted: bool,
    version: u64,
    created_at: Timestamp,
    created_by: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EnforcementView {
    action: String,
    response_date: Date,
}

/// The record of a case, a merged one included; `None` for a case number that never was.
pub(crate) fn case(record: &Record, crn: &str) -> Option<CaseView> {
    let Case { crn, merged_into, events, nsis, contacts, .. } = record.cases.get(crn)?;
    Some(CaseView {
        crn: crn.clone(),
        merged_into: merged_into.clone(),
        events: events.iter().map(event).collect(),
        nsis: nsis.iter().map(nsi).collect(),
        contacts: contacts.iter().map(contact).collect(),
    })
}

fn event(event: &Event) -> EventView {
    let sentence = event.disposal.as_ref().map(|disposal| SentenceView {
        description: disposal.description.clone(),
        start_date: disposal.date,
        expected_end_date: disposal.expected_end_date,
        active: disposal.active && !disposal.soft_deleted,
        requirements: disposal.requirements.iter().map(|requirement| requirement.main_category.clone()).collect(),
    });
    EventView {
        id: event.id,
        event_number: event.number,
        active: event.active,
        soft_deleted: event.soft_deleted,
        conviction_date: event.conviction_date,
        sentence,
        ftc_count: event.ftc_count,
    }
}

fn nsi(nsi: &Nsi) -> NsiView {
    NsiView {
        id: nsi.id,
        external_reference: nsi.urn.clone(),
        kind: nsi.type_code.clone(),
        status: nsi.status.clone(),
        status_at: nsi.status_at,
        outcome: nsi.outcome.clone(),
        event_id: nsi.event_id,
        requirement_id: nsi.requirement_id,
        referral_date: nsi.referral_date,
        start_date: nsi.started_at.map(london_date),
        started_at: nsi.started_at,
        end_date: nsi.ended_at.map(london_date),
        ended_at: nsi.ended_at,
        active: nsi.is_active(),
        soft_deleted: nsi.soft_deleted,
        notes: nsi.notes.clone(),
        rar_count: nsi.rar_count,
        version: nsi.version,
        created_at: nsi.created_at,
        created_by: nsi.created_by.clone(),
        updated_at: nsi.updated_at,
        updated_by: nsi.updated_by.clone(),
        history: nsi
            .history
            .iter()
            .map(|row| StatusView { status: row.status.clone(), at: row.at, by: row.by.clone() })
            .collect(),
    }
}

fn contact(contact: &Contact) -> ContactView {
    let minutes = contact.minutes_credited.and_then(|minutes| i32::try_from(minutes).ok());
    ContactView {
        id: contact.id,
        external_reference: contact.urn.clone(),
        kind: contact.type_code.clone(),
        date: contact.date,
        start_time: contact.start,
        end_time: contact.end,
        office_code: contact.office_code.clone(),
        attended: contact.attended,
        complied: contact.complied,
        outcome: contact.outcome.clone(),
        hours_credited: minutes.map(|minutes| f64::from(minutes) / 60.0),
        enforcement: contact
            .enforcement
            .as_ref()
            .map(|e| EnforcementView { action: e.action.clone(), response_date: e.response_date }),
        event_id: contact.event_id,
        nsi_id: contact.nsi_id,
        rar_activity: contact.rar_activity,
        linked_contact_id: contact.linked_contact,
        notes: contact.notes.clone(),
        soft_deleted: contact.soft_deleted,
        version: contact.version,
        created_at: contact.created_at,
        created_by: contact.created_by.clone(),
    }
}

/// An activity as the read by URN answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UrnView {
    #[serde(skip_serializing_if = "Option::is_none")]
    urn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<i64>,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    status_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    referral_date: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<Date>,
    active: bool,
    soft_deleted: bool,
    version: u64,
    appointments: Vec<UrnAppointment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UrnAppointment {
    #[serde(skip_serializing_if = "Option::is_none")]
    urn: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    start: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    office_location_code: Option<String>,
    soft_deleted: bool,
}

/// The answer to the read by URN.
pub(crate) fn by_urn(found: &NsiByUrn<'_>) -> UrnView {
    let NsiByUrn { nsi, appointments } = found;
    UrnView {
        urn: nsi.urn.clone(),
        event_id: nsi.event_id,
        kind: nsi.type_code.clone(),
        status: nsi.status.clone(),
        status_at: nsi.status_at,
        outcome: nsi.outcome.clone(),
        referral_date: nsi.referral_date,
        start_date: nsi.started_at.map(london_date),
        end_date: nsi.ended_at.map(london_date),
        active: nsi.is_active(),
        soft_deleted: nsi.soft_deleted,
        version: nsi.version,
        appointments: appointments
            .iter()
            .map(|contact| UrnAppointment {
                urn: contact.urn.clone(),
                kind: contact.type_code.clone(),
                start: contact.start,
                end: contact.end,
                outcome: contact.outcome.clone(),
                office_location_code: contact.office_code.clone(),
                soft_deleted: contact.soft_deleted,
            })
            .collect(),
    }
}
