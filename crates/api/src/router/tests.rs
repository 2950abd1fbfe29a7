//! The routes against the operations, and the answers that no handler gives.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, Request, header};
use axum::response::Response;
use axum::routing::{post, put};
use domain::ReferralId;
use domain::appointment::BookingRequest;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::extract::{Body, Id, Ids as PathIds, Origin, Params, SessionNumber};

const SOME_ID: &str = "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11";

async fn panics() {
    panic!("a secret");
}

/// The dress of the real router around handlers that need no use cases.
fn dressed_probe() -> Router {
    let probe = Router::new()
        .route("/id/{id}", get(|Id(id): Id<ReferralId>| async move { id.to_string() }))
        .route(
            "/session/{id}/{sessionNumber}",
            get(|PathIds(_, number): PathIds<ReferralId, SessionNumber>| async move { number.0.to_string() }),
        )
        .route("/booking", put(|Body(_): Body<BookingRequest>| async { "booked" }))
        .route("/bodiless", post(|| async { Json(json!({})) }))
        .route(
            "/flag",
            get(|params: Params| async move { params.boolean("completed").map(|flag| format!("{flag:?}")) }),
        )
        .route("/origin", get(|origin: Origin| async move { origin.address("/x") }))
        .route("/panic", get(panics));
    dressed(probe, Ids::seeded(1))
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path)
}

