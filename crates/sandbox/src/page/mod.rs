//! The index page at `/`: the cast, Delius's records, e-mails, events, requests, and the fault dial.

mod cases;
mod dial;
pub(crate) mod html;
mod overview;

use axum::Router;
use axum::routing::{get, post};

use crate::control::guarded;
use crate::sandbox::Sandbox;

/// The pages outside the systems.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    let open = Router::new()
        .route("/", get(overview::show))
        .route("/page/case/{crn}", get(cases::show))
        .with_state(sandbox.clone());
    let dial = Router::new()
        .route("/page/faults", post(dial::add))
        .route("/page/faults/clear", post(dial::clear))
        .route("/page/reset", post(dial::reset));
    open.merge(guarded(dial.with_state(sandbox)))
}
