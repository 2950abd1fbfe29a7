//! Tests of the rules, without HTTP: a fresh record, a fixed now, one call after the other.

mod appointment;
mod closed;
mod events;
mod human;
mod outcome;
mod reads;
mod referral;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::appointment::{MergeAppointment, merge};
use super::code;
use super::ending::EndReferral;
use super::ledger::Occasion;
use super::mode::Mode;
use super::model::{Case, Contact, Nsi};
use super::outcome::{Attended, SessionOutcome};
use super::record::Record;
use super::referral::{StartReferral, start};
use super::refusal::Refusal;

const CRN: &str = "X100001";
const SENTENCE: i64 = 2_500_000_001;
/// A Monday.
const NOW: &str = "2026-03-02T09:00:00Z";

/// A record and the instant at which it is asked.
struct World {
    record: Record,
    now: Timestamp,
}

fn world() -> World {
    World { record: Record::default(), now: at(NOW) }
}

/// A world with one referral started for [`CRN`].
fn with_referral() -> World {
    let mut world = world();
    world.start(&a_start()).unwrap();
    world
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn referral_id() -> Uuid {
    Uuid::from_u128(0xA)
}

fn urn() -> String {
    code::referral_urn(referral_id())
}

fn appointment_id(n: u128) -> Uuid {
    Uuid::from_u128(0x100 + n)
}

fn appointment_urn(n: u128) -> String {
    code::appointment_urn(appointment_id(n))
}

fn a_start() -> StartReferral {
    StartReferral {
        referral_id: referral_id(),
        started_at: at("2026-03-02T08:30:00Z"),
        contract_type: "ACC".to_owned(),
        sentence_id: SENTENCE,
        notes: "Referral for accommodation".to_owned(),
    }
}

/// A delivery session of an hour at a time of tomorrow, such as `10:00`.
fn a_session(n: u128, time: &str) -> MergeAppointment {
    MergeAppointment {
        id: appointment_id(n),
        referral_id: referral_id(),
        start: at(&format!("2026-03-03T{time}:00Z")),
        duration_in_minutes: 60,
        notes: Some("Session".to_owned()),
        office_location_code: Some("CRSHB01".to_owned()),
        counts_towards_rar: true,
        outcome: None,
        previous_id: None,
        delius_id: None,
        reschedule_requested_by: None,
    }
}

/// As [`a_session`], yesterday and with an outcome.
fn a_past_session(n: u128, time: &str, outcome: SessionOutcome) -> MergeAppointment {
    MergeAppointment { start: at(&format!("2026-03-01T{time}:00Z")), outcome: Some(outcome), ..a_session(n, time) }
}

fn session(attended: Attended, happened: Option<bool>, reason: Option<&str>, behaviour: bool) -> SessionOutcome {
    SessionOutcome {
        attended,
        did_session_happen: happened,
        no_session_reason_type: reason.map(ToOwned::to_owned),
        notify_probation_practitioner_of_behaviour: behaviour,
    }
}

fn attended() -> SessionOutcome {
    session(Attended::Yes, Some(true), None, false)
}

fn missed() -> SessionOutcome {
    session(Attended::No, None, None, false)
}

fn an_end(delivery_state: &str) -> EndReferral {
    EndReferral {
        urn: urn(),
        ended_at: at("2026-03-02T08:45:00Z"),
        delivery_state: delivery_state.to_owned(),
        notes: "Referral ended".to_owned(),
        end_of_service_report: None,
    }
}

impl World {
    fn switched(mut self, switch: impl FnOnce(&mut Mode)) -> Self {
        switch(&mut self.record.mode);
        self
    }

    /// Lets time pass.
    fn after(&mut self, hours: i64) -> &mut Self {
        self.now = self.now.checked_add(SignedDuration::from_hours(hours)).unwrap();
        self
    }

    /// Carries something out now, on the account of the tests.
    fn act<T>(&mut self, act: impl FnOnce(&mut Record, &Occasion<'_>) -> T) -> T {
        let occasion = Occasion { now: self.now, by: "TEST", cause: "test" };
        act(&mut self.record, &occasion)
    }

    fn start(&mut self, request: &StartReferral) -> Result<(), Refusal> {
        self.act(|record, occasion| start(record, occasion, CRN, request))
    }

    fn merge(&mut self, request: &MergeAppointment) -> Result<i64, Refusal> {
        self.act(|record, occasion| merge(record, occasion, CRN, request))
    }

    fn case(&self) -> &Case {
        self.record.case(CRN).unwrap()
    }

    fn nsi(&self) -> &Nsi {
        let [nsi] = self.case().nsis.as_slice() else { panic!("one activity, not {}", self.case().nsis.len()) };
        nsi
    }

    fn contact(&self, id: i64) -> &Contact {
        self.case().contact(id).unwrap()
    }

    /// Live contacts of a type.
    fn of_type(&self, type_code: &str) -> Vec<&Contact> {
        self.case().contacts.iter().filter(|c| c.type_code == type_code && !c.soft_deleted).collect()
    }

    /// Live contacts that carry an appointment's URN.
    fn with_urn(&self, n: u128) -> Vec<&Contact> {
        let urn = appointment_urn(n);
        self.case().contacts.iter().filter(|c| c.urn.as_deref() == Some(&urn) && !c.soft_deleted).collect()
    }

    /// Everything that a call might have changed, as text: cases and the change log.
    fn picture(&self) -> String {
        let changes = self.record.ledger.changes().len();
        format!("{changes} {}", serde_json::to_string(&self.record.cases).unwrap())
    }
}
