//! Sending a window again: after another system lost what it had taken, or parked much at once.
//!
//! What was never delivered is tried again under its own id. What was delivered is sent again only where a repeat finds
//! the first by an id of ours and changes nothing: the current appointment of a referral that goes on, and the custody
//! look-up. A start is never sent again (Delius would half-reopen a closed activity), nor is an event or an e-mail (a
//! repeat is a second message). `docs/delivery.md` has the table.

use std::collections::BTreeSet;

use domain::appointment::Booking;
use domain::effect::{Action, Adapter, Intent, System};
use domain::operator::OperatorAction;
use domain::{EffectId, ErrorCode, FieldErrors, Referral, ReferralId};
use jiff::Timestamp;
use store::collection::CollectionState;
use store::outbox::{EffectState, LedgerEntry, Window};

use super::Reason;
use crate::{Error, OpCtx};

/// How many effects one replay may look at.
pub const REPLAY_MAX: usize = 1000;

/// What of which window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayOrder {
    /// The system.
    pub system: System,
    /// What was intended from this instant on.
    pub from: Timestamp,
    /// And before this one.
    pub until: Timestamp,
}

/// What becomes of one effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It was not delivered: it is tried again, under its own id.
    TryAgain,
    /// It was delivered: the same is sent once more, as a new effect that asks carefully.
    SendAgain,
    /// It is left as it is, and why.
    Leave(&'static str),
}

/// One effect of the window, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The effect.
    pub entry: LedgerEntry,
    /// What becomes of it.
    pub plan: Plan,
}

/// What a replay would do. Nothing is changed.
///
/// # Errors
/// [`Error::Fields`] for `until` when the window is empty; [`Error::Unmet`] when it holds too much.
pub async fn preview(ctx: &OpCtx, order: &ReplayOrder) -> Result<Vec<Planned>, Error> {
    ctx.admit_operator(OperatorAction::PreviewReplay)?;
    let mut planned = Vec::new();
    for (referral, effects) in window(ctx, order).await? {
        let mut work = ctx.app.store().begin().await?;
        planned.extend(plan(ctx, &mut work, referral, &effects).await?.1);
    }
    Ok(planned)
}

/// Sends a window again, referral by referral, each in a transaction of its own. Done twice, what still waits from the
/// first time is not sent a third.
///
/// # Errors
/// Those of [`preview`], and [`Error::Fields`] for `why`.
pub async fn replay(ctx: &OpCtx, order: &ReplayOrder, why: &str) -> Result<Vec<Planned>, Error> {
    ctx.admit_operator(OperatorAction::Replay)?;
    let why = Reason::read(why)?;
    let mut done = Vec::new();
    for (id, effects) in window(ctx, order).await? {
        let mut work = ctx.app.store().begin().await?;
        let (referral, planned) = plan(ctx, &mut work, id, &effects).await?;
        let mut moved = Vec::new();
        for one in &planned {
            match one.plan {
                Plan::Leave(_) => continue,
                Plan::TryAgain => {
                    store::outbox::retry_now(&mut work, one.entry.id, ctx.now).await?;
                }
                Plan::SendAgain => send_again(ctx, &mut work, &referral, &one.entry).await?,
            }
            moved.push(one.entry.id.to_string());
        }
        if !moved.is_empty() {
            ctx.record_act(&mut work, OperatorAction::Replay, ("effect", &moved), &why).await?;
        }
        work.commit().await?;
        done.extend(planned);
    }
    Ok(done)
}

