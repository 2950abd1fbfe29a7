//! Delius over HTTP: who may read what, and the shapes that come back.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{World, json_of};

async fn read(world: &World, path: &str) -> reqwest::Response {
    world.get(&format!("/delius{path}")).bearer_auth(world.machine("interventions")).send().await.unwrap()
}

async fn read_well(world: &World, path: &str) -> Value {
    json_of(read(world, path).await, StatusCode::OK).await
}

#[tokio::test]
async fn a_call_needs_a_token_and_the_role() {
    let world = World::start().await;
    for path in [
        "/probation-case/X100001/details",
        "/probation-case/X100001/identifiers",
        "/probation-case/X100001/convictions",
        "/probation-case/X100001/convictions/2500000001",
        "/probation-case/X100001/responsible-officer",
        "/users/PRACTITIONER_1/managed-cases",
        "/users/PRACTITIONER_1/details",
        "/users/PRACTITIONER_1/access",
        "/office-locations",
        "/probation-delivery-units",
    ] {
        let path = format!("/delius{path}");
        let nobody = world.get(&path).send().await.unwrap();
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "{path}");
        let wrong = world.get(&path).bearer_auth(world.machine("sar")).send().await.unwrap();
        assert_eq!(wrong.status(), StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(world.get("/delius/health").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_case_is_told_in_full() {
    let world = World::start().await;
    let details = read_well(&world, "/probation-case/X100001/details").await;
    assert_eq!(details["name"]["surname"], "Finchley");
    let convictions = read_well(&world, "/probation-case/X100002/convictions").await;
    assert_eq!(convictions["convictions"].as_array().unwrap().len(), 2);
    assert_eq!(convictions["caseDetail"]["crn"], "X100002");
    let conviction = read_well(&world, "/probation-case/X100002/convictions/2500001002").await;
    assert_eq!(conviction["conviction"]["id"], 2_500_001_002_i64);
    let officer = read_well(&world, "/probation-case/X100001/responsible-officer").await;
    assert_eq!(officer["communityManager"]["email"], "practitioner.1@probation.example");
}

#[tokio::test]
async fn an_unknown_or_merged_case_answers_as_the_real_one_does() {
    let world = World::start().await;
    for crn in ["X999999", "X100040"] {
        let details = read(&world, &format!("/probation-case/{crn}/details")).await;
        assert_eq!(details.status(), StatusCode::NOT_FOUND);
        assert_eq!(details.text().await.unwrap(), "");
        let identifiers = read_well(&world, &format!("/probation-case/{crn}/identifiers")).await;
        assert_eq!(identifiers, json!({ "crn": crn }));
        for path in ["convictions", "convictions/2500000001", "responsible-officer"] {
            let answer = read(&world, &format!("/probation-case/{crn}/{path}")).await;
            let body = json_of(answer, StatusCode::NOT_FOUND).await;
            assert_eq!(body["status"], 404, "{path}");
        }
    }
}

#[tokio::test]
async fn access_is_asked_by_post_or_by_get_with_a_body() {
    let world = World::start().await;
    let token = world.machine("interventions");
    let path = "/delius/users/PRACTITIONER_1/access";
    let asked = json!(["X100038", "X100001", "X999999"]);
    for request in [world.post(path), world.get(path)] {
        let answer = request.bearer_auth(&token).json(&asked).send().await.unwrap();
        let access = json_of(answer, StatusCode::OK).await["access"].clone();
        assert_eq!((&access[0]["crn"], &access[0]["userRestricted"]), (&json!("X100038"), &json!(true)));
        assert!(access[0]["restrictionMessage"].is_string());
        assert_eq!(access[1], json!({ "crn": "X100001", "userExcluded": false, "userRestricted": false }));
        assert_eq!(access[2]["userExcluded"], false);
    }
    let none = world.post(path).bearer_auth(&token).json(&json!([])).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::INTERNAL_SERVER_ERROR);
    world.control("/delius/mode", json!({ "accessSizeInternalError": false })).await;
    let none = world.post(path).bearer_auth(&token).json(&json!([])).send().await.unwrap();
    assert_eq!(none.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn users_and_estate_are_told() {
    let world = World::start().await;
    let cases = read_well(&world, "/users/PRACTITIONER_1/managed-cases").await;
    assert_eq!(cases["managedCases"].as_array().unwrap().len(), 20);
    assert_eq!(read_well(&world, "/users/NOBODY/managed-cases").await, json!({ "managedCases": [] }));
    assert_eq!(read_well(&world, "/users/2500011/details").await["username"], "PRACTITIONER_1");
    assert_eq!(read(&world, "/users/NOBODY/details").await.status(), StatusCode::NOT_FOUND);
    let offices = read_well(&world, "/office-locations").await;
    let codes: Vec<&str> = offices.as_array().unwrap().iter().map(|office| office["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"CRSEXTL") && codes.len() >= 13 && !codes.contains(&"CRSOLD1"));
    assert_eq!(read_well(&world, "/probation-delivery-units").await[0]["region"]["code"], "N91");
}
