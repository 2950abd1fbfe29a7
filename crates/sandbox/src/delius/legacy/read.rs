//! Cases, staff and users as the older interface tells them.
//!
//! Owns these shapes; refuses to differ in fact from the newer interface: both read one record.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use crate::delius::access::{self, CaseAccess};
use crate::delius::case_read::CodeAndDescription;
use crate::delius::estate::find_user;
use crate::delius::model::{Case, Event, Manager, Staff};
use crate::delius::record::Record;
use crate::delius::refusal::Refusal;
use crate::delius::seed::REGION;

/// Personal details and identifiers in one.
///
/// # Errors
/// 404 for an unknown case.
pub(super) fn details(record: &Record, crn: &str) -> Result<Value, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let person = &case.person;
    let phones: Vec<Value> = [("TELEPHONE", &person.telephone_number), ("MOBILE", &person.mobile_number)]
        .iter()
        .filter_map(|(kind, number)| number.as_ref().map(|number| json!({ "number": number, "type": kind })))
        .collect();
    let disabilities: Vec<Value> = person
        .disabilities
        .iter()
        .map(|disability| {
            json!({
                "disabilityType": { "description": disability.kind },
                "startDate": disability.start_date,
                "notes": disability.notes,
            })
        })
        .collect();
    let mut body = json!({
        "firstName": person.forename,
        "middleNames": [],
        "surname": person.surname,
        "dateOfBirth": person.date_of_birth,
        "gender": person.gender,
        "otherIds": { "crn": case.crn, "nomsNumber": person.noms_number },
        "contactDetails": {
            "phoneNumbers": phones,
            "emailAddresses": person.email_address.iter().collect::<Vec<_>>(),
            "addresses": addresses(case),
        },
        "offenderProfile": {
            "ethnicity": person.ethnicity,
            "religion": person.religion,
            "offenderLanguages": { "primaryLanguage": person.primary_language },
            "disabilities": disabilities,
        },
    });
    leave_out_nulls(&mut body);
    Ok(body)
}

fn addresses(case: &Case) -> Vec<Value> {
    let main = json!({ "code": "M", "description": "Main" });
    if case.person.no_fixed_abode {
        return vec![json!({ "noFixedAbode": true, "status": main })];
    }
    let address = case.person.main_address.iter();
    address
        .map(|address| {
            json!({
                "noFixedAbode": false,
                "buildingName": address.building_name,
                "addressNumber": address.building_number,
                "streetName": address.street_name,
                "district": address.district,
                "town": address.town,
                "county": address.county,
                "postcode": address.postcode,
                "status": main,
            })
        })
        .collect()
}

/// Removes the keys that have no value, at every depth.
fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}

/// One of the managers of a case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagerBody {
    staff_code: String,
    is_responsible_officer: bool,
    is_prison_offender_manager: bool,
    is_unallocated: bool,
    staff: StaffName,
    team: TeamBody,
    probation_area: CodeAndDescription,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StaffName {
    forenames: String,
    surname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TeamBody {
    code: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    telephone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<String>,
    local_delivery_unit: CodeAndDescription,
}

/// Every manager of a case, in the community and in custody.
///
/// # Errors
/// 404 for an unknown case.
pub(super) fn managers(record: &Record, crn: &str) -> Result<Vec<ManagerBody>, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let community = case.community_manager.iter().filter_map(|row| manager(record, row, false));
    let prison = case.prison_manager.iter().filter_map(|row| manager(record, row, true));
    Ok(community.chain(prison).collect())
}

fn staff_name(record: &Record, staff: &Staff) -> StaffName {
    let user = staff.username.as_deref().and_then(|name| find_user(record, name));
    StaffName {
        forenames: staff.forename.clone(),
        surname: staff.surname.clone(),
        email: user.and_then(|user| user.email.clone()),
        phone_number: user.and_then(|user| user.telephone.clone()),
    }
}

fn manager(record: &Record, row: &Manager, in_prison: bool) -> Option<ManagerBody> {
    let staff = record.staff.iter().find(|staff| staff.code == row.staff_code)?;
    let team = record.teams.iter().find(|team| team.code == staff.team_code)?;
    let unit = record.delivery_units.iter().find(|unit| unit.code == team.delivery_unit_code)?;
    Some(ManagerBody {
        staff_code: staff.code.clone(),
        is_responsible_officer: row.responsible_officer,
        is_prison_offender_manager: in_prison,
        is_unallocated: staff.code.ends_with('U'),
        staff: staff_name(record, staff),
        team: TeamBody {
            code: team.code.clone(),
            description: team.description.clone(),
            telephone: team.telephone.clone(),
            email_address: team.email.clone(),
            local_delivery_unit: CodeAndDescription { code: unit.code.clone(), description: unit.description.clone() },
        },
        probation_area: CodeAndDescription { code: REGION.0.to_owned(), description: REGION.1.to_owned() },
    })
}

/// A conviction.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConvictionBody {
    conviction_id: i64,
    index: String,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    conviction_date: Option<Date>,
    offences: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<SentenceBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SentenceBody {
    description: String,
    start_date: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_sentence_end_date: Option<Date>,
}

