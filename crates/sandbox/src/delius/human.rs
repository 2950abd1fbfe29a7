//! What people do in Delius itself, without telling us.
//!
//! Owns every deed by which the record can drift away from what we believe: closing, reopening, deleting and re-labelling
//! activities, deleting contacts, native appointments, sentence ends, merges, managers, limits and the estate. Refuses
//! to ask whether a deed makes sense: people do these things.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::code;
use super::ledger::{Entity, Occasion};
use super::model::{Limit, Manager, Nsi, london};
use super::record::{NewContact, Record};
use super::referral::{set_status, status_contact, touch};
use super::refusal::Refusal;

/// A date, or an instant.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum When {
    At(Timestamp),
    /// The start of that day in London.
    On(Date),
}

impl When {
    pub(super) fn instant(self) -> Result<Timestamp, Refusal> {
        match self {
            Self::At(at) => Ok(at),
            Self::On(date) => {
                date.to_zoned(london()).map(|zoned| zoned.timestamp()).map_err(|_out_of_range| Refusal::ImpossibleTimes)
            }
        }
    }
}

/// An activity named by its URN, or by the referral's bare id.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfNsi {
    pub(crate) urn: String,
}

/// Closing an activity.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CloseNsi {
    pub(crate) urn: String,
    /// Default: completed.
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) outcome: Option<String>,
    /// Default: now.
    #[serde(default)]
    pub(crate) end_date: Option<When>,
}

/// Editing or clearing the URN of an activity.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EditUrn {
    pub(crate) urn: String,
    /// Absent: cleared.
    #[serde(default)]
    pub(crate) new_urn: Option<String>,
}

/// Deleting a contact, by URN (or our appointment's bare id) or by Delius's id.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeleteContact {
    #[serde(default)]
    pub(crate) urn: Option<String>,
    #[serde(default)]
    pub(crate) id: Option<i64>,
    /// Gone for good instead of marked as deleted.
    #[serde(default)]
    pub(crate) hard: bool,
}

/// An appointment made in Delius itself: it has no URN.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NativeAppointment {
    pub(crate) crn: String,
    pub(crate) start: Timestamp,
    pub(crate) duration_in_minutes: i64,
    /// Default: a planned office visit.
    #[serde(default, rename = "type")]
    pub(crate) type_code: Option<String>,
}

/// A sentence, by the number of its event within the case.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OfSentence {
    pub(crate) crn: String,
    pub(crate) event_number: u32,
}

/// Merging one case into another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merge {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// A case and a user.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CaseAndUser {
    pub(crate) crn: String,
    pub(crate) username: String,
}

/// A limit: a case, a user, what others are told, and until when.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewLimit {
    pub(crate) crn: String,
    pub(crate) username: String,
    /// Default: a usual text. A blank one is kept as it is.
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) ends_at: Option<Timestamp>,
}

/// The live activity that a URN or bare id means, whichever case holds it; the newest when there are several.
pub(super) fn find_nsi(record: &Record, urn: &str) -> Result<(String, i64), Refusal> {
    let whole = full_urn(urn, code::referral_urn);
    record
        .cases
        .values()
        .flat_map(|case| case.nsis.iter().map(move |nsi| (case, nsi)))
        .filter(|(_, nsi)| !nsi.soft_deleted && nsi.urn.as_deref() == Some(whole.as_str()))
        .max_by_key(|(_, nsi)| nsi.id)
        .map(|(case, nsi)| (case.crn.clone(), nsi.id))
        .ok_or(Refusal::NoSuchReferral(whole))
}

fn full_urn(text: &str, urn: fn(uuid::Uuid) -> String) -> String {
    text.parse::<uuid::Uuid>().map_or_else(|_not_bare| text.to_owned(), urn)
}

/// Changes one activity and writes the change down; gives its case.
pub(super) fn on_nsi(
    record: &mut Record,
    occasion: &Occasion<'_>,
    urn: &str,
    action: &str,
    change: impl FnOnce(&mut Nsi),
) -> Result<(String, i64), Refusal> {
    let (crn, id) = find_nsi(record, urn)?;
    let case = record.cases.get_mut(&crn).ok_or(Refusal::NoSuchCase)?;
    let nsi = case.nsi_mut(id).ok_or_else(|| Refusal::NoSuchReferral(urn.to_owned()))?;
    change(nsi);
    touch(nsi, occasion);
    record.log(occasion, Entity::Nsi, &id.to_string(), Some(&crn), action);
    Ok((crn, id))
}

