//! Runs of jobs: the lock that lets one run of a job at a time work, and the record of each run.

use domain::JobRunId;
use domain::job::{JobName, JobOutcome};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::column::{At, Place, at, instant, maybe_at};
use crate::error::one_row;
use crate::{Db, Store, StoreError};

/// The first half of the advisory locks' numbers; the second is the job's place in [`JobName::ALL`].
const LOCK_CLASS: i32 = 7_201_928;

/// Held while a job runs, on a connection of its own. When the process dies the database lets it go.
#[derive(Debug)]
pub struct JobLock {
    connection: PgConnection,
    place: i32,
}

impl JobLock {
    /// Lets another run begin, at once: the end of the connection alone would let it begin a moment later.
    pub async fn release(mut self) -> Result<(), StoreError> {
        sqlx::query!("SELECT pg_advisory_unlock($1, $2)", LOCK_CLASS, self.place)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(self.connection.close().await?)
    }
}

/// The job's lock, unless another run holds it.
pub async fn try_lock(store: &Store, job: JobName) -> Result<Option<JobLock>, StoreError> {
    let place = JobName::ALL.iter().position(|name| *name == job).unwrap_or_default();
    try_lock_place(store, i32::try_from(place).unwrap_or_default()).await
}

/// Holds the lock of looking again at referrals between the nightly runs; none where another worker is at it.
pub async fn try_lock_looking(store: &Store) -> Result<Option<JobLock>, StoreError> {
    try_lock_place(store, -1).await
}

async fn try_lock_place(store: &Store, place: i32) -> Result<Option<JobLock>, StoreError> {
    let mut connection = PgConnection::connect_with(store.options()).await?;
    let granted = sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1, $2) AS "granted!""#, LOCK_CLASS, place)
        .fetch_one(&mut connection)
        .await?;
    if granted {
        return Ok(Some(JobLock { connection, place }));
    }
    connection.close().await?;
    Ok(None)
}

/// What a run has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Items dealt with.
    pub examined: u64,
    /// Items changed, or in a dry run to be changed.
    pub changed: u64,
    /// Items that could not be dealt with.
    pub failed: u64,
}

impl JobCounts {
    /// Items that needed no change.
    pub fn unchanged(&self) -> u64 {
        self.examined.saturating_sub(self.changed).saturating_sub(self.failed)
    }
}

/// An item that could not be dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobItemError {
    /// The referral or draft.
    pub item: Uuid,
    /// What went wrong, without personal data.
    pub error: String,
}

/// One run of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRun {
    /// Its id.
    pub id: JobRunId,
    /// Which job.
    pub job: JobName,
    /// When it began.
    pub started_at: Timestamp,
    /// The operator's account on the machine, or `schedule`.
    pub started_by: String,
    /// The time that the schedule set.
    pub scheduled_for: Option<Timestamp>,
    /// Whether it only looked.
    pub dry_run: bool,
    /// What it was told, as a JSON object.
    pub parameters: Value,
    /// When and how it ended; none while it runs.
    pub ended: Option<(Timestamp, JobOutcome)>,
    /// What it did.
    pub counts: JobCounts,
    /// The first items that could not be dealt with.
    pub errors: Vec<JobItemError>,
}

/// Records that a run begins. Whoever calls holds the job's lock, so a run that looks unfinished was interrupted and
/// is marked so. False when the scheduled time was run already; then nothing is written.
pub async fn begin(db: &mut Db, run: &JobRun) -> Result<bool, StoreError> {
    sqlx::query!(
        "UPDATE job_run SET outcome = 'interrupted', finished_at = $2 WHERE job = $1 AND outcome IS NULL",
        run.job.as_str(),
        at(run.started_at) as _,
    )
    .execute(&mut *db)
    .await?;
    let begun = sqlx::query!(
        r#"
        INSERT INTO job_run (id, job, started_at, started_by, scheduled_for, dry_run, parameters)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (job, scheduled_for) WHERE outcome IS DISTINCT FROM 'interrupted' DO NOTHING
        "#,
        run.id.0,
        run.job.as_str(),
        at(run.started_at) as _,
        run.started_by,
        maybe_at(run.scheduled_for) as _,
        run.dry_run,
        run.parameters,
    )
    .execute(db)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Records how far a run has come or, with [`JobRun::ended`], how it ended.
pub async fn save(db: &mut Db, run: &JobRun) -> Result<(), StoreError> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let saved = sqlx::query!(
        r#"
        UPDATE job_run
        SET finished_at = $2,
            outcome = $3,
            examined = $4,
            changed = $5,
            failed = $6,
            errors = $7
        WHERE id = $1 AND outcome IS NULL
        "#,
        run.id.0,
        maybe_at(run.ended.map(|(at, _)| at)) as _,
        run.ended.map(|(_, outcome)| outcome.as_str()),
        count(run.counts.examined),
        count(run.counts.changed),
        count(run.counts.failed),
        serde_json::json!(run.errors),
    )
    .execute(db)
    .await?;
    one_row(&saved)
}

/// The latest runs, newest first.
pub async fn list(db: &mut Db, limit: i64) -> Result<Vec<JobRun>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            id,
            job,
            started_at AS "started_at: At",
            started_by,
            scheduled_for AS "scheduled_for: At",
            dry_run,
            parameters,
            finished_at AS "finished_at: At",
            outcome,
            examined,
            changed,
            failed,
            errors
        FROM job_run
        ORDER BY started_at DESC, id DESC
        LIMIT $1
        "#,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "job_run", id: &row.id };
            let outcome = place.maybe_member("outcome", row.outcome.as_deref(), JobOutcome::from_text)?;
            let count = |column, number: i64| u64::try_from(number).map_err(|_| place.corrupt(column));
            Ok(JobRun {
                id: JobRunId(row.id),
                job: place.member("job", &row.job, JobName::from_text)?,
                started_at: row.started_at.to_jiff(),
                started_by: row.started_by,
                scheduled_for: instant(row.scheduled_for),
                dry_run: row.dry_run,
                parameters: row.parameters,
                ended: instant(row.finished_at).zip(outcome),
                counts: JobCounts {
                    examined: count("examined", row.examined)?,
                    changed: count("changed", row.changed)?,
                    failed: count("failed", row.failed)?,
                },
                errors: serde_json::from_value(row.errors).map_err(|_| place.corrupt("errors"))?,
            })
        })
        .collect()
}