async fn send(request: Request<HttpBody>) -> Response {
    dressed_probe().oneshot(request).await.expect("the router always answers")
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

async fn get_answer(path: &str) -> (u16, String) {
    let response = send(request("GET", path).body(HttpBody::empty()).expect("a request")).await;
    (response.status().as_u16(), text(response).await)
}

async fn put_booking(media_type: Option<&str>, body: &str) -> (u16, Value) {
    let mut builder = request("PUT", "/booking");
    if let Some(media_type) = media_type {
        builder = builder.header(header::CONTENT_TYPE, media_type);
    }
    let response = send(builder.body(HttpBody::from(body.to_owned())).expect("a request")).await;
    let status = response.status().as_u16();
    let text = text(response).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn error(body: &str) -> Value {
    serde_json::from_str(body).expect("an error body")
}

#[test]
fn every_operation_has_one_route_and_no_two_share_one() {
    let mut routes = BTreeMap::new();
    for (method, path, operation) in ROUTES {
        assert_eq!(routes.insert((method.as_str(), *path), *operation), None, "{method} {path}");
    }
    let operations: Vec<Operation> = ROUTES.iter().map(|(_, _, operation)| *operation).collect();
    assert_eq!(operations.iter().collect::<BTreeSet<_>>(), Operation::ALL.iter().collect());
    assert_eq!(operations.len(), Operation::ALL.len());
}

#[test]
fn every_handler_fits_its_route_beside_the_others() {
    let router =
        ROUTES.iter().fold(Router::new(), |router, (method, path, operation)| match handler(method, *operation) {
            Some(handler) => router.route(path, handler.route),
            None => router,
        });
    assert!(router.has_routes());
}

#[tokio::test]
async fn malformed_path_and_query_values_are_named() {
    let (status, body) = get_answer("/id/not-an-id").await;
    assert_eq!(
        (status, error(&body)),
        (400, json!({"status": 400, "error": "invalid parameter", "message": "id must be a UUID"}))
    );
    let (status, body) = get_answer(&format!("/session/{SOME_ID}/two")).await;
    assert_eq!((status, error(&body)["message"].clone()), (400, json!("sessionNumber must be a whole number")));
    assert_eq!(get_answer(&format!("/session/{SOME_ID}/-1")).await, (200, "0".to_owned()));
    assert_eq!(get_answer(&format!("/id/{SOME_ID}")).await, (200, SOME_ID.to_owned()));
    let (status, body) = get_answer("/flag?completed=maybe").await;
    assert_eq!((status, error(&body)["error"].clone()), (400, json!("invalid parameter")));
    assert_eq!(get_answer("/flag?completed=&other=1").await.1, "None");
    assert_eq!(get_answer("/flag?completed=true").await.1, "Some(true)");
    assert_eq!(get_answer("/id/%FF").await.0, 400);
}

#[tokio::test]
async fn what_is_not_routed_has_error_bodies() {
    let (status, body) = get_answer("/nothing").await;
    assert_eq!((status, error(&body)["error"].clone()), (404, json!("Not Found")));
    let response = send(request("DELETE", "/booking").body(HttpBody::empty()).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers().get(header::ALLOW).and_then(|value| value.to_str().ok()), Some("PUT"));
    assert_eq!(error(&text(response).await)["error"], "Method Not Allowed");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_say_why() {
    let json = Some("application/json");
    let (status, body) = put_booking(json, "{\"appointmentTime\":").await;
    assert_eq!((status, &body["error"]), (400, &json!("Bad Request")));
    for body in ["", "[]", "null", "\u{feff}{}"] {
        assert_eq!(put_booking(json, body).await.0, 400, "{body}");
    }
    let (status, body) = put_booking(json, "{}").await;
    assert_eq!((status, &body["error"]), (400, &json!("validation error")));
    assert_eq!(body["validationErrors"][0], json!({"field": "appointmentTime", "error": "CANNOT_BE_EMPTY"}));
    let (status, body) = put_booking(Some("text/plain"), "{}").await;
    assert_eq!((status, &body["error"]), (415, &json!("Unsupported Media Type")));
    assert_eq!(put_booking(None, "{}").await.0, 415);
    assert_eq!(put_booking(Some("application/json;charset=UTF-8"), "{}").await.0, 400);
    let (status, body) = put_booking(json, &format!("\"{}\"", "x".repeat(BODY_MAX))).await;
    assert_eq!((status, &body["error"]), (413, &json!("Payload Too Large")));
}

#[tokio::test]
async fn deep_nesting_is_refused_and_not_followed() {
    let body = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(put_booking(Some("application/json"), &body).await.0, 400);
}

#[tokio::test]
async fn answers_are_bare_json() {
    let response = send(request("POST", "/bodiless").body(HttpBody::from("{}")).expect("a request")).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_panic_shows_the_correlation_id_and_nothing_else() {
    let asked = request("GET", "/panic").header("X-Correlation-Id", "abc-123").body(HttpBody::empty());
    let response = send(asked.expect("a request")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()["x-correlation-id"], "abc-123");
    let body = text(response).await;
    assert!(body.contains("abc-123") && !body.contains("secret"), "{body}");
    assert_eq!(error(&body)["error"], "unexpected error");
}

#[tokio::test]
async fn correlation_ids_are_echoed_made_and_never_injected() {
    let echoed = |headers: &HeaderMap| headers["x-correlation-id"].to_str().expect("text").to_owned();
    let plain = send(request("GET", "/nothing").body(HttpBody::empty()).expect("a request")).await;
    assert_eq!(echoed(plain.headers()).len(), 36);
    for bad in ["", "a b", "{\"x\":1}", &"x".repeat(65)] {
        let asked = request("GET", "/nothing").header("X-Correlation-Id", bad).body(HttpBody::empty());
        assert_eq!(echoed(send(asked.expect("a request")).await.headers()).len(), 36, "{bad}");
    }
}

#[tokio::test]
async fn addresses_follow_the_forwarded_headers() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("host", "localhost:8080")], "http://localhost:8080/x"),
        (
            &[("host", "inner"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "api.example")],
            "https://api.example/x",
        ),
        (&[("host", "inner"), ("x-forwarded-proto", "https"), ("x-forwarded-port", "443")], "https://inner/x"),
        (&[("host", "inner:8080"), ("x-forwarded-port", "8443")], "http://inner:8443/x"),
        (
            &[("host", "inner"), ("forwarded", "for=1.2.3.4;proto=https;host=api.example, for=x")],
            "https://api.example/x",
        ),
        (&[("host", "inner"), ("x-forwarded-prefix", "/crs/")], "http://inner/crs/x"),
        (&[("host", "inner"), ("x-forwarded-host", "a b"), ("x-forwarded-proto", "ftp")], "http://localhost/x"),
        (&[("host", "user@evil.example")], "http://localhost/x"),
    ];
    for (headers, expected) in cases {
        let asked = headers.iter().fold(request("GET", "/origin"), |asked, (name, value)| asked.header(*name, *value));
        let response = send(asked.body(HttpBody::empty()).expect("a request")).await;
        assert_eq!(text(response).await, *expected, "{headers:?}");
    }
}
