//! `Idempotency-Key`: a request that is sent again with its key is carried out once and answered as it was the first
//! time. What the header may hold, what of an answer is kept, and which answer a repetition gets; how a request is
//! carried out once is `app::idempotency`'s.

use app::OpCtx;
use app::idempotency::{Begun, Repeatable};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::whole_body;
use crate::router::Api;

const HEADER: &str = "idempotency-key";

/// The longest key, in characters.
const KEY_MAX: usize = 255;

/// The JSON schema of a key.
pub(crate) fn key_schema() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$" })
}

/// The headers that are part of an answer; the rest belong to the exchange.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// The layer around every `POST`. A request without the header passes as it is.
pub(crate) async fn once(State(api): State<Api>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    match Box::pin(carry_out(&api, request, next)).await {
        Ok(response) | Err(response) => response,
    }
}

async fn carry_out(api: &Api, request: Request, next: Next) -> Result<Response, Response> {
    let refuse = IntoResponse::into_response;
    let (mut parts, body) = request.into_parts();
    let Caller(ctx) = Caller::from_request_parts(&mut parts, api).await?;
    let key = read_key(&parts.headers).map_err(refuse)?;
    let body = whole_body(Request::from_parts(parts.clone(), body)).await.map_err(refuse)?;
    let exchange = Exchange { parts, body, next };
    let address = exchange.parts.uri.path_and_query().map_or("", |address| address.as_str());
    let asked = [exchange.parts.method.as_str().as_bytes(), address.as_bytes(), &exchange.body];
    let Some(repeatable) = Repeatable::new(&ctx, &key, &asked) else { return Ok(exchange.run(ctx).await) };

    let failed = |error: app::Error| Failure::from(error).into_response();
    let first = match repeatable.begin(&ctx).await.map_err(failed)? {
        Begun::First(first) => first,
        Begun::Repetition(repetition, answer) => return Ok(exchange.repeat(repetition, answer).await),
        Begun::OtherRequest => return Err(other_request().into_response()),
    };
    let response = exchange.run(first.clone()).await;
    if response.status().is_success() {
        return keep(&repeatable, &first, response).await;
    }
    // Two of the same at once: the one that came second is refused for what the first has done.
    match repeatable.begin(&ctx).await {
        Ok(Begun::Repetition(repetition, answer)) => Ok(exchange.repeat(repetition, answer).await),
        Ok(Begun::First(_) | Begun::OtherRequest) | Err(_) => Ok(response),
    }
}

/// A request that can be given to its handler more than once.
struct Exchange {
    parts: Parts,
    body: Bytes,
    next: Next,
}

impl Exchange {
    async fn run(&self, ctx: OpCtx) -> Response {
        let mut request = Request::from_parts(self.parts.clone(), Body::from(self.body.clone()));
        request.extensions_mut().insert(ctx);
        self.next.clone().run(request).await
    }

    /// The handler says whether the caller may still have an answer, and what it would be now; the first answer comes
    /// before that.
    async fn repeat(&self, ctx: OpCtx, first_answer: Option<Vec<u8>>) -> Response {
        let now = self.run(ctx).await;
        let may_be_answered = now.status().is_success() || now.status() == StatusCode::CONFLICT;
        let first = first_answer.filter(|_| may_be_answered).and_then(|kept| Kept::read(&kept)?.response());
        first.unwrap_or(now)
    }
}

/// Keeps an answer. When that fails the answer is given all the same: a repetition is then answered from what there is.
async fn keep(repeatable: &Repeatable, ctx: &OpCtx, response: Response) -> Result<Response, Response> {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| Failure::unexpected().into_response())?;
    let kept = Kept::of(parts.status, &parts.headers, &body).and_then(|kept| serde_json::to_vec(&kept).ok());
    if let Some(kept) = kept
        && let Err(error) = repeatable.keep_answer(ctx, &kept).await
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "the answer to a repeatable request was not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Kept {
    fn of(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let text = |name: &HeaderName| Some((name.to_string(), headers.get(name)?.to_str().ok()?.to_owned()));
        let body = std::str::from_utf8(body).ok()?.to_owned();
        Some(Self { status: status.as_u16(), headers: KEPT_HEADERS.iter().filter_map(text).collect(), body })
    }

    fn read(kept: &[u8]) -> Option<Self> {
        serde_json::from_slice(kept).ok()
    }

    fn response(self) -> Option<Response> {
        let Self { status, headers, body } = self;
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).ok()?;
        for (name, value) in headers {
            response.headers_mut().insert(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        Some(response)
    }
}

/// The key: 1 to 255 visible characters of ASCII, once.
fn read_key(headers: &HeaderMap) -> Result<String, Failure> {
    let refuse = || Failure::bad_request("the header Idempotency-Key must be 1 to 255 visible ASCII characters, once");
    let mut values = headers.get_all(HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(refuse()) };
    let is_key = (1..=KEY_MAX).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
    value.to_str().ok().filter(|_| is_key).map(str::to_owned).ok_or_else(refuse)
}

/// The status is the one that the IETF's draft on this header names for a key that comes back with another request.
fn other_request() -> Failure {
    let message = "this Idempotency-Key was used for another request (method, address or body differ); \
                   take a new key for a new request";
    Failure::status(StatusCode::UNPROCESSABLE_ENTITY, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii_and_come_once() {
        let read = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, HeaderValue::from_bytes(value).expect("a header value"));
            }
            read_key(&headers).map_err(|failure| failure.code())
        };
        assert_eq!(read(&[b"\"8e03978e\""]), Ok("\"8e03978e\"".to_owned()));
        assert_eq!(read(&[&[b'x'; 255]]), Ok("x".repeat(255)));
        for bad in [&[&b""[..]][..], &[&[b'x'; 256]], &[b"a b"], &[b"a\tb"], &["naïve".as_bytes()], &[b"a", b"a"]] {
            assert_eq!(read(bad), Err(StatusCode::BAD_REQUEST), "{bad:?}");
        }
    }

    #[test]
    fn an_answer_is_kept_with_the_headers_that_are_part_of_it() {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_static("http://localhost/x"));
        headers.insert("x-correlation-id", HeaderValue::from_static("one"));
        let kept = Kept::of(StatusCode::CREATED, &headers, b"{}").expect("it can be kept");
        let kept = Kept::read(&serde_json::to_vec(&kept).expect("serialises")).expect("it can be read");
        let response = kept.response().expect("it can be given");
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[header::LOCATION], "http://localhost/x");
        assert!(response.headers().get("x-correlation-id").is_none());
    }
}
