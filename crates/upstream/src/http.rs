//! One bounded HTTP exchange with another system, and the rules that all systems share.
//!
//! Owns: explicit time-outs, the way through the gate, the retry of reads, correlation headers, and the mapping of everything that can go wrong to [`UpstreamError`]. Refuses: redirects (a token
//! must not travel on), proxies from the environment, answers without end, and retries of writes: only delivery knows
//! whether those are safe. Paths carry case references, so neither a path nor a query is ever logged or kept in an error.

use crate::breaker::{BreakerConfig, BreakerState};
use crate::config::Endpoint;
use crate::counted;
use crate::error::{AnswerText, Kind, Refusal, System, UpstreamError};
use crate::limit::Gate;
use crate::trace::Trace;
use bytes::{Bytes, BytesMut};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode, redirect};
use runtime::Secret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use tracing::Span;
use url::Url;

/// More than any answer we expect: the longest is a practitioner's list of cases.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Whether sending a request twice does anything that sending it once does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Retried here, as the endpoint's `Retry` says.
    Read,
    /// Sent once; with the longer write time-out.
    Write,
}

pub(crate) enum Credentials<'a> {
    None,
    Bearer(&'a Secret),
    Basic { id: &'a str, secret: &'a Secret },
}

#[derive(Clone)]
pub(crate) enum Body {
    None,
    Json(Bytes),
    Form(Bytes),
}

#[derive(Clone)]
pub(crate) struct Request<'a> {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// Path segments below the base URL, not yet encoded.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Body,
    pub(crate) class: Class,
    /// One more status that is an answer rather than a refusal.
    pub(crate) also: Option<StatusCode>,
}

impl<'a> Request<'a> {
    pub(crate) fn get(operation: &'static str, path: &'a [&'a str]) -> Self {
        Self { operation, method: Method::GET, path, query: &[], body: Body::None, class: Class::Read, also: None }
    }

    pub(crate) fn query(mut self, query: &'a [(&'a str, &'a str)]) -> Self {
        self.query = query;
        self
    }

    pub(crate) fn write(operation: &'static str, method: Method, path: &'a [&'a str]) -> Self {
        Self { operation, method, path, query: &[], body: Body::None, class: Class::Write, also: None }
    }

    pub(crate) fn also(mut self, status: StatusCode) -> Self {
        self.also = Some(status);
        self
    }

    /// A `POST` that only asks something.
    pub(crate) fn ask(operation: &'static str, path: &'a [&'a str]) -> Self {
        Self { operation, method: Method::POST, path, query: &[], body: Body::None, class: Class::Read, also: None }
    }

    pub(crate) fn json(mut self, body: &impl serde::Serialize) -> Self {
        // Wire types have string keys and no failing serialisers; `Value::Null` would be refused by every receiver.
        self.body = Body::Json(serde_json::to_vec(body).map_or_else(|_| Bytes::from_static(b"null"), Bytes::from));
        self
    }

    pub(crate) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = Body::Form(Bytes::from(text));
        self
    }
}

/// A complete answer with a status of 200–299, or the one more that the request names.
pub(crate) struct Answer {
    pub(crate) system: System,
    pub(crate) operation: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Reads the body as the agreed shape.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, UpstreamError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // The parser's message quotes values; its position does not.
            self.malformed(format!("line {} column {}", error.line(), error.column()))
        })
    }

    pub(crate) fn malformed(&self, at: String) -> UpstreamError {
        counted::malformed(self.system, self.operation).increment(1);
        UpstreamError::new(self.system, self.operation, Kind::Malformed { at })
    }
}

/// The client of one system.
pub(crate) struct Http {
    system: System,
    endpoint: Endpoint,
    client: reqwest::Client,
    gate: Gate,
}