/// Closes an activity; gives its case, as every deed on one does.
pub(crate) fn close(record: &mut Record, occasion: &Occasion<'_>, deed: &CloseNsi) -> Result<String, Refusal> {
    let ended_at = deed.end_date.map_or(Ok(occasion.now), When::instant)?;
    let status = deed.status.as_deref().unwrap_or(code::COMPLETED);
    let (crn, id) = on_nsi(record, occasion, &deed.urn, "closed by a person", |nsi| {
        set_status(nsi, occasion, status, ended_at);
        nsi.outcome.clone_from(&deed.outcome);
        nsi.ended_at = Some(ended_at);
    })?;
    status_contact(record, occasion, &crn, id, code::contact::STATUS_COMPLETED, ended_at, "")?;
    if let Some(outcome) = &deed.outcome {
        let note = format!("NSI Terminated with Outcome: {}", code::nsi_outcome_description(outcome));
        status_contact(record, occasion, &crn, id, code::contact::TERMINATED, ended_at, &note)?;
    }
    Ok(crn)
}

/// Reopens an activity: in progress, without end date and outcome.
pub(crate) fn reopen(record: &mut Record, occasion: &Occasion<'_>, deed: &OfNsi) -> Result<String, Refusal> {
    let (crn, id) = on_nsi(record, occasion, &deed.urn, "reopened by a person", |nsi| {
        set_status(nsi, occasion, code::IN_PROGRESS, occasion.now);
        nsi.outcome = None;
        nsi.ended_at = None;
    })?;
    status_contact(record, occasion, &crn, id, code::contact::STATUS_IN_PROGRESS, occasion.now, "")?;
    Ok(crn)
}

/// Marks an activity as deleted; its contacts stay.
pub(crate) fn soft_delete(record: &mut Record, occasion: &Occasion<'_>, deed: &OfNsi) -> Result<String, Refusal> {
    on_nsi(record, occasion, &deed.urn, "soft-deleted by a person", |nsi| nsi.soft_deleted = true).map(|(crn, _)| crn)
}

/// Deletes an activity for good; its contacts stay.
pub(crate) fn hard_delete(record: &mut Record, occasion: &Occasion<'_>, deed: &OfNsi) -> Result<String, Refusal> {
    let (crn, id) = on_nsi(record, occasion, &deed.urn, "deleted for good by a person", |_| ())?;
    record.case_mut(&crn)?.nsis.retain(|nsi| nsi.id != id);
    Ok(crn)
}

/// Edits or clears the URN of an activity.
pub(crate) fn edit_urn(record: &mut Record, occasion: &Occasion<'_>, deed: &EditUrn) -> Result<String, Refusal> {
    on_nsi(record, occasion, &deed.urn, "reference edited by a person", |nsi| {
        nsi.urn.clone_from(&deed.new_urn);
    })
    .map(|(crn, _)| crn)
}

/// Makes a second live activity with the same URN.
pub(crate) fn duplicate(record: &mut Record, occasion: &Occasion<'_>, deed: &OfNsi) -> Result<String, Refusal> {
    let (crn, id) = find_nsi(record, &deed.urn)?;
    let copied = record.cases.get(&crn).and_then(|case| case.nsis.iter().find(|nsi| nsi.id == id)).cloned();
    let mut copy = copied.ok_or_else(|| Refusal::NoSuchReferral(deed.urn.clone()))?;
    copy.id = record.next_nsi_id();
    occasion.by.clone_into(&mut copy.created_by);
    copy.created_at = occasion.now;
    record.add_nsi(occasion, &crn, copy)?;
    Ok(crn)
}

/// The live contact that a URN or bare id means, whichever case holds it; the newest when there are several.
pub(super) fn find_contact(record: &Record, urn: &str) -> Result<(String, i64), Refusal> {
    let whole = full_urn(urn, code::appointment_urn);
    let all = record.cases.values().flat_map(|case| case.contacts.iter().map(move |contact| (case, contact)));
    all.filter(|(_, contact)| !contact.soft_deleted && contact.urn.as_deref() == Some(whole.as_str()))
        .max_by_key(|(_, contact)| contact.id)
        .map(|(case, contact)| (case.crn.clone(), contact.id))
        .ok_or(Refusal::NoSuchContact(whole))
}

