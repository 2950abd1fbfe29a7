//! Shapes of the integration API, and their translation to the port's types.
//!
//! Absent and null are the same there. The source of every field is the API's published contract.

use crate::delius as port;
use crate::http::null_is_default;
use domain::feedback::Attended;
use domain::{Crn, NomsNumber};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaseDetail {
    crn: String,
    name: Name,
    date_of_birth: Date,
    gender: Option<String>,
    profile: Option<Profile>,
    #[serde(default, deserialize_with = "null_is_default")]
    contact_details: ContactDetails,
}

#[derive(Deserialize)]
struct Name {
    forename: String,
    surname: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    primary_language: Option<String>,
    ethnicity: Option<String>,
    religion: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    disabilities: Vec<Disability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Disability {
    #[serde(rename = "type")]
    kind: String,
    start_date: Option<Date>,
    notes: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ContactDetails {
    #[serde(deserialize_with = "null_is_default")]
    no_fixed_abode: bool,
    main_address: Option<Address>,
    email_address: Option<String>,
    telephone_number: Option<String>,
    mobile_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    building_name: Option<String>,
    building_number: Option<String>,
    street_name: Option<String>,
    district: Option<String>,
    town: Option<String>,
    county: Option<String>,
    postcode: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identifiers {
    crn: String,
    noms_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Convictions {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) convictions: Vec<Conviction>,
}

#[derive(Deserialize)]
pub(super) struct OneConviction {
    pub(super) conviction: Conviction,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conviction {
    id: i64,
    date: Option<Date>,
    sentence: Sentence,
    main_offence: MainOffence,
    active: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sentence {
    description: String,
    expected_end_date: Option<Date>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MainOffence {
    category: String,
    sub_category: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResponsibleOfficer {
    community_manager: Manager,
    prison_manager: Option<Manager>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manager {
    code: String,
    name: Name,
    username: Option<String>,
    email: Option<String>,
    telephone_number: Option<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    responsible_officer: bool,
    pdu: CodedName,
    team: Team,
    #[serde(default, deserialize_with = "null_is_default")]
    office_locations: Vec<OfficeLocation>,
    #[serde(default, deserialize_with = "null_is_default")]
    unallocated: bool,
}

#[derive(Deserialize)]
struct CodedName {
    code: String,
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Team {
    code: String,
    description: String,
    email: Option<String>,
    telephone_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfficeLocation {
    code: String,
    description: String,
    address: Option<Address>,
    telephone_number: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DeliveryUnit {
    code: String,
    description: String,
    region: CodedName,
}

#[derive(Deserialize)]
pub(super) struct Access {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) access: Vec<CaseAccess>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaseAccess {
    pub(super) crn: String,
    /// Required: a missing flag must not read as "not excluded".
    user_excluded: bool,
    user_restricted: bool,
    exclusion_message: Option<String>,
    restriction_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedCases {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) managed_cases: Vec<Identifiers>,
}

#[derive(Deserialize)]
pub(super) struct UserDetails {
    username: String,
    name: Name,
    email: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartReferral<'a> {
    referral_id: Uuid,
    started_at: Timestamp,
    contract_type: &'a str,
    sentence_id: i64,
    notes: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutAppointment<'a> {
    id: Uuid,
    referral_id: Uuid,
    referral_reference: &'a str,
    service_user_crn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence_id: Option<i64>,
    start: Timestamp,
    duration_in_minutes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    office_location_code: Option<&'a str>,
    counts_towards_rar: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delius_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reschedule_requested_by: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    attended: &'static str,
    did_session_happen: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_session_reason_type: Option<&'static str>,
    notify_probation_practitioner_of_behaviour: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppointmentAnswer {
    pub(super) appointment_id: i64,
}

impl<'a> From<&'a port::StartReferral> for StartReferral<'a> {
    fn from(start: &'a port::StartReferral) -> Self {
        let port::StartReferral { referral_id, started_at, contract_type, sentence_id, notes } = start;
        Self { referral_id: referral_id.0, started_at: *started_at, contract_type, sentence_id: *sentence_id, notes }
    }
}

impl<'a> PutAppointment<'a> {
    pub(super) fn new(crn: &'a Crn, appointment: &'a port::PutAppointment) -> Self {
        let port::PutAppointment {
            id,
            referral_id,
            referral_reference,
            sentence_id,
            // Told by the referral's URN and by what is replaced.
            contract_type: _,
            referral_started_at: _,
            operation: _,
            start,
            duration_in_minutes,
            notes,
            office_location_code,
            counts_towards_rar,
            outcome,
            previous_id,
            delius_id,
            reschedule_requested_by,
        } = appointment;
        Self {
            id: id.0,
            referral_id: referral_id.0,
            referral_reference: referral_reference.as_str(),
            service_user_crn: crn.as_str(),
            sentence_id: *sentence_id,
            start: *start,
            duration_in_minutes: *duration_in_minutes,
            notes: notes.as_deref(),
            office_location_code: office_location_code.as_deref(),
            counts_towards_rar: *counts_towards_rar,
            outcome: outcome.map(Into::into),
            previous_id: previous_id.map(|id| id.0),
            delius_id: delius_id.map(|id| id.0),
            reschedule_requested_by: reschedule_requested_by.as_deref(),
        }
    }
}

impl From<port::SessionOutcome> for Outcome {
    fn from(outcome: port::SessionOutcome) -> Self {
        let (attended, happened, reason, behaviour) = match outcome {
            port::SessionOutcome::Happened { attended, behaviour_notified } => {
                (attended, true, None, behaviour_notified)
            }
            port::SessionOutcome::NotAttended => (Attended::No, false, None, false),
            port::SessionOutcome::DidNotHappen { late, reason } => {
                (if late { Attended::Late } else { Attended::Yes }, false, Some(reason.as_str()), false)
            }
        };
        Self {
            attended: attended.as_str(),
            did_session_happen: happened,
            no_session_reason_type: reason,
            notify_probation_practitioner_of_behaviour: behaviour,
        }
    }
}

impl From<Name> for port::PersonName {
    fn from(name: Name) -> Self {
        let Name { forename, surname } = name;
        Self { forename, surname }
    }
}

impl From<CaseDetail> for port::CaseDetails {
    fn from(detail: CaseDetail) -> Self {
        let CaseDetail { crn, name, date_of_birth, gender, profile, contact_details } = detail;
        Self {
            crn: Crn(crn),
            name: name.into(),
            date_of_birth,
            gender,
            profile: profile.map(Into::into).unwrap_or_default(),
            contact: contact_details.into(),
        }
    }
}

impl From<Profile> for port::Profile {
    fn from(profile: Profile) -> Self {
        let Profile { primary_language, ethnicity, religion, disabilities } = profile;
        let disabilities = disabilities
            .into_iter()
            .map(|Disability { kind, start_date, notes }| port::Disability { kind, start_date, notes })
            .collect();
        Self { primary_language, ethnicity, religion, disabilities }
    }
}

impl From<ContactDetails> for port::ContactDetails {
    fn from(contact: ContactDetails) -> Self {
        let ContactDetails { no_fixed_abode, main_address, email_address, telephone_number, mobile_number } = contact;
        Self {
            no_fixed_abode,
            main_address: main_address.map(Into::into),
            email: email_address,
            telephone: telephone_number,
            mobile: mobile_number,
        }
    }
}

impl From<Address> for port::Address {
    fn from(address: Address) -> Self {
        let Address { building_name, building_number, street_name, district, town, county, postcode } = address;
        Self { building_name, building_number, street_name, district, town, county, postcode }
    }
}

impl From<Identifiers> for port::CaseIdentifiers {
    fn from(identifiers: Identifiers) -> Self {
        let Identifiers { crn, noms_id } = identifiers;
        Self { crn: Crn(crn), noms_number: noms_id.map(NomsNumber) }
    }
}

impl From<Identifiers> for port::ManagedCase {
    fn from(identifiers: Identifiers) -> Self {
        let Identifiers { crn, noms_id } = identifiers;
        Self { crn: Crn(crn), noms_number: noms_id.map(NomsNumber) }
    }
}

impl From<Conviction> for port::Conviction {
    fn from(conviction: Conviction) -> Self {
        let Conviction { id, date, sentence, main_offence, active } = conviction;
        let Sentence { description, expected_end_date } = sentence;
        let MainOffence { category, sub_category } = main_offence;
        Self {
            id,
            date,
            sentence: port::Sentence { description, expected_end_date },
            main_offence: port::MainOffence { category, sub_category },
            active,
        }
    }
}

impl From<ResponsibleOfficer> for port::ResponsibleOfficer {
    fn from(officer: ResponsibleOfficer) -> Self {
        let ResponsibleOfficer { community_manager, prison_manager } = officer;
        Self { community_manager: community_manager.into(), prison_manager: prison_manager.map(Into::into) }
    }
}

impl From<Manager> for port::Manager {
    fn from(manager: Manager) -> Self {
        let Manager {
            code,
            name,
            username,
            email,
            telephone_number,
            responsible_officer,
            pdu,
            team,
            office_locations,
            unallocated,
        } = manager;
        let Team { code: team_code, description, email: team_email, telephone_number: team_telephone } = team;
        Self {
            code,
            name: name.into(),
            username,
            email,
            telephone: telephone_number,
            responsible_officer,
            delivery_unit: pdu.into(),
            team: port::Team { code: team_code, description, email: team_email, telephone: team_telephone },
            office_locations: office_locations.into_iter().map(Into::into).collect(),
            unallocated,
        }
    }
}

impl From<CodedName> for port::CodedName {
    fn from(named: CodedName) -> Self {
        let CodedName { code, description } = named;
        Self { code, description }
    }
}

impl From<OfficeLocation> for port::OfficeLocation {
    fn from(office: OfficeLocation) -> Self {
        let OfficeLocation { code, description, address, telephone_number } = office;
        Self { code, description, address: address.map(Into::into), telephone: telephone_number }
    }
}

impl From<DeliveryUnit> for port::DeliveryUnit {
    fn from(unit: DeliveryUnit) -> Self {
        let DeliveryUnit { code, description, region } = unit;
        Self { code, description, region: region.into() }
    }
}

impl From<CaseAccess> for port::CaseAccess {
    fn from(access: CaseAccess) -> Self {
        let CaseAccess { crn, user_excluded, user_restricted, exclusion_message, restriction_message } = access;
        Self {
            crn: Crn(crn),
            answered: true,
            excluded: user_excluded,
            restricted: user_restricted,
            exclusion_message,
            restriction_message,
        }
    }
}

impl From<UserDetails> for port::UserDetails {
    fn from(user: UserDetails) -> Self {
        let UserDetails { username, name, email } = user;
        Self { username, name: name.into(), email }
    }
}
