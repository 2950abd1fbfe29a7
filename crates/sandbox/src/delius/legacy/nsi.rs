//! Activities (NSIs) as the older interface shows and finds them.
//!
//! Owns the shape of the two reads and the look-up of an open activity, by URN or, where none was ever written, by type,
//! sentence and referral date; refuses to change anything (`referral`, `appointment`).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use uuid::Uuid;

use crate::delius::case_read::CodeAndDescription;
use crate::delius::code;
use crate::delius::model::{Case, Nsi, london, london_date};
use crate::delius::record::Record;
use crate::delius::referral::nsi_type;
use crate::delius::refusal::Refusal;

/// One activity.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NsiBody {
    nsi_id: i64,
    nsi_type: CodeAndDescription,
    #[serde(skip_serializing_if = "Option::is_none")]
    nsi_outcome: Option<CodeAndDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requirement: Option<RequirementBody>,
    nsi_status: CodeAndDescription,
    /// Local time in London, without an offset.
    status_date_time: DateTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual_start_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual_end_date: Option<Date>,
    referral_date: Date,
    nsi_managers: Vec<NsiManager>,
    notes: String,
    intended_provider: CodeAndDescription,
    active: bool,
    soft_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequirementBody {
    requirement_id: i64,
    requirement_type_main_category: CodeAndDescription,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NsiManager {
    probation_area: CodeAndDescription,
    team: CodeAndDescription,
    staff: CodeAndDescription,
    start_date: Date,
}

fn named(code: &str, description: &str) -> CodeAndDescription {
    CodeAndDescription { code: code.to_owned(), description: description.to_owned() }
}

fn body(nsi: &Nsi) -> NsiBody {
    let status = if nsi.status == code::COMPLETED { "Completed" } else { "In Progress" };
    NsiBody {
        nsi_id: nsi.id,
        nsi_type: named(&nsi.type_code, code::nsi_type_description(&nsi.type_code)),
        nsi_outcome: nsi.outcome.as_deref().map(|outcome| named(outcome, code::nsi_outcome_description(outcome))),
        requirement: nsi.requirement_id.map(|requirement_id| RequirementBody {
            requirement_id,
            requirement_type_main_category: named(code::REHABILITATION_ACTIVITY, "Rehabilitation Activity Requirement"),
        }),
        nsi_status: named(&nsi.status, status),
        status_date_time: nsi.status_at.to_zoned(london()).datetime(),
        actual_start_date: nsi.started_at.map(london_date),
        actual_end_date: nsi.ended_at.map(london_date),
        referral_date: nsi.referral_date,
        nsi_managers: vec![NsiManager {
            probation_area: named(code::PROVIDER, "Commissioned Rehabilitative Services"),
            team: named(code::TEAM, "Unallocated Team"),
            staff: named(code::OFFICER, "Unallocated Staff"),
            start_date: nsi.referral_date,
        }],
        notes: nsi.notes.clone(),
        intended_provider: named(code::PROVIDER, "Commissioned Rehabilitative Services"),
        active: nsi.is_active(),
        soft_deleted: nsi.soft_deleted,
        external_reference: nsi.urn.clone(),
    }
}

fn on_conviction<'a>(record: &'a Record, crn: &str, conviction: i64) -> Result<impl Iterator<Item = &'a Nsi>, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    case.event(conviction).ok_or(Refusal::NoSuchEvent(conviction))?;
    Ok(case.nsis.iter().filter(move |nsi| nsi.event_id == Some(conviction)))
}

/// The activities of some types on a conviction, deleted ones included.
///
/// # Errors
/// 404 for an unknown case or conviction.
pub(super) fn of_conviction(
    record: &Record,
    crn: &str,
    conviction: i64,
    codes: &[&str],
) -> Result<Vec<NsiBody>, Refusal> {
    let nsis = on_conviction(record, crn, conviction)?;
    Ok(nsis.filter(|nsi| codes.contains(&nsi.type_code.as_str())).map(body).collect())
}

/// One activity.
///
/// # Errors
/// 404 for an unknown case, conviction or activity.
pub(super) fn by_id(record: &Record, crn: &str, conviction: i64, id: i64) -> Result<NsiBody, Refusal> {
    let found = on_conviction(record, crn, conviction)?.find(|nsi| nsi.id == id);
    found.map(body).ok_or_else(|| Refusal::NoSuchReferral(id.to_string()))
}

/// What the older writes name a referral by.
pub(super) struct ReferralKey<'a> {
    pub(super) referral_id: Option<Uuid>,
    pub(super) contract_type: &'a str,
    pub(super) started_at: Timestamp,
    pub(super) sentence_id: i64,
}

/// The one open activity without an outcome that a write is about.
///
/// # Errors
/// 404 for an unknown case; 400 when none or several match, or the contract type has no activity type.
pub(super) fn find_open<'a>(
    record: &'a Record,
    crn: &str,
    key: &ReferralKey<'_>,
) -> Result<(&'a Case, &'a Nsi), Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let is_open = |nsi: &&Nsi| !nsi.soft_deleted && !nsi.is_closed() && nsi.outcome.is_none();
    let urn = key.referral_id.map(code::referral_urn);
    let by_urn: Vec<&Nsi> = case.nsis.iter().filter(is_open).filter(|nsi| urn.is_some() && nsi.urn == urn).collect();
    let matches = if by_urn.is_empty() {
        let type_code = nsi_type(record, key.contract_type)?;
        let date = london_date(key.started_at);
        let fits = |nsi: &&Nsi| {
            // Where the caller names a referral, an activity that names another one is none of its.
            (key.referral_id.is_none() || nsi.urn.is_none())
                && nsi.type_code == type_code
                && nsi.event_id == Some(key.sentence_id)
                && nsi.referral_date == date
        };
        case.nsis.iter().filter(is_open).filter(fits).collect()
    } else {
        by_urn
    };
    match matches.as_slice() {
        [nsi] => Ok((case, nsi)),
        [] => Err(Refusal::NoOpenNsi),
        _ => Err(Refusal::SeveralNsisMatch),
    }
}
