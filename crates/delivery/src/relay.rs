//! The relay: claims, carries out, settles. Any number of relays may run at once, in one process or several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use app::change::{Cause, record};
use app::{App, Correlation};
use domain::appointment::{Booking, BookingAnswer};
use domain::collection::Finding;
use domain::effect::Action;
use domain::{AppointmentId, Referral, User};
use jiff::{SignedDuration, Timestamp};
use runtime::Tasks;
use store::collection::CollectionState;
use store::outbox::{ClaimedEffect, Outcome, Settlement};
use tokio::sync::Semaphore;
use tracing::Instrument as _;
use upstream::{Trace, UpstreamError};

use crate::collection::Met;
use crate::delius::ACTIVITY_LOST;
use crate::settling::Pen;
use crate::{Settings, collection, custody, delius, email, event, policy, told};

/// The most that is kept between the end of an attempt's time and the end of its lease, so that its outcome can still be
/// written; a shorter lease keeps a sixth of itself.
const LEASE_MARGIN_MAX: Duration = Duration::from_secs(5);

/// While most slots are taken there is no hurry: by the end of this, one claim serves several that have become free.
const BREATH: Duration = Duration::from_millis(5);

/// What every attempt needs.
pub(crate) struct Carrier {
    pub(crate) app: App,
    pub(crate) settings: Settings,
    pen: Pen,
}

/// A claimed effect with what its attempt reads, as it was after the claim.
struct Load {
    effect: ClaimedEffect,
    referral: Option<Referral>,
    line: Option<CollectionState>,
}

/// What an attempt teaches about the referral, beside its outcome.
#[derive(Default)]
struct Learnt {
    /// What Delius answered about a booking.
    booking: Option<(AppointmentId, BookingAnswer)>,
    /// What a refusal means.
    finding: Option<Finding>,
}

