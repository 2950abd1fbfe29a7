//! Writes down what came of an attempt, behind its fence.

use std::collections::BTreeSet;

use domain::EffectId;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::column::at;
use crate::{Db, StoreError};

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered {
        /// What it gave as proof.
        receipt: Option<String>,
    },
    /// To be tried again.
    Retry {
        /// Not before this.
        not_before: Timestamp,
        /// Status of the answer, where one came.
        status: Option<i32>,
        /// What went wrong, without personal data.
        error: String,
        /// Whether it may have been carried out all the same. Every further attempt is told: what may have arrived
        /// once may have arrived, whatever becomes of later attempts, parking included.
        ambiguous: bool,
    },
    /// The receiver does not want it, and that is an answer: the line goes on.
    Refused {
        /// Status of the answer, where one came.
        status: Option<i32>,
        /// The receiver's reason, in our words.
        reason: String,
    },
    /// A person must look; the line stands still.
    Parked {
        /// What is the matter and who may act.
        reason: String,
        /// Status of the answer, where one came.
        status: Option<i32>,
        /// What went wrong, without personal data.
        error: Option<String>,
        /// Whether this very attempt may have been carried out all the same: whoever has it tried again must not go
        /// out as if nothing had arrived.
        ambiguous: bool,
    },
    /// Not needed any more: the line goes on.
    Superseded {
        /// Why.
        reason: String,
    },
}

/// The columns that an outcome fills.
struct Settled<'a> {
    state: &'static str,
    attempt: &'static str,
    not_before: Option<Timestamp>,
    status: Option<i32>,
    error: Option<&'a str>,
    reason: Option<&'a str>,
    receipt: Option<&'a str>,
    ambiguous: bool,
}

impl Outcome {
    /// What came of the attempt, in a word, as in the evidence.
    pub fn name(&self) -> &'static str {
        self.settled().attempt
    }

    fn settled(&self) -> Settled<'_> {
        let plain = |state| Settled {
            state,
            attempt: state,
            not_before: None,
            status: None,
            error: None,
            reason: None,
            receipt: None,
            ambiguous: false,
        };
        match self {
            Self::Delivered { receipt } => Settled { receipt: receipt.as_deref(), ..plain("delivered") },
            Self::Retry { not_before, status, error, ambiguous } => Settled {
                attempt: "retry",
                not_before: Some(*not_before),
                status: *status,
                error: Some(error),
                ambiguous: *ambiguous,
                ..plain("retrying")
            },
            Self::Refused { status, reason } => Settled { status: *status, reason: Some(reason), ..plain("refused") },
            Self::Parked { reason, status, error, ambiguous } => Settled {
                status: *status,
                reason: Some(reason),
                error: error.as_deref(),
                ambiguous: *ambiguous,
                ..plain("parked")
            },
            Self::Superseded { reason } => Settled { reason: Some(reason), ..plain("superseded") },
        }
    }
}

/// What came of one attempt, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The effect.
    pub id: EffectId,
    /// The number of the attempt, as claimed.
    pub fence: i32,
    /// What came of it.
    pub outcome: Outcome,
    /// When that was known.
    pub at: Timestamp,
}

/// Writes down what came of an attempt. False, and nothing written, when the fence is lost: the lease ran out and
/// another worker has claimed the effect, or an operator has settled it.
///
/// A unit of work that also records facts about the referral locks the referral first.
pub async fn settle(
    db: &mut Db,
    id: EffectId,
    fence: i32,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let settlement = Settlement { id, fence, outcome: outcome.clone(), at: now };
    Ok(settle_all(db, &[settlement]).await?.contains(&id))
}

