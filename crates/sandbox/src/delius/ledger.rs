//! What happened to the record, in order, and what the consumer made of each event.
//!
//! Owns two append-only lists: every change of state with its cause, and the consumer's telemetry. Refuses to be edited:
//! there is no call that removes an entry, a reset apart.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When, by whom and why a change is made: one for each call, event or deed of a person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    /// The stand-in's now.
    pub(crate) now: Timestamp,
    /// The Delius user on whose account the change is written.
    pub(crate) by: &'a str,
    /// The call, event or deed.
    pub(crate) cause: &'a str,
}

/// The kinds of thing that change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Entity {
    /// An activity (NSI).
    Nsi,
    /// A contact, appointments included.
    Contact,
    /// An event (conviction) and its sentence.
    Event,
    /// A person's case.
    Case,
    /// A standing fact of the estate: an office, a mapping, a switch.
    Estate,
}

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    /// Position in the log, from 1, without gaps.
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) cause: String,
    pub(crate) entity: Entity,
    /// Id of the thing that changed, in Delius's own numbering or code.
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crn: Option<String>,
    /// What was done, in a few words.
    pub(crate) action: String,
}

/// How the consumer fared with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Carried out and acknowledged.
    Success,
    /// Not carried out, acknowledged, gone.
    Rejected,
    /// Not carried out; to be delivered again or dead-lettered.
    Failure,
}

/// One attempt of the consumer at one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Telemetry {
    /// Position in the list, from 1, without gaps.
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) event_type: String,
    pub(crate) verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) referral_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Which delivery of the message this was, from 1.
    pub(crate) attempt: u32,
}

/// The two lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    changes: Vec<Change>,
    telemetry: Vec<Telemetry>,
}

impl Ledger {
    /// Every change, oldest first.
    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Every attempt at an event, oldest first.
    pub(crate) fn telemetry(&self) -> &[Telemetry] {
        &self.telemetry
    }

    pub(super) fn write(&mut self, occasion: &Occasion<'_>, entity: Entity, id: &str, crn: Option<&str>, action: &str) {
        let seq = u64::try_from(self.changes.len()).unwrap_or(u64::MAX).saturating_add(1);
        self.changes.push(Change {
            seq,
            at: occasion.now,
            by: occasion.by.to_owned(),
            cause: occasion.cause.to_owned(),
            entity,
            id: id.to_owned(),
            crn: crn.map(ToOwned::to_owned),
            action: action.to_owned(),
        });
    }

    /// Adds an attempt; its position is given here.
    pub(crate) fn record(&mut self, mut entry: Telemetry) {
        entry.seq = u64::try_from(self.telemetry.len()).unwrap_or(u64::MAX).saturating_add(1);
        self.telemetry.push(entry);
    }
}
