//! The whole of this Delius as one value, and the look-ups and writes that every operation shares.
//!
//! Owns numbering, the index from contact to case and the change log's single entrance; refuses to know any rule of the
//! interface (each operation has its module). The value is serialisable, so that a restart keeps it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ledger::{Entity, Ledger, Occasion};
use super::mode::Mode;
use super::model::{Case, Contact, DeliveryUnit, Enforcement, Nsi, Staff, Team, User, london_date};
use super::office::Office;
use super::refusal::Refusal;
use super::{access, view};

/// Everything Delius holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Record {
    pub(super) cases: BTreeMap<String, Case>,
    pub(super) users: Vec<User>,
    pub(super) staff: Vec<Staff>,
    pub(super) teams: Vec<Team>,
    pub(super) delivery_units: Vec<DeliveryUnit>,
    pub(super) offices: Vec<Office>,
    /// Contract type to activity type.
    pub(super) nsi_types: BTreeMap<String, String>,
    pub(super) mode: Mode,
    pub(super) ledger: Ledger,
    /// Which case holds a contact.
    contact_cases: BTreeMap<i64, String>,
    last_nsi: i64,
    last_contact: i64,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("cases", &self.cases.len())
            .field("contacts", &self.contact_cases.len())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// What is needed to write a contact; the rest starts empty.
pub(crate) struct NewContact<'a> {
    pub(crate) type_code: &'a str,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
    pub(crate) event_id: Option<i64>,
    pub(crate) nsi_id: Option<i64>,
    pub(crate) notes: &'a str,
}

impl Record {
    pub(super) fn empty(mode: Mode) -> Self {
        Self {
            cases: BTreeMap::new(),
            users: Vec::new(),
            staff: Vec::new(),
            teams: Vec::new(),
            delivery_units: Vec::new(),
            offices: Vec::new(),
            nsi_types: BTreeMap::new(),
            mode,
            ledger: Ledger::default(),
            contact_cases: BTreeMap::new(),
            last_nsi: 2_500_100_000,
            last_contact: 2_512_700_000,
        }
    }

    /// How this Delius behaves now.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Whether Delius reads our events.
    pub fn consumes_events(&self) -> bool {
        self.mode.events
    }

    /// Whether Delius knows a person by this case number; a merged number is known no longer.
    pub fn knows_person(&self, crn: &str) -> bool {
        self.case(crn).is_some()
    }

    /// What a user is told who may not see a case; `None`: they may. A limit with an end counts until it is taken away.
    pub fn limit_told(&self, crn: &str, username: &str) -> Option<String> {
        let case = self.case(crn)?;
        let (excluded, restricted) = access::limits(case, Timestamp::MIN, username);
        let told = |message: &Option<String>| message.clone().unwrap_or_default();
        excluded.then(|| told(&case.exclusion_message)).or_else(|| restricted.then(|| told(&case.restriction_message)))
    }

    /// The whole record of a case as JSON, for scripts and the index page; `None` for a number that never was.
    pub fn shown(&self, crn: &str) -> Option<serde_json::Value> {
        serde_json::to_value(view::case(self, crn)?).ok()
    }

    /// Case numbers of every case, merged ones included, in order.
    pub fn case_numbers(&self) -> impl Iterator<Item = &str> {
        self.cases.keys().map(String::as_str)
    }

    /// The changes and the consumer's telemetry.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The consumer's entry to the telemetry.
    pub(crate) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// A case that is neither merged away nor deleted.
    pub(crate) fn case(&self, crn: &str) -> Option<&Case> {
        self.cases.get(crn).filter(|case| case.is_live())
    }

    /// As [`Self::case`], to change it.
    pub(super) fn case_mut(&mut self, crn: &str) -> Result<&mut Case, Refusal> {
        self.cases.get_mut(crn).filter(|case| case.is_live()).ok_or(Refusal::NoSuchCase)
    }

    /// The case that holds a contact, whichever it is.
    pub(super) fn case_of_contact(&self, id: i64) -> Option<&str> {
        self.contact_cases.get(&id).map(String::as_str)
    }

    /// The contact with this id in this case, to change it.
    pub(super) fn contact_mut(&mut self, crn: &str, id: i64) -> Result<&mut Contact, Refusal> {
        self.case_mut(crn)?.contact_mut(id).ok_or_else(|| Refusal::NoSuchContact(id.to_string()))
    }

    pub(super) fn office_is_active(&self, code: &str) -> bool {
        self.offices.iter().any(|office| office.code == code && office.active)
    }

    pub(super) fn next_nsi_id(&mut self) -> i64 {
        self.last_nsi += 1;
        self.last_nsi
    }

    /// Writes a contact into a case and the log; gives its id.
    pub(super) fn add_contact(
        &mut self,
        occasion: &Occasion<'_>,
        crn: &str,
        new: &NewContact<'_>,
    ) -> Result<i64, Refusal> {
        let id = self.last_contact + 1;
        let contact = Contact {
            id,
            type_code: new.type_code.to_owned(),
            date: london_date(new.start),
            start: new.start,
            end: new.end,
            outcome: None,
            attended: None,
            complied: None,
            minutes_credited: None,
            enforcement: None::<Enforcement>,
            event_id: new.event_id,
            nsi_id: new.nsi_id,
            office_code: None,
            rar_activity: false,
            linked_contact: None,
            urn: None,
            notes: new.notes.to_owned(),
            soft_deleted: false,
            version: 0,
            created_at: occasion.now,
            created_by: occasion.by.to_owned(),
        };
        self.case_mut(crn)?.contacts.push(contact);
        self.last_contact = id;
        self.contact_cases.insert(id, crn.to_owned());
        self.log(occasion, Entity::Contact, &id.to_string(), Some(crn), &format!("created {}", new.type_code));
        Ok(id)
    }

    /// Adds a finished activity to a case.
    pub(super) fn add_nsi(&mut self, occasion: &Occasion<'_>, crn: &str, nsi: Nsi) -> Result<(), Refusal> {
        let id = nsi.id;
        self.case_mut(crn)?.nsis.push(nsi);
        self.log(occasion, Entity::Nsi, &id.to_string(), Some(crn), "created");
        Ok(())
    }

    /// Moves the index of a case's contacts to another case, as a merge needs.
    pub(super) fn own_contacts(&mut self, ids: &[i64], crn: &str) {
        for id in ids {
            self.contact_cases.insert(*id, crn.to_owned());
        }
    }

    /// Forgets a contact for good.
    pub(super) fn forget_contact(&mut self, crn: &str, id: i64) -> Result<(), Refusal> {
        self.case_mut(crn)?.contacts.retain(|contact| contact.id != id);
        self.contact_cases.remove(&id);
        Ok(())
    }

    pub(super) fn log(&mut self, occasion: &Occasion<'_>, entity: Entity, id: &str, crn: Option<&str>, action: &str) {
        self.ledger.write(occasion, entity, id, crn, action);
    }
}
