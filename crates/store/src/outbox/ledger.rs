//! Reads the ledger: every effect of a referral and where it stands, the evidence of each attempt, and the backlog.

use domain::effect::{Action, Adapter, System};
use domain::{EffectId, ReferralId, User};
use jiff::Timestamp;

use super::payload;
use crate::column::{At, Place, instant};
use crate::user::Users;
use crate::{Db, StoreError};

/// Where an effect stands. At any time exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EffectState {
    /// Not tried yet.
    Waiting,
    /// Being tried now.
    InFlight,
    /// Tried, to be tried again.
    Retrying,
    /// The receiver has it.
    Delivered,
    /// The receiver does not want it.
    Refused,
    /// A person must look.
    Parked,
    /// Not needed any more.
    Superseded,
}

impl EffectState {
    /// Every state.
    pub const ALL: &'static [Self] = &[
        Self::Waiting,
        Self::InFlight,
        Self::Retrying,
        Self::Delivered,
        Self::Refused,
        Self::Parked,
        Self::Superseded,
    ];

    /// The spelling in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InFlight => "in_flight",
            Self::Retrying => "retrying",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Parked => "parked",
            Self::Superseded => "superseded",
        }
    }

    /// The state with this spelling.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }

    /// Whether it holds up its line.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Waiting | Self::InFlight | Self::Retrying | Self::Parked)
    }
}

/// One effect, with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its id, which the receiver sees.
    pub id: EffectId,
    /// Its place in its line.
    pub position: i64,
    /// The referral that it is about.
    pub referral_id: ReferralId,
    /// The system that is told.
    pub system: System,
    /// What is to be done.
    pub action: Action,
    /// The effect that must be finished first.
    pub after: Option<EffectId>,
    /// Where it stands.
    pub state: EffectState,
    /// How often it was tried.
    pub attempts: i32,
    /// Whether some attempt may have been carried out although no proper answer came.
    pub was_ambiguous: bool,
    /// Through which API it was tried last; none: through none, or through the one that is the default.
    pub adapter: Option<Adapter>,
    /// When it may be tried next, while it waits.
    pub not_before: Timestamp,
    /// Status of the last answer, where one came.
    pub last_status: Option<i32>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was tried last.
    pub last_attempt_at: Option<Timestamp>,
    /// When it was delivered, refused, parked or superseded.
    pub settled_at: Option<Timestamp>,
    /// What the receiver gave as proof.
    pub receipt: Option<String>,
    /// Why it was refused, parked or superseded.
    pub reason: Option<String>,
    /// The kind of fact that it follows from.
    pub cause: String,
    /// Who caused it.
    pub actor: User,
    /// Ties it to the request that caused it.
    pub correlation_id: String,
    /// When its cause happened.
    pub occurred_at: Timestamp,
    /// When it was intended.
    pub created_at: Timestamp,
}

/// One attempt to carry out an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: i32,
    /// When it was claimed.
    pub started_at: Timestamp,
    /// When its outcome was known.
    pub ended_at: Option<Timestamp>,
    /// What came of it: `delivered`, `retry`, `refused`, `parked`, `superseded`, or `lost` (nobody said).
    pub outcome: Option<String>,
    /// Status of the answer, where one came.
    pub status: Option<i32>,
    /// What went wrong.
    pub error: Option<String>,
}

/// The unfinished effects of one system and kind in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The system.
    pub system: System,
    /// The kind, as [`super::kind_of`] spells it.
    pub kind: String,
    /// The state.
    pub state: EffectState,
    /// How many.
    pub count: u64,
    /// When the oldest of them was intended.
    pub oldest: Timestamp,
}

/// Every effect of a referral, in the order in which they were intended.
pub async fn ledger(db: &mut Db, referral: ReferralId) -> Result<Vec<LedgerEntry>, StoreError> {
    let ids = sqlx::query_scalar!("SELECT id AS \"id!\" FROM every_effect WHERE referral_id = $1", referral.0);
    let ids = ids.fetch_all(&mut *db).await?;
    entries(db, &ids).await
}

/// One effect.
pub async fn get(db: &mut Db, id: EffectId) -> Result<Option<LedgerEntry>, StoreError> {
    Ok(entries(db, &[id.0]).await?.pop())
}

