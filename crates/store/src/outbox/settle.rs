//! Writes down what came of an attempt, behind its fence.

use domain::EffectId;
use jiff::Timestamp;

use super::enqueue::notify_ready;
use crate::column::{at, maybe_at};
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
    let settled = outcome.settled();
    let is_final = settled.not_before.is_none();
    let system = sqlx::query_scalar!(
        r#"
        UPDATE effect
        SET state = $3,
            lease_until = NULL,
            not_before = coalesce($4, not_before),
            last_status = $5,
            last_error = $6,
            reason = $7,
            receipt = $8,
            ambiguous = ambiguous OR $9,
            settled_at = $10
        WHERE id = $1 AND attempts = $2 AND state = 'in_flight'
        RETURNING system
        "#,
        id.0,
        fence,
        settled.state,
        maybe_at(settled.not_before) as _,
        settled.status,
        settled.error,
        settled.reason,
        settled.receipt,
        settled.ambiguous,
        maybe_at(is_final.then_some(now)) as _,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(system) = system else { return Ok(false) };
    sqlx::query!(
        r#"
        UPDATE effect_attempt
        SET ended_at = $3, outcome = $4, status = $5, error = coalesce($6, $7)
        WHERE effect_id = $1 AND attempt = $2
        "#,
        id.0,
        fence,
        at(now) as _,
        settled.attempt,
        settled.status,
        settled.error,
        settled.reason,
    )
    .execute(&mut *db)
    .await?;
    notify_settled(db, id).await?;
    // The line's next effect may be ready, and whatever comes after this one.
    notify_ready(db, &system).await?;
    Ok(true)
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
