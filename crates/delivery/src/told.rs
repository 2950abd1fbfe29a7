//! Ends, outcomes and notes by calls, where Delius does not read our events (ADR 20).
//!
//! Owns both halves: the call follows from the publication, in the transaction that writes the publication down, so
//! that each announcement reaches Delius in exactly one way whenever the configuration changes; and the call itself,
//! through the older API, which alone has these. An activity that somebody closed is left as it is.

use app::change::Cause;
use domain::collection::outcome_of_end;
use domain::effect::{Action, Announcement, Intent};
use domain::ending::ConcludedState;
use domain::{AppointmentId, EffectId, Referral, ReferralUrn};
use jiff::Timestamp;
use store::UnitOfWork;
use store::outbox::{ClaimedEffect, Outcome};
use upstream::Trace;
use upstream::delius::{DeliusContactId, EndReferral, Note, RecordOutcome};

use crate::delius::{notes, outcome, own};
use crate::relay::{Carrier, NotDone};

/// The kind of cause that such a call has in the ledger.
const CAUSE: &str = "announced";

/// Intends the call that a publication makes necessary. The referral is locked before its effects, as everywhere.
pub(crate) async fn follow(
    carrier: &Carrier,
    work: &mut UnitOfWork,
    effect: &ClaimedEffect,
    outcome: &Outcome,
    cause: &Cause,
) -> Result<(), store::StoreError> {
    let Some(announcement) = followed(carrier, effect, outcome) else { return Ok(()) };
    store::referral::lock(work, effect.referral_id).await?;
    let action = Action::TellDelius(announcement.clone());
    let ledger = store::outbox::ledger(work, effect.referral_id).await?;
    if ledger.iter().any(|entry| entry.state.is_unfinished() && entry.action == action) {
        return Ok(());
    }
    let id = EffectId(carrier.app.ids().ordered(cause.now));
    let intent = Intent { id, action, after_delius: false, occurred_at: effect.occurred_at };
    store::outbox::enqueue(work, effect.referral_id, &[intent], &cause.origin(CAUSE), cause.now).await
}

/// The announcement that a call must follow, if one must.
pub(crate) fn followed<'a>(
    carrier: &Carrier,
    effect: &'a ClaimedEffect,
    outcome: &Outcome,
) -> Option<&'a Announcement> {
    let (Action::Publish(announcement), Outcome::Delivered { .. }) = (&effect.action, outcome) else { return None };
    let is_read = carrier.app.upstreams().delius.adapters().consumes_events;
    (!is_read && announcement.event_type().is_consumed_by_delius()).then_some(announcement)
}

/// What a note is about, and hence its first line.
#[derive(Clone, Copy)]
enum News {
    PlanSubmitted,
    PlanApproved,
    ReportSubmitted,
}

impl News {
    fn title(self) -> &'static str {
        match self {
            Self::PlanSubmitted => "Action Plan Submitted",
            Self::PlanApproved => "Action Plan Approved",
            Self::ReportSubmitted => "End of Service Report Submitted",
        }
    }

    /// The second that the note is told apart by: of a repeat the same, of other news in the same second another one.
    /// A plan may be submitted and approved at once, and Delius would take the second note for the first.
    fn second(self, at: Timestamp) -> Timestamp {
        const KINDS: i64 = 3;
        let own = match self {
            Self::PlanSubmitted => 0,
            Self::PlanApproved => 1,
            Self::ReportSubmitted => 2,
        };
        let slot = at.as_second().div_euclid(KINDS) - 1;
        Timestamp::from_second(slot * KINDS + own).unwrap_or(at)
    }
}

/// Tells Delius by a call what the announcement says.
pub(crate) async fn tell(
    carrier: &Carrier,
    trace: &Trace,
    effect: &ClaimedEffect,
    referral: &Referral,
    announcement: &Announcement,
) -> Result<Outcome, NotDone> {
    if !carrier.app.upstreams().delius.has_legacy() {
        return Err(NotDone::Unsendable("only the older API can be told of this, and it is not configured any more"));
    }
    match announcement {
        Announcement::ReferralEnded(state) => end(carrier, trace, referral, *state).await,
        Announcement::FeedbackSubmitted(id, _) => record_outcome(carrier, trace, referral, *id).await,
        Announcement::PlanSubmitted(_) => {
            let link = carrier.settings.links.practitioner_plan(referral.id);
            note(carrier, trace, referral, News::PlanSubmitted, effect.occurred_at, &link).await
        }
        Announcement::PlanApproved(_) => {
            let link = carrier.settings.links.practitioner_plan(referral.id);
            note(carrier, trace, referral, News::PlanApproved, effect.occurred_at, &link).await
        }
        Announcement::ReferralSent
        | Announcement::ReferralAssigned(_)
        | Announcement::ReferralConcluded(_)
        | Announcement::AttendanceRecorded(..)
        | Announcement::ReportSubmitted(_) => Err(NotDone::Unsendable("Delius does not act on this announcement")),
    }
}

