//! The entities of Delius that a commissioned service meets: people, sentences, activities (NSIs), contacts, estate.
//!
//! Owns shapes and what can be told from one entity alone; refuses to hold rules that span entities (each operation has
//! its module). Instants are stored as such; a civil date is always the date in Europe/London.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::code;
use super::refusal::Refusal;

/// The zone in which Delius reasons. The zone database is bundled; were it ever not, the answer would be UTC.
pub(crate) fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}

/// The date in London at an instant.
pub(crate) fn london_date(at: Timestamp) -> Date {
    at.to_zoned(london()).date()
}

/// A person and everything Delius holds about them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) crn: String,
    pub(crate) person: Person,
    /// The surviving case, once this one was merged away.
    pub(crate) merged_into: Option<String>,
    pub(crate) soft_deleted: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) nsis: Vec<Nsi>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) community_manager: Option<Manager>,
    pub(crate) prison_manager: Option<Manager>,
    pub(crate) exclusions: Vec<Limit>,
    pub(crate) restrictions: Vec<Limit>,
    pub(crate) exclusion_message: Option<String>,
    pub(crate) restriction_message: Option<String>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nsis, contacts, .. } = self;
        write!(f, "Case {{ nsis: {}, contacts: {} }}", nsis.len(), contacts.len())
    }
}

impl Case {
    /// Neither merged away nor deleted.
    pub(crate) fn is_live(&self) -> bool {
        self.merged_into.is_none() && !self.soft_deleted
    }

    /// Position of the one live activity with this URN, whatever its status.
    ///
    /// # Errors
    /// Two live ones are an unhandled error in Delius.
    pub(crate) fn live_nsi(&self, urn: &str) -> Result<Option<usize>, Refusal> {
        let mut matches =
            self.nsis.iter().enumerate().filter(|(_, nsi)| !nsi.soft_deleted && nsi.urn.as_deref() == Some(urn));
        let first = matches.next().map(|(position, _)| position);
        if matches.next().is_some() { Err(Refusal::SeveralReferrals(urn.to_owned())) } else { Ok(first) }
    }

    /// Position of the one live contact with this URN.
    ///
    /// # Errors
    /// Two live ones are an unhandled error in Delius.
    pub(crate) fn live_contact(&self, urn: &str) -> Result<Option<usize>, Refusal> {
        let mut matches = self
            .contacts
            .iter()
            .enumerate()
            .filter(|(_, contact)| !contact.soft_deleted && contact.urn.as_deref() == Some(urn));
        let first = matches.next().map(|(position, _)| position);
        if matches.next().is_some() { Err(Refusal::SeveralContacts(urn.to_owned())) } else { Ok(first) }
    }

    pub(crate) fn event(&self, id: i64) -> Option<&Event> {
        self.events.iter().find(|event| event.id == id)
    }

    pub(crate) fn event_mut(&mut self, id: i64) -> Option<&mut Event> {
        self.events.iter_mut().find(|event| event.id == id)
    }

    pub(crate) fn contact(&self, id: i64) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == id)
    }

    pub(crate) fn contact_mut(&mut self, id: i64) -> Option<&mut Contact> {
        self.contacts.iter_mut().find(|contact| contact.id == id)
    }

    pub(crate) fn nsi_mut(&mut self, id: i64) -> Option<&mut Nsi> {
        self.nsis.iter_mut().find(|nsi| nsi.id == id)
    }

    /// Whether an activity hangs on a rehabilitation activity requirement.
    pub(crate) fn is_rehabilitation_activity(&self, nsi: &Nsi) -> bool {
        nsi.requirement_id.is_some_and(|id| {
            self.events
                .iter()
                .filter_map(|event| event.disposal.as_ref())
                .flat_map(|disposal| &disposal.requirements)
                .any(|requirement| requirement.id == id && requirement.main_category == code::REHABILITATION_ACTIVITY)
        })
    }
}

/// A fictional person.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) noms_number: Option<String>,
    pub(crate) forename: String,
    pub(crate) surname: String,
    pub(crate) date_of_birth: Date,
    pub(crate) gender: Option<String>,
    pub(crate) primary_language: Option<String>,
    pub(crate) ethnicity: Option<String>,
    pub(crate) religion: Option<String>,
    pub(crate) disabilities: Vec<Disability>,
    pub(crate) no_fixed_abode: bool,
    pub(crate) main_address: Option<Address>,
    pub(crate) email_address: Option<String>,
    pub(crate) telephone_number: Option<String>,
    pub(crate) mobile_number: Option<String>,
}

/// A recorded disability.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Disability {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) start_date: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notes: Option<String>,
}

/// A postal address; every part optional.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) building_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) building_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) street_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) district: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) town: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) county: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) postcode: Option<String>,
}

impl Address {
    /// Whether no part is filled.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { building_name, building_number, street_name, district, town, county, postcode } = self;
        [building_name, building_number, street_name, district, town, county, postcode].iter().all(|p| p.is_none())
    }
}

