//! The fault dial: every kind of fault, and the log that names it.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::World;

async fn fault(world: &World, fault: Value) {
    world.control("/faults", fault).await;
}

fn supplementary(source_id: &str) -> Value {
    json!({
        "source": "INTERVENTION_REFERRAL", "sourceId": source_id, "crn": "X100001", "createdByUserType": "delius",
        "createdDate": "2026-03-04T10:11:12.123456", "riskSummaryComments": "be careful",
    })
}

#[tokio::test]
async fn status_and_down_do_nothing_and_say_so() {
    let world = World::start().await;
    let store = || {
        world
            .post("/arns/risks/supplementary")
            .bearer_auth(world.user("PRACTITIONER_1"))
            .json(&supplementary("a"))
            .send()
    };
    fault(&world, json!({ "system": "arns", "fault": "status", "value": 502, "times": 1 })).await;
    fault(&world, json!({ "system": "arns", "fault": "down", "times": 1 })).await;
    assert_eq!(store().await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert_eq!(store().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(store().await.unwrap().status(), StatusCode::OK, "neither attempt stored anything");
    let log = world.seen("/requests?system=arns").await;
    let seen: Vec<(&Value, &Value)> =
        log.as_array().unwrap().iter().map(|entry| (&entry["status"], &entry["fault"])).collect();
    assert_eq!(seen, [(&json!(502), &json!("status")), (&json!(503), &json!("down")), (&json!(200), &Value::Null)]);
    assert_eq!(log[0]["path"], "/risks/supplementary");
}

#[tokio::test]
async fn a_reset_cuts_the_connection_before_the_work() {
    let world = World::start().await;
    fault(&world, json!({ "system": "sns", "fault": "reset", "times": 1 })).await;
    let error = world.publish("intervention.referral.sent", "X100001").await.unwrap_err();
    assert!(error.is_request(), "no answer at all: {error:?}");
    assert_eq!(world.seen("/events").await, json!([]));
    assert_eq!(world.seen("/requests?system=sns").await[0]["status"], Value::Null);
}

#[tokio::test]
async fn drop_after_commit_does_the_work_and_loses_the_answer() {
    let world = World::start().await;
    fault(&world, json!({ "system": "sns", "fault": "drop_after_commit", "times": 1 })).await;
    assert!(world.publish("intervention.referral.sent", "X100001").await.is_err());
    assert_eq!(world.seen("/events").await.as_array().unwrap().len(), 1);
    assert_eq!(world.seen("/requests?system=sns").await[0]["fault"], "drop_after_commit");
}

#[tokio::test]
async fn duplicate_does_the_work_twice() {
    let world = World::start().await;
    fault(&world, json!({ "system": "sns", "fault": "duplicate" })).await;
    assert_eq!(world.publish("intervention.referral.sent", "X100001").await.unwrap().status(), StatusCode::OK);
    assert_eq!(world.seen("/events").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn malformed_and_truncated_answers_cannot_be_read() {
    let world = World::start().await;
    fault(&world, json!({ "system": "prison-register", "fault": "malformed", "times": 1 })).await;
    let names = || world.get("/prison-register/prisons/names").send();
    let malformed = names().await.unwrap();
    assert_eq!(malformed.status(), StatusCode::OK);
    let text = malformed.text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
    fault(&world, json!({ "system": "prison-register", "fault": "truncate", "times": 1 })).await;
    let truncated = names().await.unwrap();
    assert_eq!(truncated.status(), StatusCode::OK);
    assert!(truncated.bytes().await.is_err(), "the body ends too early");
    assert!(names().await.unwrap().json::<Value>().await.is_ok());
}

#[tokio::test]
async fn latency_delays_only_the_operation_it_names() {
    let world = World::start().await;
    let operation = "/risks/crn/*";
    fault(
        &world,
        json!({ "system": "arns", "operation": operation, "method": "GET", "fault": "latency", "value": 300 }),
    )
    .await;
    let token = world.user("PRACTITIONER_1");
    let timed = async |path: &str| {
        let start = Instant::now();
        let response = world.get(path).bearer_auth(&token).send().await.unwrap();
        (response.status(), start.elapsed())
    };
    let (status, took) = timed("/arns/risks/crn/X100001").await;
    assert_eq!(status, StatusCode::OK);
    assert!(took >= Duration::from_millis(300), "took {took:?}");
    timed("/arns/risks/supplementary/none").await;
    let log = world.seen("/requests?system=arns").await;
    assert_eq!((&log[0]["fault"], &log[1]["fault"]), (&json!("latency"), &Value::Null));
}

#[tokio::test]
async fn unknown_names_and_fields_are_refused_by_name() {
    let world = World::start().await;
    for (body, named) in [
        (json!({ "system": "dellius", "fault": "down" }), "dellius"),
        (json!({ "system": "arns", "fault": "explode" }), "explode"),
        (json!({ "system": "arns", "fault": "down", "often": 1 }), "often"),
        (json!({ "system": "arns" }), "fault"),
        (json!({ "system": "arns", "fault": "status", "value": 200 }), "value"),
    ] {
        let response = world.post("/control/faults").json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let told = response.json::<Value>().await.unwrap()["error"].as_str().unwrap().to_owned();
        assert!(told.contains(named), "{told} does not name {named}");
    }
    let url = format!("{}/control/requests?system=nowhere", world.base);
    assert_eq!(world.client.get(url).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn faults_are_listed_and_cleared() {
    let world = World::start().await;
    fault(&world, json!({ "system": "delius", "fault": "down", "times": 5 })).await;
    assert_eq!(world.seen("/faults").await, json!([{ "system": "delius", "fault": "down", "times": 5 }]));
    world.client.delete(format!("{}/control/faults", world.base)).send().await.unwrap();
    assert_eq!(world.seen("/faults").await, json!([]));
}

#[tokio::test]
async fn correlation_headers_come_back() {
    let world = World::start().await;
    let request = world.get("/auth/health/ping").header("x-correlation-id", "abc").header("traceparent", "00-1-2-01");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-correlation-id"], "abc");
    assert_eq!(response.headers()["traceparent"], "00-1-2-01");
}
