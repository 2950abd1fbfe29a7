//! Repairs: each an effect of its own with cause and actor, in order with everything else; intended twice, it acts once.

use domain::appointment::Booking;
use domain::collection::{DiscrepancyKind, Reading, Repair, SentenceSeen, Told, may_be_booked_again};
use domain::effect::{Action, Announcement, Intent, System};
use domain::operator::OperatorAction;
use domain::{EffectId, Referral};
use jiff::{SignedDuration, Timestamp};
use store::UnitOfWork;
use store::collection::CollectionState;
use store::discrepancy::Discrepancy;
use store::outbox::EffectState;

use super::{Standing, operators_only, read_standing};
use crate::change::Cause;
use crate::{App, Error, OpCtx};

/// How often something is mended by itself before somebody must look.
const REPAIRS_MOST: u32 = 3;
/// The kind of cause that a repair has in the ledger.
const CAUSE: &str = "discrepancy-repaired";
/// Why a call was superseded by a repair.
const MADE_AGAIN: &str = "the activity is made again in Delius, and this is told again after it";

/// Mends what may be mended without overriding anybody, where its conditions hold; answers whether it did.
pub(crate) async fn repair_by_itself(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    found: &Discrepancy,
    (told, seen): (&Told, &Reading),
    cause: &Cause,
) -> Result<bool, Error> {
    let may = match found.finding.kind {
        // Only where activities are seen: a start that is sent to one that is there and closed would alter it.
        DiscrepancyKind::Missing => {
            told.started
                && seen.containers.is_some()
                && seen.sentence == SentenceSeen::Active
                && !referral.is_concluded()
        }
        // A terminated sentence makes Delius reject the end in silence: somebody must close the activity there.
        DiscrepancyKind::StillOpen => matches!(seen.sentence, SentenceSeen::Active | SentenceSeen::Unknown),
        DiscrepancyKind::AppointmentMissing => true,
        DiscrepancyKind::AppointmentOutcomeMismatch => found.finding.repair().is_some(),
        _ => false,
    };
    if !may || found.repairs >= REPAIRS_MOST {
        return Ok(false);
    }
    repair(app, work, referral, found, cause).await
}

/// Mends a discrepancy of a locked referral, where there is a repair; false where there is none, or where the same
/// repair is under way.
///
/// # Errors
/// [`Error::Unavailable`]; the caller's transaction is to be dropped.
pub(crate) async fn repair(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    found: &Discrepancy,
    cause: &Cause,
) -> Result<bool, Error> {
    let done = match found.finding.repair() {
        Some(Repair::CreateAgain) => create_again(app, work, referral, cause).await?,
        Some(Repair::AnnounceEnd) => match referral.conclusion {
            Some(conclusion) => {
                let state = conclusion.state.unwrap_or_else(|| referral.delivery_state().concluded_state());
                let action = Action::Publish(Announcement::ReferralEnded(state));
                once(app, work, referral, action, cause).await?
            }
            None => false,
        },
        Some(Repair::BookAgain) => match found.finding.appointment.and_then(|id| referral.appointment(id)) {
            Some((_, appointment)) if may_be_booked_again(appointment, cause.now) => {
                once(app, work, referral, Action::BookAgain(appointment.id), cause).await?
            }
            _ => false,
        },
        Some(Repair::RecordOutcome) => match found.finding.appointment {
            Some(appointment) => once(app, work, referral, Action::RecordOutcome(appointment), cause).await?,
            None => false,
        },
        Some(Repair::FollowMerge) | None => false,
    };
    if done {
        store::discrepancy::count_repair(work, found.id).await?;
        tracing::info!(referral.id = %referral.id, discrepancy = found.finding.kind.as_str(), "a repair was intended");
    }
    Ok(done)
}

/// Intends an action unless the same one is still under way.
async fn once(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    action: Action,
    cause: &Cause,
) -> Result<bool, Error> {
    let ledger = store::outbox::ledger(work, referral.id).await?;
    if ledger.iter().any(|entry| entry.state.is_unfinished() && entry.action == action) {
        return Ok(false);
    }
    intend(app, work, referral, vec![action], cause).await?;
    Ok(true)
}

async fn intend(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    actions: Vec<Action>,
    cause: &Cause,
) -> Result<Vec<Intent>, Error> {
    let intents: Vec<Intent> = actions
        .into_iter()
        .map(|action| {
            let after_delius = matches!(action, Action::Publish(_));
            Intent { id: EffectId(app.ids().ordered(cause.now)), action, after_delius, occurred_at: cause.now }
        })
        .collect();
    store::outbox::enqueue(work, referral.id, &intents, &cause.origin(CAUSE), cause.now).await?;
    Ok(intents)
}

/// How long before Delius and we last agreed a message may have been sent and not yet been read.
const UNREAD: SignedDuration = SignedDuration::from_mins(10);

