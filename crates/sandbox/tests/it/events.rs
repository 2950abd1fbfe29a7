//! The topic: publishing with the query protocol and the SDK, and Delius's queue behind it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::World;

type Calls = Arc<Mutex<Vec<(Option<String>, Value)>>>;

/// Takes posted JSON and keeps it with its authorisation header.
pub(crate) struct Receiver {
    pub(crate) url: String,
    calls: Calls,
    _server: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let calls = Calls::default();
        let kept = Arc::clone(&calls);
        let take = move |headers: axum::http::HeaderMap, axum::Json(body): axum::Json<Value>| {
            let sender = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            kept.lock().unwrap().push((sender, body));
            async {}
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/receipt", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, Router::new().route("/receipt", post(take))).await.unwrap();
        });
        Self { url, calls, _server: server }
    }

    pub(crate) fn received(&self) -> Vec<(Option<String>, Value)> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) async fn until(&self, count: usize) -> Vec<(Option<String>, Value)> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            assert!(Instant::now() < deadline, "only {} of {count} calls came", received.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn a_published_event_is_answered_with_its_id_and_kept() {
    let world = World::start().await;
    let response = world.publish("intervention.referral.sent", "X100001").await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let text = response.text().await.unwrap();
    let events = world.seen("/events").await;
    assert_eq!(events[0]["eventType"], "intervention.referral.sent");
    assert_eq!(events[0]["attributes"], json!({ "eventType": "intervention.referral.sent" }));
    assert_eq!(events[0]["message"]["version"], 1);
    let id = events[0]["id"].as_str().unwrap();
    assert!(text.contains(&format!("<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>{id}</MessageId>")), "{text}");
}

#[tokio::test]
async fn calls_that_are_no_publish_are_refused_in_the_protocol() {
    let world = World::start().await;
    for (form, code) in [
        (vec![("Action", "Subscribe")], "InvalidAction"),
        (vec![("Action", "Publish"), ("Message", "{}")], "InvalidParameter"),
        (vec![("Action", "Publish"), ("TopicArn", "arn"), ("Message", "")], "InvalidParameter"),
    ] {
        let response = world.post("/sns").form(&form).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.text().await.unwrap().contains(&format!("<Code>{code}</Code>")));
    }
}

#[tokio::test]
async fn the_usual_sdk_publishes_unchanged() {
    let world = World::start().await;
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(
            aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
        ))
        .build_https();
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(aws_sdk_sns::config::BehaviorVersion::latest())
        .region(aws_sdk_sns::config::Region::new("eu-west-2"))
        .endpoint_url(format!("{}/sns", world.base))
        .credentials_provider(aws_sdk_sns::config::Credentials::new("key", "secret", None, None, "test"))
        .http_client(http)
        .retry_config(aws_sdk_sns::config::retry::RetryConfig::disabled())
        .build();
    let client = aws_sdk_sns::Client::from_conf(config);
    let attribute = aws_sdk_sns::types::MessageAttributeValue::builder()
        .data_type("String")
        .string_value("intervention.referral.assigned")
        .build()
        .unwrap();
    let publish = || {
        client
            .publish()
            .topic_arn("arn:aws:sns:eu-west-2:000000000000:events")
            .message(r#"{"eventType":"intervention.referral.assigned","version":1}"#)
            .message_attributes("eventType", attribute.clone())
            .send()
    };
    let answer = publish().await.unwrap();
    let events = world.seen("/events").await;
    assert_eq!(answer.message_id(), events[0]["id"].as_str());
    assert_eq!(events[0]["eventType"], "intervention.referral.assigned");

    world.control("/faults", json!({ "system": "sns", "fault": "status", "value": 429, "times": 1 })).await;
    let refused = publish().await.unwrap_err();
    assert_eq!(aws_sdk_sns::error::ProvideErrorMetadata::code(&refused), Some("Throttling"));
}

#[tokio::test]
async fn only_what_delius_subscribed_to_reaches_its_queue() {
    let world = World::start().await;
    // The consumer reads nothing, so that the queue can be looked at.
    world.control("/faults", json!({ "system": "delius-events", "fault": "down" })).await;
    world.publish("intervention.referral.sent", "X100001").await.unwrap();
    world.publish("intervention.referral.ended", "X100001").await.unwrap();
    let queue = world.seen("/events/queue").await;
    let kinds: Vec<&Value> = queue["waiting"].as_array().unwrap().iter().map(|m| &m["eventType"]).collect();
    assert_eq!(kinds, [&json!("intervention.referral.ended")]);
}