pub(super) async fn entries(db: &mut Db, ids: &[uuid::Uuid]) -> Result<Vec<LedgerEntry>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            e.id AS "id!", e.position AS "position!", e.referral_id AS "referral_id!", e.system AS "system!",
            e.kind AS "kind!", e.payload AS "payload!", e.after_id, e.state AS "state!", e.attempts AS "attempts!",
            e.not_before AS "not_before!: At", e.last_status, e.last_error,
            e.last_attempt_at AS "last_attempt_at: At", e.settled_at AS "settled_at: At", e.receipt, e.reason,
            e.ambiguous AS "ambiguous!", e.adapter,
            e.cause AS "cause!", e.actor_source AS "actor_source!", e.actor_id AS "actor_id!",
            e.correlation_id AS "correlation_id!", e.occurred_at AS "occurred_at!: At",
            e.created_at AS "created_at!: At"
        FROM every_effect e
        WHERE e.id = ANY($1)
        ORDER BY e.position
        "#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut users = Users::default();
    for row in &rows {
        users.want(&row.actor_source, &row.actor_id);
    }
    users.load(db).await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "effect", id: &row.id };
            Ok(LedgerEntry {
                id: EffectId(row.id),
                position: row.position,
                referral_id: ReferralId(row.referral_id),
                system: place.member("system", &row.system, System::from_text)?,
                action: payload::from_json(&row.kind, row.payload).ok_or_else(|| place.corrupt("payload"))?,
                after: row.after_id.map(EffectId),
                state: place.member("state", &row.state, EffectState::from_text)?,
                attempts: row.attempts,
                was_ambiguous: row.ambiguous,
                adapter: place.maybe_member("adapter", row.adapter.as_deref(), Adapter::from_text)?,
                not_before: row.not_before.to_jiff(),
                last_status: row.last_status,
                last_error: row.last_error,
                last_attempt_at: instant(row.last_attempt_at),
                settled_at: instant(row.settled_at),
                receipt: row.receipt,
                reason: row.reason,
                cause: row.cause,
                actor: users.get(&row.actor_source, &row.actor_id)?,
                correlation_id: row.correlation_id,
                occurred_at: row.occurred_at.to_jiff(),
                created_at: row.created_at.to_jiff(),
            })
        })
        .collect()
}

/// The evidence of an effect, attempt by attempt.
pub async fn attempts(db: &mut Db, id: EffectId) -> Result<Vec<Attempt>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT attempt, started_at AS "started_at: At", ended_at AS "ended_at: At", outcome, status, error
        FROM effect_attempt
        WHERE effect_id = $1
        ORDER BY attempt
        "#,
        id.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Attempt {
            number: row.attempt,
            started_at: row.started_at.to_jiff(),
            ended_at: instant(row.ended_at),
            outcome: row.outcome,
            status: row.status,
            error: row.error,
        })
        .collect())
}

/// The evidence of every effect of a referral, attempt by attempt.
pub async fn attempts_of(db: &mut Db, referral: ReferralId) -> Result<Vec<(EffectId, Attempt)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            a.effect_id, a.attempt, a.started_at AS "started_at: At", a.ended_at AS "ended_at: At", a.outcome,
            a.status, a.error
        FROM effect_attempt a
        JOIN every_effect e ON e.id = a.effect_id
        WHERE e.referral_id = $1
        ORDER BY e.position, a.attempt
        "#,
        referral.0,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let attempt = Attempt {
                number: row.attempt,
                started_at: row.started_at.to_jiff(),
                ended_at: instant(row.ended_at),
                outcome: row.outcome,
                status: row.status,
                error: row.error,
            };
            (EffectId(row.effect_id), attempt)
        })
        .collect())
}

/// The unfinished effects by system, kind and state. Costs the same whatever has been finished before.
pub async fn backlog(db: &mut Db) -> Result<Vec<Backlog>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT system, kind, state, count(*) AS "count!", min(created_at) AS "oldest!: At"
        FROM effect
        WHERE state IN ('waiting', 'in_flight', 'retrying', 'parked')
        GROUP BY system, kind, state
        ORDER BY system, kind, state
        "#
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "effect", id: &row.system };
            Ok(Backlog {
                system: place.member("system", &row.system, System::from_text)?,
                state: place.member("state", &row.state, EffectState::from_text)?,
                kind: row.kind,
                count: u64::try_from(row.count).unwrap_or_default(),
                oldest: row.oldest.to_jiff(),
            })
        })
        .collect()
}
