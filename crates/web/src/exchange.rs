//! Around every request: its correlation id, the name of its scripts, the headers that every answer carries, one log
//! line, its metrics, and what is said when a handler panics. Logs hold route templates only, never addresses.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use app::Correlation;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use runtime::Ids;
use runtime::telemetry::{Server, count_request};
use tracing::Instrument as _;

use crate::frame::Frame;
use crate::trouble::Trouble;

const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) correlation: Correlation,
    pub(crate) nonce: String,
}

impl Exchange {
    /// The frame of a page for whoever is not signed in.
    pub(crate) fn frame(&self) -> Frame {
        Frame::of_nobody(&self.correlation.id, &self.nonce)
    }
}

/// What the layer needs to know.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) ids: Ids,
    /// Whether browsers reach us over HTTPS.
    pub(crate) is_https: bool,
    /// Where forms may lead besides our own pages: the sign-in service, which ends its own session after ours.
    pub(crate) sign_in_origin: Arc<str>,
}

/// The outermost layer of every route.
pub(crate) async fn observe(State(around): State<Surroundings>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = around.ids.uuid().to_string();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("page", request.id = %id, http.route = %route);
    let incoming = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let traceparent = runtime::trace::begin(&span, incoming.and_then(runtime::trace::accept));
    let traceparent = traceparent.unwrap_or_else(|| runtime::trace::fresh(&around.ids));
    let exchange = Exchange {
        correlation: Correlation { id, traceparent: Some(traceparent) },
        nonce: STANDARD_NO_PAD.encode(around.ids.bytes::<16>()),
    };
    request.extensions_mut().insert(exchange.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        response = span.in_scope(|| trouble.page(&exchange.frame()));
    }
    dress(response.headers_mut(), &around, &exchange);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    span.in_scope(|| {
        tracing::info!(
            http.method = %method,
            http.status = status,
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "page"
        );
    });
    count_request(Server::Web, method.as_str(), route, status, took);
    response
}

/// The headers of every answer. An answer that says itself how it may be kept is an asset.
fn dress(headers: &mut HeaderMap, around: &Surroundings, exchange: &Exchange) {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{}'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        exchange.nonce, around.sign_in_origin
    );
    let fixed = |value: &'static str| Some(HeaderValue::from_static(value));
    let mut all = vec![
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).ok()),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::X_FRAME_OPTIONS, fixed("DENY")),
        (header::REFERRER_POLICY, fixed("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin")),
        (HeaderName::from_static("permissions-policy"), fixed("camera=(), geolocation=(), microphone=()")),
        (HeaderName::from_static("x-robots-tag"), fixed("noindex, nofollow")),
        (CORRELATION_ID, HeaderValue::from_str(&exchange.correlation.id).ok()),
    ];
    if around.is_https {
        all.push((header::STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000; includeSubDomains")));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        all.push((header::CACHE_CONTROL, fixed("no-store")));
    }
    for (name, value) in all {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}

/// What the layer above turns into a page when a handler panics. The panic's own text may hold anything: it is not kept.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    tracing::error!("a page panicked");
    Trouble::Broken.into_response()
}

/// An answer without a page, for the rare case that even the page of an error cannot be made.
pub(crate) fn bare(status: StatusCode) -> Response {
    (status, status.canonical_reason().unwrap_or_default()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn breaks() -> Response {
        panic!("secret words")
    }

    fn router(is_https: bool) -> Router {
        let around = Surroundings { ids: Ids::seeded(1), is_https, sign_in_origin: "https://sign-in.example".into() };
        Router::new()
            .route("/fine", get(|| async { "fine" }))
            .route("/kept", get(|| async { ([(header::CACHE_CONTROL, "public")], "kept") }))
            .route("/breaks", get(breaks))
            .route("/people/{crn}", get(|| async { "somebody" }))
            .fallback(|| async { Trouble::NotFound })
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(around, observe))
    }

    async fn ask(router: Router, path: &str) -> (Response, String) {
        let request = http::Request::get(path).body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        (Response::from_parts(parts, Body::empty()), text)
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn every_answer_is_dressed() {
        for path in ["/fine", "/breaks", "/nowhere"] {
            let (response, _) = ask(router(true), path).await;
            assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header(&response, "x-frame-options"), "DENY", "{path}");
            assert_eq!(header(&response, "referrer-policy"), "same-origin", "{path}");
            assert_eq!(header(&response, "cache-control"), "no-store", "{path}");
            assert!(header(&response, "strict-transport-security").starts_with("max-age="), "{path}");
            assert_eq!(header(&response, "x-correlation-id").len(), 36, "{path}");
            let policy = header(&response, "content-security-policy");
            for rule in ["default-src 'none'", "form-action 'self' https://sign-in.example;", "frame-ancestors 'none'"]
            {
                assert!(policy.contains(rule), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
        }
    }

    #[tokio::test]
    async fn plain_http_promises_no_https_and_assets_keep_their_caching() {
        let (response, _) = ask(router(false), "/kept").await;
        assert_eq!(header(&response, "strict-transport-security"), "");
        assert_eq!(header(&response, "cache-control"), "public");
    }

    #[tokio::test]
    async fn a_page_carries_the_name_that_its_policy_gives_to_scripts_and_no_two_share_it() {
        let router = router(true);
        let (first, html) = ask(router.clone(), "/nowhere").await;
        let policy = header(&first, "content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(html.contains(&format!("nonce=\"{nonce}\"")), "{html}");
        let (second, _) = ask(router, "/nowhere").await;
        assert!(!header(&second, "content-security-policy").contains(nonce));
    }

    #[tokio::test]
    async fn a_page_that_panics_says_so_without_saying_why() {
        let (response, html) = ask(router(true), "/breaks").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!html.contains("secret words"));
        assert!(html.contains(header(&response, "x-correlation-id")), "the page names the reference");
    }

    #[tokio::test]
    async fn every_answer_is_counted_by_its_route_and_never_by_its_address() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _counting = metrics::set_default_local_recorder(&recorder);
        for path in ["/people/X100001", "/people/X100002", "/breaks", "/nowhere/X100003"] {
            ask(router(true), path).await;
        }
        let brew = http::Request::builder().method("BREW").uri("/fine").body(Body::empty()).unwrap();
        router(true).oneshot(brew).await.unwrap();
        let page = recorder.handle().render();
        for (method, route, status, count) in [
            ("GET", "/people/{crn}", 200, 2),
            ("GET", "/breaks", 500, 1),
            ("GET", "none", 404, 1),
            ("OTHER", "/fine", 405, 1),
        ] {
            let labels = format!("server=\"web\",method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            let line = format!("http_server_requests_seconds_count{{{labels}}} {count}");
            assert!(page.contains(&line), "{line} is missing from\n{page}");
        }
        assert!(!page.contains("X10000"), "{page}");
    }

    #[tokio::test]
    async fn an_address_that_is_not_ours_gives_a_page() {
        let (response, html) = ask(router(true), "/nowhere").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(html.contains(crate::text::TEXT.trouble.not_found_title));
    }
}
