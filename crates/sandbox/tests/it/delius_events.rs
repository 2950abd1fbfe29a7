//! Delius's consumer: it receives our events, calls our API back with its own token, and acts or keeps silent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::World;
use crate::delius_writes::{a_session, book, contacts, record, with_referral};

const REFERRAL: &str = "c0ffee00-0000-4000-8000-000000000001";

/// A path that was asked for, and the token it was asked with.
type Asked = (String, Option<String>);

#[derive(Clone, Default)]
struct Answers {
    by_path: Arc<Mutex<BTreeMap<String, (u16, Value)>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// Our API, as far as the consumer knows it.
struct Api {
    base: String,
    answers: Answers,
    _server: JoinSet<()>,
}

impl Api {
    async fn start() -> Self {
        let answers = Answers::default();
        let app = Router::new().fallback(answer).with_state(answers.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, answers, _server: server }
    }

    fn answers(&self, path: &str, status: u16, body: Value) {
        self.answers.by_path.lock().unwrap().insert(path.to_owned(), (status, body));
    }

    fn asked(&self) -> Vec<Asked> {
        self.answers.asked.lock().unwrap().clone()
    }
}

async fn answer(State(answers): State<Answers>, uri: Uri, headers: HeaderMap) -> impl IntoResponse {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    answers.asked.lock().unwrap().push((uri.path().to_owned(), token));
    let found = answers.by_path.lock().unwrap().get(uri.path()).cloned();
    let (status, body) = found.unwrap_or((404, json!({})));
    (StatusCode::from_u16(status).unwrap(), axum::Json(body))
}

fn sent_referral(concluded_at: Option<&str>, report: Option<&str>) -> Value {
    json!({
        "referenceNumber": "AB1234CD",
        "relevantSentenceId": 2_500_000_001_i64,
        "sentAt": "2026-03-02T08:30:00.123456Z",
        "endRequestedAt": "2026-03-02T08:40:00Z",
        "concludedAt": concluded_at,
        "endOfServiceReport": report.map(|at| json!({ "submittedAt": at })),
        "referral": {
            "id": REFERRAL,
            "serviceProvider": { "id": "HARBOUR_TRUST", "name": "Harbour Trust" },
            "contractTypeName": "Accommodation"
        }
    })
}

fn feedback(attended: Option<&str>, submitted_at: Option<&str>) -> Value {
    json!({
        "attendanceFeedback": { "attended": attended, "didSessionHappen": attended.map(|a| a != "NO"), "submittedAt": submitted_at },
        "sessionFeedback": { "noSessionReasonType": null, "notifyProbationPractitionerOfBehaviour": false }
    })
}

async fn publish(world: &World, event_type: &str, detail_url: &str, information: Value) {
    let message = json!({
        "eventType": event_type,
        "version": 1,
        "description": "an event",
        "detailUrl": detail_url,
        "occurredAt": "2026-03-02T08:45:00+00:00",
        "additionalInformation": information,
        "personReference": { "identifiers": [{ "type": "CRN", "value": "X100001" }] }
    });
    let form = [
        ("Action", "Publish"),
        ("Version", "2010-03-31"),
        ("TopicArn", "arn:aws:sns:eu-west-2:000000000000:events"),
        ("Message", &message.to_string()),
        ("MessageAttributes.entry.1.Name", "eventType"),
        ("MessageAttributes.entry.1.Value.DataType", "String"),
        ("MessageAttributes.entry.1.Value.StringValue", event_type),
    ];
    let answer = world.post("/sns/").form(&form).send().await.unwrap();
    assert!(answer.status().is_success());
}

async fn publish_end(world: &World, api: &Api, delivery_state: &str) {
    let information = json!({
        "deliveryState": delivery_state,
        "referralId": REFERRAL,
        "referralURN": format!("urn:hmpps:interventions-referral:{REFERRAL}"),
        "referralProbationUserURL": "http://localhost:3000/referral",
        "withdrawalCode": ""
    });
    publish(world, "intervention.referral.ended", &format!("{}/sent-referral/{REFERRAL}", api.base), information).await;
}

async fn publish_feedback(world: &World, kind: &str, url: &str) {
    let information = json!({
        "serviceUserCRN": "X100001",
        "referralId": REFERRAL,
        "referralReference": "AB1234CD",
        "contractTypeName": "Accommodation",
        "primeProviderName": "Harbour Trust",
        "referralProbationUserURL": "http://localhost:3000/referral"
    });
    publish(world, &format!("intervention.{kind}.session-feedback-submitted"), url, information).await;
}

async fn publish_plan(world: &World, news: &str) {
    let information = json!({
        "actionPlanId": REFERRAL,
        "referralId": REFERRAL,
        "referralReference": "AB1234CD",
        "contractTypeName": "Accommodation",
        "primeProviderName": "Harbour Trust",
        "actionPlanProbationUserUrl": "http://localhost:3000/plan"
    });
    publish(world, &format!("intervention.action-plan.{news}"), "http://localhost:1/action-plan", information).await;
}

/// Waits until the consumer has made `count` attempts.
async fn attempts(world: &World, count: usize) -> Vec<Value> {
    let telemetry = world.until("/delius/telemetry", |value| value.as_array().unwrap().len() >= count).await;
    telemetry.as_array().unwrap().clone()
}

/// Waits until the queue holds nothing that waits and this many dead letters.
async fn settled(world: &World, dead: usize) {
    let settled = |queue: &Value| {
        queue["waiting"].as_array().unwrap().is_empty() && queue["dead"].as_array().unwrap().len() == dead
    };
    world.until("/events/queue", settled).await;
}

fn verdicts(attempts: &[Value]) -> Vec<&str> {
    attempts.iter().map(|attempt| attempt["verdict"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_ended_event_ends_the_referral_as_of_our_answer() {
    let (world, api) = (with_referral().await, Api::start().await);
    let path = format!("/sent-referral/{REFERRAL}");
    api.answers(&path, 200, sent_referral(Some("2026-03-02T08:44:00Z"), Some("2026-03-02T08:43:00Z")));
    publish_end(&world, &api, "COMPLETED").await;
    let attempts = attempts(&world, 1).await;
    assert_eq!(verdicts(&attempts), ["success"]);
    assert_eq!(attempts[0]["referralId"], REFERRAL);
    let (asked, token) = api.asked()[0].clone();
    assert_eq!(asked, path);
    assert!(token.unwrap().starts_with("Bearer ey"));
    let record = record(&world).await;
    let nsi = &record["nsis"][0];
    assert_eq!((&nsi["status"], &nsi["outcome"], &nsi["active"]), (&json!("COMP"), &json!("CRS03"), &json!(false)));
    assert_eq!(nsi["endedAt"], "2026-03-02T08:44:00Z");
    assert_eq!(contacts(&record, "CRSNOTE").len(), 1);
}

#[tokio::test]
async fn an_end_of_a_closed_referral_is_rejected_and_nobody_is_told() {
    let (world, api) = (with_referral().await, Api::start().await);
    api.answers(&format!("/sent-referral/{REFERRAL}"), 200, sent_referral(None, None));
    world.control("/delius/nsi/close", json!({ "urn": REFERRAL, "outcome": "CRS02" })).await;
    let before = record(&world).await;
    publish_end(&world, &api, "CANCELLED").await;
    let attempts = attempts(&world, 1).await;
    assert_eq!((verdicts(&attempts), &attempts[0]["reason"]), (vec!["rejected"], &json!("rejected: NSI is closed")));
    assert_eq!(record(&world).await, before);
    settled(&world, 0).await;
}

#[tokio::test]
async fn a_rejection_becomes_a_dead_letter_where_silence_is_switched_off() {
    let (world, api) = (with_referral().await, Api::start().await);
    api.answers(&format!("/sent-referral/{REFERRAL}"), 200, sent_referral(None, None));
    world.control("/delius/mode", json!({ "silentRejection": false })).await;
    world.control("/delius/nsi/soft-delete", json!({ "urn": REFERRAL })).await;
    publish_end(&world, &api, "CANCELLED").await;
    let attempts = attempts(&world, 3).await;
    assert_eq!(verdicts(&attempts), ["rejected", "rejected", "rejected"]);
    assert!(attempts[0]["reason"].as_str().unwrap().contains("soft deleted"));
    settled(&world, 1).await;
}

#[tokio::test]
async fn a_failing_call_back_is_tried_again_and_ends_as_a_dead_letter() {
    let (world, api) = (with_referral().await, Api::start().await);
    let path = format!("/sent-referral/{REFERRAL}");
    api.answers(&path, 503, json!({}));
    publish_end(&world, &api, "COMPLETED").await;
    let attempts = attempts(&world, 3).await;
    assert_eq!(verdicts(&attempts), ["failure", "failure", "failure"]);
    assert_eq!(attempts[2]["attempt"], 3);
    assert!(attempts[0]["reason"].as_str().unwrap().contains("503"));
    settled(&world, 1).await;
    assert_eq!(record(&world).await["nsis"][0]["status"], "INPROG");
}

#[tokio::test]
async fn a_call_back_that_is_a_moment_late_is_waited_for() {
    let (world, api) = (with_referral().await, Api::start().await);
    publish_end(&world, &api, "COMPLETED").await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while api.asked().is_empty() {
        assert!(std::time::Instant::now() < deadline, "nobody called back");
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    api.answers(&format!("/sent-referral/{REFERRAL}"), 200, sent_referral(None, None));
    let attempts = attempts(&world, 1).await;
    assert_eq!(verdicts(&attempts), ["success"]);
    assert_eq!(record(&world).await["nsis"][0]["endedAt"], "2026-03-02T08:40:00Z");
}

#[tokio::test]
async fn session_feedback_reaches_the_appointment_that_our_answer_names() {
    let (world, api) = (with_referral().await, Api::start().await);
    book(&world, &a_session(1, "10:00")).await;
    let path = format!("/referral/{REFERRAL}/sessions/1");
    let session = json!({
        "id": "b0000000-0000-4000-8000-000000000001", "sessionNumber": 1,
        "appointmentId": "a0000000-0000-4000-8000-000000000002", "appointmentTime": "2026-03-05T10:00:00Z",
        "appointmentFeedback": feedback(None, None),
        "oldAppointments": [
            { "id": a_session(1, "10:00")["id"], "appointmentFeedback": feedback(Some("NO"), Some("2026-03-03T12:00:00Z")) }
        ]
    });
    api.answers(&path, 200, session);
    publish_feedback(&world, "session-appointment", &format!("{}{path}", api.base)).await;
    assert_eq!(verdicts(&attempts(&world, 1).await), ["success"]);
    let record = record(&world).await;
    let appointment = contacts(&record, "CRSAPT")[0];
    assert_eq!((&appointment["outcome"], &appointment["attended"]), (&json!("AFTA"), &json!(false)));
    assert_eq!(contacts(&record, "AROM").len(), 1);
}

#[tokio::test]
async fn assessment_feedback_on_an_unknown_appointment_is_rejected() {
    let (world, api) = (with_referral().await, Api::start().await);
    let path = format!("/sent-referral/{REFERRAL}/supplier-assessment");
    let assessment = json!({
        "id": "b0000000-0000-4000-8000-000000000002", "referralId": REFERRAL,
        "appointments": [
            { "id": "a0000000-0000-4000-8000-000000000009", "appointmentFeedback": feedback(Some("YES"), Some("2026-03-01T12:00:00Z")) }
        ]
    });
    api.answers(&path, 200, assessment);
    publish_feedback(&world, "initial-assessment-appointment", &format!("{}{path}", api.base)).await;
    let attempts = attempts(&world, 1).await;
    assert_eq!(verdicts(&attempts), ["rejected"]);
    assert!(attempts[0]["reason"].as_str().unwrap().contains("cannot be found"));
}

#[tokio::test]
async fn action_plan_news_is_noted_without_a_call_back() {
    let world = with_referral().await;
    for news in ["submitted", "submitted", "approved"] {
        publish_plan(&world, news).await;
    }
    assert_eq!(verdicts(&attempts(&world, 3).await), ["success"; 3]);
    assert_eq!(contacts(&record(&world).await, "CRSNOTE").len(), 2);
}

#[tokio::test]
async fn an_event_without_its_parts_fails() {
    let world = with_referral().await;
    world.publish("intervention.referral.ended", "X100001").await.unwrap();
    let attempts = attempts(&world, 3).await;
    assert_eq!(verdicts(&attempts), ["failure", "failure", "failure"]);
    assert!(attempts[0]["reason"].as_str().unwrap().contains("occurredAt"));
}

#[tokio::test]
async fn with_events_switched_off_nothing_is_consumed() {
    let (world, api) = (with_referral().await, Api::start().await);
    api.answers(&format!("/sent-referral/{REFERRAL}"), 200, sent_referral(None, None));
    world.control("/delius/mode", json!({ "events": false })).await;
    publish_end(&world, &api, "COMPLETED").await;
    world.control("/delius/mode", json!({ "events": true, "actionPlanEvents": false })).await;
    publish_plan(&world, "submitted").await;
    publish_end(&world, &api, "CANCELLED").await;
    let attempts = attempts(&world, 1).await;
    assert_eq!((verdicts(&attempts), attempts.len()), (vec!["success"], 1));
    let record = record(&world).await;
    assert_eq!(record["nsis"][0]["outcome"], "CRS01");
    assert!(contacts(&record, "CRSNOTE").is_empty());
}