#[tokio::test]
async fn a_message_that_cannot_be_received_becomes_a_dead_letter_and_may_be_put_back() {
    let world = World::start().await;
    world.control("/events/redelivery", json!({ "afterMs": 10 })).await;
    world.control("/faults", json!({ "system": "delius-events", "fault": "status", "value": 500, "times": 3 })).await;
    world.publish("intervention.action-plan.submitted", "X100001").await.unwrap();
    let queue = world.until("/events/queue", |queue| queue["dead"].as_array().unwrap().len() == 1).await;
    assert_eq!(queue["waiting"], json!([]));
    assert_eq!(queue["dead"][0]["receives"], 3);
    world.control("/faults", json!({ "system": "delius-events", "fault": "down" })).await;
    assert_eq!(world.control("/events/redrive", json!({})).await, json!({ "moved": 1 }));
    let queue = world.seen("/events/queue").await;
    assert_eq!((&queue["dead"], queue["waiting"].as_array().unwrap().len()), (&json!([]), 1));
}

/// Works the queue by hand, without a server and its consumer.
async fn unserved() -> sandbox::Sandbox {
    sandbox::Sandbox::open(sandbox::Config::default()).await.unwrap()
}

fn queue_event(sandbox: &sandbox::Sandbox, kind: &str) -> impl Future<Output = ()> {
    use tower::ServiceExt as _;
    let form = format!(
        "Action=Publish&TopicArn=arn&Message=%7B%7D&MessageAttributes.entry.1.Name=eventType\
         &MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue={kind}"
    );
    let request = axum::http::Request::post("/sns")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(form))
        .unwrap();
    let router = sandbox.router();
    async move { assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::OK) }
}

fn plan(sandbox: &sandbox::Sandbox, fault: &Value) -> impl Future<Output = ()> {
    use tower::ServiceExt as _;
    let request = axum::http::Request::post("/control/faults").body(axum::body::Body::from(fault.to_string())).unwrap();
    let router = sandbox.router();
    async move { assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::OK) }
}

#[tokio::test]
async fn an_unsettled_message_is_not_handed_out_twice_but_comes_again_when_returned() {
    let sandbox = unserved().await;
    queue_event(&sandbox, "intervention.referral.ended").await;
    let first = sandbox.next_event().await;
    let nothing = tokio::time::timeout(Duration::from_millis(80), sandbox.next_event()).await;
    assert!(nothing.is_err(), "it is in the consumer's hands");
    sandbox.return_event(&first).unwrap();
    let early = tokio::time::timeout(Duration::from_millis(80), sandbox.next_event()).await;
    assert!(early.is_err(), "a returned message waits a while");
    let second = sandbox.next_event().await;
    assert_eq!((second.id.clone(), second.receives), (first.id, 2));
    sandbox.acknowledge_event(&second).unwrap();
    assert!(sandbox.read(|state| state.topic.queue().is_empty()));
}

#[tokio::test]
async fn a_duplicated_message_comes_once_more_and_a_late_one_is_overtaken() {
    let sandbox = unserved().await;
    plan(&sandbox, &json!({ "system": "delius-events", "fault": "duplicate", "times": 1 })).await;
    queue_event(&sandbox, "intervention.referral.ended").await;
    let first = sandbox.next_event().await;
    sandbox.acknowledge_event(&first).unwrap();
    let again = sandbox.next_event().await;
    assert_eq!(again.id, first.id);
    sandbox.acknowledge_event(&again).unwrap();

    let late = "/intervention.action-plan.submitted";
    plan(
        &sandbox,
        &json!({ "system": "delius-events", "operation": late, "fault": "latency", "value": 150, "times": 1 }),
    )
    .await;
    queue_event(&sandbox, "intervention.action-plan.submitted").await;
    queue_event(&sandbox, "intervention.action-plan.approved").await;
    let overtaking = sandbox.next_event().await;
    assert_eq!(overtaking.event_type, "intervention.action-plan.approved");
    assert_eq!(sandbox.next_event().await.event_type, "intervention.action-plan.submitted");
}
