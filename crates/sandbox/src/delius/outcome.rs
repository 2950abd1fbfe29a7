//! What an attendance means in Delius: the outcome of the contact, and everything that follows from it.
//!
//! Owns the mapping from attendance to outcome code, enforcement, failures to comply, credited time and the count of
//! rehabilitation activity days; refuses to find the contact (`appointment`, `feedback`).

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::code::{self, ContactOutcome};
use super::ledger::{Entity, Occasion};
use super::model::{Case, Contact, Enforcement, Event, london_date};
use super::record::{NewContact, Record};
use super::refusal::Refusal;

/// Attendance as the provider recorded it; read in either case, since calls write it in capitals and answers to
/// call-backs in small letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Attended {
    #[serde(alias = "yes")]
    Yes,
    #[serde(alias = "late")]
    Late,
    #[serde(alias = "no")]
    No,
}

/// What happened at an appointment. Keys that Delius ignores are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionOutcome {
    pub(crate) attended: Attended,
    #[serde(default)]
    pub(crate) did_session_happen: Option<bool>,
    /// `LOGISTICS`, `POP_ACCEPTABLE` or `POP_UNACCEPTABLE`; anything else has no rule.
    #[serde(default)]
    pub(crate) no_session_reason_type: Option<String>,
    #[serde(default)]
    pub(crate) notify_probation_practitioner_of_behaviour: bool,
}

impl SessionOutcome {
    fn happened(&self) -> bool {
        self.did_session_happen == Some(true)
    }
}

/// The outcome of an attendance.
///
/// # Errors
/// Attended, no session, and no reason that Delius knows: an unhandled error.
pub(crate) fn rule(session: &SessionOutcome) -> Result<ContactOutcome, Refusal> {
    match (session.happened(), session.attended, session.no_session_reason_type.as_deref()) {
        (true, _, _) if session.notify_probation_practitioner_of_behaviour => Ok(code::AFTC),
        (true, _, _) => Ok(code::ATTC),
        (false, Attended::No, _) => Ok(code::AFTA),
        (false, _, Some("POP_UNACCEPTABLE")) => Ok(code::AFTC),
        (false, _, Some("POP_ACCEPTABLE")) => Ok(code::APPK),
        (false, _, Some("LOGISTICS")) => Ok(code::ATSS),
        (false, _, _) => Err(Refusal::NoOutcomeRule),
    }
}

/// Sets the outcome of a contact and carries out what follows from it. The same outcome again changes nothing.
///
/// # Errors
/// As [`rule`]; 404 when the contact is gone. Nothing has changed then.
pub(crate) fn apply(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    contact_id: i64,
    session: &SessionOutcome,
) -> Result<(), Refusal> {
    let outcome = rule(session)?;
    let enforcement_stays = record.mode.enforcement_stays;
    let contact = record.contact_mut(crn, contact_id)?;
    let before = contact.clone();
    contact.outcome = Some(outcome.code.to_owned());
    contact.attended = Some(outcome.attended);
    contact.complied = Some(outcome.complied);
    contact.minutes_credited = (outcome == code::ATTC).then(|| duration_minutes(contact));
    if !session.happened() {
        contact.rar_activity = false;
    }
    let enforce = !outcome.complied && contact.enforcement.is_none();
    let withdraw = outcome.complied && contact.enforcement.is_some() && !enforcement_stays;
    if enforce {
        let due = london_date(occasion.now).saturating_add(code::REFER_TO_MANAGER_DAYS.days());
        contact.enforcement = Some(Enforcement { action: code::REFER_TO_MANAGER.to_owned(), response_date: due });
    } else if withdraw {
        contact.enforcement = None;
    }
    if *contact == before {
        return Ok(());
    }
    contact.version += 1;
    let (event_id, nsi_id) = (contact.event_id, contact.nsi_id);
    let action = format!("outcome {}", outcome.code);
    record.log(occasion, Entity::Contact, &contact_id.to_string(), Some(crn), &action);
    if enforce {
        let new = NewContact {
            type_code: code::contact::REFER_TO_MANAGER,
            start: occasion.now,
            end: None,
            event_id,
            nsi_id,
            notes: "",
        };
        let linked = record.add_contact(occasion, crn, &new)?;
        record.contact_mut(crn, linked)?.linked_contact = Some(contact_id);
    }
    if withdraw {
        withdraw_enforcement(record, occasion, crn, contact_id)?;
    }
    if let Some(event_id) = event_id
        && (!outcome.complied || withdraw)
    {
        count_failures(record, occasion, crn, event_id, contact_id)?;
    }
    if let Some(nsi_id) = nsi_id {
        count_rar(record, occasion, crn, nsi_id)?;
    }
    Ok(())
}