fn conviction_body(event: &Event) -> ConvictionBody {
    let offence = event.main_offence.iter().map(|offence| {
        json!({
            "mainOffence": true,
            "detail": {
                "mainCategoryDescription": offence.category,
                "subCategoryDescription": offence.sub_category,
            },
        })
    });
    let sentence = event.disposal.as_ref().filter(|disposal| !disposal.soft_deleted).map(|disposal| SentenceBody {
        description: disposal.description.clone(),
        start_date: disposal.date,
        expected_sentence_end_date: disposal.expected_end_date,
    });
    ConvictionBody {
        conviction_id: event.id,
        index: event.number.to_string(),
        active: event.active,
        conviction_date: event.conviction_date,
        offences: offence.collect(),
        sentence,
    }
}

/// The convictions of a case, perhaps only the active ones.
///
/// # Errors
/// 404 for an unknown case.
pub(super) fn convictions(record: &Record, crn: &str, active_only: bool) -> Result<Vec<ConvictionBody>, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let events = case.events.iter().filter(|event| !event.soft_deleted && (event.active || !active_only));
    Ok(events.map(conviction_body).collect())
}

/// One conviction.
///
/// # Errors
/// 404 for an unknown case or conviction.
pub(super) fn conviction(record: &Record, crn: &str, id: i64) -> Result<ConvictionBody, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let event = case.event(id).filter(|event| !event.soft_deleted);
    event.map(conviction_body).ok_or(Refusal::NoSuchEvent(id))
}

/// What limits stand between a user and a case.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessBody {
    user_restricted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    restriction_message: Option<String>,
    user_excluded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusion_message: Option<String>,
}

impl AccessBody {
    /// Whether the user may not see the case.
    pub(super) fn is_limited(&self) -> bool {
        self.user_restricted || self.user_excluded
    }
}

/// Limits on one case for one user.
///
/// # Errors
/// 404 for an unknown case or user.
pub(super) fn access(record: &Record, now: Timestamp, crn: &str, username: &str) -> Result<AccessBody, Refusal> {
    record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let user = find_user(record, username).ok_or(Refusal::NoSuchUser)?;
    let asked = [crn.to_owned()];
    let told = access::access(record, now, &user.username, &asked)?.pop().ok_or(Refusal::NoSuchCase)?;
    let CaseAccess { crn: _, user_excluded, user_restricted, exclusion_message, restriction_message } = told;
    Ok(AccessBody { user_restricted, restriction_message, user_excluded, exclusion_message })
}

/// A member of staff.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StaffBody {
    username: String,
    staff_code: String,
    staff_identifier: i64,
    staff: StaffName,
}

/// The member of staff behind a username.
///
/// # Errors
/// 404 when there is none.
pub(super) fn staff(record: &Record, username: &str) -> Result<StaffBody, Refusal> {
    let user = find_user(record, username).ok_or(Refusal::NoSuchUser)?;
    let staff = record.staff.iter().find(|staff| staff.username.as_deref() == Some(user.username.as_str()));
    let staff = staff.ok_or(Refusal::NoSuchUser)?;
    Ok(StaffBody {
        username: user.username.clone(),
        staff_code: staff.code.clone(),
        staff_identifier: staff.identifier,
        staff: staff_name(record, staff),
    })
}

/// A case that a member of staff manages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedOffender {
    crn_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    noms_number: Option<String>,
    is_current_ro: bool,
    is_current_om: bool,
    is_current_pom: bool,
}

/// The cases that a member of staff manages.
///
/// # Errors
/// 404 for unknown staff.
pub(super) fn caseload(record: &Record, identifier: i64) -> Result<Vec<ManagedOffender>, Refusal> {
    let staff = record.staff.iter().find(|staff| staff.identifier == identifier).ok_or(Refusal::NoSuchUser)?;
    let own = |manager: &Option<Manager>| manager.as_ref().filter(|row| row.staff_code == staff.code).cloned();
    let managed = record.cases.values().filter(|case| case.is_live()).filter_map(|case| {
        let (community, prison) = (own(&case.community_manager), own(&case.prison_manager));
        (community.is_some() || prison.is_some()).then(|| ManagedOffender {
            crn_number: case.crn.clone(),
            noms_number: case.person.noms_number.clone(),
            is_current_ro: community.iter().chain(&prison).any(|row| row.responsible_officer),
            is_current_om: community.is_some(),
            is_current_pom: prison.is_some(),
        })
    });
    Ok(managed.collect())
}

/// A user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserBody {
    username: String,
    first_name: String,
    surname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    enabled: bool,
}

/// A user's name and address.
///
/// # Errors
/// 404 for an unknown user.
pub(super) fn user(record: &Record, username: &str) -> Result<UserBody, Refusal> {
    let user = find_user(record, username).ok_or(Refusal::NoSuchUser)?;
    Ok(UserBody {
        username: user.username.clone(),
        first_name: user.forename.clone(),
        surname: user.surname.clone(),
        email: user.email.clone(),
        enabled: true,
    })
}
