//! One case as Delius holds it.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use super::html::{document, escape};
use crate::sandbox::Sandbox;

pub(super) async fn show(State(sandbox): State<Sandbox>, Path(crn): Path<String>) -> Response {
    let Some(record) = sandbox.read(|state| state.delius.shown(&crn)) else {
        return (StatusCode::NOT_FOUND, Html(document("Not found", "<h1>Delius knows no such case</h1>")))
            .into_response();
    };
    let text = serde_json::to_string_pretty(&record).unwrap_or_default();
    let body = format!(
        "<h1>Delius record of {crn}</h1><pre>{text}</pre><p><a href=\"/\">Back</a></p>",
        crn = escape(&crn),
        text = escape(&text),
    );
    Html(document(&crn, &body)).into_response()
}