/// Ends the activity, after the note about the report: a closed one takes no notes. A repeat would be refused as "not
/// open", so the activity is looked at first.
async fn end(carrier: &Carrier, trace: &Trace, referral: &Referral, state: ConcludedState) -> Result<Outcome, NotDone> {
    let delius = &carrier.app.upstreams().delius;
    let seen = delius.read_activity_by_legacy(trace, &referral.crn, referral.id, referral.sentence.id).await?;
    let urn = ReferralUrn(referral.id).to_string();
    let live: Vec<_> =
        seen.containers.iter().flatten().filter(|container| container.urn == urn && !container.deleted).collect();
    if let [only] = live.as_slice()
        && only.is_closed()
    {
        return Ok(if only.outcome.as_deref() == Some(outcome_of_end(state)) {
            Outcome::Delivered { receipt: Some("it was ended already".to_owned()) }
        } else {
            let reason = "somebody closed the activity in Delius; what they recorded there is left as it is".to_owned();
            Outcome::Refused { status: None, reason }
        });
    }
    let ended_at = referral
        .conclusion
        .map(|conclusion| conclusion.at)
        .or_else(|| referral.end_request.as_ref().map(|request| request.at))
        .ok_or(NotDone::Unsendable("the referral has not ended"))?;
    if let Some((report, submitted)) =
        referral.report.as_ref().and_then(|report| Some((report, report.submitted.as_ref()?)))
    {
        let link = carrier.settings.links.practitioner_report(report.id);
        note(carrier, trace, referral, News::ReportSubmitted, submitted.at, &link).await?;
    }
    let contract = &referral.intervention.contract;
    let request = EndReferral {
        referral_id: referral.id,
        contract_type: contract.contract_type.code.clone(),
        started_at: referral.sent_at,
        sentence_id: referral.sentence.id,
        ended_at,
        state,
        notes: format!(
            "Referral ended for {} (reference {}) with {}\n{}",
            contract.contract_type.name,
            referral.reference.as_str(),
            contract.prime_provider.name,
            carrier.settings.links.practitioner_details(referral.id),
        ),
    };
    delius.end_referral(trace, &referral.crn, &request).await?;
    Ok(Outcome::Delivered { receipt: None })
}

/// Records how an appointment went. Repeated, it records the same.
async fn record_outcome(
    carrier: &Carrier,
    trace: &Trace,
    referral: &Referral,
    id: AppointmentId,
) -> Result<Outcome, NotDone> {
    let (slot, appointment) = own(referral, id)?;
    let Some(delius_id) = appointment.booking.delius_id() else {
        return Err(NotDone::Unsendable(
            "Delius's id of the appointment is not known, and the older API finds it by that alone; record it in Delius",
        ));
    };
    let Some(outcome) = outcome(appointment, carrier.app.clock().now())? else {
        return Err(NotDone::Unsendable("the appointment has no feedback"));
    };
    let notes = notes(carrier, referral, slot);
    let request = RecordOutcome { delius_id: DeliusContactId(delius_id), outcome, notes };
    carrier.app.upstreams().delius.record_outcome(trace, &referral.crn, &request).await?;
    Ok(Outcome::Delivered { receipt: Some(delius_id.to_string()) })
}

/// Leaves a note on the activity; a repeat finds its own.
async fn note(
    carrier: &Carrier,
    trace: &Trace,
    referral: &Referral,
    news: News,
    at: Timestamp,
    link: &str,
) -> Result<Outcome, NotDone> {
    let contract = &referral.intervention.contract;
    let note = Note {
        referral_id: referral.id,
        contract_type: contract.contract_type.code.clone(),
        referral_started_at: referral.sent_at,
        sentence_id: referral.sentence.id,
        at: news.second(at),
        text: format!(
            "{} for {} (reference {}) with {}\n{link}",
            news.title(),
            contract.contract_type.name,
            referral.reference.as_str(),
            contract.prime_provider.name,
        ),
    };
    carrier.app.upstreams().delius.notify(trace, &referral.crn, &note).await?;
    Ok(Outcome::Delivered { receipt: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_news_in_the_same_second_is_another_note_and_a_repeat_is_not() {
        let all = [News::PlanSubmitted, News::PlanApproved, News::ReportSubmitted];
        for second in 0..7 {
            let at = Timestamp::from_second(1_800_000_000 + second).expect("a time");
            let seconds = all.map(|news| news.second(at));
            assert!(seconds[0] < seconds[1] && seconds[1] < seconds[2] && seconds[2] <= at);
            assert_eq!(seconds, all.map(|news| news.second(at)));
            let others =
                (0..7).map(|other| 1_800_000_000 + other).filter_map(|other| Timestamp::from_second(other).ok());
            for other in others {
                assert_ne!(News::PlanSubmitted.second(at), News::PlanApproved.second(other));
            }
        }
    }
}
