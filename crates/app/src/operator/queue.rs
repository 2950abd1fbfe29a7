//! The queue of each system, and stopping and starting it.

use domain::effect::System;
use domain::operator::OperatorAction;
use jiff::Timestamp;
use store::outbox::{EffectState, Paused, Trouble};

use super::Reason;
use crate::{Error, OpCtx};

/// What is unfinished for one system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The system.
    pub system: System,
    /// Not tried yet.
    pub waiting: u64,
    /// Being tried.
    pub in_flight: u64,
    /// To be tried again.
    pub retrying: u64,
    /// Stands still until a person acts.
    pub parked: u64,
    /// When the oldest was intended that no person holds up.
    pub oldest: Option<Timestamp>,
    /// Who paused it and why, where it is paused.
    pub paused: Option<Paused>,
    /// What goes wrong most often, where anything does. The state of a circuit is known to each worker alone; an open
    /// one shows here as what its effects wait for.
    pub trouble: Option<Trouble>,
}

/// The queue of every system.
pub async fn queues(ctx: &OpCtx) -> Result<Vec<Queue>, Error> {
    ctx.admit_operator(OperatorAction::ReadQueues)?;
    let mut db = ctx.app.store().connection().await?;
    let backlog = store::outbox::backlog(&mut db).await?;
    let paused = store::outbox::list_paused(&mut db).await?;
    let troubles = store::outbox::troubles(&mut db).await?;
    let queue = |system: System| {
        let of_system = || backlog.iter().filter(move |found| found.system == system);
        let count = |state| of_system().filter(|found| found.state == state).map(|found| found.count).sum();
        Queue {
            system,
            waiting: count(EffectState::Waiting),
            in_flight: count(EffectState::InFlight),
            retrying: count(EffectState::Retrying),
            parked: count(EffectState::Parked),
            oldest: of_system().filter(|found| found.state != EffectState::Parked).map(|found| found.oldest).min(),
            paused: paused.iter().find(|one| one.system == system).cloned(),
            trouble: troubles.iter().find(|trouble| trouble.system == system).cloned(),
        }
    };
    Ok(System::ALL.iter().copied().map(queue).collect())
}

/// Stops delivering to a system. What is in flight is finished; everything else waits. Paused twice, the first reason
/// stands and nothing is written.
///
/// # Errors
/// [`Error::Fields`] for the field `why`.
pub async fn pause(ctx: &OpCtx, system: System, why: &str) -> Result<(), Error> {
    ctx.admit_operator(OperatorAction::PauseSystem)?;
    let why = Reason::read(why)?;
    let paused = Paused { system, since: ctx.now, why: why.0.clone(), by: ctx.actor() };
    let mut work = ctx.app.store().begin().await?;
    if store::outbox::pause(&mut work, &paused).await? {
        let subject = [system.as_str().to_owned()];
        ctx.record_act(&mut work, OperatorAction::PauseSystem, ("system", &subject), &why).await?;
    }
    Ok(work.commit().await?)
}

/// Delivers to a system again. What is not paused is left as it is.
///
/// # Errors
/// [`Error::Fields`] for the field `why`.
pub async fn resume(ctx: &OpCtx, system: System, why: &str) -> Result<(), Error> {
    ctx.admit_operator(OperatorAction::ResumeSystem)?;
    let why = Reason::read(why)?;
    let mut work = ctx.app.store().begin().await?;
    if store::outbox::resume(&mut work, system).await? {
        let subject = [system.as_str().to_owned()];
        ctx.record_act(&mut work, OperatorAction::ResumeSystem, ("system", &subject), &why).await?;
    }
    Ok(work.commit().await?)
}