fn duration_minutes(contact: &Contact) -> i64 {
    contact.end.map_or(0, |end| end.duration_since(contact.start).as_mins())
}

fn withdraw_enforcement(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    contact_id: i64,
) -> Result<(), Refusal> {
    let mut withdrawn = Vec::new();
    for contact in &mut record.case_mut(crn)?.contacts {
        if contact.linked_contact == Some(contact_id) && !contact.soft_deleted {
            contact.soft_deleted = true;
            contact.version += 1;
            withdrawn.push(contact.id);
        }
    }
    for id in withdrawn {
        record.log(occasion, Entity::Contact, &id.to_string(), Some(crn), "enforcement withdrawn");
    }
    Ok(())
}

/// Distinct days of non-compliance since the later of sentence date and last breach end; above the limit of the
/// sentence, one review of enforcement unless one is open.
fn count_failures(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    event_id: i64,
    contact_id: i64,
) -> Result<(), Refusal> {
    let case = record.case_mut(crn)?;
    let Some(event) = case.event(event_id) else { return Ok(()) };
    let since = counting_from(event);
    let limit = event.disposal.as_ref().and_then(|disposal| disposal.ftc_limit);
    let days: BTreeSet<Date> = case
        .contacts
        .iter()
        .filter(|contact| is_failure(contact, event_id) && since.is_none_or(|since| contact.date >= since))
        .map(|contact| contact.date)
        .collect();
    let count = u32::try_from(days.len()).unwrap_or(u32::MAX);
    let review_open = has_open_review(case, event_id);
    let nsi_id = case.contact(contact_id).and_then(|contact| contact.nsi_id);
    if let Some(event) = case.event_mut(event_id)
        && event.ftc_count != count
    {
        event.ftc_count = count;
        event.version += 1;
        let action = format!("failures to comply {count}");
        record.log(occasion, Entity::Event, &event_id.to_string(), Some(crn), &action);
    }
    if limit.is_some_and(|limit| count > limit) && !review_open {
        let new = NewContact {
            type_code: code::contact::REVIEW_ENFORCEMENT,
            start: occasion.now,
            end: None,
            event_id: Some(event_id),
            nsi_id,
            notes: "",
        };
        record.add_contact(occasion, crn, &new)?;
    }
    Ok(())
}

fn counting_from(event: &Event) -> Option<Date> {
    event.disposal.as_ref().map(|disposal| disposal.date).max(event.breach_end)
}

fn is_failure(contact: &Contact, event_id: i64) -> bool {
    contact.event_id == Some(event_id)
        && !contact.soft_deleted
        && contact.complied == Some(false)
        && code::contact::is_national_standards(&contact.type_code)
}

fn has_open_review(case: &Case, event_id: i64) -> bool {
    case.contacts.iter().any(|contact| {
        contact.event_id == Some(event_id)
            && !contact.soft_deleted
            && contact.outcome.is_none()
            && contact.type_code == code::contact::REVIEW_ENFORCEMENT
    })
}

/// Distinct days attended and complied with that count towards the requirement, when the activity hangs on one.
fn count_rar(record: &mut Record, occasion: &Occasion<'_>, crn: &str, nsi_id: i64) -> Result<(), Refusal> {
    let case = record.case_mut(crn)?;
    let Some(nsi) = case.nsis.iter().find(|nsi| nsi.id == nsi_id) else { return Ok(()) };
    if !case.is_rehabilitation_activity(nsi) {
        return Ok(());
    }
    let days: BTreeSet<Date> = case
        .contacts
        .iter()
        .filter(|contact| {
            contact.nsi_id == Some(nsi_id)
                && contact.rar_activity
                && !contact.soft_deleted
                && contact.attended == Some(true)
                && contact.complied == Some(true)
        })
        .map(|contact| contact.date)
        .collect();
    let count = Some(u32::try_from(days.len()).unwrap_or(u32::MAX));
    if let Some(nsi) = case.nsi_mut(nsi_id)
        && nsi.rar_count != count
    {
        nsi.rar_count = count;
        super::referral::touch(nsi, occasion);
        let action = format!("rehabilitation activity days {}", days.len());
        record.log(occasion, Entity::Nsi, &nsi_id.to_string(), Some(crn), &action);
    }
    Ok(())
}
