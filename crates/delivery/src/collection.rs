//! What delivery knows of the line to Delius: whether an effect may go out now, and what a refusal by Delius means.

use std::time::Duration;

use domain::Referral;
use domain::collection::{
    DiscrepancyKind, EVIDENCE_SENTENCE, Finding, Glass, Reading, SentenceSeen, Told, compare, is_changed_since_end,
    kind_of_refusal,
};
use domain::effect::{Action, Announcement};
use domain::email::EmailPurpose;
use jiff::SignedDuration;
use store::collection::{CollectionState, WITHOUT_DELIUS};
use store::outbox::{ClaimedEffect, NOT_YET, Outcome};
use upstream::{Trace, UpstreamError};

use crate::relay::{Carrier, NotDone};

/// The outcome of an effect that was claimed just before somebody chose, or just before the line was held; none where
/// it may go out. `line` is how the referral's line stood after the claim.
pub(crate) fn not_now(carrier: &Carrier, effect: &ClaimedEffect, line: Option<CollectionState>) -> Option<Outcome> {
    let asks_for_choice = matches!(effect.action, Action::Email { purpose: EmailPurpose::DeliusNeedsChoice, .. });
    if asks_for_choice && line != Some(CollectionState::Held) {
        let reason = "there is nothing to choose any more".to_owned();
        return Some(Outcome::Superseded { reason });
    }
    if !effect.action.reaches_delius() {
        return None;
    }
    match line {
        Some(CollectionState::Without) if effect.action.is_only_for_delius() => {
            Some(Outcome::Superseded { reason: WITHOUT_DELIUS.to_owned() })
        }
        Some(CollectionState::Held) => Some(held(carrier)),
        _ => None,
    }
}

/// Waits for the line to be let go: the claim passes over it until then.
pub(crate) fn held(carrier: &Carrier) -> Outcome {
    Outcome::Retry {
        not_before: carrier.app.clock().now(),
        status: None,
        error: format!("{NOT_YET}the line to Delius is held"),
        ambiguous: false,
    }
}

/// What it means that Delius refused a call. The status says that something is the matter with the activity; what it
/// is, is looked at where it can be seen. None where the activity is well: then it is the call that is not.
pub(crate) async fn finding(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
    error: &UpstreamError,
) -> Option<Finding> {
    let was_started = match &effect.action {
        Action::StartReferral | Action::RestartReferral => effect.was_ambiguous,
        Action::PutAppointment(_) | Action::BookAgain(_) | Action::RecordOutcome(_) | Action::TellDelius(_) => true,
        Action::Publish(_) | Action::Email { .. } | Action::LookUpCustody => return None,
    };
    let status = error.status()?;
    let refused = |finding: Finding| finding.with("refused", effect.action.name()).with("refusedWith", status);
    let Some(kind) = kind_of_refusal(status, was_started) else {
        return cause_of_failing(carrier, trace, effect, referral, status).await.map(refused);
    };
    let Ok((told, seen)) = look(carrier, trace, referral).await else { return Some(refused(Finding::new(kind))) };
    if seen.containers.is_some() || !seen.person_is_known {
        let mut findings = compare(referral, &told, &seen, &at_once(carrier)).into_iter();
        return findings.find(|finding| finding.kind.holds()).map(refused);
    }
    let finding = refused(Finding::new(kind));
    Some(match seen.sentence {
        SentenceSeen::Unknown => finding,
        sentence => finding.with(EVIDENCE_SENTENCE, sentence.as_str()),
    })
}

/// What makes Delius fail on the same call again and again, where that can be seen: it does where several activities
/// carry one reference.
async fn cause_of_failing(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
    status: u16,
) -> Option<Finding> {
    if status != 500 || effect.attempts < 2 || !carrier.app.upstreams().delius.sees_activities() {
        return None;
    }
    let (told, seen) = look(carrier, trace, referral).await.ok()?;
    compare(referral, &told, &seen, &at_once(carrier)).into_iter().find(|finding| is_seen(finding.kind))
}

/// What a person did in Delius that an attempt meets.
pub(crate) enum Met {
    /// Delius takes no updates, or would take this one by halves: the line is held.
    Hold(Finding),
    /// They decided what this attempt would decide otherwise: it stays as they have it.
    Leave,
}

/// How much an attempt needs to know of the activity before it goes out.
enum Care {
    /// It would undo what a person did. Where nobody can look, it waits.
    Must(fn(DiscrepancyKind) -> bool),
    /// It would be lost, or half taken. Where nobody can look it goes out: a refusal tells by itself, and what an event
    /// told in vain is told again when the line is let go.
    May(fn(DiscrepancyKind) -> bool),
}

