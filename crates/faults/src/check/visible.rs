//! What is not delivered: operators are shown why, and it is for a cause of its own referral.

use super::{Evidence, Findings, Wrong};
use crate::observe::{Intent, Referral};
use crate::plan::Deed;

/// How the last error begins of what waits through nobody's fault.
const NOT_YET: &str = "not yet: ";

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for intent in evidence.seen.intents.iter().filter(|intent| intent.is_unfinished()) {
        let what = format!("{} {} of {}, {}", intent.system, intent.name, intent.referral, intent.state);
        let Some(referral) = evidence.seen.referral(&intent.referral) else {
            found.add(Wrong::Invented, format!("a message about no referral: {what}"));
            continue;
        };
        if intent.state == "parked" {
            parked(evidence, referral, intent, &what, found);
        } else if !stands_behind(evidence, intent) && !waits_openly(evidence, referral, intent) {
            found.add(Wrong::HeldUp, format!("{what} ({}{})", intent.reason, intent.last_error));
        }
    }
}

fn parked(evidence: &Evidence, referral: &Referral, intent: &Intent, what: &str, found: &mut Findings) {
    if intent.reason.is_empty() {
        found.add(Wrong::Hidden, what);
    }
    // A person's other appointment is a cause, and so is an answer of Delius that was lost.
    let is_clash = intent.reason.contains("another appointment") && has_two_at_once(evidence, referral);
    let is_unsure = evidence.may_lose_answers("delius") || evidence.has_stepped_clock() || slow(evidence);
    if !(evidence.is_meddled(referral) || evidence.is_to_clash(referral) || is_clash || is_unsure) {
        found.add(Wrong::HeldUp, format!("{what}, and nothing happened to it: {}", intent.reason));
    }
}

/// A killed service, a second worker or a refusal may cost an answer, too, once time runs out on a busy machine.
fn slow(evidence: &Evidence) -> bool {
    evidence.plan.has(|deed| matches!(deed, Deed::KillService | Deed::SecondWorker))
        || evidence.plan.has(|deed| matches!(deed, Deed::Fault(fault) if fault.system == "delius"))
}

fn has_two_at_once(evidence: &Evidence, referral: &Referral) -> bool {
    let same_person = evidence.seen.referrals.iter().filter(|other| other.crn == referral.crn);
    let mut starts: Vec<_> = same_person.flat_map(|other| &other.appointments).map(|one| one.start).collect();
    let all = starts.len();
    starts.sort();
    starts.dedup();
    starts.len() < all
}

/// Something of the same line is before it, or it waits for a message of its referral that is not delivered either.
fn stands_behind(evidence: &Evidence, intent: &Intent) -> bool {
    let unfinished = |other: &&Intent| other.is_unfinished() && other.referral == intent.referral;
    let intents = &evidence.seen.intents;
    let in_line = intents
        .iter()
        .take_while(|other| other.id != intent.id)
        .filter(unfinished)
        .any(|other| other.system == intent.system);
    let gate = intent.waits_for.as_ref();
    in_line || gate.is_some_and(|gate| intents.iter().filter(unfinished).any(|other| other.id == *gate))
}

/// The line is held, and operators are shown that it is; or the feedback of an appointment is still to come.
fn waits_openly(evidence: &Evidence, referral: &Referral, intent: &Intent) -> bool {
    if evidence.seen.held.contains(&referral.id) {
        return intent.system == "delius" || intent.system == "events";
    }
    let feedback_is_due = referral.appointments.iter().any(|one| one.attended.is_none());
    intent.last_error.starts_with(NOT_YET) && intent.last_error.contains("feedback") && feedback_is_due
}
