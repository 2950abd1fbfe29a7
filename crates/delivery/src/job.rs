//! Jobs: work on many referrals or drafts that nobody asks for on a page. Run by an operator or by the schedule.
//!
//! Owns how a job runs, whatever it does: one run of a job at a time (an advisory lock, so that a dead run holds up
//! nobody), one transaction for each item, an item's failure written down while the run goes on, and a record of the
//! run. Every item is looked at again under its own lock, so a run that was cut short is carried on by the next one
//! and two runs at once would do nothing twice. What a job decides is the domain's.

mod conclude_referrals;
mod delete_stale_drafts;
mod load_sentence_ends;
mod reconcile;
pub mod schedule;
mod transfer_referrals;

use app::change::Cause;
use app::{App, Correlation};
use domain::job::{JobName, JobOutcome};
use domain::{JobRunId, ReferralId, User};
use jiff::Timestamp;
use runtime::Shutdown;
use serde_json::{Value, json};
use store::job::{JobCounts, JobItemError, JobLock, JobRun};
use upstream::Trace;

pub use self::transfer_referrals::Transfer;

/// How many failed items a run names; the rest are counted.
const ERRORS_KEPT: usize = 100;
/// After how many items a run writes down how far it has come.
const SAVE_EVERY: u64 = 100;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Concludes referrals whose end was requested and that owe no report.
    ConcludeReferrals,
    /// Deletes drafts that nobody has changed for as long as the settings of the use cases say. Forgets the keys of
    /// yesterday's repeatable requests besides.
    DeleteStaleDrafts,
    /// Moves referrals from one contract to another.
    TransferReferrals(Transfer),
    /// Asks Delius when sentences end, where that is not known.
    LoadSentenceEnds,
    /// Compares referrals with what Delius holds: this one, or those whose turn it is.
    Reconcile(Option<ReferralId>),
}

impl Job {
    /// Its name.
    pub fn name(&self) -> JobName {
        match self {
            Self::ConcludeReferrals => JobName::ConcludeReferrals,
            Self::DeleteStaleDrafts => JobName::DeleteStaleDrafts,
            Self::TransferReferrals(_) => JobName::TransferReferrals,
            Self::LoadSentenceEnds => JobName::LoadSentenceEnds,
            Self::Reconcile(_) => JobName::Reconcile,
        }
    }

    /// What it is told, as the record of the run keeps it.
    fn parameters(&self, app: &App) -> Value {
        match self {
            Self::ConcludeReferrals | Self::LoadSentenceEnds => json!({}),
            Self::Reconcile(only) => {
                let settings = app.settings().reconciliation;
                json!({
                    "referral": only.map(|id| id.to_string()),
                    "callsPerMinute": settings.calls_per_minute,
                    "graceHours": settings.grace.as_hours(),
                })
            }
            Self::DeleteStaleDrafts => json!({ "keepHours": app.settings().draft_retention.keep.as_hours() }),
            Self::TransferReferrals(transfer) => {
                json!({ "from": transfer.from, "to": transfer.to, "phrase": transfer.phrase })
            }
        }
    }
}

/// One run that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What is to be done.
    pub job: Job,
    /// Only look at what would change.
    pub dry_run: bool,
    /// Who wants it: an operator's account, or `schedule`.
    pub by: String,
    /// The time that the schedule set; a time is run once.
    pub scheduled_for: Option<Timestamp>,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Items dealt with.
    pub done: u64,
    /// Items in all.
    pub total: u64,
}

/// Why a run did not take place, or stopped for a reason that is not an item's.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another run of the same job is under way; nothing was done.
    #[error("another run of {0} is under way")]
    AlreadyRunning(JobName),
    /// The scheduled time was run already; nothing was done.
    #[error("{0} was run for this time already")]
    AlreadyRun(JobName),
    /// What the job was told cannot be meant; nothing was done.
    #[error("{0}")]
    Refused(String),
    /// The database failed; what was done item by item stays done.
    #[error("the job could not go on")]
    Failed(#[source] app::Error),
}

impl From<app::Error> for JobError {
    fn from(error: app::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<store::StoreError> for JobError {
    fn from(error: store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What became of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was changed, or in a dry run would be.
    Changed,
    /// It needs no change, or no longer does.
    Unchanged,
}

impl Done {
    fn changed_if(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::Unchanged }
    }
}

/// What working on one item needs.
pub(crate) struct Hand<'a> {
    app: &'a App,
    cause: Cause,
    dry_run: bool,
}

impl Hand<'_> {
    fn trace(&self) -> Trace {
        self.cause.correlation.trace()
    }
}

/// A job whose parameters are in order.
enum Work {
    ConcludeReferrals,
    DeleteStaleDrafts { before: Timestamp },
    TransferReferrals(Box<transfer_referrals::Move>),
    LoadSentenceEnds,
    Reconcile(Box<reconcile::Reconciling>),
}

impl Work {
    async fn prepare(app: &App, job: &Job) -> Result<Self, JobError> {
        Ok(match job {
            Job::ConcludeReferrals => Self::ConcludeReferrals,
            Job::DeleteStaleDrafts => {
                Self::DeleteStaleDrafts { before: app.settings().draft_retention.stale_before(app.clock().now()) }
            }
            Job::TransferReferrals(transfer) => Self::TransferReferrals(Box::new(transfer.prepare(app).await?)),
            Job::LoadSentenceEnds => Self::LoadSentenceEnds,
            Job::Reconcile(only) => Self::Reconcile(Box::new(reconcile::Reconciling::new(app, *only))),
        })
    }

