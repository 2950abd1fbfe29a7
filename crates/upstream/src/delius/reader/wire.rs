//! The shapes of the two reads of activities. An activity's id is not read at all.

use domain::collection::{Container, SeenAppointment};
use domain::{ReferralId, ReferralUrn};
use jiff::civil::Date;
use serde::Deserialize;

use super::urn_in_notes;
use crate::http::null_is_default;

/// What every reference like ours contains, damaged or not.
const LIKE_OURS: &str = "interventions-referral";

/// The older API's list.
#[derive(Deserialize)]
pub(super) struct Activities {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) nsis: Vec<Activity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Activity {
    nsi_type: Code,
    nsi_outcome: Option<Code>,
    nsi_status: Code,
    actual_start_date: Option<Date>,
    actual_end_date: Option<Date>,
    notes: Option<String>,
    active: bool,
    soft_deleted: bool,
    external_reference: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

impl Activity {
    /// None where it carries no reference like ours.
    pub(super) fn into_container(self, sentence: i64) -> Option<Container> {
        let reference = self.external_reference.filter(|reference| !reference.trim().is_empty());
        let in_notes = || self.notes.as_deref().and_then(urn_in_notes).map(str::to_owned);
        let urn = reference.or_else(in_notes).filter(|urn| urn.to_lowercase().contains(LIKE_OURS))?;
        Some(Container {
            urn,
            kind: self.nsi_type.code,
            status: self.nsi_status.code,
            outcome: self.nsi_outcome.map(|outcome| outcome.code),
            sentence: Some(sentence),
            started_on: self.actual_start_date,
            ended_on: self.actual_end_date,
            active: self.active,
            deleted: self.soft_deleted,
            appointments: None,
        })
    }
}

/// The read by URN.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ByUrn {
    event_id: Option<i64>,
    #[serde(rename = "type")]
    kind: String,
    status: String,
    outcome: Option<String>,
    start_date: Option<Date>,
    end_date: Option<Date>,
    active: bool,
    soft_deleted: bool,
    #[serde(default, deserialize_with = "null_is_default")]
    appointments: Vec<Appointment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Appointment {
    urn: Option<String>,
    outcome: Option<String>,
    soft_deleted: bool,
}

impl ByUrn {
    pub(super) fn into_container(self, referral: ReferralId) -> Container {
        let seen = |appointment: Appointment| {
            let Appointment { urn, outcome, soft_deleted } = appointment;
            Some(SeenAppointment { urn: urn?, outcome, deleted: soft_deleted })
        };
        Container {
            // It was asked for by this reference.
            urn: ReferralUrn(referral).to_string(),
            kind: self.kind,
            status: self.status,
            outcome: self.outcome,
            sentence: self.event_id,
            started_on: self.start_date,
            ended_on: self.end_date,
            active: self.active,
            deleted: self.soft_deleted,
            appointments: Some(self.appointments.into_iter().filter_map(seen).collect()),
        }
    }
}

/// One of several activities with the same reference, of which nothing else is told.
pub(super) fn indistinct(referral: ReferralId) -> Container {
    Container {
        urn: ReferralUrn(referral).to_string(),
        kind: String::new(),
        status: "INPROG".to_owned(),
        outcome: None,
        sentence: None,
        started_on: None,
        ended_on: None,
        active: true,
        deleted: false,
        appointments: None,
    }
}
