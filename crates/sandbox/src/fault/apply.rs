//! The middleware before every system: draws a fault, applies it, saves the state, logs the request.

use std::io;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::json;

use super::{CONSUMER, Fault, Kind, SYSTEMS};
use crate::requests::Received;
use crate::sandbox::Sandbox;

/// The largest body that a request or an answer may have here.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// Echoed to the caller, so that it can tell its requests apart.
const ECHOED: [HeaderName; 2] = [HeaderName::from_static("traceparent"), HeaderName::from_static("x-correlation-id")];

/// Passes a request through the fault plan. Requests outside the systems (control, index page) only have the state saved.
pub async fn stand_before(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let Some((system, path)) = addressed(request.uri().path()) else {
        let response = next.run(request).await;
        return saved(&sandbox, response);
    };
    let method = request.method().as_str().to_owned();
    let at = sandbox.now();
    let concerned = sandbox.read(|state| state.faults.concerns(system, &method, &path));
    let fault = if concerned {
        sandbox.write(|state| {
            let seed = state.seed();
            state.faults.draw(seed, system, &method, &path)
        })
    } else {
        None
    };
    let echoed = echo(request.headers());
    let (mut response, cut) = match &fault {
        None => (next.run(request).await, false),
        Some(fault) => strike(fault, request, next).await,
    };
    let traceparent = echoed.iter().find(|(name, _)| name == ECHOED[0]).and_then(|(_, value)| value.to_str().ok());
    let traceparent = traceparent.map(str::to_owned);
    response.headers_mut().extend(echoed);
    let response = saved(&sandbox, response);
    sandbox.log().add(Received {
        at,
        system: system.to_owned(),
        method,
        path,
        status: (!cut).then(|| response.status().as_u16()),
        traceparent,
        fault: fault.map(|fault| fault.kind.name()),
    });
    response
}

/// The system and the path below its prefix.
fn addressed(path: &str) -> Option<(&'static str, String)> {
    let rest = path.strip_prefix('/')?;
    let (first, below) = rest.split_once('/').map_or((rest, ""), |(first, below)| (first, below));
    let system = SYSTEMS.iter().copied().filter(|system| *system != CONSUMER).find(|system| *system == first)?;
    Some((system, format!("/{below}")))
}

/// Carries the fault out. The flag says that the caller gets no answer.
async fn strike(fault: &Fault, request: Request, next: Next) -> (Response, bool) {
    match fault.kind {
        Kind::Latency => {
            tokio::time::sleep(Duration::from_millis(fault.value.unwrap_or_default())).await;
            (next.run(request).await, false)
        }
        Kind::Status => (planned_status(fault), false),
        Kind::Reset => (cut_off(), true),
        Kind::Malformed => (malformed(next.run(request).await), false),
        Kind::Truncate => (truncated(next.run(request).await).await, false),
        Kind::DropAfterCommit => {
            let _lost = next.run(request).await;
            (cut_off(), true)
        }
        Kind::Duplicate => (twice(request, next).await, false),
        Kind::Down => {
            let told = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            ((StatusCode::SERVICE_UNAVAILABLE, told, "no healthy upstream").into_response(), false)
        }
    }
}

fn planned_status(fault: &Fault) -> Response {
    let status = fault
        .value
        .and_then(|value| u16::try_from(value).ok())
        .and_then(|value| StatusCode::from_u16(value).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let told = "planned fault";
    match fault.system.as_str() {
        "sns" => crate::topic::query::error_answer(status, planned_code(status), told),
        "notify" => {
            let name = if status == StatusCode::TOO_MANY_REQUESTS { "RateLimitError" } else { "Exception" };
            let body = json!({ "status_code": status.as_u16(), "errors": [{ "error": name, "message": told }] });
            (status, Json(body)).into_response()
        }
        _ => {
            let body = json!({
                "status": status.as_u16(), "message": told, "userMessage": told, "developerMessage": told,
            });
            (status, Json(body)).into_response()
        }
    }
}

fn planned_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "AuthorizationError",
        404 => "NotFound",
        429 => "Throttling",
        400..=499 => "InvalidParameter",
        _ => "InternalError",
    }
}

/// An answer whose body fails before its first byte: the server cuts the connection and sends nothing.
fn cut_off() -> Response {
    let failing = stream::once(async { Err::<Bytes, io::Error>(io::Error::other("planned fault: connection cut")) });
    Response::new(Body::from_stream(failing))
}

/// The same head, and a body that ends in the middle of a thought.
fn malformed(response: Response) -> Response {
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    if head.status == StatusCode::NO_CONTENT {
        head.status = StatusCode::OK;
    }
    Response::from_parts(head, Body::from("{\"unfinished\": [1, <"))
}

/// The whole head, half of the body, then a cut.
async fn truncated(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    if whole.is_empty() {
        return cut_off();
    }
    head.headers.insert(header::CONTENT_LENGTH, whole.len().into());
    let half = whole.slice(..whole.len() / 2);
    let stages = stream::unfold(0_u8, move |stage| {
        let half = half.clone();
        async move {
            match stage {
                0 => Some((Ok::<Bytes, io::Error>(half), 1)),
                1 => {
                    // Lets the server send what it has before the body fails.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    Some((Err(io::Error::other("planned fault: answer cut short")), 2))
                }
                _ => None,
            }
        }
    });
    Response::from_parts(head, Body::from_stream(stages))
}

/// Carries the request out twice and gives the first answer.
async fn twice(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let first = next.clone().run(Request::from_parts(head.clone(), Body::from(bytes.clone()))).await;
    let _second = next.run(Request::from_parts(head, Body::from(bytes))).await;
    first
}

fn echo(headers: &HeaderMap) -> Vec<(HeaderName, http::HeaderValue)> {
    ECHOED.iter().filter_map(|name| headers.get(name).map(|value| (name.clone(), value.clone()))).collect()
}

/// The answer, once the state is saved; a 500 when it cannot be.
fn saved(sandbox: &Sandbox, response: Response) -> Response {
    match sandbox.flush() {
        Ok(()) => response,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the sandbox's state could not be saved");
            (StatusCode::INTERNAL_SERVER_ERROR, "the sandbox's state could not be saved").into_response()
        }
    }
}
