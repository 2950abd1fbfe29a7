//! What the circuits of each worker do: written by the worker when it changes and now and then, read by whoever serves
//! pages. Owns rows that are worth nothing once their worker is silent; refuses to decide when that is.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::column::{At, Place, at, instant};
use crate::error::rows;
use crate::{Db, StoreError};

/// A worker, by an id that it takes when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub Uuid);

/// What a circuit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls go through.
    Closed,
    /// No call is sent.
    Open {
        /// Failures in a row that opened it, failed trials included.
        failures: u32,
        /// When it opened.
        since: Timestamp,
        /// From then on one call is sent for trial.
        until: Timestamp,
    },
    /// One call is sent for trial.
    HalfOpen {
        /// Failures in a row that opened it, failed trials included.
        failures: u32,
        /// When it opened.
        since: Timestamp,
    },
}

impl CircuitState {
    /// Every name of a state.
    pub const NAMES: &'static [&'static str] = &["closed", "open", "half-open"];

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half-open",
        }
    }

    /// Failures in a row, 0 while it is closed.
    pub fn failures(self) -> u32 {
        match self {
            Self::Closed => 0,
            Self::Open { failures, .. } | Self::HalfOpen { failures, .. } => failures,
        }
    }

    /// When it opened; none while it is closed.
    pub fn since(self) -> Option<Timestamp> {
        match self {
            Self::Closed => None,
            Self::Open { since, .. } | Self::HalfOpen { since, .. } => Some(since),
        }
    }

    /// When the next call is sent for trial; none unless it is open.
    pub fn until(self) -> Option<Timestamp> {
        match self {
            Self::Open { until, .. } => Some(until),
            Self::Closed | Self::HalfOpen { .. } => None,
        }
    }
}

/// One circuit of one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// The worker.
    pub worker: WorkerId,
    /// The system, as metrics and logs name it.
    pub system: String,
    /// What it does.
    pub state: CircuitState,
}

/// Writes down what a worker's circuits do now, all in one statement.
pub async fn save(
    db: &mut Db,
    worker: WorkerId,
    circuits: &[(&str, CircuitState)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let given: Vec<Value> = circuits
        .iter()
        .map(|(system, state)| {
            json!({
                "system": system,
                "state": state.name(),
                "failures": state.failures(),
                "since": state.since(),
                "open_until": state.until(),
            })
        })
        .collect();
    let saved = sqlx::query!(
        r#"
        INSERT INTO circuit (worker, system, state, failures, since, open_until, seen_at)
        SELECT $1, system, state, failures, since, open_until, $3
        FROM jsonb_to_recordset($2) AS given (
            system text, state text, failures integer, since timestamptz, open_until timestamptz
        )
        ON CONFLICT (worker, system) DO UPDATE
        SET state = excluded.state,
            failures = excluded.failures,
            since = excluded.since,
            open_until = excluded.open_until,
            seen_at = excluded.seen_at
        "#,
        worker.0,
        Value::Array(given),
        at(now) as _,
    )
    .execute(db)
    .await?;
    rows(&saved, u64::try_from(circuits.len()).unwrap_or_default())
}

/// Forgets a worker that stops, and every one that was last heard of before an instant.
pub async fn forget(db: &mut Db, worker: WorkerId, silent_since: Timestamp) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM circuit WHERE worker = $1 OR seen_at < $2", worker.0, at(silent_since) as _)
        .execute(db)
        .await?;
    Ok(())
}

/// The circuits of every worker that was heard of since an instant, by worker and system.
pub async fn list(db: &mut Db, heard_since: Timestamp) -> Result<Vec<Circuit>, StoreError> {
    let found = sqlx::query!(
        r#"
        SELECT worker, system, state, failures, since AS "since: At", open_until AS "open_until: At"
        FROM circuit
        WHERE seen_at >= $1
        ORDER BY worker, system
        "#,
        at(heard_since) as _,
    )
    .fetch_all(db)
    .await?;
    found
        .into_iter()
        .map(|row| {
            let place = Place { table: "circuit", id: &row.worker };
            let failures = place.unsigned("failures", row.failures)?;
            let (since, until) = (instant(row.since), instant(row.open_until));
            let state = match (row.state.as_str(), since, until) {
                ("closed", None, None) => CircuitState::Closed,
                ("open", Some(since), Some(until)) => CircuitState::Open { failures, since, until },
                ("half-open", Some(since), None) => CircuitState::HalfOpen { failures, since },
                _ => return Err(place.corrupt("state")),
            };
            Ok(Circuit { worker: WorkerId(row.worker), system: row.system, state })
        })
        .collect()
}