/// Deletes a contact, by mark or for good.
pub(crate) fn delete_contact(
    record: &mut Record,
    occasion: &Occasion<'_>,
    deed: &DeleteContact,
) -> Result<String, Refusal> {
    let urn = deed.urn.as_deref().map(|text| full_urn(text, code::appointment_urn));
    let found = record
        .cases
        .values()
        .flat_map(|case| case.contacts.iter().map(move |contact| (case, contact)))
        .filter(|(_, contact)| deed.hard || !contact.soft_deleted)
        .filter(|(_, contact)| {
            deed.id == Some(contact.id) || (deed.id.is_none() && urn.is_some() && contact.urn == urn)
        })
        .max_by_key(|(_, contact)| contact.id)
        .map(|(case, contact)| (case.crn.clone(), contact.id));
    let (crn, id) = found.ok_or_else(|| Refusal::NoSuchContact(urn.unwrap_or_default()))?;
    let action = if deed.hard {
        record.forget_contact(&crn, id)?;
        "deleted for good by a person"
    } else {
        let contact = record.contact_mut(&crn, id)?;
        contact.soft_deleted = true;
        contact.version += 1;
        "soft-deleted by a person"
    };
    record.log(occasion, Entity::Contact, &id.to_string(), Some(&crn), action);
    Ok(crn)
}

/// Books an appointment in Delius itself.
pub(crate) fn native_appointment(
    record: &mut Record,
    occasion: &Occasion<'_>,
    deed: &NativeAppointment,
) -> Result<String, Refusal> {
    let event_id = record.case(&deed.crn).ok_or(Refusal::NoSuchCase)?.events.first().map(|event| event.id);
    let end = SignedDuration::try_from_mins(deed.duration_in_minutes)
        .filter(SignedDuration::is_positive)
        .and_then(|duration| deed.start.checked_add(duration).ok())
        .ok_or(Refusal::ImpossibleTimes)?;
    let new = NewContact {
        type_code: deed.type_code.as_deref().unwrap_or(code::contact::OFFICE_VISIT),
        start: deed.start,
        end: Some(end),
        event_id,
        nsi_id: None,
        notes: "",
    };
    record.add_contact(occasion, &deed.crn, &new)?;
    Ok(deed.crn.clone())
}

/// Terminates a sentence: event and sentence are active no longer. Activities on it stay as they are.
pub(crate) fn terminate_sentence(
    record: &mut Record,
    occasion: &Occasion<'_>,
    deed: &OfSentence,
) -> Result<String, Refusal> {
    on_event(record, occasion, deed, "sentence terminated by a person", |event| {
        event.active = false;
        if let Some(disposal) = &mut event.disposal {
            disposal.active = false;
        }
    })
}

/// Marks an event as deleted.
pub(crate) fn delete_event(record: &mut Record, occasion: &Occasion<'_>, deed: &OfSentence) -> Result<String, Refusal> {
    on_event(record, occasion, deed, "soft-deleted by a person", |event| event.soft_deleted = true)
}

fn on_event(
    record: &mut Record,
    occasion: &Occasion<'_>,
    deed: &OfSentence,
    action: &str,
    change: impl FnOnce(&mut super::model::Event),
) -> Result<String, Refusal> {
    let case = record.case_mut(&deed.crn)?;
    let event = case
        .events
        .iter_mut()
        .find(|event| event.number == deed.event_number)
        .ok_or(Refusal::NoSuchEvent(i64::from(deed.event_number)))?;
    change(event);
    event.version += 1;
    let id = event.id;
    record.log(occasion, Entity::Event, &id.to_string(), Some(&deed.crn), action);
    Ok(deed.crn.clone())
}

/// Merges one case into another: events, activities and contacts move; the old number finds nothing from now on.
pub(crate) fn merge(record: &mut Record, occasion: &Occasion<'_>, deed: &Merge) -> Result<String, Refusal> {
    if deed.from == deed.to || record.case(&deed.to).is_none() {
        return Err(Refusal::NoSuchCase);
    }
    let from = record.case_mut(&deed.from)?;
    from.merged_into = Some(deed.to.clone());
    let noms_number = from.person.noms_number.clone();
    let mut events = std::mem::take(&mut from.events);
    let nsis = std::mem::take(&mut from.nsis);
    let contacts = std::mem::take(&mut from.contacts);
    let moved: Vec<i64> = contacts.iter().map(|contact| contact.id).collect();
    let to = record.case_mut(&deed.to)?;
    let last = to.events.iter().map(|event| event.number).max().unwrap_or(0);
    for (event, number) in events.iter_mut().zip(last + 1..) {
        event.number = number;
    }
    to.events.extend(events);
    to.nsis.extend(nsis);
    to.contacts.extend(contacts);
    to.person.noms_number = to.person.noms_number.take().or(noms_number);
    record.own_contacts(&moved, &deed.to);
    record.log(occasion, Entity::Case, &deed.from, Some(&deed.from), "merged away by a person");
    record.log(occasion, Entity::Case, &deed.to, Some(&deed.to), "took in a merged case");
    Ok(deed.to.clone())
}

