//! The record as it stands before anything happened, drawn from the cast.
//!
//! Owns turning the cast's people and officers into cases, staff and estate; refuses to invent people (`cast` does) and
//! to hold referrals: none exist at the start.

use std::collections::BTreeMap;

use crate::cast;

use super::code;
use super::mode::Mode;
use super::model::{
    Address, Case, DeliveryUnit, Disability, Disposal, Event, Limit, Manager, Offence, Person, Requirement, Staff,
    Team, User,
};
use super::office::offices;
use super::record::Record;

/// Id of the first requirement, less one.
const REQUIREMENTS_FROM: i64 = 2_500_200_000;
/// Failures to comply that a community sentence bears before its enforcement is reviewed.
const COMMUNITY_FTC_LIMIT: u32 = 2;
/// Main category of unpaid work, which no referral hangs on.
const UNPAID_WORK: &str = "W";
/// The region, which is also the provider that employs the practitioners.
pub(super) const REGION: (&str, &str) = ("N91", "Eastern and Western");

impl Default for Record {
    fn default() -> Self {
        let mut record = Self::empty(Mode::default());
        record.offices = offices();
        record.nsi_types = code::nsi_types();
        record.staff = cast::officers().iter().map(staff).collect();
        record.teams = teams();
        record.delivery_units = delivery_units();
        record.users = cast::users().iter().filter(|user| user.auth_source == "delius").filter_map(user).collect();
        record.cases = cases();
        record
    }
}

fn staff(officer: &cast::Officer) -> Staff {
    Staff {
        code: officer.code.to_owned(),
        identifier: officer.staff_identifier,
        forename: officer.forename.to_owned(),
        surname: officer.surname.to_owned(),
        username: officer.username.map(ToOwned::to_owned),
        team_code: officer.team_code.to_owned(),
    }
}

/// A user, with the address of the staff directory where the user is an officer.
fn user(user: &cast::User) -> Option<User> {
    let officer = cast::officers().iter().find(|officer| officer.username == Some(user.username.as_str()));
    let email = match officer {
        Some(officer) => officer.email.map(ToOwned::to_owned),
        None => user.email.clone(),
    };
    Some(User {
        id: user.user_id.parse().ok()?,
        username: user.username.clone(),
        forename: user.first_name.clone(),
        surname: user.last_name.clone(),
        email,
        telephone: officer.and_then(|officer| officer.telephone).map(ToOwned::to_owned),
    })
}

fn teams() -> Vec<Team> {
    let mut teams: BTreeMap<&str, Team> = BTreeMap::new();
    for officer in cast::officers() {
        let office = match officer.team_code {
            "N91HBS" => vec!["N91HB01".to_owned()],
            "N91MLL" => vec!["N91ML01".to_owned()],
            _ => Vec::new(),
        };
        teams.entry(officer.team_code).or_insert_with(|| Team {
            code: officer.team_code.to_owned(),
            description: officer.team.to_owned(),
            email: officer.team_email.map(ToOwned::to_owned),
            telephone: officer.team_telephone.map(ToOwned::to_owned),
            delivery_unit_code: officer.pdu_code.to_owned(),
            office_codes: office,
        });
    }
    teams.into_values().collect()
}

fn delivery_units() -> Vec<DeliveryUnit> {
    let unit = |code: &str, description: &str, selectable| DeliveryUnit {
        code: code.to_owned(),
        description: description.to_owned(),
        region_code: REGION.0.to_owned(),
        region_description: REGION.1.to_owned(),
        selectable,
    };
    let mut units: BTreeMap<&str, DeliveryUnit> = BTreeMap::new();
    for officer in cast::officers() {
        units.entry(officer.pdu_code).or_insert_with(|| unit(officer.pdu_code, officer.pdu, true));
    }
    let mut units: Vec<DeliveryUnit> = units.into_values().collect();
    units.push(unit("N91OLD", "Former Central Unit", false));
    units
}

fn cases() -> BTreeMap<String, Case> {
    cast::cases().iter().map(|cast| (cast.crn.clone(), case(cast))).collect()
}

