//! E-mail: keys, shapes, refusals, limits, what becomes of a message.

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{RequestBuilder, StatusCode};
use sandbox::{NOTIFY_API_KEY, NOTIFY_TEAM_API_KEY, notify_template_id};
use serde_json::{Value, json};

use crate::{World, json_of};

/// The token that a caller signs for one request.
fn signed(key: &str, iat: i64) -> String {
    let tail = &key[key.len() - 73..];
    let claims = json!({ "iss": &tail[..36], "iat": iat });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(&tail.as_bytes()[37..])).unwrap()
}

fn with_key(world: &World, request: RequestBuilder, key: &str) -> RequestBuilder {
    request.bearer_auth(signed(key, world.sandbox.now().as_second()))
}

fn message(to: &str) -> Value {
    json!({
        "email_address": to,
        "template_id": notify_template_id("referral-sent"),
        "personalisation": {
            "organisationName": "Harbour Trust", "referenceNumber": "AB1234CD", "referralUrl": "http://localhost:3000/x",
        },
        "reference": "effect-1",
    })
}

async fn send(world: &World, message: &Value) -> (StatusCode, Value) {
    let request = with_key(world, world.post("/notify/v2/notifications/email"), NOTIFY_API_KEY);
    let response = request.json(message).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn read(world: &World, path: &str) -> (StatusCode, Value) {
    let response = with_key(world, world.get(path), NOTIFY_API_KEY).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn error_of(body: &Value) -> &str {
    body["errors"][0]["error"].as_str().unwrap()
}

#[tokio::test]
async fn an_accepted_message_is_answered_kept_shown_and_delivered() {
    let world = World::start().await;
    let (status, body) = send(&world, &message("team@provider.example")).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(body["reference"], "effect-1");
    assert_eq!(body["content"]["subject"], "New referral AB1234CD");
    assert_eq!(body["template"]["version"], 1);
    let id = body["id"].as_str().unwrap();

    let emails = world.until("/emails", |emails| emails[0]["status"] == "delivered").await;
    assert_eq!(emails[0]["emailAddress"], "team@provider.example");
    assert_eq!(emails[0]["personalisation"]["organisationName"], "Harbour Trust");
    let (_, one) = read(&world, &format!("/notify/v2/notifications/{id}")).await;
    assert_eq!((&one["status"], &one["reference"]), (&json!("delivered"), &json!("effect-1")));
    let (_, found) = read(&world, "/notify/v2/notifications?reference=effect-1&template_type=email").await;
    assert_eq!(found["notifications"].as_array().unwrap().len(), 1);
    let (_, none) = read(&world, "/notify/v2/notifications?reference=effect-2").await;
    assert_eq!(none["notifications"], json!([]));
    let inbox = world.get("/notify/inbox").send().await.unwrap().text().await.unwrap();
    assert!(inbox.contains("New referral AB1234CD") && inbox.contains(id));
    let shown = world.get(&format!("/notify/inbox/{id}")).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(r#"href="http://localhost:3000/x""#));
}

#[tokio::test]
async fn a_key_is_checked_by_signature_and_time() {
    let world = World::start().await;
    let now = world.sandbox.now().as_second();
    let mut other = NOTIFY_API_KEY.to_owned();
    other.replace_range(other.len() - 1.., "9");
    for (token, expected) in [
        (signed(NOTIFY_API_KEY, now - 20), StatusCode::OK),
        (signed(NOTIFY_API_KEY, now - 120), StatusCode::FORBIDDEN),
        (signed(NOTIFY_API_KEY, now + 120), StatusCode::FORBIDDEN),
        (signed(&other, now), StatusCode::FORBIDDEN),
    ] {
        let response = world.get("/notify/v2/templates").bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), expected);
    }
    let bare = world.get("/notify/v2/templates").send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_told_by_status_and_error() {
    let world = World::start().await;
    let changed = |field: &str, value: Value| {
        let mut message = message("team@provider.example");
        message[field] = value;
        message
    };
    for (message, error) in [
        (changed("email_address", json!("nobody")), "ValidationError"),
        (changed("template_id", json!("x")), "ValidationError"),
        (changed("surprise", json!(1)), "ValidationError"),
        (changed("one_click_unsubscribe_url", json!("http://x.example")), "ValidationError"),
        (changed("template_id", json!("3f1c2a44-6b0e-4d7d-9a51-0c5be7a19999")), "BadRequestError"),
        (changed("email_reply_to_id", json!("3f1c2a44-6b0e-4d7d-9a51-0c5be7a19999")), "BadRequestError"),
        (changed("personalisation", json!({ "organisationName": "x" })), "BadRequestError"),
    ] {
        let (status, body) = send(&world, &message).await;
        assert_eq!((status, error_of(&body)), (StatusCode::BAD_REQUEST, error), "{message}");
        assert_eq!(body["status_code"], 400);
    }
    let request = with_key(&world, world.post("/notify/v2/notifications/email"), NOTIFY_TEAM_API_KEY);
    let outsider = request.json(&message("someone@elsewhere.example")).send().await.unwrap();
    assert_eq!(error_of(&json_of(outsider, StatusCode::BAD_REQUEST).await), "BadRequestError");
    let (status, body) = read(&world, "/notify/v2/notifications/3f1c2a44-6b0e-4d7d-9a51-0c5be7a19999").await;
    assert_eq!((status, error_of(&body)), (StatusCode::NOT_FOUND, "NoResultFound"));
    assert_eq!(world.seen("/emails").await, json!([]));
}

#[tokio::test]
async fn the_two_limits_answer_with_their_own_errors() {
    let world = World::start().await;
    world.control("/notify/limits", json!({ "perMinute": 1 })).await;
    assert_eq!(send(&world, &message("a@provider.example")).await.0, StatusCode::CREATED);
    let (status, body) = send(&world, &message("a@provider.example")).await;
    assert_eq!((status, error_of(&body)), (StatusCode::TOO_MANY_REQUESTS, "RateLimitError"));
    world.control("/notify/limits", json!({ "perDay": 1 })).await;
    let (status, body) = send(&world, &message("a@provider.example")).await;
    assert_eq!((status, error_of(&body)), (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError"));
}

#[tokio::test]
async fn simulated_addresses_behave_as_promised() {
    let world = World::start().await;
    let (status, body) = send(&world, &message("simulate-delivered-2@any.example")).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = body["id"].as_str().unwrap();
    assert_eq!(read(&world, &format!("/notify/v2/notifications/{id}")).await.0, StatusCode::NOT_FOUND);
    send(&world, &message("temp-fail@simulator.notify")).await;
    send(&world, &message("perm-fail@simulator.notify")).await;
    let emails = world.until("/emails", |emails| emails[1]["status"] == "permanent-failure").await;
    assert_eq!(emails[0]["status"], "temporary-failure");
}

#[tokio::test]
async fn every_template_lists_its_placeholders() {
    let world = World::start().await;
    let (status, body) = read(&world, "/notify/v2/templates").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body["templates"].as_array().unwrap().len() >= 30);
    let (_, one) = read(&world, &format!("/notify/v2/template/{}", notify_template_id("session-poor-behaviour"))).await;
    let names: Vec<&String> = one["personalisation"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["popfullname", "ppFirstName", "sessionUrl"]);
}

#[tokio::test]
async fn receipts_reach_the_chosen_address_and_can_be_held() {
    let world = World::start().await;
    let receiver = crate::events::Receiver::start().await;
    let mode = |mode: &str| json!({ "url": receiver.url, "token": "chosen", "mode": mode });
    world.control("/notify/receipts", mode("held")).await;
    send(&world, &message("a@provider.example")).await;
    world.until("/emails", |emails| emails[0]["status"] == "sending").await;
    assert_eq!(receiver.received().len(), 0);
    world.control("/notify/receipts", mode("duplicate")).await;
    let calls = receiver.until(2).await;
    assert_eq!(calls[0], calls[1]);
    assert_eq!(calls[0].0.as_deref(), Some("Bearer chosen"));
    assert_eq!((&calls[0].1["status"], &calls[0].1["to"]), (&json!("delivered"), &json!("a@provider.example")));
}
