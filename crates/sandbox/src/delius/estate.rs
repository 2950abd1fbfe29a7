//! What Delius tells about users and the estate: managed cases, user details, offices, delivery units.
//!
//! Owns the shapes of these answers; refuses to say who may see a case (`access`).

use serde::Serialize;

use super::case_read::{CodeAndDescription, Identifiers, Name};
use super::code;
use super::model::{Address, Manager, User};
use super::office::Office;
use super::record::Record;
use super::refusal::Refusal;

/// The cases a user manages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManagedCases {
    pub(crate) managed_cases: Vec<Identifiers>,
}

/// A user's name and address.
#[derive(Serialize)]
pub(crate) struct UserDetails {
    username: String,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// An office, as told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfficeLocation {
    code: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    telephone_number: Option<String>,
}

/// A delivery unit and its region, as told.
#[derive(Serialize)]
pub(crate) struct DeliveryUnitDetail {
    code: String,
    description: String,
    region: CodeAndDescription,
}

/// The user that a path segment means: a leading digit makes it an id first, a name second. Names ignore case.
pub(crate) fn find_user<'a>(record: &'a Record, segment: &str) -> Option<&'a User> {
    let by_name = || record.users.iter().find(|user| user.username.eq_ignore_ascii_case(segment));
    if segment.starts_with(|first: char| first.is_ascii_digit()) {
        let id = segment.parse::<i64>().ok();
        return record.users.iter().find(|user| Some(user.id) == id).or_else(by_name);
    }
    by_name()
}

/// The live cases that a user manages, in the community or in custody; an unknown user manages none.
pub(crate) fn managed_cases(record: &Record, segment: &str) -> ManagedCases {
    let Some(user) = find_user(record, segment) else { return ManagedCases { managed_cases: Vec::new() } };
    let codes: Vec<&str> = record
        .staff
        .iter()
        .filter(|staff| staff.username.as_deref() == Some(user.username.as_str()))
        .map(|staff| staff.code.as_str())
        .collect();
    let manages = |manager: &Manager| codes.contains(&manager.staff_code.as_str());
    let managed_cases = record
        .cases
        .values()
        .filter(|case| case.is_live())
        .filter(|case| {
            case.community_manager.as_ref().is_some_and(manages) || case.prison_manager.as_ref().is_some_and(manages)
        })
        .map(|case| Identifiers { crn: case.crn.clone(), noms_id: case.person.noms_number.clone() })
        .collect();
    ManagedCases { managed_cases }
}

/// A user's name and address.
///
/// # Errors
/// 404 for an unknown user.
pub(crate) fn user_details(record: &Record, segment: &str) -> Result<UserDetails, Refusal> {
    let user = find_user(record, segment).ok_or(Refusal::NoSuchUser)?;
    Ok(UserDetails {
        username: user.username.clone(),
        name: Name { forename: user.forename.clone(), surname: user.surname.clone() },
        email: user.email.clone(),
    })
}

/// The active offices of commissioned services.
pub(crate) fn office_locations(record: &Record) -> Vec<OfficeLocation> {
    record
        .offices
        .iter()
        .filter(|office| office.active && office.provider == code::PROVIDER)
        .map(office_location)
        .collect()
}

pub(super) fn office_location(office: &Office) -> OfficeLocation {
    OfficeLocation {
        code: office.code.clone(),
        description: office.description.clone(),
        address: office.address.clone().filter(|address| !address.is_empty()),
        telephone_number: office.telephone_number.clone(),
    }
}

/// The delivery units that may be chosen.
pub(crate) fn delivery_units(record: &Record) -> Vec<DeliveryUnitDetail> {
    record
        .delivery_units
        .iter()
        .filter(|unit| unit.selectable)
        .map(|unit| DeliveryUnitDetail {
            code: unit.code.clone(),
            description: unit.description.clone(),
            region: CodeAndDescription { code: unit.region_code.clone(), description: unit.region_description.clone() },
        })
        .collect()
}