fn case(cast: &cast::Case) -> Case {
    let mut exclusions = Vec::new();
    let mut restrictions = Vec::new();
    let mut exclusion_message = None;
    let mut restriction_message = None;
    let rows = |names: &[&str]| -> Vec<Limit> {
        names.iter().map(|name| Limit { username: (*name).to_owned(), ends_at: None }).collect()
    };
    for limit in &cast.limits {
        match limit {
            cast::Limit::Excluded(names, message) => {
                exclusions.extend(rows(names));
                exclusion_message = Some((*message).to_owned());
            }
            cast::Limit::Restricted(names, message) => {
                restrictions.extend(rows(names));
                restriction_message = Some((*message).to_owned());
            }
        }
    }
    let in_prison = cast.prison_manager.is_some();
    Case {
        crn: cast.crn.clone(),
        person: person(cast),
        merged_into: cast.merged_into.map(ToOwned::to_owned),
        soft_deleted: false,
        events: cast.sentences.iter().map(|sentence| event(sentence, &cast.setting)).collect(),
        nsis: Vec::new(),
        contacts: Vec::new(),
        community_manager: Some(Manager {
            staff_code: cast.community_manager.to_owned(),
            responsible_officer: !in_prison,
        }),
        prison_manager: cast
            .prison_manager
            .map(|code| Manager { staff_code: code.to_owned(), responsible_officer: true }),
        exclusions,
        restrictions,
        exclusion_message,
        restriction_message,
    }
}

fn person(cast: &cast::Case) -> Person {
    let profile = cast.profile;
    let text = |value: &str| Some(value.to_owned());
    Person {
        noms_number: cast.noms.clone(),
        forename: cast.forename.to_owned(),
        surname: cast.surname.to_owned(),
        date_of_birth: cast.date_of_birth,
        gender: text(cast.gender),
        ethnicity: profile.and_then(|(ethnicity, _, _)| text(ethnicity)),
        primary_language: profile.and_then(|(_, language, _)| text(language)),
        religion: profile.and_then(|(_, _, religion)| text(religion)),
        disabilities: cast
            .disability
            .iter()
            .map(|(kind, start_date, notes)| Disability {
                kind: (*kind).to_owned(),
                start_date: *start_date,
                notes: text(notes),
            })
            .collect(),
        no_fixed_abode: cast.address.is_none(),
        main_address: cast.address.as_ref().map(|(number, street, town, county, postcode)| Address {
            building_number: Some(number.clone()),
            street_name: text(street),
            town: text(town),
            county: text(county),
            postcode: text(postcode),
            ..Address::default()
        }),
        email_address: cast.email.clone(),
        telephone_number: None,
        mobile_number: cast.mobile.clone(),
    }
}

fn event(sentence: &cast::Sentence, setting: &cast::Setting) -> Event {
    let custody = matches!(setting, cast::Setting::Custody(_));
    let first = REQUIREMENTS_FROM + (sentence.event_id % 100_000) * 10;
    let category = |main: &str, id| Requirement { id, main_category: main.to_owned(), active: true };
    let mut requirements = vec![category(UNPAID_WORK, first + 1)];
    if sentence.has_rar {
        requirements.push(category(code::REHABILITATION_ACTIVITY, first + 2));
    }
    Event {
        id: sentence.event_id,
        number: sentence.event_number,
        conviction_date: sentence.convicted_on,
        active: sentence.active,
        soft_deleted: false,
        breach_end: None,
        ftc_count: 0,
        main_offence: Some(Offence {
            category: sentence.offence.0.to_owned(),
            sub_category: sentence.offence.1.to_owned(),
        }),
        disposal: Some(Disposal {
            date: sentence.sentenced_on,
            type_code: if custody { "NC" } else { "SP" }.to_owned(),
            description: sentence.description.to_owned(),
            expected_end_date: sentence.expected_end,
            ftc_limit: (!custody).then_some(COMMUNITY_FTC_LIMIT),
            active: sentence.active,
            soft_deleted: false,
            requirements,
        }),
        version: 0,
    }
}
