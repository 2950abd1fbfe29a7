//! OPS-H1: whether the pages can do their work. The first says what it depends on; the other two only that it runs.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::Site;

fn word(is_up: bool) -> &'static str {
    if is_up { "UP" } else { "DOWN" }
}

/// G `/health`. Only the database decides: other systems' outages delay single pages and messages.
pub(crate) async fn overall(State(site): State<Site>) -> Response {
    let health = site.app.health().await;
    let status = if health.is_up() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "status": word(health.is_up()), "components": { "db": { "status": word(health.database) } } });
    (status, Json(body)).into_response()
}

/// G `/health/liveness` and `/health/readiness`.
pub(crate) async fn alive() -> Response {
    Json(json!({ "status": word(true) })).into_response()
}