/// Writes down what came of several attempts, each behind its own fence, in one statement; answers which were written.
/// Wakes whoever waits for one of them, and the relays where something of the same referral may now be due.
pub async fn settle_all(db: &mut Db, settlements: &[Settlement]) -> Result<BTreeSet<EffectId>, StoreError> {
    let given: Vec<Value> = settlements
        .iter()
        .map(|Settlement { id, fence, outcome, at }| {
            let settled = outcome.settled();
            json!({
                "id": id.0,
                "fence": fence,
                "state": settled.state,
                "attempt": settled.attempt,
                "not_before": settled.not_before,
                "status": settled.status,
                "error": settled.error,
                "reason": settled.reason,
                "receipt": settled.receipt,
                "ambiguous": settled.ambiguous,
                "at": at,
            })
        })
        .collect();
    let ids: Vec<uuid::Uuid> = settlements.iter().map(|settlement| settlement.id.0).collect();
    // Named twice, by id and as rows: a list of ids is looked up by key, whatever the planner thinks of the table. That an
    // effect is in flight is asked by its lease, which it alone has: by its state, the planner would read all that is due.
    // What is finished goes straight to the finished ones, as the table's trigger would move it, at less than half the cost.
    let settled = sqlx::query!(
        r#"
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset($1) AS given (
                id uuid, fence integer, state text, attempt text, not_before timestamptz, status integer, error text,
                reason text, receipt text, ambiguous boolean, at timestamptz
            )
        ),
        gone AS (
            DELETE FROM effect e
            USING given g
            WHERE e.id = ANY($4)
                AND e.id = g.id
                AND e.attempts = g.fence
                AND e.lease_until IS NOT NULL
                AND g.state IN ('delivered', 'refused', 'superseded')
            RETURNING
                e.*, g.state AS outcome, g.status, g.error, g.reason AS because, g.receipt AS proof, g.at,
                e.ambiguous OR g.ambiguous AS was_ambiguous
        ),
        finished AS (
            INSERT INTO effect_finished (
                id, position, referral_id, system, kind, payload, after_id, state, attempts, not_before, ambiguous,
                last_status, last_error, last_attempt_at, settled_at, receipt, reason, cause, actor_source, actor_id,
                correlation_id, occurred_at, created_at, traceparent, adapter
            )
            SELECT
                id, position, referral_id, system, kind, payload, after_id, outcome, attempts, not_before, was_ambiguous,
                status, error, last_attempt_at, at, proof, because, cause, actor_source, actor_id,
                correlation_id, occurred_at, created_at, traceparent, adapter
            FROM gone
        ),
        kept AS (
            UPDATE effect e
            SET state = g.state,
                lease_until = NULL,
                not_before = coalesce(g.not_before, e.not_before),
                last_status = g.status,
                last_error = g.error,
                reason = g.reason,
                receipt = g.receipt,
                ambiguous = e.ambiguous OR g.ambiguous,
                settled_at = CASE WHEN g.not_before IS NULL THEN g.at END
            FROM given g
            WHERE e.id = ANY($4)
                AND e.id = g.id
                AND e.attempts = g.fence
                AND e.lease_until IS NOT NULL
                AND g.state IN ('retrying', 'parked')
            RETURNING e.id, e.system, e.referral_id
        ),
        settled AS (
            SELECT id, system, referral_id FROM gone
            UNION ALL
            SELECT id, system, referral_id FROM kept
        ),
        attempted AS (
            UPDATE effect_attempt a
            SET ended_at = g.at, outcome = g.attempt, status = g.status, error = coalesce(g.error, g.reason)
            FROM given g
            JOIN settled s ON s.id = g.id
            WHERE a.effect_id = ANY($4) AND a.effect_id = g.id AND a.attempt = g.fence
        )
        SELECT
            s.id AS "id!",
            pg_notify($2, s.id::text)::text AS told,
            -- Nobody is woken where nothing can have become due.
            CASE
                WHEN EXISTS (SELECT FROM effect o WHERE o.referral_id = s.referral_id AND o.id <> s.id)
                    THEN pg_notify($3, s.system)::text
            END AS woken
        FROM settled s
        "#,
        Value::Array(given),
        super::SETTLED_CHANNEL,
        super::READY_CHANNEL,
        &ids,
    )
    .fetch_all(db)
    .await?;
    Ok(settled.into_iter().map(|row| EffectId(row.id)).collect())
}

/// Wakes whoever waits for this effect's attempt, once the transaction commits.
pub(super) async fn notify_settled(db: &mut Db, id: EffectId) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_notify($1, $2)", super::SETTLED_CHANNEL, id.to_string()).execute(db).await?;
    Ok(())
}

/// Supersedes every unfinished effect that comes directly after this one and has not been tried: e-mails and events
/// about a booking that was refused are not sent. Answers how many.
pub async fn supersede_dependents_of(
    db: &mut Db,
    id: EffectId,
    reason: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let superseded = sqlx::query!(
        r#"
        UPDATE effect
        SET state = 'superseded', settled_at = $3, reason = $2
        WHERE after_id = $1 AND state IN ('waiting', 'retrying', 'parked')
        "#,
        id.0,
        reason,
        at(now) as _,
    )
    .execute(db)
    .await?;
    Ok(superseded.rows_affected())
}
