//! Delius over HTTP: starting a referral, booking and moving appointments, and what a lost answer does.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{World, json_of};

const REFERRAL: &str = "c0ffee00-0000-4000-8000-000000000001";
const NOW: &str = "2026-03-02T09:00:00Z";

pub(crate) fn a_start() -> Value {
    json!({
        "referralId": REFERRAL,
        "startedAt": "2026-03-02T08:30:00.123456Z",
        "contractType": "ACC",
        "sentenceId": 2_500_000_001_i64,
        "notes": "Referral for accommodation"
    })
}

/// A session tomorrow; `n` ends its id.
pub(crate) fn a_session(n: u8, time: &str) -> Value {
    json!({
        "id": format!("a0000000-0000-4000-8000-{n:012}"),
        "referralId": REFERRAL,
        "referralReference": "AB1234CD",
        "serviceUserCrn": "X100001",
        "sentenceId": 2_500_000_001_i64,
        "start": format!("2026-03-03T{time}:00+00:00"),
        "durationInMinutes": 60,
        "notes": "Session",
        "officeLocationCode": "CRSEXTL",
        "countsTowardsRar": true
    })
}

pub(crate) async fn put(world: &World, path: &str, body: &Value) -> reqwest::Response {
    let url = format!("{}/delius/probation-case/X100001{path}", world.base);
    world.client.put(url).bearer_auth(world.machine("interventions")).json(body).send().await.unwrap()
}

pub(crate) async fn book(world: &World, body: &Value) -> i64 {
    let answer = put(world, &format!("/referrals/{REFERRAL}/appointments"), body).await;
    json_of(answer, StatusCode::OK).await["appointmentId"].as_i64().unwrap()
}

/// A world at a fixed instant with one referral started.
pub(crate) async fn with_referral() -> World {
    let world = World::start().await;
    world.control("/clock", json!({ "now": NOW })).await;
    assert_eq!(put(&world, "/referrals", &a_start()).await.status(), StatusCode::NO_CONTENT);
    world
}

pub(crate) async fn record(world: &World) -> Value {
    world.seen("/delius/X100001").await
}

/// Contacts of a type, as shown.
pub(crate) fn contacts<'a>(record: &'a Value, kind: &str) -> Vec<&'a Value> {
    record["contacts"].as_array().unwrap().iter().filter(|contact| contact["type"] == kind).collect()
}

#[tokio::test]
async fn a_referral_is_started_and_its_record_is_shown() {
    let world = with_referral().await;
    let record = record(&world).await;
    let nsi = &record["nsis"][0];
    assert_eq!(nsi["externalReference"], format!("urn:hmpps:interventions-referral:{REFERRAL}"));
    assert_eq!((&nsi["type"], &nsi["status"], &nsi["active"]), (&json!("CRS01"), &json!("INPROG"), &json!(true)));
    assert_eq!(contacts(&record, "NREF").len(), 1);
    assert_eq!(record["contacts"][0]["createdBy"], "ReferAndMonitorAndDelius");
    assert_eq!(record["contacts"][0]["createdAt"], NOW);
}

#[tokio::test]
async fn unusable_bodies_and_missing_roles_are_refused() {
    let world = with_referral().await;
    let mut without_notes = a_start();
    without_notes.as_object_mut().unwrap().remove("notes");
    let refused = json_of(put(&world, "/referrals", &without_notes).await, StatusCode::BAD_REQUEST).await;
    assert!(refused["message"].as_str().unwrap().contains("notes"), "{refused}");
    let url = format!("{}/delius/probation-case/X100001/referrals", world.base);
    let nobody = world.client.put(&url).json(&a_start()).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    let wrong = world.client.put(&url).bearer_auth(world.machine("sar")).json(&a_start()).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    let world = with_referral().await;
    let appointments = format!("/referrals/{REFERRAL}/appointments");
    book(&world, &a_session(1, "10:00")).await;
    let with = |key: &str, value: Value| {
        let mut body = a_session(2, "12:00");
        body[key] = value;
        body
    };
    for (body, status) in [
        (a_session(2, "10:30"), 409),
        (with("start", json!("2026-03-01T10:00:00Z")), 400),
        (with("officeLocationCode", json!("NOWHERE")), 404),
        (with("referralId", json!("c0ffee00-0000-4000-8000-000000000002")), 404),
        (with("outcome", json!({ "attended": "YES", "didSessionHappen": false })), 500),
        (with("outcome", json!({ "attended": "do_not_know" })), 400),
    ] {
        let answer = put(&world, &appointments, &body).await;
        assert_eq!(answer.status().as_u16(), status, "{body}");
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["status"], status);
    }
    let unmapped = json!({ "referralId": "c0ffee00-0000-4000-8000-000000000003", "startedAt": NOW, "contractType": "FBD-O",
        "sentenceId": 2_500_000_001_i64, "notes": "" });
    assert_eq!(put(&world, "/referrals", &unmapped).await.status().as_u16(), 500);
}

