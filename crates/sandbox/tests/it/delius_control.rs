//! What people do in Delius, over the control interface.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::delius_writes::{a_session, a_start, book, contacts, put, record, with_referral};
use crate::{World, json_of};

const URN: &str = "urn:hmpps:interventions-referral:c0ffee00-0000-4000-8000-000000000001";

#[tokio::test]
async fn an_activity_is_closed_reopened_and_deleted() {
    let world = with_referral().await;
    let closed = world.control("/delius/nsi/close", json!({ "urn": URN })).await;
    assert_eq!((&closed["nsis"][0]["status"], &closed["nsis"][0]["endDate"]), (&json!("COMP"), &json!("2026-03-02")));
    let reopened = world.control("/delius/nsi/reopen", json!({ "urn": URN })).await;
    assert_eq!((&reopened["nsis"][0]["active"], &reopened["nsis"][0]["endDate"]), (&json!(true), &Value::Null));
    let deleted = world.control("/delius/nsi/soft-delete", json!({ "urn": URN })).await;
    assert_eq!(deleted["nsis"][0]["softDeleted"], true);
    let gone = world.post("/control/delius/nsi/reopen").json(&json!({ "urn": URN })).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn single_fields_are_edited_and_the_rest_stays() {
    let world = with_referral().await;
    let before = record(&world).await["nsis"][0].clone();
    let deed = json!({ "urn": URN, "type": "CRS05", "startDate": "2026-01-05", "outcome": "CRS02" });
    let edited = world.control("/delius/nsi/edit", deed).await["nsis"][0].clone();
    assert_eq!(
        (&edited["type"], &edited["startDate"], &edited["outcome"]),
        (&json!("CRS05"), &json!("2026-01-05"), &json!("CRS02"))
    );
    for same in ["status", "eventId", "endDate", "active"] {
        assert_eq!(edited[same], before[same], "{same}");
    }
    let other = json!({ "urn": URN, "eventNumber": 7 });
    let missing = world.post("/control/delius/nsi/edit").json(&other).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    book(&world, &a_session(1, "10:00")).await;
    let urn = a_session(1, "10:00")["id"].clone();
    let recorded = world.control("/delius/contact/outcome", json!({ "urn": urn, "outcome": "AFTA" })).await;
    assert_eq!(contacts(&recorded, "CRSAPT")[0]["outcome"], "AFTA");
    let unknown = json!({ "urn": urn, "outcome": "XXXX" });
    let refused = world.post("/control/delius/contact/outcome").json(&unknown).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_unknown_field_or_switch_is_named() {
    let world = World::start().await;
    for (path, body) in [
        ("/control/delius/nsi/close", json!({ "urn": URN, "why": 1 })),
        ("/control/delius/mode", json!({ "why": true })),
        ("/control/delius/merge", json!({ "from": "X100001", "to": "X100002", "why": 1 })),
    ] {
        let answer = world.post(path).json(&body).send().await.unwrap();
        let text = json_of(answer, StatusCode::BAD_REQUEST).await.to_string();
        assert!(text.contains("why"), "{text}");
    }
}

#[tokio::test]
async fn a_native_appointment_is_missed_by_a_reschedule() {
    let world = with_referral().await;
    book(&world, &a_session(1, "10:00")).await;
    let native = json!({ "crn": "X100001", "start": "2026-03-03T14:00:00Z", "durationInMinutes": 60 });
    world.control("/delius/contact/appointment", native).await;
    let path = "/referrals/c0ffee00-0000-4000-8000-000000000001/appointments";
    assert_eq!(put(&world, path, &a_session(2, "14:30")).await.status(), StatusCode::CONFLICT);
    let mut moved = a_session(2, "14:30");
    moved["previousId"] = a_session(1, "10:00")["id"].clone();
    book(&world, &moved).await;
}

#[tokio::test]
async fn a_contact_is_deleted_by_urn_or_id() {
    let world = with_referral().await;
    let first = book(&world, &a_session(1, "10:00")).await;
    book(&world, &a_session(2, "12:00")).await;
    world.control("/delius/contact/delete", json!({ "id": first })).await;
    let urn = a_session(2, "12:00")["id"].clone();
    world.control("/delius/contact/delete", json!({ "urn": urn, "hard": true })).await;
    let record = record(&world).await;
    let left = contacts(&record, "CRSAPT");
    assert_eq!((left.len(), &left[0]["softDeleted"]), (1, &json!(true)));
}

#[tokio::test]
async fn sentence_person_manager_and_limits_change() {
    let world = with_referral().await;
    let terminated = world.control("/delius/sentence/terminate", json!({ "crn": "X100001", "eventNumber": 1 })).await;
    assert_eq!(terminated["events"][0]["active"], false);
    world.control("/delius/manager", json!({ "crn": "X100001", "username": "PRACTITIONER_2" })).await;
    let token = world.machine("interventions");
    let officer = world.get("/delius/probation-case/X100001/responsible-officer").bearer_auth(&token).send().await;
    assert_eq!(officer.unwrap().json::<Value>().await.unwrap()["communityManager"]["username"], "PRACTITIONER_2");
    world.control("/delius/restrict", json!({ "crn": "X100001", "username": "PRACTITIONER_2" })).await;
    let access = world.post("/delius/users/PRACTITIONER_1/access").bearer_auth(&token).json(&json!(["X100001"])).send();
    assert_eq!(access.await.unwrap().json::<Value>().await.unwrap()["access"][0]["userRestricted"], true);
    let merged = world.control("/delius/merge", json!({ "from": "X100001", "to": "X100037" })).await;
    assert_eq!((&merged["crn"], &merged["nsis"][0]["externalReference"]), (&json!("X100037"), &json!(URN)));
    assert_eq!(put(&world, "/referrals", &a_start()).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(record(&world).await["mergedInto"], "X100037");
}

#[tokio::test]
async fn the_estate_changes() {
    let world = with_referral().await;
    for (path, body) in [
        ("/control/delius/office/retire", json!({ "code": "CRSEXTL" })),
        ("/control/delius/mapping/remove", json!({ "contractType": "ETE" })),
    ] {
        let answer = world.post(path).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{path}");
    }
    let path = "/referrals/c0ffee00-0000-4000-8000-000000000001/appointments";
    assert_eq!(put(&world, path, &a_session(1, "10:00")).await.status(), StatusCode::NOT_FOUND);
    let mut other = a_start();
    other["referralId"] = json!("c0ffee00-0000-4000-8000-000000000009");
    other["contractType"] = json!("ETE");
    assert_eq!(put(&world, "/referrals", &other).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_change_log_tells_who_did_what_and_why() {
    let world = with_referral().await;
    world.control("/delius/nsi/close", json!({ "urn": URN })).await;
    let changes = world.seen("/delius/changes").await;
    let told: Vec<(&str, &str)> = changes
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["cause"].as_str().unwrap(), change["action"].as_str().unwrap()))
        .collect();
    assert_eq!(told[0], ("PUT referrals", "created"));
    assert!(told.contains(&("person: nsi/close", "closed by a person")));
    let since = world.seen("/delius/changes?since=4").await;
    assert_eq!(since[0]["seq"], 5);
}

#[tokio::test]
async fn a_reset_brings_back_record_and_switches() {
    let world = with_referral().await;
    world.control("/delius/mode", json!({ "closedNsi": "lenient", "urnRead": true })).await;
    let reset = world.post("/control/reset").send().await.unwrap();
    assert!(reset.status().is_success());
    assert_eq!(record(&world).await["nsis"], json!([]));
    let mode = world.seen("/delius/mode").await;
    assert_eq!(
        (&mode["closedNsi"], &mode["urnRead"], &mode["events"]),
        (&json!("strict"), &json!(false), &json!(true))
    );
    assert_eq!(world.seen("/delius/changes").await, json!([]));
}