/// Records by calls what was announced about appointments since Delius and we last agreed: its consumer rejects in
/// silence what it reads while an activity is closed or a person merged. What Delius has recorded already changes
/// nothing.
pub(super) async fn record_outcomes_again(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    cause: &Cause,
) -> Result<(), Error> {
    if app.upstreams().events.is_none() || !app.upstreams().delius.adapters().consumes_events {
        return Ok(());
    }
    let agreed = store::collection::find_agreement(work, referral.id).await?;
    let since = agreed.and_then(|at| at.saturating_sub(UNREAD).ok()).unwrap_or(Timestamp::MIN);
    let announced =
        store::outbox::ledger(work, referral.id).await?.into_iter().filter_map(|entry| match entry.action {
            Action::Publish(Announcement::FeedbackSubmitted(appointment, _)) => {
                let is_told = entry.state == EffectState::Delivered && entry.settled_at.is_some_and(|at| at >= since);
                is_told.then_some(appointment)
            }
            _ => None,
        });
    for appointment in announced {
        once(app, work, referral, Action::RecordOutcome(appointment), cause).await?;
    }
    Ok(())
}

/// Starts the activity again and books again what is still to come, in place of every call that waits. The line goes
/// on with these.
pub(crate) async fn create_again(
    app: &App,
    work: &mut UnitOfWork,
    referral: &Referral,
    cause: &Cause,
) -> Result<bool, Error> {
    let ledger = store::outbox::ledger(work, referral.id).await?;
    let is_under_way = ledger.iter().any(|entry| {
        entry.action == Action::RestartReferral && entry.state.is_unfinished() && entry.last_status.is_none()
    });
    if is_under_way {
        // Found again before it is there: the line is not to be held against what mends it, nor by a call that was under
        // way when the mending was intended and was refused since. What that call was about follows the new start.
        let parked = [EffectState::Parked];
        let refused = store::collection::supersede_calls(work, referral.id, &parked, MADE_AGAIN, cause.now).await?;
        let mut calls = ledger.iter().filter(|entry| entry.system == System::Delius && entry.state.is_unfinished());
        if let Some(last) = calls.next_back().filter(|_| !refused.is_empty()) {
            store::collection::wait_for(work, referral.id, &refused, last.id).await?;
        }
        store::collection::bring(work, referral.id, CollectionState::Clear, None, cause.now).await?;
        return Ok(false);
    }
    let open = [EffectState::Waiting, EffectState::Retrying, EffectState::Parked];
    let superseded = store::collection::supersede_calls(work, referral.id, &open, MADE_AGAIN, cause.now).await?;
    let mut actions = vec![Action::RestartReferral];
    let wanted = referral.appointments().filter(|(_, appointment)| {
        appointment.booking == Booking::Proposed || may_be_booked_again(appointment, cause.now)
    });
    actions.extend(wanted.map(|(_, appointment)| Action::BookAgain(appointment.id)));
    // What Delius was to be told by calls, it is told after them.
    let told = ledger.iter().filter(|entry| superseded.contains(&entry.id));
    actions.extend(told.map(|entry| entry.action.clone()).filter(|action| matches!(action, Action::TellDelius(_))));
    let intents = intend(app, work, referral, actions, cause).await?;
    if let Some(last) = intents.last() {
        store::collection::wait_for(work, referral.id, &superseded, last.id).await?;
    }
    store::collection::bring(work, referral.id, CollectionState::Clear, None, cause.now).await?;
    Ok(true)
}

/// What came of mending something on somebody's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// How Delius stands with the referral now.
    pub standing: Standing,
    /// Whether anything was done; false where the same repair is under way, or its conditions do not hold.
    pub is_done: bool,
}

/// Mends a discrepancy on an operator's word, however often it was mended before.
///
/// # Errors
/// [`Error::Fields`] for `why`, [`Error::NotFound`], and [`Error::Conflict`] where it is settled, or where there is no
/// repair: then it says what somebody must do.
pub async fn repair_now(ctx: &OpCtx, id: domain::DiscrepancyId, why: &str) -> Result<Mended, Error> {
    operators_only(ctx)?;
    let mut work = ctx.app.store().begin().await?;
    let found = store::discrepancy::get(&mut work, id).await?.ok_or_else(|| Error::not_found("discrepancy", id))?;
    let Some(referral) = found.referral_id.filter(|_| found.settled.is_none()) else {
        return Err(Error::Conflict("this is settled, or belongs to no referral".to_owned()));
    };
    let locked = store::referral::lock(&mut work, referral).await?;
    let locked = locked.ok_or_else(|| Error::not_found("referral", referral))?;
    if found.finding.repair().is_none() {
        return Err(Error::Conflict(found.finding.kind.explanation().to_owned()));
    }
    let is_intended = repair(&ctx.app, &mut work, &locked, &found, &ctx.cause()).await?;
    ctx.record_operators_act(&mut work, OperatorAction::Repair, referral, why).await?;
    work.commit().await?;
    Ok(Mended { standing: read_standing(&ctx.app, referral, true).await?, is_done: is_intended })
}