#[tokio::test]
async fn a_lost_answer_to_a_booking_does_no_harm_when_repeated() {
    let world = with_referral().await;
    world.control("/faults", json!({ "system": "delius", "fault": "drop_after_commit", "times": 1 })).await;
    let url = format!("{}/delius/probation-case/X100001/referrals/{REFERRAL}/appointments", world.base);
    let token = world.machine("interventions");
    let lost = world.client.put(&url).bearer_auth(&token).json(&a_session(1, "10:00")).send().await;
    assert!(lost.is_err() || !lost.unwrap().status().is_success());
    let id = book(&world, &a_session(1, "10:00")).await;
    let record = record(&world).await;
    let booked = contacts(&record, "CRSAPT");
    assert_eq!((booked.len(), &booked[0]["id"]), (1, &json!(id)));
}

#[tokio::test]
async fn a_reschedule_with_an_outcome_is_all_in_one_call() {
    let world = with_referral().await;
    let old = book(&world, &a_session(1, "10:00")).await;
    let mut moved = a_session(2, "14:00");
    moved["previousId"] = a_session(1, "10:00")["id"].clone();
    moved["deliusId"] = json!(old);
    moved["rescheduleRequestedBy"] = json!("Service User");
    let new = book(&world, &moved).await;
    moved.as_object_mut().unwrap().remove("previousId");
    moved["outcome"] =
        json!({ "attended": "LATE", "didSessionHappen": true, "notifyProbationPractitionerOfConcerns": true });
    assert_eq!(book(&world, &moved).await, new);
    let record = record(&world).await;
    let outcomes: Vec<&Value> = contacts(&record, "CRSAPT").iter().map(|contact| &contact["outcome"]).collect();
    assert_eq!(outcomes, ["RSOF", "ATTC"]);
    assert_eq!(contacts(&record, "CRSAPT")[1]["hoursCredited"], 1.0);
}

#[tokio::test]
async fn a_closed_referral_is_refused_or_taken_by_mode() {
    let world = with_referral().await;
    world.control("/delius/nsi/close", json!({ "urn": REFERRAL, "outcome": "CRS02", "endDate": "2026-03-01" })).await;
    let before = record(&world).await;
    let refused = json_of(put(&world, "/referrals", &a_start()).await, StatusCode::BAD_REQUEST).await;
    assert!(refused["message"].as_str().unwrap().contains("cannot find an open NSI"));
    let appointments = format!("/referrals/{REFERRAL}/appointments");
    assert_eq!(put(&world, &appointments, &a_session(1, "10:00")).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(record(&world).await, before);
    world.control("/delius/mode", json!({ "closedNsi": "lenient" })).await;
    assert_eq!(put(&world, "/referrals", &a_start()).await.status(), StatusCode::NO_CONTENT);
    let after = record(&world).await;
    assert_eq!(after["nsis"][0]["status"], "INPROG");
    assert_eq!((&after["nsis"][0]["active"], &after["nsis"][0]["endDate"]), (&json!(false), &json!("2026-03-01")));
    book(&world, &a_session(1, "10:00")).await;
}

#[tokio::test]
async fn a_referral_is_read_by_urn_only_when_switched_on() {
    let world = with_referral().await;
    book(&world, &a_session(1, "10:00")).await;
    let path = format!("/delius/probation-case/X100001/referrals/{REFERRAL}");
    let read = || world.get(&path).bearer_auth(world.machine("interventions")).send();
    assert_eq!(read().await.unwrap().status(), StatusCode::NOT_FOUND);
    world.control("/delius/mode", json!({ "urnRead": true })).await;
    let body = json_of(read().await.unwrap(), StatusCode::OK).await;
    assert_eq!(body["urn"], format!("urn:hmpps:interventions-referral:{REFERRAL}"));
    assert_eq!(
        (&body["status"], &body["active"], &body["softDeleted"]),
        (&json!("INPROG"), &json!(true), &json!(false))
    );
    assert_eq!(body["appointments"][0]["officeLocationCode"], "CRSEXTL");
    assert!(body.get("outcome").is_none());
    world.control("/delius/nsi/duplicate", json!({ "urn": REFERRAL })).await;
    assert_eq!(read().await.unwrap().status(), StatusCode::CONFLICT);
}
