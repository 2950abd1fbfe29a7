//! Around every request: its correlation id, one log line, its metrics, and what is said when something unexpected
//! happens. Logs route templates only, never paths, so that no person's number gets into the log.

use std::any::Any;
use std::time::Instant;

use app::Correlation;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use runtime::Ids;
use runtime::telemetry::{Server, count_request, known_method};
use tracing::Instrument;

use crate::error::{Failure, Unexpected};

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The longest correlation id that is taken from a caller, in characters.
const CORRELATION_MAX: usize = 64;

/// The layer; `ids` makes a correlation id where the caller sent none.
pub(crate) async fn observe(State(ids): State<Ids>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let mut correlation = correlation(request.headers(), &ids);
    let id = correlation.id.clone();
    let method = known_method(request.method().as_str());
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request.id = %id, http.route = %route);
    let traceparent = runtime::trace::begin(&span, correlation.traceparent.take());
    correlation.traceparent = traceparent.or_else(|| Some(runtime::trace::fresh(&ids)));
    request.extensions_mut().insert(correlation);
    let mut response = next.run(request).instrument(span.clone()).await;
    if response.extensions_mut().remove::<Unexpected>().is_some() {
        response = Failure::unexpected_with(&id).into_response();
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    span.in_scope(|| {
        tracing::info!(
            http.method = method,
            http.status = status,
            duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "request"
        );
    });
    count_request(Server::Api, method, route, status, elapsed);
    response
}

/// The caller's correlation id, if it is one that may stand in a log, or a fresh one.
fn correlation(headers: &HeaderMap, ids: &Ids) -> Correlation {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let acceptable = |id: &&str| {
        !id.is_empty()
            && id.len() <= CORRELATION_MAX
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    Correlation {
        id: text(&CORRELATION_ID).filter(acceptable).map_or_else(|| ids.uuid().to_string(), str::to_owned),
        traceparent: text(&TRACEPARENT).and_then(runtime::trace::accept),
    }
}

/// What a caller sees when a handler panics. The panic's own text may hold anything, so it is not shown.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Failure::unexpected().into_response()
}
