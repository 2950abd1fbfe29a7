//! What delivery knows of the line to Delius: whether an effect may go out now, and what a refusal by Delius means.

use domain::Referral;
use domain::collection::{
    DiscrepancyKind, EVIDENCE_SENTENCE, Finding, Glass, Reading, SentenceSeen, Told, compare, kind_of_refusal,
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
    let kind = kind_of_refusal(status, was_started)?;
    let refused = |finding: Finding| finding.with("refused", effect.action.name()).with("refusedWith", status);
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

/// What a person did to the activity that this attempt would undo: the announcement of the end overwrites how somebody
/// closed it, and a start that is repeated after a lost answer makes another one beside a deleted one and opens a closed
/// one. None where the effect may go out, or where nobody can see.
///
/// # Errors
/// Delius is away, or refuses to be read: the effect waits until it can be looked at.
pub(crate) async fn by_a_person(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
) -> Result<Option<Finding>, NotDone> {
    let upstreams = carrier.app.upstreams();
    let undoes: &[DiscrepancyKind] = match &effect.action {
        Action::Publish(Announcement::ReferralEnded(_)) if upstreams.events.is_some() => {
            &[DiscrepancyKind::ClosedEarly, DiscrepancyKind::HalfReopened]
        }
        Action::StartReferral if effect.was_ambiguous => {
            &[DiscrepancyKind::SoftDeleted, DiscrepancyKind::ClosedEarly, DiscrepancyKind::HalfReopened]
        }
        _ => return Ok(None),
    };
    if !upstreams.delius.sees_activities() {
        return Ok(None);
    }
    let (mut told, seen) = match look(carrier, trace, referral).await {
        Err(NotDone::Failed(error)) if !error.is_outage() => {
            return Err(NotDone::Later("Delius does not let us see whether somebody closed or deleted the activity"));
        }
        looked => looked?,
    };
    // This attempt has said nothing yet; an earlier one may have been heard.
    told.perhaps_ended = told.perhaps_ended.filter(|_| effect.was_ambiguous);
    let mut findings = compare(referral, &told, &seen, &at_once(carrier)).into_iter();
    Ok(findings.find(|finding| undoes.contains(&finding.kind)))
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
