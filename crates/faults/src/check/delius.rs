//! Delius: one activity for each referral, one contact for each appointment, moved ones marked, ends arrived, and
//! nothing that we do not know.

use serde_json::Value;

use super::{Evidence, Findings, Wrong};
use crate::observe::{Appointment, Referral, list};
use crate::plan::{Deed, Reader};

/// Contact types that commissioned services make.
const OURS: [&str; 2] = ["CRSAPT", "CRSSAA"];
/// The account under which people act.
const PERSON: &str = "DELIUS_USER";

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for referral in &evidence.seen.referrals {
        activity(evidence, referral, found);
        for appointment in &referral.appointments {
            contact(evidence, referral, appointment, found);
        }
        notes(evidence, referral, found);
    }
    unknown(evidence, found);
}

/// One more, where nobody can see: a start whose answer was lost makes another activity if a person marked the first as
/// deleted before it was tried again. The documentation says so.
fn remade(evidence: &Evidence, referral: &Referral) -> usize {
    let was_deleted = evidence
        .meddled
        .iter()
        .any(|one| Some(one.referral) == evidence.number(referral) && matches!(one.deed, Deed::DeleteActivity { .. }));
    let was_repeated = evidence
        .seen
        .intents
        .iter()
        .any(|intent| intent.referral == referral.id && intent.name == "start of referral" && intent.tried > 1);
    usize::from(evidence.plan.mode.reader == Reader::Inference && was_deleted && was_repeated)
}

fn activity(evidence: &Evidence, referral: &Referral, found: &mut Findings) {
    let all = evidence.seen.activities(&referral.urn());
    let made = all.iter().filter(|one| one["createdBy"] != PERSON).count();
    let again = evidence.chosen(referral).iter().filter(|choice| **choice == "create-again").count();
    let live: Vec<&&Value> = all.iter().filter(|one| one["softDeleted"] != true).collect();
    if live.len() > 1 || made > 1 + again + remade(evidence, referral) {
        found.add(Wrong::Doubled, format!("{} activities, {made} of our making, of {}", all.len(), referral.id));
    }
    if all.is_empty() && !evidence.is_erased(referral) && !is_excused(evidence, referral, "start of referral") {
        found.add(Wrong::Lost, format!("no activity of {}", referral.id));
    }
    let ended = referral.is_concluded || referral.is_end_requested;
    let open = live.iter().filter(|one| one["status"] != "COMP").count();
    if ended
        && open > 0
        && !evidence.is_meddled(referral)
        && !is_excused(evidence, referral, "intervention.referral.ended")
    {
        found.add(Wrong::Lost, format!("the activity of {} is open, and the referral has ended", referral.id));
    }
    if !ended && open < live.len() && !evidence.is_meddled(referral) {
        found.add(Wrong::Invented, format!("the activity of {} is closed, and the referral goes on", referral.id));
    }
}

fn contact(evidence: &Evidence, referral: &Referral, appointment: &Appointment, found: &mut Findings) {
    let all = evidence.seen.contacts(&appointment.urn());
    let what = format!("appointment {} of {}", appointment.id, referral.id);
    if all.len() > 1 {
        found.add(Wrong::Doubled, format!("{} contacts of {what}", all.len()));
    }
    let Some(contact) = all.first() else {
        if !is_excused(evidence, referral, "appointment") {
            found.add(Wrong::Lost, format!("no contact of {what}"));
        }
        return;
    };
    let start = contact["startTime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    if start.map(jiff::Timestamp::as_second) != Some(appointment.start.as_second()) {
        found.add(Wrong::Lost, format!("the time of {what}"));
    }
    if !evidence.is_meddled(referral) {
        outcome(evidence, referral, appointment, contact, found);
    }
}

/// What came of each appointment of a referral whose activity was closed by a person and is open again.
pub(super) fn outcomes(evidence: &Evidence, referral: &Referral, found: &mut Findings) {
    for appointment in &referral.appointments {
        if let Some(contact) = evidence.seen.contacts(&appointment.urn()).first() {
            outcome(evidence, referral, appointment, contact, found);
        }
    }
}

fn outcome(evidence: &Evidence, referral: &Referral, appointment: &Appointment, contact: &Value, found: &mut Findings) {
    let what = format!("appointment {} of {}", appointment.id, referral.id);
    let outcome = contact["outcome"].as_str();
    match appointment.attended {
        Some(attended) => {
            let wanted = if attended { "ATTC" } else { "AFTA" };
            let kind = "session-feedback-submitted";
            let is_late = is_excused(evidence, referral, kind) || is_excused(evidence, referral, "appointment");
            // Delius's consumer asks us for the latest feedback of the slot, whichever the event is about: an earlier
            // appointment may get the outcome of a later one.
            let later = referral.appointments.iter().skip_while(|other| other.id != appointment.id).skip(1);
            let is_latest = !later.into_iter().any(|other| other.slot == appointment.slot && other.attended.is_some());
            let is_right = if is_latest { outcome == Some(wanted) } else { outcome.is_some() };
            if !is_right && !is_late {
                found.add(Wrong::Lost, format!("the outcome of {what}: {outcome:?}, not {wanted}"));
            }
        }
        // A contact that was moved stands no longer; two that stand would be two appointments.
        None if appointment.is_superseded => {
            let next_is_there = referral.appointments.iter().any(|next| {
                next.slot == appointment.slot && !next.is_superseded && !evidence.seen.contacts(&next.urn()).is_empty()
            });
            if next_is_there && outcome.is_none() {
                found.add(Wrong::Doubled, format!("{what} was moved, and stands beside the one that replaced it"));
            }
        }
        None => {}
    }
}

/// Notes of one kind are written once a day.
fn notes(evidence: &Evidence, referral: &Referral, found: &mut Findings) {
    let activities = evidence.seen.activities(&referral.urn());
    for case in evidence.seen.cases.values() {
        let mut titles: Vec<(String, String)> = list(&case["contacts"])
            .filter(|contact| contact["type"] == "CRSNOTE" && contact["softDeleted"] != true)
            .filter(|contact| activities.iter().any(|activity| activity["id"] == contact["nsiId"]))
            .map(|contact| {
                let title = contact["notes"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
                (title.to_owned(), contact["date"].to_string())
            })
            .collect();
        let all = titles.len();
        titles.sort();
        titles.dedup();
        if titles.len() < all {
            found.add(Wrong::Doubled, format!("a note of {} was written twice", referral.id));
        }
    }
}

/// Nothing in Delius carries a reference of ours that the service does not know.
fn unknown(evidence: &Evidence, found: &mut Findings) {
    let referrals = &evidence.seen.referrals;
    for case in evidence.seen.cases.values() {
        for activity in list(&case["nsis"]) {
            let urn = activity["externalReference"].as_str().unwrap_or_default();
            if urn.starts_with("urn:hmpps:interventions-") && !referrals.iter().any(|referral| referral.urn() == urn) {
                found.add(Wrong::Invented, format!("an activity {urn}"));
            }
        }
        let ours = list(&case["contacts"]).filter(|contact| OURS.iter().any(|kind| contact["type"] == *kind));
        for contact in ours {
            let urn = contact["externalReference"].as_str().unwrap_or_default();
            let is_known = referrals.iter().flat_map(|referral| &referral.appointments).any(|one| one.urn() == urn);
            if !is_known {
                found.add(Wrong::Invented, format!("a contact {urn}"));
            }
        }
    }
}

fn is_excused(evidence: &Evidence, referral: &Referral, name: &str) -> bool {
    evidence.excused(referral).any(|intent| intent.name.contains(name) && !intent.name.ends_with("e-mail"))
}
