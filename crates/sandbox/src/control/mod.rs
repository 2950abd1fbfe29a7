//! The control interface: what a script or a test may see and change behind the stand-ins' backs.
//!
//! Every body is JSON and is read strictly: an unknown field, system, fault or user is a 400 that names it. Callers from
//! other machines are refused.

mod guard;
mod plan;
mod records;
mod scenario;
mod sign_in;
mod world;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use self::guard::guarded;
use crate::sandbox::Sandbox;

/// Everything below `/control` but Delius's own part.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/reset", post(world::reset))
        .route("/snapshot", post(world::snapshot))
        .route("/restore", post(world::restore))
        .route("/clock", get(world::clock).post(world::set_clock))
        .route("/prisons/move", post(world::move_prisoner))
        .route("/token", post(sign_in::token))
        .route("/users", get(sign_in::users).post(sign_in::change_user))
        .route("/auth/rotate-key", post(sign_in::rotate_key))
        .route("/auth/skew", post(sign_in::skew))
        .route("/auth/revoke", post(sign_in::revoke))
        .route("/verification/forget", post(sign_in::forget))
        .route("/faults", get(plan::list).post(plan::add).delete(plan::clear))
        .route("/scenarios", get(scenario::list))
        .route("/scenario", post(scenario::set))
        .route("/requests", get(records::requests).delete(records::forget_requests))
        .route("/emails", get(records::emails))
        .route("/events", get(records::events))
        .route("/events/queue", get(records::queue))
        .route("/events/redelivery", post(records::redelivery))
        .route("/events/redrive", post(records::redrive))
        .route("/notify/account", get(records::account))
        .route("/notify/limits", post(records::limits))
        .route("/notify/receipts", post(records::receipts))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .with_state(sandbox)
}

/// A body that is not what the call asks for.
#[derive(Debug)]
pub(crate) struct Bad(String);

impl Bad {
    /// A 400 that says `told`, which names what is wrong.
    pub(crate) fn new(told: impl Into<String>) -> Self {
        Self(told.into())
    }
}

impl IntoResponse for Bad {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "status": 400, "error": self.0 }))).into_response()
    }
}

/// Reads a body strictly; an empty one counts as an empty object.
pub(crate) fn strict<T: DeserializeOwned>(body: &Bytes) -> Result<T, Bad> {
    let text: &[u8] = if body.trim_ascii().is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|error| Bad(error.to_string()))
}

/// The answer to a call that has nothing to tell.
pub(crate) fn done() -> Json<Value> {
    Json(json!({ "done": true }))
}

async fn unknown() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "status": 404, "error": "no such control call" }))).into_response()
}
