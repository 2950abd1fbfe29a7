//! The fault plan from outside: list, add, clear.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::Value;

use super::{Bad, done, strict};
use crate::fault::Fault;
use crate::sandbox::Sandbox;

pub(super) async fn list(State(sandbox): State<Sandbox>) -> Json<Vec<Fault>> {
    Json(sandbox.read(|state| state.faults.list().to_vec()))
}

pub(super) async fn add(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Fault>, Bad> {
    let fault: Fault = strict(&body)?;
    sandbox.write(|state| state.faults.add(fault.clone())).map_err(|wrong| Bad::new(wrong.to_string()))?;
    Ok(Json(fault))
}

pub(super) async fn clear(State(sandbox): State<Sandbox>) -> Json<Value> {
    sandbox.write(|state| state.faults.clear());
    sandbox.queued().notify_one();
    done()
}
