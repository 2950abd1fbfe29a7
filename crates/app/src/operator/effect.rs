//! What an operator does with one effect: have it tried again now, or let its line go on without it.

use domain::appointment::Booking;
use domain::effect::Action;
use domain::operator::OperatorAction;
use domain::{EffectId, Referral};
use store::UnitOfWork;
use store::outbox::{EffectState, LedgerEntry, WENT_ON_WITHOUT};

use super::Reason;
use crate::{Error, OpCtx};

/// An effect as somebody saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The effect.
    pub id: EffectId,
    /// How often it had been tried when they looked; none: it does not matter to them.
    pub attempts: Option<i32>,
}

/// Has a parked or retrying effect tried again now, as soon as its line, its system and Delius let it.
///
/// # Errors
/// [`Error::Fields`] for `why`, [`Error::NotFound`], and [`Error::Conflict`] when it is not parked or retrying, or was
/// tried since it was looked at.
pub async fn retry(ctx: &OpCtx, seen: Seen, why: &str) -> Result<LedgerEntry, Error> {
    ctx.admit_operator(OperatorAction::RetryEffect)?;
    let why = Reason::read(why)?;
    let (mut work, _, entry) = locked(ctx, seen).await?;
    if !store::outbox::retry_now(&mut work, entry.id, ctx.now).await? {
        return Err(Error::Conflict(format!(
            "it is {}; only what is parked or retrying can be tried again",
            entry.state.as_str()
        )));
    }
    finish(ctx, work, OperatorAction::RetryEffect, entry.id, &why).await
}

/// Lets a line go on without an effect that is parked, waiting or retrying. The reason stays in the ledger. Done twice
/// with the same reason, it is done once.
///
/// # Errors
/// [`Error::Fields`] for `why`, [`Error::NotFound`], and [`Error::Conflict`] when it is being tried or is finished, was
/// tried since it was looked at, or books an appointment that is not ours before Delius was asked.
pub async fn skip(ctx: &OpCtx, seen: Seen, why: &str) -> Result<LedgerEntry, Error> {
    ctx.admit_operator(OperatorAction::SkipEffect)?;
    let why = Reason::read(why)?;
    let reason = format!("{WENT_ON_WITHOUT}{}", why.0);
    let (mut work, referral, entry) = locked(ctx, seen).await?;
    if entry.state == EffectState::Superseded && entry.reason.as_deref() == Some(reason.as_str()) {
        return Ok(entry);
    }
    if is_proposal(&referral, &entry.action) {
        return Err(Error::Conflict(
            "the appointment is only proposed until Delius was asked once; pause the system instead".to_owned(),
        ));
    }
    if !store::outbox::skip(&mut work, entry.id, &reason, ctx.now).await? {
        return Err(Error::Conflict(format!("it is {}; there is nothing to go on without", entry.state.as_str())));
    }
    finish(ctx, work, OperatorAction::SkipEffect, entry.id, &why).await
}

/// The effect with its referral, locked. The order of locks is everybody's: the referral first.
async fn locked(ctx: &OpCtx, seen: Seen) -> Result<(UnitOfWork, Referral, LedgerEntry), Error> {
    let unknown = || Error::not_found("effect", seen.id);
    let mut work = ctx.app.store().begin().await?;
    let found = store::outbox::get(&mut work, seen.id).await?.ok_or_else(unknown)?;
    let referral = store::referral::lock(&mut work, found.referral_id).await?.ok_or_else(unknown)?;
    let entry = store::outbox::get(&mut work, seen.id).await?.ok_or_else(unknown)?;
    if seen.attempts.is_some_and(|attempts| attempts != entry.attempts) {
        return Err(Error::Conflict("it was tried since you looked; look again".to_owned()));
    }
    Ok((work, referral, entry))
}

fn is_proposal(referral: &Referral, action: &Action) -> bool {
    match action {
        Action::PutAppointment(id) => {
            referral.appointment(*id).is_some_and(|(_, appointment)| appointment.booking == Booking::Proposed)
        }
        _ => false,
    }
}

async fn finish(
    ctx: &OpCtx,
    mut work: UnitOfWork,
    action: OperatorAction,
    id: EffectId,
    why: &Reason,
) -> Result<LedgerEntry, Error> {
    ctx.record_act(&mut work, action, ("effect", &[id.to_string()]), why).await?;
    let entry = store::outbox::get(&mut work, id).await?.ok_or_else(|| Error::not_found("effect", id))?;
    work.commit().await?;
    tracing::info!(
        effect.id = %id,
        referral.id = %entry.referral_id,
        upstream.system = entry.system.as_str(),
        operation = action.as_str(),
        "an operator moved an effect"
    );
    Ok(entry)
}
