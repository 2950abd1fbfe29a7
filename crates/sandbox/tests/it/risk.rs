//! The risk service.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{World, json_of};

async fn risk(world: &World, username: &str, crn: &str) -> (StatusCode, Value) {
    let request = world.get(&format!("/arns/risks/crn/{crn}")).bearer_auth(world.user(username));
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn sent(comments: &str) -> Value {
    json!({
        "source": "INTERVENTION_REFERRAL",
        "sourceId": "6b0e1c00-7a11-4c0d-8f00-000000000077",
        "crn": "X100001",
        "createdByUser": "ignored",
        "createdByUserType": "delius",
        "createdDate": "2026-03-04T10:11:12.123456",
        "redactedRisk": { "riskWho": "shop staff", "concernsHostel": "" },
        "riskSummaryComments": comments,
    })
}

#[tokio::test]
async fn assessments_are_full_partial_or_empty_but_never_missing() {
    let world = World::start().await;
    let (status, full) = risk(&world, "PRACTITIONER_1", "X100001").await;
    assert_eq!((status, &full["summary"]["overallRiskLevel"]), (StatusCode::OK, &json!("HIGH")));
    assert!(full["assessedOn"].is_string());
    assert!(full["riskToSelf"]["suicide"].get("currentConcernsText").is_none(), "no text beside a no");
    let (_, in_full) = risk(&world, "PRACTITIONER_1", "X100001/fulltext").await;
    assert!(in_full["riskToSelf"]["suicide"]["currentConcernsText"].is_string());
    let (_, summary) = risk(&world, "PRACTITIONER_1", "X100001/summary").await;
    assert_eq!(summary, full["summary"]);
    let (_, old) = risk(&world, "PRACTITIONER_1", "X100005/100").await;
    assert!(old["assessedOn"].is_string(), "an old assessment is found by those who look far enough back");
    let (_, partial) = risk(&world, "PRACTITIONER_1", "X100003").await;
    assert!(partial["riskToSelf"].get("selfHarm").is_none() && partial["assessedOn"].is_string());
    let (status, empty) = risk(&world, "PRACTITIONER_1", "X100005").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        empty,
        json!({ "riskToSelf": {}, "otherRisks": {}, "summary": { "riskInCommunity": {}, "riskInCustody": {} } })
    );
}

#[tokio::test]
async fn limits_unknown_people_roles_and_client_tokens_are_told_apart() {
    let world = World::start().await;
    let (status, body) = risk(&world, "PRACTITIONER_1", "X100038").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body["moreInfo"].as_str().unwrap().contains("restricted"));
    assert_eq!(risk(&world, "PRACTITIONER_2", "X100038").await.0, StatusCode::OK);
    assert_eq!(risk(&world, "PRACTITIONER_1", "X999999").await.0, StatusCode::NOT_FOUND);
    assert_eq!(risk(&world, "EDITOR_1", "X100001").await.0, StatusCode::FORBIDDEN);
    let bare = world.get("/arns/risks/crn/X100001").send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_supplementary_risk_is_stored_once_for_its_source() {
    let world = World::start().await;
    let store = async |username: &str, body: &Value| {
        let request = world.post("/arns/risks/supplementary").bearer_auth(world.user(username)).json(body);
        let response = request.send().await.unwrap();
        (response.status(), response.json::<Value>().await.unwrap())
    };
    let (status, first) = store("PRACTITIONER_1", &sent("first")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(first["createdByUser"], "PRACTITIONER_1");
    assert_eq!(first["createdDate"], "2026-03-04T10:11:12.123456");
    assert_eq!(first["redactedRisk"], json!({ "riskWho": "shop staff", "concernsHostel": "" }));
    let (status, again) = store("PRACTITIONER_2", &sent("second")).await;
    assert_eq!((status, &again), (StatusCode::CONFLICT, &first), "the first one is kept and shown");

    assert_eq!(store("PROVIDER_1", &sent("x")).await.0, StatusCode::FORBIDDEN);
    let mut wrong = sent("x");
    wrong["createdByUserType"] = json!("DELIUS");
    assert_eq!(store("PRACTITIONER_1", &wrong).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(store("PRACTITIONER_1", &json!({ "source": "x" })).await.0, StatusCode::BAD_REQUEST);

    let id = first["supplementaryRiskId"].as_str().unwrap();
    let read = async |username: &str, id: &str| {
        let path = format!("/arns/risks/supplementary/{id}");
        world.get(&path).bearer_auth(world.user(username)).send().await.unwrap()
    };
    assert_eq!(json_of(read("PROVIDER_1", id).await, StatusCode::OK).await, first);
    assert_eq!(read("PROVIDER_1", "none").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(read("EDITOR_1", id).await.status(), StatusCode::FORBIDDEN);
}