    /// What there is to look at.
    async fn items(&self, app: &App) -> Result<Vec<ReferralId>, app::Error> {
        if let Self::Reconcile(reconciling) = self {
            return reconciling.items(app).await;
        }
        let mut db = app.store().connection().await?;
        Ok(match self {
            Self::ConcludeReferrals => store::referral::list_ending(&mut db).await?,
            Self::DeleteStaleDrafts { before } => store::draft::list_stale(&mut db, *before).await?,
            Self::TransferReferrals(moving) => {
                store::referral::list_with_phrase(&mut db, &moving.from, &moving.phrase).await?
            }
            Self::LoadSentenceEnds => store::referral::list_without_sentence_end(&mut db).await?,
            Self::Reconcile(_) => Vec::new(),
        })
    }

    async fn item(&self, hand: &Hand<'_>, id: ReferralId) -> Result<Done, app::Error> {
        match self {
            Self::ConcludeReferrals => conclude_referrals::conclude(hand, id).await,
            Self::DeleteStaleDrafts { before } => delete_stale_drafts::delete(hand, id, *before).await,
            Self::TransferReferrals(moving) => moving.transfer(hand, id).await,
            Self::LoadSentenceEnds => load_sentence_ends::load(hand, id).await,
            Self::Reconcile(reconciling) => reconciling.compare(hand, id).await,
        }
    }
}

/// Runs a job to its end, or until `stop` is given: then it finishes the item in hand and says that it was
/// interrupted. `progress` hears of every item.
///
/// # Errors
/// [`JobError`]. A run with failed items is no error: its outcome says so.
pub async fn run(
    app: &App,
    order: &Order,
    progress: &(dyn Fn(Step) + Send + Sync),
    stop: &Shutdown,
) -> Result<JobRun, JobError> {
    let name = order.job.name();
    let lock = store::job::try_lock(app.store(), name).await?.ok_or(JobError::AlreadyRunning(name))?;
    let result = Box::pin(run_locked(app, order, progress, stop)).await;
    release(lock).await;
    result
}

/// The database lets the lock go at the latest when the connection ends, so a failure here changes nothing.
async fn release(lock: JobLock) {
    if let Err(error) = lock.release().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a job's lock was not released in good order");
    }
}

async fn run_locked(
    app: &App,
    order: &Order,
    progress: &(dyn Fn(Step) + Send + Sync),
    stop: &Shutdown,
) -> Result<JobRun, JobError> {
    let name = order.job.name();
    let work = Work::prepare(app, &order.job).await?;
    let mut run = JobRun {
        id: JobRunId(app.ids().uuid()),
        job: name,
        started_at: app.clock().now(),
        started_by: order.by.clone(),
        scheduled_for: order.scheduled_for,
        dry_run: order.dry_run,
        parameters: order.job.parameters(app),
        ended: None,
        counts: JobCounts::default(),
        errors: Vec::new(),
    };
    let mut unit = app.store().begin().await?;
    if !store::job::begin(&mut unit, &run).await? {
        return Err(JobError::AlreadyRun(name));
    }
    unit.commit().await?;

    if matches!(work, Work::DeleteStaleDrafts { .. }) && !run.dry_run {
        app::idempotency::forget_expired(app).await?;
    }
    let worked = work_through(app, &work, &mut run, progress, stop).await;
    let outcome = match &worked {
        Err(_) => JobOutcome::Interrupted,
        Ok(JobOutcome::Succeeded) if run.counts.failed > 0 => JobOutcome::Failed,
        Ok(outcome) => *outcome,
    };
    run.ended = Some((app.clock().now(), outcome));
    let saved = save(app, &run).await;
    let took = app.clock().now().duration_since(run.started_at);
    tracing::info!(
        job.kind = name.as_str(),
        job.id = %run.id,
        outcome = outcome.as_str(),
        rows = run.counts.changed,
        failed = run.counts.failed,
        dry_run = run.dry_run,
        duration_ms = u64::try_from(took.as_millis()).unwrap_or_default(),
        "a job ran"
    );
    metrics::counter!("job_runs_total", "job" => name.as_str(), "outcome" => outcome.as_str()).increment(1);
    worked?;
    saved?;
    Ok(run)
}

async fn work_through(
    app: &App,
    work: &Work,
    run: &mut JobRun,
    progress: &(dyn Fn(Step) + Send + Sync),
    stop: &Shutdown,
) -> Result<JobOutcome, app::Error> {
    let items = work.items(app).await?;
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    progress(Step { done: 0, total });
    for id in items {
        if stop.is_triggered() {
            return Ok(JobOutcome::Interrupted);
        }
        let correlation = Correlation::untraced(format!("job:{}", run.id));
        let cause = Cause { actor: User::service(), now: app.clock().now(), correlation };
        let hand = Hand { app, cause, dry_run: run.dry_run };
        match Box::pin(work.item(&hand, id)).await {
            Ok(Done::Changed) => run.counts.changed += 1,
            Ok(Done::Unchanged) => {}
            Err(error) => {
                tracing::warn!(
                    job.kind = run.job.as_str(),
                    job.id = %run.id,
                    referral.id = %id,
                    error = &error as &dyn std::error::Error,
                    "a job could not deal with an item"
                );
                run.counts.failed += 1;
                if run.errors.len() < ERRORS_KEPT {
                    run.errors.push(JobItemError { item: id.0, error: error.to_string() });
                }
            }
        }
        run.counts.examined += 1;
        progress(Step { done: run.counts.examined, total });
        if run.counts.examined.is_multiple_of(SAVE_EVERY) {
            save(app, run).await?;
        }
    }
    Ok(JobOutcome::Succeeded)
}

async fn save(app: &App, run: &JobRun) -> Result<(), app::Error> {
    let mut unit = app.store().begin().await?;
    store::job::save(&mut unit, run).await?;
    Ok(unit.commit().await?)
}
