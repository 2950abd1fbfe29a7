//! What people edit in Delius on an activity or a contact, without closing or deleting it.
//!
//! Owns edits of single fields by which the record and what we believe come to differ: type, sentence, status, outcome
//! and dates of an activity, the outcome of a contact. Refuses to ask whether an edit makes sense: people make these.

use serde::Deserialize;

use super::code;
use super::human::{When, find_contact, find_nsi, on_nsi};
use super::ledger::{Entity, Occasion};
use super::record::Record;
use super::referral::set_status;
use super::refusal::Refusal;

/// Editing an activity. What is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EditNsi {
    pub(crate) urn: String,
    #[serde(default, rename = "type")]
    pub(crate) type_code: Option<String>,
    /// The sentence that it is moved to, by the number of its event within the case.
    #[serde(default)]
    pub(crate) event_number: Option<u32>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) outcome: Option<String>,
    #[serde(default)]
    pub(crate) start_date: Option<When>,
    #[serde(default)]
    pub(crate) end_date: Option<When>,
}

/// Recording another outcome of a contact, by its URN or our appointment's bare id.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EditOutcome {
    pub(crate) urn: String,
    pub(crate) outcome: String,
}

/// Edits an activity.
pub(crate) fn nsi(record: &mut Record, occasion: &Occasion<'_>, deed: &EditNsi) -> Result<String, Refusal> {
    let EditNsi { urn, type_code, event_number, status, outcome, start_date, end_date } = deed;
    let started_at = start_date.map(When::instant).transpose()?;
    let ended_at = end_date.map(When::instant).transpose()?;
    let event_id = match event_number {
        Some(number) => Some(event_of(record, urn, *number)?),
        None => None,
    };
    let (crn, _) = on_nsi(record, occasion, urn, "edited by a person", |nsi| {
        if let Some(status) = status {
            set_status(nsi, occasion, status, occasion.now);
        }
        if let Some(type_code) = type_code {
            nsi.type_code.clone_from(type_code);
        }
        nsi.event_id = event_id.or(nsi.event_id);
        nsi.outcome = outcome.clone().or(nsi.outcome.take());
        nsi.started_at = started_at.or(nsi.started_at);
        nsi.ended_at = ended_at.or(nsi.ended_at);
    })?;
    Ok(crn)
}

/// The event of this number in the case that holds the activity.
fn event_of(record: &Record, urn: &str, number: u32) -> Result<i64, Refusal> {
    let (crn, _) = find_nsi(record, urn)?;
    let case = record.case(&crn).ok_or(Refusal::NoSuchCase)?;
    let event = case.events.iter().find(|event| event.number == number);
    event.map(|event| event.id).ok_or(Refusal::NoSuchEvent(i64::from(number)))
}

/// Records another outcome of a contact.
///
/// # Errors
/// 400 when Delius knows no such outcome.
pub(crate) fn outcome(record: &mut Record, occasion: &Occasion<'_>, deed: &EditOutcome) -> Result<String, Refusal> {
    let known = code::OUTCOMES.iter().find(|known| known.code == deed.outcome);
    let known = known.ok_or_else(|| Refusal::UnknownOutcome(deed.outcome.clone()))?;
    let (crn, id) = find_contact(record, &deed.urn)?;
    let contact = record.contact_mut(&crn, id)?;
    contact.outcome = Some(known.code.to_owned());
    contact.attended = Some(known.attended);
    contact.complied = Some(known.complied);
    contact.version += 1;
    record.log(occasion, Entity::Contact, &id.to_string(), Some(&crn), "outcome edited by a person");
    Ok(crn)
}
