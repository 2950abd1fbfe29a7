//! Where the description of the API can be read. Open to everybody, as health is: it says nothing about anybody.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;

use crate::describe::description;

/// The routes; the description is made once.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(version: &str) -> Router<S> {
    let document = Bytes::from(description(version).to_string());
    let json = [(header::CONTENT_TYPE, "application/json")];
    Router::new().route("/v3/api-docs", get(|| async move { (json, document) }))
}