/// Gives a case to another community manager, by username or staff code.
pub(crate) fn reallocate(record: &mut Record, occasion: &Occasion<'_>, deed: &CaseAndUser) -> Result<String, Refusal> {
    let staff = record
        .staff
        .iter()
        .find(|staff| {
            staff.code == deed.username
                || staff.username.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&deed.username))
        })
        .map(|staff| staff.code.clone())
        .ok_or(Refusal::NoSuchUser)?;
    let case = record.case_mut(&deed.crn)?;
    let responsible_officer = case.community_manager.as_ref().is_none_or(|manager| manager.responsible_officer);
    case.community_manager = Some(Manager { staff_code: staff, responsible_officer });
    record.log(occasion, Entity::Case, &deed.crn, Some(&deed.crn), "manager reallocated by a person");
    Ok(deed.crn.clone())
}

/// Restricts a case to a user, beside those it is restricted to already: everybody else is kept out.
pub(crate) fn restrict(record: &mut Record, occasion: &Occasion<'_>, deed: &NewLimit) -> Result<String, Refusal> {
    let case = record.case_mut(&deed.crn)?;
    case.restrictions.push(Limit { username: deed.username.clone(), ends_at: deed.ends_at });
    let message = deed.message.clone().or_else(|| case.restriction_message.take());
    case.restriction_message = Some(message.unwrap_or_else(|| "This is a restricted record.".to_owned()));
    record.log(occasion, Entity::Case, &deed.crn, Some(&deed.crn), "restricted by a person");
    Ok(deed.crn.clone())
}

/// Excludes a user from a case.
pub(crate) fn exclude(record: &mut Record, occasion: &Occasion<'_>, deed: &NewLimit) -> Result<String, Refusal> {
    let case = record.case_mut(&deed.crn)?;
    case.exclusions.push(Limit { username: deed.username.clone(), ends_at: deed.ends_at });
    let message = deed.message.clone().or_else(|| case.exclusion_message.take());
    case.exclusion_message = Some(message.unwrap_or_else(|| "You are excluded from viewing this record.".to_owned()));
    record.log(occasion, Entity::Case, &deed.crn, Some(&deed.crn), "user excluded by a person");
    Ok(deed.crn.clone())
}

/// Ends every exclusion and restriction row that names a user on a case.
pub(crate) fn expire_limits(
    record: &mut Record,
    occasion: &Occasion<'_>,
    deed: &CaseAndUser,
) -> Result<String, Refusal> {
    let case = record.case_mut(&deed.crn)?;
    for limits in [&mut case.exclusions, &mut case.restrictions] {
        limits.retain(|limit| !limit.username.eq_ignore_ascii_case(&deed.username));
    }
    record.log(occasion, Entity::Case, &deed.crn, Some(&deed.crn), "limits expired by a person");
    Ok(deed.crn.clone())
}

/// Retires an office, or takes it back into use.
pub(crate) fn set_office(
    record: &mut Record,
    occasion: &Occasion<'_>,
    code: &str,
    active: bool,
) -> Result<(), Refusal> {
    let office = record.offices.iter_mut().find(|office| office.code == code);
    office.ok_or_else(|| Refusal::NoSuchOffice(code.to_owned()))?.active = active;
    let action = if active { "office opened" } else { "office retired" };
    record.log(occasion, Entity::Estate, code, None, action);
    Ok(())
}

/// Maps a contract type to an activity type, or removes its mapping.
///
/// # Errors
/// 400 when there is no mapping to remove.
pub(crate) fn set_mapping(
    record: &mut Record,
    occasion: &Occasion<'_>,
    contract_type: &str,
    nsi_type: Option<&str>,
) -> Result<(), Refusal> {
    let action = if let Some(nsi_type) = nsi_type {
        record.nsi_types.insert(contract_type.to_owned(), nsi_type.to_owned());
        format!("mapped to {nsi_type}")
    } else {
        record.nsi_types.remove(contract_type).ok_or_else(|| Refusal::RefusedContractType(contract_type.to_owned()))?;
        "mapping removed".to_owned()
    };
    record.log(occasion, Entity::Estate, contract_type, None, &action);
    Ok(())
}