/// Why an attempt has no outcome of its own.
pub(crate) enum NotDone {
    /// The call failed; policy decides.
    Failed(UpstreamError),
    /// The database failed; the lease runs out and somebody tries again.
    Store(store::StoreError),
    /// The message cannot be made, or asking again is not safe: a person must look.
    Unsendable(&'static str),
    /// It cannot be done yet, through nobody's fault; says what it waits for.
    Later(&'static str),
    /// The same, for what passes by itself in a moment.
    Soon(&'static str),
}

impl From<UpstreamError> for NotDone {
    fn from(error: UpstreamError) -> Self {
        Self::Failed(error)
    }
}

impl From<store::StoreError> for NotDone {
    fn from(error: store::StoreError) -> Self {
        Self::Store(error)
    }
}

/// Delivers effects until it is told to stop.
#[derive(Clone)]
pub struct Relay(Arc<Carrier>);

impl Relay {
    /// A relay over the use cases' database and systems.
    pub fn new(app: App, settings: Settings) -> Self {
        Self(Arc::new(Carrier { app, settings, pen: Pen::default() }))
    }

    /// Runs in the background: woken at commit, and looking for itself now and then.
    pub fn spawn(self, tasks: &Tasks) {
        let running = tasks.clone();
        let relay = self;
        tasks.spawn(async move { relay.run(&running).await });
    }

    async fn run(&self, tasks: &Tasks) {
        let stop = tasks.shutdown().wait();
        tokio::pin!(stop);
        let mut ready = None;
        let slots = Arc::new(Semaphore::new(self.0.settings.concurrency));
        let finished = Arc::new(tokio::sync::Notify::new());
        loop {
            match self.start_due(&slots, &finished, tasks).await {
                // There may be more than the free slots could take: look again at once.
                Ok(started) if started > 0 && slots.available_permits() > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the outbox could not be read"),
            }
            if ready.is_none() {
                // Without it the poll still finds everything.
                ready = self.0.app.store().listen(store::outbox::READY_CHANNEL).await.ok();
            }
            tokio::select! {
                () = &mut stop => break,
                () = heard(&mut ready) => {}
                () = finished.notified() => {}
                () = tokio::time::sleep(self.0.settings.poll) => {}
            }
            if slots.available_permits() < self.0.settings.concurrency / 2 {
                tokio::time::sleep(BREATH).await;
            }
            if let Some(listener) = &mut ready {
                listener.forget();
            }
        }
        // What is in flight is finished, so that its outcome is known.
        let _ = slots.acquire_many(u32::try_from(self.0.settings.concurrency).unwrap_or(u32::MAX)).await;
    }

    async fn start_due(
        &self,
        slots: &Arc<Semaphore>,
        finished: &Arc<tokio::sync::Notify>,
        tasks: &Tasks,
    ) -> Result<usize, store::StoreError> {
        let free = slots.available_permits();
        if free == 0 {
            return Ok(0);
        }
        let loads = self.claim(free).await?;
        let started = loads.len();
        for load in loads {
            let Ok(slot) = Arc::clone(slots).acquire_owned().await else { break };
            let relay = self.clone();
            let finished = Arc::clone(finished);
            tasks.spawn(async move {
                Box::pin(relay.deliver(load)).await;
                drop(slot);
                finished.notify_one();
            });
        }
        Ok(started)
    }

    /// Claims effects and reads what they are about, in one transaction: where the reading fails, nothing is claimed and
    /// nothing waits for a lease to end. Four statements for the claim, whatever `limit` is, and one round of reading
    /// for all of them.
    async fn claim(&self, limit: usize) -> Result<Vec<Load>, store::StoreError> {
        let now = self.0.app.clock().now();
        let lease = SignedDuration::try_from(self.0.settings.lease).unwrap_or(SignedDuration::from_mins(1));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut work = self.0.app.store().begin().await?;
        let paused = store::outbox::paused_systems(&mut work).await?;
        let claimed = store::outbox::claim(&mut work, now, lease, limit, &paused).await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let ids: BTreeSet<_> = claimed.iter().map(|effect| effect.referral_id).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let referrals = store::referral::find_all(&mut work, &ids).await?;
        let mut referrals: BTreeMap<_, _> = referrals.into_iter().map(|found| (found.id, found)).collect();
        let lines = store::collection::list_states(&mut work, &ids).await?;
        work.commit().await?;
        let mut left: BTreeMap<_, usize> = BTreeMap::new();
        for effect in &claimed {
            *left.entry(effect.referral_id).or_default() += 1;
        }
        let load = |effect: ClaimedEffect| {
            let id = effect.referral_id;
            let others = left.entry(id).or_default();
            *others -= 1;
            let referral = if *others == 0 { referrals.remove(&id) } else { referrals.get(&id).cloned() };
            Load { effect, referral, line: lines.get(&id).copied() }
        };
        Ok(claimed.into_iter().map(load).collect())
    }

    /// Carries out everything that is due until nothing is, one after the other; for tests and one-off runs.
    ///
    /// # Errors
    /// The database's.
    pub async fn run_until_idle(&self) -> Result<usize, store::StoreError> {
        let mut delivered = 0;
        loop {
            let Some(load) = self.claim(1).await?.pop() else { return Ok(delivered) };
            Box::pin(self.deliver(load)).await;
            delivered += 1;
        }
    }

    /// One attempt: carried out outside any transaction, settled in one.
    async fn deliver(&self, load: Load) {
        let effect = &load.effect;
        let span = tracing::info_span!(
            "effect",
            request.id = %effect.correlation_id,
            effect.id = %effect.id,
            referral.id = %effect.referral_id,
            effect.kind = store::outbox::kind_of(&effect.action),
            upstream.system = effect.action.system().as_str(),
            job.attempt = effect.attempts,
        );
        // Its calls join the trace of the request that caused it, however much later they are made.
        let _ = runtime::trace::begin(&span, effect.traceparent.clone());
        self.deliver_in_time(&load).instrument(span).await;
    }

    async fn deliver_in_time(&self, load: &Load) {
        let effect = &load.effect;
        let lease = self.0.settings.lease;
        let limit = lease.saturating_sub(LEASE_MARGIN_MAX.min(lease / 6));
        let attempt = tokio::time::timeout(limit, Box::pin(self.attempt(load)));
        let result = if let Ok(result) = attempt.await {
            result
        } else {
            // The next attempt must not assume that nothing arrived.
            let now = self.0.app.clock().now();
            let outcome = Outcome::Retry {
                not_before: now,
                status: None,
                error: "the attempt took longer than its lease".to_owned(),
                ambiguous: true,
            };
            self.settle(effect, outcome, Learnt::default()).await
        };
        if let Err(error) = result {
            tracing::error!(
                effect.id = %effect.id,
                error = &error as &dyn std::error::Error,
                "an outcome could not be written; it is tried again when the lease ends"
            );
        }
    }

    async fn attempt(&self, load: &Load) -> Result<(), app::Error> {
        let carrier = &*self.0;
        let effect = &load.effect;
        let Some(referral) = &load.referral else {
            let reason = "the referral is gone".to_owned();
            let parked = Outcome::Parked { reason, status: None, error: None, ambiguous: false };
            return self.settle(effect, parked, Learnt::default()).await;
        };
        if let Some(outcome) = collection::not_now(carrier, effect, load.line) {
            return self.settle(effect, outcome, Learnt::default()).await;
        }
        let trace = correlation(effect).trace();
        let mut learnt = Learnt::default();
        let done = self.carry_out(&trace, effect, referral, &mut learnt).await;
        let now = carrier.app.clock().now();
        let outcome = match done {
            Ok(outcome) => outcome,
            Err(NotDone::Failed(error)) => {
                learnt.finding = Box::pin(collection::finding(carrier, &trace, effect, referral, &error)).await;
                let meaning = match &effect.action {
                    Action::StartReferral
                    | Action::PutAppointment(_)
                    | Action::RestartReferral
                    | Action::BookAgain(_)
                    | Action::RecordOutcome(_)
                    | Action::TellDelius(_) => ACTIVITY_LOST,
                    Action::Email { .. } => email::meaning(&error),
                    Action::Publish(_) | Action::LookUpCustody => "the other system refuses this; somebody must look",
                };
                carrier.app.ids().with_rng(|rng| {
                    policy::after_failure(effect, &error, now, carrier.settings.max_backoff, rng, meaning)
                })
            }
            Err(NotDone::Store(error)) => return Err(error.into()),
            Err(NotDone::Unsendable(reason)) => {
                Outcome::Parked { reason: reason.to_owned(), status: None, error: None, ambiguous: false }
            }
            Err(NotDone::Later(reason)) => not_yet(reason, now, carrier.settings.max_backoff),
            Err(NotDone::Soon(reason)) => {
                let longest = carrier.settings.max_backoff;
                let pause = carrier.app.ids().with_rng(|rng| policy::pause(effect.attempts, longest, rng));
                not_yet(reason, now, pause)
            }
        };
        self.settle(effect, outcome, learnt).await
    }

    async fn carry_out(
        &self,
        trace: &Trace,
        effect: &ClaimedEffect,
        referral: &Referral,
        learnt: &mut Learnt,
    ) -> Result<Outcome, NotDone> {
        let carrier = &*self.0;
        match Box::pin(collection::by_a_person(carrier, trace, effect, referral)).await? {
            Some(Met::Hold(finding)) => {
                learnt.finding = Some(finding);
                return Ok(collection::held(carrier));
            }
            Some(Met::Leave) => return Ok(collection::left()),
            None => {}
        }
        match &effect.action {
            Action::StartReferral => delius::start_referral(carrier, trace, effect, referral).await,
            Action::RestartReferral => delius::restart_referral(carrier, trace, effect, referral).await,
            Action::PutAppointment(id) | Action::BookAgain(id) => {
                let answered = delius::put_appointment(carrier, trace, effect, referral, *id).await;
                learnt.booking = Some((*id, answered.as_ref().map_or(BookingAnswer::NotYet, |(_, answer)| *answer)));
                answered.map(|(outcome, _)| outcome)
            }
            Action::RecordOutcome(id) => delius::record_outcome(carrier, trace, referral, *id).await,
            Action::TellDelius(announcement) => told::tell(carrier, trace, effect, referral, announcement).await,
            Action::Publish(announcement) => event::publish(carrier, trace, effect, referral, announcement).await,
            Action::Email { purpose, to, about } => {
                email::send(carrier, trace, effect, referral, *purpose, to, about).await
            }
            Action::LookUpCustody => custody::look_up(carrier, trace, referral).await,
        }
    }

    /// Writes the outcome and what it means for the referral, in one transaction: for a booking, what becomes of the
    /// appointment; for a refusal, that Delius and we disagree. A fence that was lost (another worker took over) writes
    /// nothing.
    async fn settle(&self, effect: &ClaimedEffect, outcome: Outcome, learnt: Learnt) -> Result<(), app::Error> {
        let carrier = &*self.0;
        let now = carrier.app.clock().now();
        let follows = told::followed(carrier, effect, &outcome).is_some();
        if learnt.booking.is_none() && learnt.finding.is_none() && !follows {
            let label = policy::label(&outcome);
            let settlement = Settlement { id: effect.id, fence: effect.attempts, outcome, at: now };
            let held = carrier.pen.settle(carrier.app.store(), settlement).await?;
            note(effect, label, held, now);
            return Ok(());
        }
        let mut work = carrier.app.store().begin().await?;
        let mut outcome = outcome;
        let cause = Cause { actor: User::service(), now, correlation: correlation(effect) };
        if let Some((appointment, answer)) = learnt.booking {
            // The referral is locked before the effect, as everywhere.
            if let Some(referral) = store::referral::lock(&mut work, effect.referral_id).await? {
                if refused_in_time(&referral, appointment, answer) {
                    outcome =
                        Outcome::Refused { status: Some(409), reason: "the person has another appointment".to_owned() };
                    let reason = "the booking that it was about was refused";
                    store::outbox::supersede_dependents_of(&mut work, effect.id, reason, now).await?;
                }
                let facts = match answer {
                    BookingAnswer::NotYet if !self.waited_long_enough(&referral, appointment, now) => Vec::new(),
                    _ => referral.take_booking(appointment, answer, now),
                };
                record(&carrier.app, &mut work, referral, facts, &cause).await?;
            }
        }
        told::follow(carrier, &mut work, effect, &outcome, &cause).await?;
        let label = policy::label(&outcome);
        if let Some(finding) = &learnt.finding
            && let Some(referral) = store::referral::lock(&mut work, effect.referral_id).await?
        {
            app::collection::discover(&carrier.app, &mut work, &referral, finding, &cause).await?;
        }
        let held = store::outbox::settle(&mut work, effect.id, effect.attempts, &outcome, now).await?;
        if held {
            work.commit().await?;
        }
        note(effect, label, held, now);
        Ok(())
    }

    /// A proposal that nobody waits for any more is taken without Delius's answer.
    fn waited_long_enough(&self, referral: &Referral, appointment: AppointmentId, now: Timestamp) -> bool {
        let limit = SignedDuration::try_from(self.0.app.settings().delius_sync_wait).unwrap_or(SignedDuration::MAX);
        referral.appointment(appointment).is_some_and(|(_, found)| now.duration_since(found.created_at) > limit)
    }
}

/// Says what came of an attempt, in the log and in the metrics.
fn note(effect: &ClaimedEffect, label: &'static str, held: bool, now: Timestamp) {
    if !held {
        tracing::warn!(effect.id = %effect.id, "another worker took this effect over; its outcome stands");
        return;
    }
    let (system, kind) = (effect.action.system().as_str(), store::outbox::kind_of(&effect.action));
    tracing::info!(
        effect.id = %effect.id,
        referral.id = %effect.referral_id,
        upstream.system = system,
        job.attempt = effect.attempts,
        outcome = label,
        "an effect was attempted"
    );
    metrics::counter!("effect_attempts_total", "system" => system, "kind" => kind, "outcome" => label).increment(1);
    metrics::histogram!("effect_age_seconds", "system" => system, "kind" => kind, "outcome" => label)
        .record(now.duration_since(effect.created_at).as_secs_f64());
}

/// Waits through nobody's fault.
fn not_yet(reason: &str, now: Timestamp, pause: Duration) -> Outcome {
    Outcome::Retry {
        not_before: policy::later(now, pause),
        status: None,
        error: format!("{}{reason}", store::outbox::NOT_YET),
        ambiguous: false,
    }
}

/// What ties an attempt to the request that caused its effect.
fn correlation(effect: &ClaimedEffect) -> Correlation {
    Correlation { id: effect.correlation_id.clone(), traceparent: effect.traceparent.clone() }
}

/// Waits to be woken; for ever when nothing can be heard.
async fn heard(ready: &mut Option<store::Listener>) {
    match ready {
        Some(listener) => {
            listener.next().await;
        }
        None => std::future::pending().await,
    }
}

/// Refused while the user still waits: the proposal is dropped, and whatever depended on it with it.
fn refused_in_time(referral: &Referral, appointment: AppointmentId, answer: BookingAnswer) -> bool {
    answer == BookingAnswer::Clash
        && referral.appointment(appointment).is_some_and(|(_, found)| found.booking == Booking::Proposed)
}
