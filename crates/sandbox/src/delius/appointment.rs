//! The one call that books, moves, relocates and records the outcome of an appointment ("merge").
//!
//! Owns the order of its checks, the look-up of the contact it works on, and the oddities of that look-up; refuses to
//! say what an outcome entails (`outcome`). Every check is made before the first change, so a refusal leaves no trace.

use jiff::{SignedDuration, Timestamp, Unit};
use serde::Deserialize;
use uuid::Uuid;

use super::code::{self, ContactOutcome};
use super::ledger::{Entity, Occasion};
use super::mode::{ClosedNsi, Mode};
use super::model::{Case, Contact, london_date};
use super::outcome::{self, SessionOutcome};
use super::record::{NewContact, Record};
use super::refusal::Refusal;

/// Body of the merge call. The case number and sentence that clients also send are not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MergeAppointment {
    /// Our appointment's id: the contact's URN from now on.
    pub(crate) id: Uuid,
    /// Selects the activity by URN.
    pub(crate) referral_id: Uuid,
    pub(crate) start: Timestamp,
    pub(crate) duration_in_minutes: i64,
    #[serde(default)]
    pub(crate) notes: Option<String>,
    #[serde(default)]
    pub(crate) office_location_code: Option<String>,
    /// True for delivery sessions, false for the supplier assessment.
    pub(crate) counts_towards_rar: bool,
    #[serde(default)]
    pub(crate) outcome: Option<SessionOutcome>,
    /// Id of the appointment that this one replaces.
    #[serde(default)]
    pub(crate) previous_id: Option<Uuid>,
    /// Delius's own id of the appointment to replace or update.
    #[serde(default)]
    pub(crate) delius_id: Option<i64>,
    /// Absent or `Service Provider`: the service asked; any other text: the person did.
    #[serde(default)]
    pub(crate) reschedule_requested_by: Option<String>,
}

impl MergeAppointment {
    fn end(&self) -> Result<Timestamp, Refusal> {
        if self.duration_in_minutes <= 0 {
            return Err(Refusal::ImpossibleTimes);
        }
        let duration = SignedDuration::try_from_mins(self.duration_in_minutes).ok_or(Refusal::ImpossibleTimes)?;
        self.start.checked_add(duration).map_err(|_overflow| Refusal::ImpossibleTimes)
    }

    fn rescheduled(&self) -> ContactOutcome {
        match self.reschedule_requested_by.as_deref() {
            None | Some("Service Provider") => code::RSSR,
            Some(_) => code::RSOF,
        }
    }
}

/// A contact that the call works on, perhaps of another case.
struct Found {
    crn: String,
    id: i64,
}

/// Books, moves, relocates or updates an appointment; gives Delius's id of the resulting contact.
///
/// # Errors
/// 404 for an unknown person, referral or office; 400 for a past appointment without outcome, or a closed activity
/// where closed ones are refused; 409 for a clash; 500 for a URN held twice or an attendance without a rule.
pub(crate) fn merge(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    request: &MergeAppointment,
) -> Result<i64, Refusal> {
    let case = record.case(crn).ok_or(Refusal::NoSuchCase)?;
    let missing = || Refusal::NoSuchReferral(request.referral_id.to_string());
    let position = case.live_nsi(&code::referral_urn(request.referral_id))?.ok_or_else(missing)?;
    let nsi = &case.nsis[position];
    if nsi.is_closed() && record.mode.closed_nsi == ClosedNsi::Strict {
        return Err(Refusal::ClosedReferral(request.referral_id.to_string()));
    }
    let (nsi_id, event_id) = (nsi.id, nsi.event_id);
    let rar_activity = request.counts_towards_rar && case.is_rehabilitation_activity(nsi);
    let end = request.end()?;
    if request.start < occasion.now && request.outcome.is_none() {
        return Err(Refusal::PastWithoutOutcome);
    }
    if request.start > occasion.now && clashes(case, &record.mode, request, end) {
        return Err(Refusal::Clash);
    }
    if let Some(office) = request.office_location_code.as_deref()
        && !record.office_is_active(office)
    {
        return Err(Refusal::NoSuchOffice(office.to_owned()));
    }
    let found = find(record, case, request)?;
    if let Some(session) = &request.outcome {
        outcome::rule(session)?;
    }

    let new = NewContact {
        type_code: if request.counts_towards_rar {
            code::contact::DELIVERY_SESSION
        } else {
            code::contact::SUPPLIER_ASSESSMENT
        },
        start: request.start,
        end: Some(end),
        event_id,
        nsi_id: Some(nsi_id),
        notes: request.notes.as_deref().unwrap_or_default(),
    };
    let (holder, id) = match found {
        None => (crn.to_owned(), create(record, occasion, crn, &new, request, rar_activity)?),
        Some(found) => {
            let before = update(record, occasion, &found, request)?;
            if same_times(&before, request.start, end) {
                adopt(record, occasion, &found, request)?;
                (found.crn, found.id)
            } else {
                replace(record, occasion, &found, request)?;
                let id = create(record, occasion, crn, &new, request, rar_activity)?;
                (crn.to_owned(), id)
            }
        }
    };
    if let Some(session) = &request.outcome {
        outcome::apply(record, occasion, &holder, id, session)?;
    }
    Ok(id)
}

/// Whether the slot is taken by another appointment of the person, this one and the one it replaces apart.
fn clashes(case: &Case, mode: &Mode, request: &MergeAppointment, end: Timestamp) -> bool {
    let own = code::appointment_urn(request.id);
    let previous = request.previous_id.map(code::appointment_urn);
    is_taken(case, request.start, end, |contact| match (contact.urn.as_deref(), previous.as_deref()) {
        (Some(urn), previous) => urn != own && previous != Some(urn),
        (None, None) => true,
        // A comparison with nothing is neither true nor false, so these drop out of the test.
        (None, Some(_)) => !mode.clash_blind_spot,
    })
}

