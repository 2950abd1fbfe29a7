//! The prison look-ups.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{World, json_of};

async fn prisoner(world: &World, number: &str) -> (StatusCode, Value) {
    let request = world.get(&format!("/prisoner-search/prisoner/{number}")).bearer_auth(world.machine("interventions"));
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_person_in_custody_has_a_prison_and_dates_and_moves_when_told() {
    let world = World::start().await;
    let (status, record) = prisoner(&world, "G9004ZB").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&record["prisonId"], &record["releaseDate"]), (&json!("ZHB"), &json!("2030-06-14")));
    assert!(record.get("confirmedReleaseDate").is_none() && record.get("actualParoleDate").is_none());
    let (_, outside) = prisoner(&world, "G9001ZB").await;
    assert_eq!((&outside["prisonId"], outside.get("releaseDate")), (&json!("OUT"), None));
    assert_eq!(prisoner(&world, "G0000ZZ").await.0, StatusCode::NOT_FOUND);

    let moved = json!({ "prisonerNumber": "G9004ZB", "prisonId": "ZNR", "confirmedReleaseDate": "2030-06-01" });
    world.control("/prisons/move", moved).await;
    let (_, record) = prisoner(&world, "G9004ZB").await;
    assert_eq!(record["prisonName"], "Northreach (HMP)");
    assert_eq!(record["confirmedReleaseDate"], "2030-06-01");
    world.control("/prisons/move", json!({ "prisonerNumber": "G9004ZB", "withoutPrison": true })).await;
    assert!(prisoner(&world, "G9004ZB").await.1.get("prisonId").is_none());
    world.control("/prisons/move", json!({ "prisonerNumber": "G9004ZB", "removed": true })).await;
    assert_eq!(prisoner(&world, "G9004ZB").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_index_asks_for_a_role_and_answers_chosen_fields() {
    let world = World::start().await;
    let path = "/prisoner-search/prisoner/G9004ZB";
    assert_eq!(world.get(path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let forbidden = world.get(path).bearer_auth(world.machine("sar")).send().await.unwrap();
    assert_eq!(forbidden.status(), StatusCode::FORBIDDEN);
    let chosen = world.get(&format!("{path}?responseFields=prisonId")).bearer_auth(world.machine("interventions"));
    assert_eq!(json_of(chosen.send().await.unwrap(), StatusCode::OK).await, json!({ "prisonId": "ZHB" }));
}

#[tokio::test]
async fn prisons_are_open_to_all_and_homes_to_tokens() {
    let world = World::start().await;
    let all = json_of(world.get("/prison-register/prisons/names").send().await.unwrap(), StatusCode::OK).await;
    let open = world.get("/prison-register/prisons/names?active=true").send().await.unwrap();
    let open = json_of(open, StatusCode::OK).await;
    assert_eq!((all.as_array().unwrap().len(), open.as_array().unwrap().len()), (9, 8));
    assert_eq!(open[0], json!({ "prisonId": "ZDV", "prisonName": "Dovecote (HMP/YOI)" }));
    let path = "/prison-api/api/agencies/type/SCH?activeOnly=true";
    assert_eq!(world.get(path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let homes = world.get(path).bearer_auth(world.machine("interventions")).send().await.unwrap();
    let homes = json_of(homes, StatusCode::OK).await;
    assert_eq!((homes.as_array().unwrap().len(), &homes[0]["agencyType"]), (3, &json!("SCH")));
}