impl Http {
    pub(crate) fn new(system: System, endpoint: Endpoint, breaker: BreakerConfig) -> Result<Self, reqwest::Error> {
        crate::install_crypto();
        let mut builder = reqwest::Client::builder()
            .user_agent("interventions")
            .connect_timeout(endpoint.connect_timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_proxy();
        if endpoint.base_url.scheme() == "http" {
            // A stand-in: without redirects no certificate is ever looked at, and reading the machine's takes longer
            // than all the rest of a test's start.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build()?;
        let gate = Gate::new(system, endpoint.max_concurrency, breaker);
        Ok(Self { system, endpoint, client, gate })
    }

    pub(crate) fn breaker_state(&self) -> BreakerState {
        self.gate.state()
    }

    pub(crate) fn error(&self, operation: &'static str, kind: Kind) -> UpstreamError {
        UpstreamError::new(self.system, operation, kind)
    }

    /// Makes the call; anything but a complete 200–299 answer is an error.
    pub(crate) async fn call(
        &self,
        trace: &Trace,
        credentials: Credentials<'_>,
        request: Request<'_>,
    ) -> Result<Answer, UpstreamError> {
        self.gate.observe(request.operation, self.attempts(trace, &credentials, &request)).await
    }

    async fn attempts(
        &self,
        trace: &Trace,
        credentials: &Credentials<'_>,
        request: &Request<'_>,
    ) -> Result<Answer, UpstreamError> {
        let url = self.address(request)?;
        let headers = self.headers(trace, credentials, request)?;
        let mut left = if request.class == Class::Read { self.endpoint.retry.times } else { 0 };
        let mut attempts: u64 = 1;
        loop {
            let result = self.once(url.clone(), headers.clone(), request).await;
            match result {
                Err(error) if left > 0 && self.worth_another_try(&error) => {
                    left -= 1;
                    attempts += 1;
                    tokio::time::sleep(self.endpoint.retry.pause).await;
                }
                result => {
                    Span::current().record("attempts", attempts);
                    return result;
                }
            }
        }
    }

    fn worth_another_try(&self, error: &UpstreamError) -> bool {
        match &error.kind {
            Kind::Unreachable { .. } | Kind::Malformed { .. } => true,
            Kind::Timeout => self.endpoint.retry.on_timeout,
            Kind::Refused(refusal) => matches!(refusal.status, 502..=504),
            Kind::CircuitOpen { .. } | Kind::Saturated | Kind::NoToken(_) | Kind::Unsendable { .. } => false,
        }
    }

    async fn once(&self, url: Url, headers: HeaderMap, request: &Request<'_>) -> Result<Answer, UpstreamError> {
        let limit = match request.class {
            Class::Read => self.endpoint.timeout,
            Class::Write => self.endpoint.write_timeout,
        };
        let pass = self.gate.enter(request.operation, limit).await?;
        let result = self.exchange(url, headers, request, limit).await;
        pass.settle(&result);
        result
    }

    async fn exchange(
        &self,
        url: Url,
        headers: HeaderMap,
        request: &Request<'_>,
        limit: Duration,
    ) -> Result<Answer, UpstreamError> {
        let mut builder = self.client.request(request.method.clone(), url).headers(headers).timeout(limit);
        builder = match &request.body {
            Body::None => builder,
            Body::Json(json) => builder.header(header::CONTENT_TYPE, "application/json").body(json.clone()),
            Body::Form(form) => {
                builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone())
            }
        };
        let response = builder.send().await.map_err(|error| self.failed(request.operation, error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.read(request.operation, response).await;
        if status.is_success() || request.also == Some(status) {
            let body = body?;
            return Ok(Answer { system: self.system, operation: request.operation, status, headers, body });
        }
        // A refusal is a refusal even when its explanation is lost on the way.
        let refusal = refusal(status, &headers, &body.unwrap_or_default());
        Err(self.error(request.operation, Kind::Refused(Box::new(refusal))))
    }

    async fn read(&self, operation: &'static str, mut response: Response) -> Result<Bytes, UpstreamError> {
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER_BYTES => {
                    let at = format!("longer than {MAX_ANSWER_BYTES} bytes");
                    return Err(self.error(operation, Kind::Malformed { at }));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body.freeze()),
                Err(error) if error.is_timeout() => return Err(self.failed(operation, error)),
                Err(error) => {
                    let at = format!("cut short after {} bytes", body.len());
                    return Err(self.error(operation, Kind::Malformed { at }).because(error.without_url()));
                }
            }
        }
    }

    fn failed(&self, operation: &'static str, error: reqwest::Error) -> UpstreamError {
        // The order matters: a connection that takes too long is also a time-out, but nothing was sent on it.
        let kind = if error.is_builder() {
            Kind::Unsendable { at: "the request cannot be built" }
        } else if error.is_connect() {
            Kind::Unreachable { sent: false }
        } else if error.is_timeout() {
            Kind::Timeout
        } else {
            Kind::Unreachable { sent: true }
        };
        self.error(operation, kind).because(error.without_url())
    }

    fn address(&self, request: &Request<'_>) -> Result<Url, UpstreamError> {
        let unsendable = |at| self.error(request.operation, Kind::Unsendable { at });
        // An empty or dotted segment would silently become another address.
        if request.path.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(unsendable("a part of the address is empty or only dots"));
        }
        let mut url = self.endpoint.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| unsendable("the base address takes no path"))?
            .pop_if_empty()
            .extend(request.path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        Ok(url)
    }

    fn headers(
        &self,
        trace: &Trace,
        credentials: &Credentials<'_>,
        request: &Request<'_>,
    ) -> Result<HeaderMap, UpstreamError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in [(TRACEPARENT, &trace.parent_of_call()), (CORRELATION_ID, &trace.correlation_id)] {
            if let Some(Ok(value)) = value.as_deref().map(HeaderValue::from_str) {
                headers.insert(name, value);
            }
        }
        let authorization = match credentials {
            Credentials::None => None,
            Credentials::Bearer(token) => Some(format!("Bearer {}", token.expose())),
            Credentials::Basic { id, secret } => Some(basic(id, secret)),
        };
        if let Some(text) = authorization {
            let mut value = HeaderValue::try_from(text).map_err(|_| {
                self.error(request.operation, Kind::Unsendable { at: "the token is not a header value" })
            })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(headers)
    }
}

fn basic(id: &str, secret: &Secret) -> String {
    use base64::Engine as _;
    let pair = format!("{id}:{}", secret.expose());
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// Reads what a refusal says, in any of the error shapes that the systems use.
pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let text = String::from_utf8_lossy(body);
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let first = json.pointer("/errors/0").unwrap_or(&Value::Null);
    let of = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let user_message = of(&json, "userMessage")
        .or_else(|| of(first, "message"))
        .or_else(|| of(&json, "error_description"))
        .or_else(|| of(&json, "message"));
    // `error` beside an HTTP-style `status` is only the status's name.
    let code = of(first, "error")
        .or_else(|| of(&json, "errorCode"))
        .or_else(|| json.get("status").is_none().then(|| of(&json, "error")).flatten())
        .map(|code| code.chars().take(60).collect());
    let retry_after = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok())
        .map(Duration::from_secs);
    Refusal {
        status: status.as_u16(),
        code,
        user_message: user_message.as_deref().map(AnswerText::new),
        body: AnswerText::new(&text),
        retry_after,
    }
}

/// Turns "there is no such thing" (404) into `None`.
pub(crate) fn found<T>(result: Result<T, UpstreamError>) -> Result<Option<T>, UpstreamError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// For `#[serde(deserialize_with)]`: a list or map that may be absent or null.
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    let value: Option<T> = serde::Deserialize::deserialize(deserializer)?;
    Ok(value.unwrap_or_default())
}
