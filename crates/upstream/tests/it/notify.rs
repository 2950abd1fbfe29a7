//! GOV.UK Notify: the token, sending, finding again, and refusals.

use crate::server::{Reply, Server, fixture, fixture_json, trace};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use runtime::{Clock, Secret};
use serde_json::{Map, Value, json};
use upstream::notify::{Email, EmailStatus, Fault};
use upstream::{BuildError, Upstreams};

const SEND: &str = "POST /notify/v2/notifications/email";
const TEMPLATE: &str = "11111111-2222-4333-8444-555555555555";

fn personalisation() -> Map<String, Value> {
    let values = json!({"spFirstName": "Robin", "referenceNumber": "AB1234AC"});
    values.as_object().unwrap().clone()
}

fn email(personalisation: &Map<String, Value>) -> Email<'_> {
    Email {
        template_id: TEMPLATE.parse().unwrap(),
        address: "robin.provider@example.org",
        personalisation,
        free_text: &["spFirstName"],
        reference: "0d1c2b3a-0000-4000-8000-000000000009",
    }
}

#[tokio::test]
async fn an_email_is_sent_once_with_a_token_of_its_own() {
    let server = Server::start().await;
    server.on(SEND, [Reply::body(201, fixture("notify/accepted.json")), Reply::Reset]);
    let notify = server.upstreams().await.notify.unwrap();
    let accepted = notify.send(&trace(), &email(&personalisation())).await.unwrap();
    assert_eq!(accepted.id.to_string(), "740e5834-3a29-46b4-9a6f-16142fde533a");
    assert_eq!(accepted.template_version, 7);
    let seen = server.seen(SEND);
    assert_eq!(seen[0].json(), fixture_json("notify/send.request.json"));

    let token = seen[0].header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    let key = DecodingKey::from_secret(b"8a7d6c52-1e93-4f0a-b6d4-2f9e1c300001");
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let token = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap();
    assert_eq!(token.header.typ.as_deref(), Some("JWT"));
    // The test's clock stands at 2026-03-02T10:15:30Z.
    assert_eq!(token.claims, json!({"iss": "3f1c2a44-6b0e-4d7d-9a51-0c5be7a10001", "iat": 1_772_446_530}));

    let error = notify.send(&trace(), &email(&personalisation())).await.unwrap_err();
    assert!(error.is_ambiguous(), "{error}");
    assert_eq!(server.seen(SEND).len(), 2);
}

#[tokio::test]
async fn only_emails_under_our_own_reference_are_found() {
    let server = Server::start().await;
    let path = "GET /notify/v2/notifications";
    server.on(path, [Reply::fixture("notify/notifications.json"), Reply::body(200, r#"{"notifications":[]}"#)]);
    let notify = server.upstreams().await.notify.unwrap();
    let reference = "0d1c2b3a-0000-4000-8000-000000000009";
    let found = notify.find_by_reference(&trace(), reference).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].status.clone(), found[0].template_version), (EmailStatus::Delivered, 7));
    assert!(found[0].completed_at > found[0].created_at);
    let target = &server.seen(path)[0].target;
    assert!(target.ends_with("?reference=0d1c2b3a-0000-4000-8000-000000000009&template_type=email"), "{target}");
    assert_eq!(notify.find_by_reference(&trace(), reference).await.unwrap(), []);
}

#[tokio::test]
async fn a_message_and_a_template_are_read_or_missing() {
    let server = Server::start().await;
    let id = "740e5834-3a29-46b4-9a6f-16142fde533b";
    server.on(
        &format!("GET /notify/v2/notifications/{id}"),
        [Reply::fixture("notify/notification.json"), Reply::status(404)],
    );
    server.on(
        &format!("GET /notify/v2/template/{TEMPLATE}"),
        [Reply::fixture("notify/template.json"), Reply::status(404)],
    );
    let notify = server.upstreams().await.notify.unwrap();
    let sent = notify.email(&trace(), id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(sent.status, EmailStatus::Other("pending-virus-check".to_owned()));
    assert!(notify.email(&trace(), id.parse().unwrap()).await.unwrap().is_none());
    let template = notify.template(&trace(), TEMPLATE.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(template.placeholders.into_iter().collect::<Vec<_>>(), ["referenceNumber", "spFirstName"]);
    assert!(notify.template(&trace(), TEMPLATE.parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn refusals_say_what_to_do_and_never_show_the_address() {
    let cases = [
        (429, "notify/daily-limit.json", Fault::DailyLimit),
        (429, "notify/rate-limit.json", Fault::RateLimit),
        (400, "notify/invalid-address.json", Fault::Invalid),
    ];
    for (status, file, fault) in cases {
        let server = Server::start().await;
        server.on(SEND, [Reply::body(status, fixture(file))]);
        let notify = server.upstreams().await.notify.unwrap();
        let error = notify.send(&trace(), &email(&personalisation())).await.unwrap_err();
        assert_eq!(Fault::of(&error), fault);
        assert!(!error.is_ambiguous());
        let shown = format!("{error} {error:?} {:?}", email(&personalisation()));
        assert!(!shown.contains("robin") && !shown.contains("email_address"), "{shown}");
    }
}

#[tokio::test]
async fn a_key_of_the_wrong_shape_stops_the_start() {
    let server = Server::start().await;
    let mut config = server.config();
    config.notify.as_mut().unwrap().api_key = Secret::new("not-a-key");
    let built = Upstreams::new(config, Clock::fixed(jiff::Timestamp::UNIX_EPOCH)).await;
    assert!(matches!(built, Err(BuildError::NotifyKey(_))));
}
