//! The world as a whole: reset, snapshots, the clock, and people who move.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bad, done, strict};
use crate::prisons::Move;
use crate::sandbox::Sandbox;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Instant {
    now: Option<Timestamp>,
}

/// Back to the seeded state; faults and the request log are cleared, the clock follows the machine.
pub(super) async fn reset(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Nothing {} = strict(&body)?;
    sandbox.write(crate::State::reset);
    sandbox.log().clear();
    Ok(done())
}

/// Keeps the state under a name, for as long as the process runs.
pub(super) async fn snapshot(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Named { name } = strict(&body)?;
    sandbox.snapshot(&name);
    Ok(done())
}

/// Puts the state back as it was under that name.
pub(super) async fn restore(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Named { name } = strict(&body)?;
    if sandbox.restore(&name) { Ok(done()) } else { Err(Bad::new(format!("unknown snapshot `{name}`"))) }
}

pub(super) async fn clock(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "now": sandbox.now() }))
}

/// Stops the clock at an instant; `null` lets it follow the machine again.
pub(super) async fn set_clock(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Instant { now } = strict(&body)?;
    let now = sandbox.write(|state| {
        state.clock.set(now);
        state.now()
    });
    Ok(Json(json!({ "now": now })))
}

/// Moves a prisoner: transfer, release, recall, or a number that is no longer known.
pub(super) async fn move_prisoner(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let change: Move = strict(&body)?;
    let number = change.prisoner_number.clone();
    if sandbox.write(|state| state.prisons.record(change)) {
        Ok(done())
    } else {
        Err(Bad::new(format!("unknown prisonerNumber `{number}`")))
    }
}
