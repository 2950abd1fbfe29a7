//! Shapes of the older API's reads, and their translation to the port's types.
//!
//! It says less than the integration API: no sign-in name of a manager and no offices of a team. Absent and null are
//! the same. `Debug` is left out: these are people.

use domain::{Crn, NomsNumber};
use jiff::civil::Date;
use serde::Deserialize;

use crate::delius as port;
use crate::http::null_is_default;

/// The status of the address that letters go to.
const MAIN_ADDRESS: &str = "M";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    first_name: String,
    surname: String,
    date_of_birth: Date,
    gender: Option<String>,
    other_ids: OtherIds,
    #[serde(default, deserialize_with = "null_is_default")]
    contact_details: ContactDetails,
    #[serde(default, deserialize_with = "null_is_default")]
    offender_profile: Profile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OtherIds {
    crn: String,
    noms_number: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ContactDetails {
    #[serde(deserialize_with = "null_is_default")]
    phone_numbers: Vec<PhoneNumber>,
    #[serde(deserialize_with = "null_is_default")]
    email_addresses: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    addresses: Vec<Address>,
}

#[derive(Deserialize)]
struct PhoneNumber {
    number: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    #[serde(default, deserialize_with = "null_is_default")]
    no_fixed_abode: bool,
    status: Option<Code>,
    building_name: Option<String>,
    address_number: Option<String>,
    street_name: Option<String>,
    district: Option<String>,
    town: Option<String>,
    county: Option<String>,
    postcode: Option<String>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Profile {
    ethnicity: Option<String>,
    religion: Option<String>,
    #[serde(deserialize_with = "null_is_default")]
    offender_languages: Languages,
    #[serde(deserialize_with = "null_is_default")]
    disabilities: Vec<Disability>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Languages {
    primary_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Disability {
    disability_type: Description,
    start_date: Option<Date>,
    notes: Option<String>,
}

#[derive(Deserialize)]
struct Description {
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conviction {
    conviction_id: i64,
    #[serde(default, deserialize_with = "null_is_default")]
    active: bool,
    conviction_date: Option<Date>,
    #[serde(default, deserialize_with = "null_is_default")]
    offences: Vec<Offence>,
    sentence: Option<Sentence>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offence {
    #[serde(default, deserialize_with = "null_is_default")]
    main_offence: bool,
    detail: OffenceDetail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OffenceDetail {
    main_category_description: String,
    sub_category_description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sentence {
    description: String,
    expected_sentence_end_date: Option<Date>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manager {
    staff_code: String,
    #[serde(default, deserialize_with = "null_is_default")]
    is_responsible_officer: bool,
    #[serde(default, deserialize_with = "null_is_default")]
    is_prison_offender_manager: bool,
    #[serde(default, deserialize_with = "null_is_default")]
    is_unallocated: bool,
    staff: StaffName,
    team: Team,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StaffName {
    forenames: String,
    surname: String,
    email: Option<String>,
    phone_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Team {
    code: String,
    description: String,
    telephone: Option<String>,
    email_address: Option<String>,
    local_delivery_unit: CodedName,
}

#[derive(Deserialize)]
struct CodedName {
    code: String,
    description: String,
}

/// Both flags are required: a missing one must not read as "not excluded".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Access {
    user_restricted: bool,
    user_excluded: bool,
    restriction_message: Option<String>,
    exclusion_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Staff {
    pub(super) staff_identifier: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedOffender {
    crn_number: String,
    noms_number: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    is_current_om: bool,
    #[serde(default, deserialize_with = "null_is_default")]
    is_current_pom: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    username: String,
    first_name: String,
    surname: String,
    email: Option<String>,
}

impl Person {
    pub(super) fn into_noms_number(self) -> Option<NomsNumber> {
        self.other_ids.noms_number.map(NomsNumber)
    }
}

impl From<Person> for port::CaseDetails {
    fn from(person: Person) -> Self {
        let Person { first_name, surname, date_of_birth, gender, other_ids, contact_details, offender_profile } =
            person;
        let OtherIds { crn, noms_number: _ } = other_ids;
        let Profile { ethnicity, religion, offender_languages, disabilities } = offender_profile;
        let disability = |Disability { disability_type, start_date, notes }| port::Disability {
            kind: disability_type.description,
            start_date,
            notes,
        };
        Self {
            crn: Crn(crn),
            name: port::PersonName { forename: first_name, surname },
            date_of_birth,
            gender,
            profile: port::Profile {
                primary_language: offender_languages.primary_language,
                ethnicity,
                religion,
                disabilities: disabilities.into_iter().map(disability).collect(),
            },
            contact: contact_details.into(),
        }
    }
}

impl From<ContactDetails> for port::ContactDetails {
    fn from(details: ContactDetails) -> Self {
        let ContactDetails { phone_numbers, email_addresses, addresses } = details;
        let number_of = |wanted: &str| {
            phone_numbers.iter().find(|phone| phone.kind.as_deref() == Some(wanted)).map(|phone| phone.number.clone())
        };
        let main = addresses
            .into_iter()
            .find(|address| address.status.as_ref().is_some_and(|status| status.code == MAIN_ADDRESS));
        Self {
            no_fixed_abode: main.as_ref().is_some_and(|address| address.no_fixed_abode),
            telephone: number_of("TELEPHONE"),
            mobile: number_of("MOBILE"),
            email: email_addresses.into_iter().next(),
            main_address: main.map(port::Address::from).filter(|address| *address != port::Address::default()),
        }
    }
}

impl From<Address> for port::Address {
    fn from(address: Address) -> Self {
        let Address {
            no_fixed_abode: _,
            status: _,
            building_name,
            address_number,
            street_name,
            district,
            town,
            county,
            postcode,
        } = address;
        Self { building_name, building_number: address_number, street_name, district, town, county, postcode }
    }
}

impl Conviction {
    /// None where it has no sentence or no main offence.
    pub(super) fn into_port(self) -> Option<port::Conviction> {
        let Self { conviction_id, active, conviction_date, offences, sentence } = self;
        let OffenceDetail { main_category_description, sub_category_description } =
            offences.into_iter().find(|offence| offence.main_offence)?.detail;
        let Sentence { description, expected_sentence_end_date } = sentence?;
        Some(port::Conviction {
            id: conviction_id,
            date: conviction_date,
            sentence: port::Sentence { description, expected_end_date: expected_sentence_end_date },
            main_offence: port::MainOffence {
                category: main_category_description,
                sub_category: sub_category_description,
            },
            active,
        })
    }
}

/// Sorts the managers of a case: the one in the community, and the one in prison where the other is not responsible.
pub(super) fn responsible_officer(managers: Vec<Manager>) -> Option<port::ResponsibleOfficer> {
    let (prison, community): (Vec<Manager>, Vec<Manager>) =
        managers.into_iter().partition(|manager| manager.is_prison_offender_manager);
    let community = community.into_iter().next()?;
    let prison = prison.into_iter().next().filter(|_| !community.is_responsible_officer);
    Some(port::ResponsibleOfficer { community_manager: community.into(), prison_manager: prison.map(Into::into) })
}

impl From<Manager> for port::Manager {
    fn from(manager: Manager) -> Self {
        let Manager { staff_code, is_responsible_officer, is_prison_offender_manager: _, is_unallocated, staff, team } =
            manager;
        let StaffName { forenames, surname, email, phone_number } = staff;
        let Team { code, description, telephone, email_address, local_delivery_unit } = team;
        let CodedName { code: unit, description: unit_name } = local_delivery_unit;
        Self {
            code: staff_code,
            name: port::PersonName { forename: forenames, surname },
            username: None,
            email,
            telephone: phone_number,
            responsible_officer: is_responsible_officer,
            delivery_unit: port::CodedName { code: unit, description: unit_name },
            team: port::Team { code, description, email: email_address, telephone },
            office_locations: Vec::new(),
            unallocated: is_unallocated,
        }
    }
}

impl Access {
    pub(super) fn into_port(self, crn: &Crn) -> port::CaseAccess {
        let Self { user_restricted, user_excluded, restriction_message, exclusion_message } = self;
        port::CaseAccess {
            crn: crn.clone(),
            answered: true,
            excluded: user_excluded,
            restricted: user_restricted,
            exclusion_message,
            restriction_message,
        }
    }
}

impl ManagedOffender {
    /// None where the member of staff is only something else to the case.
    pub(super) fn into_port(self) -> Option<port::ManagedCase> {
        let Self { crn_number, noms_number, is_current_om, is_current_pom } = self;
        (is_current_om || is_current_pom)
            .then(|| port::ManagedCase { crn: Crn(crn_number), noms_number: noms_number.map(NomsNumber) })
    }
}

impl From<User> for port::UserDetails {
    fn from(user: User) -> Self {
        let User { username, first_name, surname, email } = user;
        Self { username, name: port::PersonName { forename: first_name, surname }, email }
    }
}