/// An event (conviction).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: i64,
    /// Number of the event within the case, from 1.
    pub(crate) number: u32,
    pub(crate) conviction_date: Option<Date>,
    pub(crate) active: bool,
    pub(crate) soft_deleted: bool,
    pub(crate) breach_end: Option<Date>,
    /// Distinct days of failure to comply.
    pub(crate) ftc_count: u32,
    pub(crate) main_offence: Option<Offence>,
    pub(crate) disposal: Option<Disposal>,
    pub(crate) version: u64,
}

/// The main offence of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offence {
    pub(crate) category: String,
    pub(crate) sub_category: String,
}

/// A disposal (sentence).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Disposal {
    pub(crate) date: Date,
    pub(crate) type_code: String,
    pub(crate) description: String,
    pub(crate) expected_end_date: Option<Date>,
    /// Failures to comply above which enforcement is reviewed; none means never.
    pub(crate) ftc_limit: Option<u32>,
    pub(crate) active: bool,
    pub(crate) soft_deleted: bool,
    pub(crate) requirements: Vec<Requirement>,
}

/// A requirement of a sentence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Requirement {
    pub(crate) id: i64,
    pub(crate) main_category: String,
    pub(crate) active: bool,
}

/// Who manages a case.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manager {
    pub(crate) staff_code: String,
    pub(crate) responsible_officer: bool,
}

/// An exclusion or restriction row: a user, and until when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Limit {
    pub(crate) username: String,
    pub(crate) ends_at: Option<Timestamp>,
}

impl Limit {
    pub(crate) fn is_in_force(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|ends_at| ends_at > now)
    }
}

/// An activity (NSI): the container of a referral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Nsi {
    pub(crate) id: i64,
    pub(crate) event_id: Option<i64>,
    pub(crate) requirement_id: Option<i64>,
    pub(crate) type_code: String,
    pub(crate) status: String,
    pub(crate) status_at: Timestamp,
    pub(crate) outcome: Option<String>,
    pub(crate) referral_date: Date,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) notes: String,
    pub(crate) urn: Option<String>,
    pub(crate) rar_count: Option<u32>,
    pub(crate) soft_deleted: bool,
    pub(crate) version: u64,
    pub(crate) history: Vec<StatusRow>,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: String,
}

impl Nsi {
    /// Delius derives it: active while there is no actual end date.
    pub(crate) fn is_active(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Completed, or with an actual end date.
    pub(crate) fn is_closed(&self) -> bool {
        self.status == code::COMPLETED || self.ended_at.is_some()
    }
}

/// One row of an activity's status history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatusRow {
    pub(crate) status: String,
    pub(crate) at: Timestamp,
    pub(crate) by: String,
}

/// A contact; appointments are contacts too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) id: i64,
    pub(crate) type_code: String,
    /// Date in London.
    pub(crate) date: Date,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
    pub(crate) outcome: Option<String>,
    pub(crate) attended: Option<bool>,
    pub(crate) complied: Option<bool>,
    /// Credited time in minutes; Delius shows hours.
    pub(crate) minutes_credited: Option<i64>,
    pub(crate) enforcement: Option<Enforcement>,
    pub(crate) event_id: Option<i64>,
    pub(crate) nsi_id: Option<i64>,
    pub(crate) office_code: Option<String>,
    pub(crate) rar_activity: bool,
    pub(crate) linked_contact: Option<i64>,
    pub(crate) urn: Option<String>,
    /// Grows only.
    pub(crate) notes: String,
    pub(crate) soft_deleted: bool,
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
}

impl Contact {
    /// Adds a note unless it is there already.
    pub(crate) fn append_note(&mut self, note: &str) {
        append_note(&mut self.notes, note);
    }
}

/// Adds a text to notes unless it is contained already.
pub(crate) fn append_note(notes: &mut String, note: &str) {
    if note.is_empty() || notes.contains(note) {
        return;
    }
    if !notes.is_empty() {
        notes.push_str("\n\n");
    }
    notes.push_str(note);
}

/// The enforcement of a failure to comply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enforcement {
    pub(crate) action: String,
    pub(crate) response_date: Date,
}

/// A user of Delius.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) forename: String,
    pub(crate) surname: String,
    pub(crate) email: Option<String>,
    pub(crate) telephone: Option<String>,
}

/// A member of staff; an unallocated officer has no user and a code that ends in `U`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Staff {
    pub(crate) code: String,
    /// Numeric id, as the legacy interface names staff.
    pub(crate) identifier: i64,
    pub(crate) forename: String,
    pub(crate) surname: String,
    pub(crate) username: Option<String>,
    pub(crate) team_code: String,
}

/// A team and the offices it works from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Team {
    pub(crate) code: String,
    pub(crate) description: String,
    pub(crate) email: Option<String>,
    pub(crate) telephone: Option<String>,
    pub(crate) delivery_unit_code: String,
    pub(crate) office_codes: Vec<String>,
}

/// A probation delivery unit (borough).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeliveryUnit {
    pub(crate) code: String,
    pub(crate) description: String,
    pub(crate) region_code: String,
    pub(crate) region_description: String,
    pub(crate) selectable: bool,
}
