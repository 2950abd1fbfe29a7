//! The queue of each system, how fast it moves and whether workers leave the system alone, and stopping and starting it.

use std::collections::BTreeSet;

use domain::effect::System;
use domain::operator::OperatorAction;
use jiff::{SignedDuration, Timestamp};
use store::circuit::{CircuitState, WorkerId};
use store::outbox::{EffectState, Paused, Trouble, WaitsFor};
use upstream::System as Called;

use super::Reason;
use crate::{Error, OpCtx};

/// How far back deliveries are counted.
pub const LATELY: SignedDuration = SignedDuration::from_mins(5);

/// A worker that was silent for so long is taken for gone.
pub const SILENT: SignedDuration = SignedDuration::from_mins(1);

/// A circuit that a queue depends on, as one worker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkersCircuit {
    /// The worker.
    pub worker: WorkerId,
    /// The system that it calls, as metrics and logs name it: the queue's own, or one without which nothing goes there.
    pub calls: &'static str,
    /// What the circuit does.
    pub state: CircuitState,
}

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
    /// When the oldest was intended that waits for no person: neither parked nor held, nor behind what is.
    pub oldest: Option<Timestamp>,
    /// Who paused it and why, where it is paused.
    pub paused: Option<Paused>,
    /// What goes wrong most often, where anything does.
    pub trouble: Option<Trouble>,
    /// How many were delivered within [`LATELY`].
    pub delivered: u64,
    /// How many workers were heard of within [`SILENT`].
    pub workers: usize,
    /// The circuits that it depends on in each of them, its own first.
    pub circuits: Vec<WorkersCircuit>,
}

/// The systems whose circuits stop the queue of one: its own, and those that a call or an e-mail cannot do without.
fn called_for(system: System) -> &'static [Called] {
    match system {
        System::Delius => &[Called::Delius, Called::CommunityApi, Called::Auth],
        System::Events => &[Called::Events],
        System::Notify => &[Called::Notify, Called::ManageUsers, Called::Auth],
        System::PrisonerSearch => &[Called::PrisonerSearch, Called::Auth],
    }
}

/// The queue of every system.
pub async fn queues(ctx: &OpCtx) -> Result<Vec<Queue>, Error> {
    ctx.admit_operator(OperatorAction::ReadQueues)?;
    let mut db = ctx.app.store().connection().await?;
    let backlog = store::outbox::backlog(&mut db).await?;
    let standings = store::outbox::standings(&mut db).await?;
    let paused = store::outbox::list_paused(&mut db).await?;
    let troubles = store::outbox::troubles(&mut db).await?;
    let before = |ago| ctx.now.saturating_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH);
    let delivered = store::outbox::count_delivered(&mut db, before(LATELY)).await?;
    let circuits = store::circuit::list(&mut db, before(SILENT)).await?;
    let workers: BTreeSet<WorkerId> = circuits.iter().map(|circuit| circuit.worker).collect();
    let circuits_for = |called: &Called| {
        let calls = called.name();
        let of_it = circuits.iter().filter(move |circuit| circuit.system == calls);
        of_it.map(move |circuit| WorkersCircuit { worker: circuit.worker, calls, state: circuit.state })
    };
    let queue = |system: System| {
        let of_system = || backlog.iter().filter(move |found| found.system == system);
        let count = |state| of_system().filter(|found| found.state == state).map(|found| found.count).sum();
        Queue {
            system,
            waiting: count(EffectState::Waiting),
            in_flight: count(EffectState::InFlight),
            retrying: count(EffectState::Retrying),
            parked: count(EffectState::Parked),
            oldest: standings
                .iter()
                .filter(|found| found.system == system && found.waits_for != WaitsFor::Person)
                .map(|found| found.oldest)
                .min(),
            paused: paused.iter().find(|one| one.system == system).cloned(),
            trouble: troubles.iter().find(|trouble| trouble.system == system).cloned(),
            delivered: delivered.get(&system).copied().unwrap_or_default(),
            workers: workers.len(),
            circuits: called_for(system).iter().flat_map(circuits_for).collect(),
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
