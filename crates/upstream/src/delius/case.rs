//! What Delius says about a person and their case.
//!
//! Owns the port's read shapes. Everything that Delius may leave empty is optional here. `Debug` shows no person.

use super::estate::{CodedName, OfficeLocation, Team};
use domain::{Crn, NomsNumber};
use jiff::civil::Date;
use std::fmt;

/// A person's name.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName {
    /// First name.
    pub forename: String,
    /// Last name.
    pub surname: String,
}

/// A person under supervision.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseDetails {
    /// Case reference.
    pub crn: Crn,
    /// Name.
    pub name: PersonName,
    /// Date of birth.
    pub date_of_birth: Date,
    /// In words.
    pub gender: Option<String>,
    /// Empty when Delius has none of it.
    pub profile: Profile,
    /// Where and how to reach the person.
    pub contact: ContactDetails,
}

/// Equality facts, each in words.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// Language.
    pub primary_language: Option<String>,
    /// Ethnicity.
    pub ethnicity: Option<String>,
    /// Religion or belief.
    pub religion: Option<String>,
    /// Disabilities.
    pub disabilities: Vec<Disability>,
}

/// A recorded disability.
#[derive(Clone, PartialEq, Eq)]
pub struct Disability {
    /// In words.
    pub kind: String,
    /// Since when.
    pub start_date: Option<Date>,
    /// Free text.
    pub notes: Option<String>,
}

/// Where and how to reach a person.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ContactDetails {
    /// Recorded as having no fixed address.
    pub no_fixed_abode: bool,
    /// Main address.
    pub main_address: Option<Address>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub telephone: Option<String>,
    /// Mobile number.
    pub mobile: Option<String>,
}

/// A postal address, any part of which may be missing.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Building name.
    pub building_name: Option<String>,
    /// Building number.
    pub building_number: Option<String>,
    /// Street.
    pub street_name: Option<String>,
    /// District.
    pub district: Option<String>,
    /// Town or city.
    pub town: Option<String>,
    /// County.
    pub county: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
}

/// The references of a case.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseIdentifiers {
    /// Case reference.
    pub crn: Crn,
    /// Prison number, when known.
    pub noms_number: Option<NomsNumber>,
}

/// A conviction with its sentence.
#[derive(Clone, PartialEq, Eq)]
pub struct Conviction {
    /// Delius's event id; we call it the relevant sentence's id.
    pub id: i64,
    /// Date of conviction, when recorded.
    pub date: Option<Date>,
    /// The sentence.
    pub sentence: Sentence,
    /// The main offence.
    pub main_offence: MainOffence,
    /// Whether both the event and its sentence are active.
    pub active: bool,
}

/// A sentence.
#[derive(Clone, PartialEq, Eq)]
pub struct Sentence {
    /// In words.
    pub description: String,
    /// Expected end, when recorded.
    pub expected_end_date: Option<Date>,
}

/// An offence in two levels of words.
#[derive(Clone, PartialEq, Eq)]
pub struct MainOffence {
    /// Wider.
    pub category: String,
    /// Narrower.
    pub sub_category: String,
}

/// Who manages a case.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponsibleOfficer {
    /// The manager in the community.
    pub community_manager: Manager,
    /// The manager in prison; only asked for when the community manager is not responsible.
    pub prison_manager: Option<Manager>,
}

impl ResponsibleOfficer {
    /// The one responsible: whoever is flagged, the community manager when neither is.
    pub fn effective(&self) -> &Manager {
        match &self.prison_manager {
            Some(prison) if prison.responsible_officer && !self.community_manager.responsible_officer => prison,
            _ => &self.community_manager,
        }
    }
}

/// A manager of a case.
#[derive(Clone, PartialEq, Eq)]
pub struct Manager {
    /// Staff code.
    pub code: String,
    /// Name.
    pub name: PersonName,
    /// Sign-in name, when they have one.
    pub username: Option<String>,
    /// E-mail address; often missing for unallocated staff.
    pub email: Option<String>,
    /// Telephone number.
    pub telephone: Option<String>,
    /// Flagged as the responsible officer.
    pub responsible_officer: bool,
    /// Delivery unit.
    pub delivery_unit: CodedName,
    /// Team.
    pub team: Team,
    /// Offices of the team.
    pub office_locations: Vec<OfficeLocation>,
    /// A place-holder for nobody.
    pub unallocated: bool,
}

/// What Delius says about one user and one case.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseAccess {
    /// Case reference, as asked.
    pub crn: Crn,
    /// False when Delius left the case out of its answer.
    pub answered: bool,
    /// The user is excluded from the case.
    pub excluded: bool,
    /// The case is restricted to others.
    pub restricted: bool,
    /// What to tell the excluded user.
    pub exclusion_message: Option<String>,
    /// What to tell users outside the restriction.
    pub restriction_message: Option<String>,
}

impl CaseAccess {
    /// Whether the user may see the case. No answer is no access.
    pub fn is_open(&self) -> bool {
        self.answered && !self.excluded && !self.restricted
    }
}

/// A case that a user manages.
#[derive(Clone, PartialEq, Eq)]
pub struct ManagedCase {
    /// Case reference.
    pub crn: Crn,
    /// Prison number, when known.
    pub noms_number: Option<NomsNumber>,
}

/// Types about a person print only their name.
macro_rules! masked {
    ($($type:ident),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(***)"))
            }
        }
    )*};
}

masked!(
    PersonName,
    CaseDetails,
    Profile,
    Disability,
    ContactDetails,
    Address,
    CaseIdentifiers,
    Conviction,
    Sentence,
    MainOffence,
    ResponsibleOfficer,
    Manager,
    CaseAccess,
    ManagedCase
);