/// The effects of the window by referral, in the order of the first of each.
async fn window(ctx: &OpCtx, order: &ReplayOrder) -> Result<Vec<(ReferralId, BTreeSet<EffectId>)>, Error> {
    if order.from >= order.until {
        return Err(Error::Fields(FieldErrors::one("until", ErrorCode::InvalidValue)));
    }
    let window = Window { system: order.system, from: order.from, until: order.until };
    let limit = i64::try_from(REPLAY_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let mut db = ctx.app.store().connection().await?;
    let entries = store::outbox::list_window(&mut db, &window, limit).await?;
    if entries.len() > REPLAY_MAX {
        return Err(Error::Unmet(format!("the window holds more than {REPLAY_MAX} effects; choose a shorter one")));
    }
    let mut referrals: Vec<(ReferralId, BTreeSet<EffectId>)> = Vec::new();
    for entry in entries {
        match referrals.iter_mut().find(|(id, _)| *id == entry.referral_id) {
            Some((_, effects)) => {
                effects.insert(entry.id);
            }
            None => referrals.push((entry.referral_id, [entry.id].into())),
        }
    }
    Ok(referrals)
}

async fn plan(
    ctx: &OpCtx,
    work: &mut store::UnitOfWork,
    id: ReferralId,
    effects: &BTreeSet<EffectId>,
) -> Result<(Referral, Vec<Planned>), Error> {
    let referral = store::referral::lock(work, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    let line = store::collection::find(work, id).await?;
    let is_clear = line.is_none_or(|line| line.state == CollectionState::Clear);
    let ledger = store::outbox::ledger(work, id).await?;
    let planned = ledger
        .iter()
        .filter(|entry| effects.contains(&entry.id))
        .map(|entry| Planned { entry: entry.clone(), plan: plan_of(&referral, is_clear, &ledger, entry, ctx.now) })
        .collect();
    Ok((referral, planned))
}

fn plan_of(referral: &Referral, is_clear: bool, ledger: &[LedgerEntry], entry: &LedgerEntry, now: Timestamp) -> Plan {
    match entry.state {
        EffectState::Parked | EffectState::Retrying => return Plan::TryAgain,
        EffectState::Waiting | EffectState::InFlight => return Plan::Leave("it is on its way"),
        EffectState::Refused => return Plan::Leave("it was refused, and that is an answer"),
        EffectState::Superseded => return Plan::Leave("it is not needed any more"),
        EffectState::Delivered => {}
    }
    match &entry.action {
        Action::RestartReferral | Action::BookAgain(_) => {
            Plan::Leave("it was a repair; what Delius lacks is repaired again by comparing")
        }
        Action::RecordOutcome(_) => {
            Plan::Leave("the outcome was announced too; what Delius lacks is found by comparing")
        }
        Action::TellDelius(_) => Plan::Leave("Delius was told by a call; what it lacks is repaired by comparing"),
        Action::StartReferral => Plan::Leave("a start is never sent twice: it would change an activity closed since"),
        Action::Publish(_) => Plan::Leave("it was published; a repeat would be a second message"),
        Action::Email { .. } => Plan::Leave("it was sent; a repeat would be a second e-mail"),
        Action::PutAppointment(_) | Action::LookUpCustody if is_sent_again_later(ledger, entry) => {
            Plan::Leave("a later effect says the same")
        }
        Action::PutAppointment(_) | Action::LookUpCustody if referral.is_concluded() => {
            Plan::Leave("the referral was concluded")
        }
        Action::LookUpCustody => Plan::SendAgain,
        Action::PutAppointment(_) if entry.adapter == Some(Adapter::Legacy) => {
            Plan::Leave("it went through the older API, which cannot tell a repeat from another booking")
        }
        Action::PutAppointment(_) if !is_clear => {
            Plan::Leave("Delius is told nothing of this referral until somebody has chosen, or for good")
        }
        Action::PutAppointment(id) => match referral.appointment(*id) {
            Some((_, appointment)) if appointment.superseded_by.is_some() => {
                Plan::Leave("the appointment was moved or replaced")
            }
            Some((_, appointment)) if !matches!(appointment.booking, Booking::Confirmed(_)) => {
                Plan::Leave("Delius did not confirm the appointment")
            }
            Some((_, appointment)) if appointment.time < now && appointment.feedback.submitted.is_none() => {
                Plan::Leave("Delius takes a past appointment only with its outcome")
            }
            Some((_, appointment)) if is_blind_move(referral, appointment.id) => {
                Plan::Leave("it moved an appointment of which Delius's id is not known; there is no safe way to ask")
            }
            Some(_) => Plan::SendAgain,
            None => Plan::Leave("the appointment is not one of the referral's"),
        },
    }
}

/// Whether an effect after this one does the same, finished or not: one message is enough.
fn is_sent_again_later(ledger: &[LedgerEntry], entry: &LedgerEntry) -> bool {
    ledger.iter().any(|later| {
        later.position > entry.position
            && later.action == entry.action
            && (later.state.is_unfinished() || later.state == EffectState::Delivered)
    })
}

/// A move is sent again as a question about the contact that it replaced; without its id in Delius there is none.
fn is_blind_move(referral: &Referral, id: domain::AppointmentId) -> bool {
    referral.moves(id).is_some_and(|replaced| replaced.booking.delius_id().is_none())
}

async fn send_again(
    ctx: &OpCtx,
    work: &mut store::UnitOfWork,
    referral: &Referral,
    entry: &LedgerEntry,
) -> Result<(), Error> {
    let intent = Intent {
        id: EffectId(ctx.app.ids().ordered(ctx.now)),
        action: entry.action.clone(),
        after_delius: false,
        occurred_at: entry.occurred_at,
    };
    let id = intent.id;
    store::outbox::enqueue(work, referral.id, &[intent], &ctx.cause().origin("replayed"), ctx.now).await?;
    // So that a move is asked about, not made a second time.
    Ok(store::outbox::presume_arrived(work, id).await?)
}