/// Announcements of the end overwrite how somebody closed the activity, and are rejected in silence where it is gone. A
/// start that is repeated after a lost answer makes another activity beside a deleted one and opens a closed one. Other
/// updates are rejected, refused or half taken, as versions differ.
fn care(carrier: &Carrier, effect: &ClaimedEffect) -> Option<Care> {
    let has_events = carrier.app.upstreams().events.is_some();
    match &effect.action {
        Action::Publish(Announcement::ReferralEnded(_)) => has_events.then_some(Care::Must(DiscrepancyKind::holds)),
        Action::Publish(other) => {
            (has_events && other.event_type().is_consumed_by_delius()).then_some(Care::May(is_seen))
        }
        Action::StartReferral => effect.was_ambiguous.then_some(Care::Must(is_anothers_doing)),
        Action::PutAppointment(_) | Action::BookAgain(_) | Action::RecordOutcome(_) => Some(Care::May(is_seen)),
        Action::RestartReferral | Action::TellDelius(_) | Action::Email { .. } | Action::LookUpCustody => None,
    }
}

/// An activity that a start must not touch.
fn is_anothers_doing(kind: DiscrepancyKind) -> bool {
    matches!(kind, DiscrepancyKind::SoftDeleted | DiscrepancyKind::ClosedEarly | DiscrepancyKind::HalfReopened)
}

/// Whatever holds a line and was seen to be so. An activity that was not seen may hang where the reader does not look.
fn is_seen(kind: DiscrepancyKind) -> bool {
    kind.holds() && kind != DiscrepancyKind::Missing
}

/// How long an attempt waits to see what it can do without.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a person did in Delius that this attempt would meet. None where the effect may go out.
///
/// # Errors
/// Delius is away, or refuses to be read, and the effect would undo what cannot be seen: it waits.
pub(crate) async fn by_a_person(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
) -> Result<Option<Met>, NotDone> {
    let Some(care) = care(carrier, effect).filter(|_| carrier.app.upstreams().delius.sees_activities()) else {
        return Ok(None);
    };
    let ((mut told, seen), holds) = match care {
        Care::Must(holds) => match look(carrier, trace, referral).await {
            Err(NotDone::Failed(error)) if !error.is_outage() => {
                return Err(NotDone::Later(
                    "Delius does not let us see whether somebody closed or deleted the activity",
                ));
            }
            looked => (looked?, holds),
        },
        Care::May(holds) => match tokio::time::timeout(PATIENCE, look(carrier, trace, referral)).await {
            Ok(Ok(looked)) => (looked, holds),
            Ok(Err(NotDone::Store(error))) => return Err(error.into()),
            Ok(Err(_)) | Err(_) => return Ok(None),
        },
    };
    // This attempt has said nothing yet; an earlier one may have been heard.
    told.perhaps_ended = told.perhaps_ended.filter(|_| effect.was_ambiguous);
    let mut findings = compare(referral, &told, &seen, &at_once(carrier)).into_iter();
    if let Some(finding) = findings.find(|finding| holds(finding.kind)) {
        return Ok(Some(Met::Hold(finding)));
    }
    let is_end = matches!(effect.action, Action::Publish(Announcement::ReferralEnded(_)));
    Ok((is_end && is_changed_since_end(referral, &told, &seen)).then_some(Met::Leave))
}

/// What becomes of an effect that meets a person's decision.
pub(crate) fn left() -> Outcome {
    let reason = "somebody changed in Delius how the activity ended; it is left as it is".to_owned();
    Outcome::Refused { status: None, reason }
}

/// Whether an activity that is to be made again is there after all.
pub(crate) async fn is_there(carrier: &Carrier, trace: &Trace, referral: &Referral) -> Result<bool, NotDone> {
    if !carrier.app.upstreams().delius.sees_activities() {
        return Ok(false);
    }
    let (_, seen) = look(carrier, trace, referral).await?;
    let urn = domain::ReferralUrn(referral.id).to_string();
    Ok(seen.containers.iter().flatten().any(|container| container.urn == urn && !container.deleted))
}

async fn look(carrier: &Carrier, trace: &Trace, referral: &Referral) -> Result<(Told, Reading), NotDone> {
    let delius = &carrier.app.upstreams().delius;
    let seen = delius.read_activity(trace, &referral.crn, referral.id, referral.sentence.id).await?;
    // Afterwards, so that whatever is seen there of our doing is among what it was told.
    let mut db = carrier.app.store().connection().await?;
    let told = store::collection::told(&mut db, referral.id).await?;
    Ok((told, seen))
}

/// Delius has just answered: what it does not show now is not there.
fn at_once(carrier: &Carrier) -> Glass {
    Glass { now: carrier.app.clock().now(), grace: SignedDuration::ZERO }
}
