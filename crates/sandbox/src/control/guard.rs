//! Keeps the control interface to callers on this machine.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

/// The router, open to loopback callers only. Where the caller's address is not known, as when a test calls the router
/// without a socket, nothing is refused.
pub(crate) fn guarded(router: Router) -> Router {
    router.layer(middleware::from_fn(loopback_only))
}

async fn loopback_only(request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    if caller.is_some_and(|ip| !ip.to_canonical().is_loopback()) {
        let told = json!({ "status": 403, "error": "the control interface answers callers on this machine only" });
        return (StatusCode::FORBIDDEN, Json(told)).into_response();
    }
    next.run(request).await
}