/// Whether an appointment that counts overlaps a slot: same date, to the minute, still to come.
pub(super) fn is_taken(case: &Case, start: Timestamp, end: Timestamp, counts: impl Fn(&Contact) -> bool) -> bool {
    let date = london_date(start);
    let (start, end) = (to_minute(start), to_minute(end));
    case.contacts
        .iter()
        .filter(|contact| {
            !contact.soft_deleted
                && contact.outcome.is_none()
                && code::contact::is_attendance(&contact.type_code)
                && contact.date == date
                && counts(contact)
        })
        .any(|contact| {
            let other_end = to_minute(contact.end.unwrap_or(contact.start));
            to_minute(contact.start) < end && start < other_end
        })
}

fn to_minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

/// Finds the contact to work on: by URN of the previous id if there is one, else of the id; failing that by Delius id.
fn find(record: &Record, case: &Case, request: &MergeAppointment) -> Result<Option<Found>, Refusal> {
    let here = |position: usize| Found { crn: case.crn.clone(), id: case.contacts[position].id };
    if let Some(previous) = request.previous_id {
        let by_previous = case.live_contact(&code::appointment_urn(previous))?;
        let repeats_duplicate = if by_previous.is_some() {
            record.mode.reschedule_repeat_duplicates
        } else {
            record.mode.relocate_repeat_duplicates
        };
        if !repeats_duplicate && let Some(position) = case.live_contact(&code::appointment_urn(request.id))? {
            return Ok(Some(here(position)));
        }
        if let Some(position) = by_previous {
            return Ok(Some(here(position)));
        }
    } else if let Some(position) = case.live_contact(&code::appointment_urn(request.id))? {
        return Ok(Some(here(position)));
    }
    Ok(request.delius_id.and_then(|id| {
        let holder = record.case_of_contact(id)?;
        let contact = record.case(holder)?.contact(id)?;
        let in_reach = holder == case.crn || record.mode.delius_id_crosses_cases;
        let alive = !contact.soft_deleted || record.mode.delius_id_finds_deleted;
        (in_reach && alive).then(|| Found { crn: holder.to_owned(), id })
    }))
}

/// Compared to the second.
fn same_times(contact: &Contact, start: Timestamp, end: Timestamp) -> bool {
    let second = |at: Timestamp| at.round(Unit::Second).map_or(at.as_second(), Timestamp::as_second);
    second(contact.start) == second(start) && contact.end.map(second) == Some(second(end))
}

/// Overwrites the location and adds the notes; gives the contact as it was.
fn update(
    record: &mut Record,
    occasion: &Occasion<'_>,
    found: &Found,
    request: &MergeAppointment,
) -> Result<Contact, Refusal> {
    let contact = record.contact_mut(&found.crn, found.id)?;
    let before = contact.clone();
    contact.office_code.clone_from(&request.office_location_code);
    contact.append_note(request.notes.as_deref().unwrap_or_default());
    if *contact != before {
        contact.version += 1;
        record.log(occasion, Entity::Contact, &found.id.to_string(), Some(&found.crn), "location or notes updated");
    }
    Ok(before)
}

/// Same times: the contact goes on under the URN of the request.
fn adopt(
    record: &mut Record,
    occasion: &Occasion<'_>,
    found: &Found,
    request: &MergeAppointment,
) -> Result<(), Refusal> {
    let urn = code::appointment_urn(request.id);
    let contact = record.contact_mut(&found.crn, found.id)?;
    if contact.urn.as_deref() != Some(urn.as_str()) {
        contact.urn = Some(urn);
        contact.version += 1;
        record.log(occasion, Entity::Contact, &found.id.to_string(), Some(&found.crn), "reference changed");
    }
    Ok(())
}

/// Other times: the contact is marked as rescheduled and counts no longer.
fn replace(
    record: &mut Record,
    occasion: &Occasion<'_>,
    found: &Found,
    request: &MergeAppointment,
) -> Result<(), Refusal> {
    let gives_up_urn = !record.mode.same_id_new_times_duplicates;
    mark_rescheduled(record, occasion, &found.crn, found.id, request.rescheduled())?;
    let urn = code::appointment_urn(request.id);
    let contact = record.contact_mut(&found.crn, found.id)?;
    if gives_up_urn && contact.urn.as_deref() == Some(urn.as_str()) {
        contact.urn = None;
    }
    Ok(())
}

/// Gives a contact the outcome of having been moved.
pub(super) fn mark_rescheduled(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    id: i64,
    rescheduled: ContactOutcome,
) -> Result<(), Refusal> {
    let contact = record.contact_mut(crn, id)?;
    contact.outcome = Some(rescheduled.code.to_owned());
    contact.attended = Some(rescheduled.attended);
    contact.complied = Some(rescheduled.complied);
    contact.rar_activity = false;
    contact.version += 1;
    let action = format!("rescheduled {}", rescheduled.code);
    record.log(occasion, Entity::Contact, &id.to_string(), Some(crn), &action);
    Ok(())
}

fn create(
    record: &mut Record,
    occasion: &Occasion<'_>,
    crn: &str,
    new: &NewContact<'_>,
    request: &MergeAppointment,
    rar_activity: bool,
) -> Result<i64, Refusal> {
    let id = record.add_contact(occasion, crn, new)?;
    let contact = record.contact_mut(crn, id)?;
    contact.urn = Some(code::appointment_urn(request.id));
    contact.office_code.clone_from(&request.office_location_code);
    contact.rar_activity = rar_activity;
    Ok(id)
}
