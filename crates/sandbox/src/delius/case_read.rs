//! What Delius tells about a case: personal details, identifiers, convictions, responsible officer.
//!
//! Owns the shapes of these answers; refuses to check who asks (limits are told by `access`). Properties without a value
//! are left out.

use jiff::civil::Date;
use serde::Serialize;

use super::code;
use super::estate::{OfficeLocation, office_location};
use super::model::{Address, Case, Disability, Event, Manager, Offence};
use super::record::Record;
use super::refusal::Refusal;

/// A person's name.
#[derive(Serialize)]
pub(crate) struct Name {
    pub(crate) forename: String,
    pub(crate) surname: String,
}

/// Personal details of a case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseDetail {
    crn: String,
    name: Name,
    date_of_birth: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
    contact_details: ContactDetails,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ethnicity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    religion: Option<String>,
    disabilities: Vec<Disability>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactDetails {
    no_fixed_abode: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    telephone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_number: Option<String>,
}

/// Case number and prison number.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identifiers {
    pub(crate) crn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) noms_id: Option<String>,
}

/// A conviction, with its sentence.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Conviction {
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<Date>,
    sentence: Sentence,
    main_offence: Offence,
    active: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sentence {
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_end_date: Option<Date>,
}

/// Every active conviction of a case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseConvictions {
    case_detail: CaseDetail,
    convictions: Vec<Conviction>,
}

/// One conviction of a case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseConviction {
    case_detail: CaseDetail,
    conviction: Conviction,
}

/// Who manages a case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResponsibleOfficer {
    community_manager: ManagerDetail,
    #[serde(skip_serializing_if = "Option::is_none")]
    prison_manager: Option<ManagerDetail>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManagerDetail {
    code: String,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    telephone_number: Option<String>,
    responsible_officer: bool,
    pdu: CodeAndDescription,
    team: TeamDetail,
    unallocated: bool,
}

/// A code and what it means.
#[derive(Serialize)]
pub(crate) struct CodeAndDescription {
    pub(crate) code: String,
    pub(crate) description: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TeamDetail {
    code: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    telephone_number: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    office_locations: Vec<OfficeLocation>,
}

/// Personal details.
///
/// # Errors
/// 404 for an unknown case.
pub(crate) fn details(record: &Record, crn: &str) -> Result<CaseDetail, Refusal> {
    record.case(crn).map(detail).ok_or(Refusal::NoSuchCase)
}

fn detail(case: &Case) -> CaseDetail {
    let person = &case.person;
    let has_profile = person.primary_language.is_some()
        || person.ethnicity.is_some()
        || person.religion.is_some()
        || !person.disabilities.is_empty();
    CaseDetail {
        crn: case.crn.clone(),
        name: Name { forename: person.forename.clone(), surname: person.surname.clone() },
        date_of_birth: person.date_of_birth,
        gender: person.gender.clone(),
        profile: has_profile.then(|| Profile {
            primary_language: person.primary_language.clone(),
            ethnicity: person.ethnicity.clone(),
            religion: person.religion.clone(),
            disabilities: person.disabilities.clone(),
        }),
        contact_details: ContactDetails {
            no_fixed_abode: person.no_fixed_abode,
            main_address: person.main_address.clone().filter(|address| !address.is_empty()),
            email_address: person.email_address.clone(),
            telephone_number: person.telephone_number.clone(),
            mobile_number: person.mobile_number.clone(),
        },
    }
}

/// Identifiers; those of an unknown case are empty, not missing.
///
/// # Errors
/// 404 for an unknown case, only where that oddity is switched off.
pub(crate) fn identifiers(record: &Record, crn: &str) -> Result<Identifiers, Refusal> {
    let case = record.case(crn);
    if case.is_none() && !record.mode.unknown_case_has_identifiers {
        return Err(Refusal::NoSuchCase);
    }
    Ok(Identifiers { crn: crn.to_owned(), noms_id: case.and_then(|case| case.person.noms_number.clone()) })
}

/// The active, sentenced convictions of a case.
///
/// # Errors
/// 404 for an unknown case.
pub(crate) fn convictions(record: &Record, crn: &str) -> Result<CaseConvictions, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let convictions = case
        .events
        .iter()
        .filter(|event| is_active(event) && !event.soft_deleted)
        .filter(|event| {
            let disposal = event.disposal.as_ref();
            disposal.is_some_and(|d| !d.soft_deleted && d.type_code != code::HIDDEN_DISPOSAL)
        })
        .filter_map(conviction)
        .collect();
    Ok(CaseConvictions { case_detail: detail(case), convictions })
}

/// One conviction, in any state.
///
/// # Errors
/// 404 for an unknown case or event.
pub(crate) fn conviction_by_id(record: &Record, crn: &str, id: i64) -> Result<CaseConviction, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let event = case.event(id).filter(|event| !event.soft_deleted);
    let conviction = event.and_then(conviction).ok_or(Refusal::NoSuchEvent(id))?;
    Ok(CaseConviction { case_detail: detail(case), conviction })
}

fn is_active(event: &Event) -> bool {
    event.active && event.disposal.as_ref().is_some_and(|disposal| disposal.active)
}

fn conviction(event: &Event) -> Option<Conviction> {
    let disposal = event.disposal.as_ref()?;
    Some(Conviction {
        id: event.id,
        date: event.conviction_date,
        sentence: Sentence { description: disposal.description.clone(), expected_end_date: disposal.expected_end_date },
        main_offence: event.main_offence.clone()?,
        active: is_active(event),
    })
}

/// Who manages a case; the prison manager only where the community manager is not responsible.
///
/// # Errors
/// 404 when the case has no community manager, hence for an unknown or merged case too.
pub(crate) fn responsible_officer(record: &Record, crn: &str) -> Result<ResponsibleOfficer, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoCommunityManager)?;
    let community = case.community_manager.as_ref().ok_or(Refusal::NoCommunityManager)?;
    let prison = case.prison_manager.as_ref().filter(|_| !community.responsible_officer);
    Ok(ResponsibleOfficer {
        community_manager: manager(record, community).ok_or(Refusal::NoCommunityManager)?,
        prison_manager: prison.and_then(|manager_row| manager(record, manager_row)),
    })
}

fn manager(record: &Record, manager: &Manager) -> Option<ManagerDetail> {
    let staff = record.staff.iter().find(|staff| staff.code == manager.staff_code)?;
    let team = record.teams.iter().find(|team| team.code == staff.team_code)?;
    let unit = record.delivery_units.iter().find(|unit| unit.code == team.delivery_unit_code)?;
    let user = staff.username.as_ref().and_then(|name| record.users.iter().find(|user| user.username == *name));
    let offices = record.offices.iter().filter(|office| office.active && team.office_codes.contains(&office.code));
    Some(ManagerDetail {
        code: staff.code.clone(),
        name: Name { forename: staff.forename.clone(), surname: staff.surname.clone() },
        username: staff.username.clone(),
        email: user.and_then(|user| user.email.clone()),
        telephone_number: user.and_then(|user| user.telephone.clone()),
        responsible_officer: manager.responsible_officer,
        pdu: CodeAndDescription { code: unit.code.clone(), description: unit.description.clone() },
        team: TeamDetail {
            code: team.code.clone(),
            description: team.description.clone(),
            email: team.email.clone(),
            telephone_number: team.telephone.clone(),
            office_locations: offices.map(office_location).collect(),
        },
        unallocated: staff.code.ends_with('U'),
    })
}
