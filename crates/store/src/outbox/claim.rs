//! Claims the heads of lines for a worker.

use std::collections::BTreeSet;

use domain::effect::{Action, Adapter, System};
use domain::{EffectId, ReferralId};
use jiff::{SignedDuration, Timestamp};

use super::payload;
use crate::column::{At, Place, at};
use crate::{Db, StoreError, UnitOfWork};

/// An effect that this worker holds until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedEffect {
    /// Its id, which the receiver sees.
    pub id: EffectId,
    /// The referral that it is about.
    pub referral_id: ReferralId,
    /// The system that is told.
    pub system: System,
    /// What is to be done.
    pub action: Action,
    /// Which attempt this is, from 1; also the fence that [`super::settle`] asks for.
    pub attempts: i32,
    /// When its cause happened.
    pub occurred_at: Timestamp,
    /// When it was intended.
    pub created_at: Timestamp,
    /// Ties it to the request that caused it.
    pub correlation_id: String,
    /// The W3C trace context of that request.
    pub traceparent: Option<String>,
    /// Status of the last answer, where one came.
    pub last_status: Option<i32>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Whether an earlier attempt may have been carried out: its answer was lost, or its worker.
    pub was_ambiguous: bool,
    /// Through which API an earlier attempt was made; none: through none, or through the one that is the default.
    pub adapter: Option<Adapter>,
}

/// Claims up to `limit` effects: each the first unfinished one of its line, due, with what it comes after finished.
/// Among them are those whose worker has let its lease run out. Paused systems are left alone, and so is whatever
/// reaches Delius of a referral whose line is held (see [`crate::collection`]). One statement claims; any
/// number of workers may do so at the same time and never get the same line.
pub async fn claim(
    work: &mut UnitOfWork,
    now: Timestamp,
    lease: SignedDuration,
    limit: i64,
    paused: &BTreeSet<System>,
) -> Result<Vec<ClaimedEffect>, StoreError> {
    let systems = open_systems(paused);
    let until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
    // Told that next to nothing is due, the planner would read all of it and sort, for every claim of a long pile, and
    // look up what each row waits for from end to end.
    sqlx::raw_sql("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off").execute(&mut **work).await?;
    // Each system's due effects are read in order of time from one index that holds unfinished ones only. A row that
    // another worker is claiming is skipped while it is locked; once that worker has committed, this statement
    // re-reads the row and finds its lease running. A line's later rows stay behind it either way. Whatever is looked up
    // by key is asked for as a list or one by one: a planner that takes the table to be empty would join with all of it.
    let mut rows = sqlx::query!(
        r#"
        WITH head AS (
            SELECT due.id, due.former_state, due.former_attempts
            FROM UNNEST($4::text[]) AS open (system)
            CROSS JOIN LATERAL (
                SELECT
                    e.id,
                    e.state AS former_state,
                    e.attempts AS former_attempts,
                    coalesce(e.lease_until, e.not_before) AS due_at,
                    e.position
                FROM effect e
                WHERE e.system = open.system
                    AND e.state IN ('waiting', 'in_flight', 'retrying')
                    AND coalesce(e.lease_until, e.not_before) <= $1
                    AND (
                        e.out_of_line
                        OR NOT EXISTS (
                            SELECT
                            FROM effect earlier
                            WHERE earlier.referral_id = e.referral_id
                                AND earlier.system = e.system
                                AND earlier.position < e.position
                        )
                    )
                    AND (SELECT gate.id FROM effect gate WHERE gate.id = e.after_id) IS NULL
                    AND NOT (
                        e.reaches_delius
                        AND EXISTS (
                            SELECT
                            FROM collection c
                            WHERE c.referral_id = e.referral_id AND c.state = 'held'
                        )
                    )
                ORDER BY coalesce(e.lease_until, e.not_before), e.position
                LIMIT $3
                FOR NO KEY UPDATE OF e SKIP LOCKED
            ) AS due
            ORDER BY due.due_at, due.position
            LIMIT $3
        ),
        lost AS (
            UPDATE effect_attempt a
            SET ended_at = $1, outcome = 'lost'
            FROM head
            WHERE a.effect_id = ANY(ARRAY(SELECT id FROM head))
                AND a.effect_id = head.id
                AND a.attempt = head.former_attempts
                AND a.outcome IS NULL
        ),
        begun AS (
            INSERT INTO effect_attempt (effect_id, attempt, started_at)
            SELECT id, former_attempts + 1, $1 FROM head
        )
        UPDATE effect e
        SET state = 'in_flight',
            attempts = e.attempts + 1,
            lease_until = $2,
            last_attempt_at = $1,
            ambiguous = e.ambiguous OR head.former_state = 'in_flight'
        FROM head
        WHERE e.id = ANY(ARRAY(SELECT id FROM head)) AND e.id = head.id
        RETURNING
            e.id, e.position, e.referral_id, e.system, e.kind, e.payload, e.attempts,
            e.occurred_at AS "occurred_at: At", e.created_at AS "created_at: At", e.correlation_id,
            e.traceparent, e.last_status, e.last_error, e.ambiguous, e.adapter
        "#,
        at(now) as _,
        at(until) as _,
        limit,
        &systems,
    )
    .fetch_all(&mut **work)
    .await?;
    sqlx::raw_sql("SET LOCAL enable_sort TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT").execute(&mut **work).await?;
    rows.sort_by_key(|row| row.position);
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "effect", id: &row.id };
            Ok(ClaimedEffect {
                id: EffectId(row.id),
                referral_id: ReferralId(row.referral_id),
                system: place.member("system", &row.system, System::from_text)?,
                action: payload::from_json(&row.kind, row.payload).ok_or_else(|| place.corrupt("payload"))?,
                attempts: row.attempts,
                occurred_at: row.occurred_at.to_jiff(),
                created_at: row.created_at.to_jiff(),
                correlation_id: row.correlation_id,
                traceparent: row.traceparent,
                last_status: row.last_status,
                last_error: row.last_error,
                was_ambiguous: row.ambiguous,
                adapter: place.maybe_member("adapter", row.adapter.as_deref(), Adapter::from_text)?,
            })
        })
        .collect()
}

/// Holds on to a claimed effect for longer. False when the fence is lost: another worker has it.
pub async fn extend_lease(db: &mut Db, id: EffectId, fence: i32, until: Timestamp) -> Result<bool, StoreError> {
    let extended = sqlx::query!(
        "UPDATE effect SET lease_until = $3 WHERE id = $1 AND attempts = $2 AND lease_until IS NOT NULL",
        id.0,
        fence,
        at(until) as _,
    )
    .execute(db)
    .await?;
    Ok(extended.rows_affected() == 1)
}

/// Takes note, before the call, through which API this attempt is made: whoever comes after a lost answer must ask the
/// same one. False when the fence is lost: another worker has the effect.
pub async fn go_through(db: &mut Db, id: EffectId, fence: i32, adapter: Adapter) -> Result<bool, StoreError> {
    let noted = sqlx::query!(
        "UPDATE effect SET adapter = $3 WHERE id = $1 AND attempts = $2 AND lease_until IS NOT NULL",
        id.0,
        fence,
        adapter.as_str(),
    )
    .execute(db)
    .await?;
    Ok(noted.rows_affected() == 1)
}

fn open_systems(paused: &BTreeSet<System>) -> Vec<String> {
    System::ALL.iter().filter(|system| !paused.contains(system)).map(|system| system.as_str().to_owned()).collect()
}
