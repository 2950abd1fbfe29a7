//! The control interface: reset, snapshots, clock, tokens.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::World;

async fn refused(world: &World, path: &str, body: Value, named: &str) {
    let response = world.post(&format!("/control{path}")).json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path} {body}");
    let told = response.json::<Value>().await.unwrap()["error"].as_str().unwrap().to_owned();
    assert!(told.contains(named), "{told} does not name {named}");
}

#[tokio::test]
async fn reset_goes_back_to_the_seed_and_never_gives_an_id_twice() {
    let world = World::start().await;
    world.publish("intervention.referral.sent", "X100001").await.unwrap();
    world.control("/users", json!({ "username": "PROVIDER_1", "enabled": false })).await;
    world.control("/faults", json!({ "system": "arns", "fault": "down" })).await;
    let before = world.seen("/events").await[0]["id"].clone();
    let token = world.user("PRACTITIONER_1");
    world.control("/reset", json!({})).await;
    assert_eq!(world.seen("/events").await, json!([]));
    assert_eq!(world.seen("/faults").await, json!([]));
    assert_eq!(world.seen("/requests").await, json!([]));
    world.publish("intervention.referral.sent", "X100001").await.unwrap();
    assert_ne!(world.seen("/events").await[0]["id"], before);
    let me = world.get("/manage-users/users/PROVIDER_1").bearer_auth(&token).send().await.unwrap();
    assert_eq!(me.status(), StatusCode::OK, "the key outlives a reset");
    assert_eq!(me.json::<Value>().await.unwrap()["active"], true);
}

#[tokio::test]
async fn a_snapshot_brings_back_what_was() {
    let world = World::start().await;
    world.publish("intervention.referral.sent", "X100001").await.unwrap();
    world.control("/snapshot", json!({ "name": "one" })).await;
    world.publish("intervention.referral.sent", "X100002").await.unwrap();
    world.control("/restore", json!({ "name": "one" })).await;
    assert_eq!(world.seen("/events").await.as_array().unwrap().len(), 1);
    refused(&world, "/restore", json!({ "name": "two" }), "two").await;
}

#[tokio::test]
async fn the_clock_stands_where_it_is_put() {
    let world = World::start().await;
    world.control("/clock", json!({ "now": "2026-05-06T07:08:09Z" })).await;
    assert_eq!(world.seen("/clock").await, json!({ "now": "2026-05-06T07:08:09Z" }));
    assert_eq!(world.sandbox.now(), "2026-05-06T07:08:09Z".parse().unwrap());
    world.control("/clock", json!({ "now": null })).await;
    assert!(world.sandbox.now() > "2026-05-06T07:08:09Z".parse().unwrap());
}

#[tokio::test]
async fn the_fixed_clock_of_a_caller_is_followed() {
    let clock = runtime::Clock::fixed("2026-05-06T07:08:09Z".parse().unwrap());
    let sandbox = sandbox::Sandbox::open_with_clock(sandbox::Config::default(), clock.clone()).await.unwrap();
    clock.set("2026-05-06T08:00:00Z".parse().unwrap());
    assert_eq!(sandbox.now(), "2026-05-06T08:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn tokens_are_given_for_users_and_clients_only() {
    let world = World::start().await;
    let user = world.control("/token", json!({ "username": "READER_1" })).await;
    let client = world.control("/token", json!({ "clientId": "sar" })).await;
    for minted in [user, client] {
        let token = minted["access_token"].as_str().unwrap();
        let me = world.get("/manage-users/users/me").bearer_auth(token).send().await.unwrap();
        assert_eq!(me.status(), StatusCode::OK);
    }
    refused(&world, "/token", json!({ "username": "NOBODY" }), "NOBODY").await;
    refused(&world, "/token", json!({ "clientId": "nothing" }), "nothing").await;
    refused(&world, "/token", json!({ "user": "PROVIDER_1" }), "user").await;
    refused(&world, "/token", json!({}), "username").await;
    refused(&world, "/users", json!({ "username": "NOBODY" }), "NOBODY").await;
    refused(&world, "/clock", json!({ "time": "x" }), "time").await;
    let missing = world.post("/control/nothing").send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_scenario_sets_its_faults_or_changes_its_user() {
    let world = World::start().await;
    let listed = world.seen("/scenarios").await;
    let names: Vec<&str> = listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    for name in names.iter().filter(|name| !["token-revoked", "group-removed"].contains(name)) {
        world.control("/scenario", json!({ "name": name })).await;
    }
    let planned = world.seen("/faults").await;
    assert!(planned.as_array().unwrap().iter().any(|fault| fault["fault"] == "drop_after_commit"));
    world.control("/scenario", json!({ "name": "happy-path" })).await;
    assert_eq!(world.seen("/faults").await, json!([]));

    let token = world.user("PROVIDER_1");
    world.control("/scenario", json!({ "name": "token-revoked", "username": "provider_1" })).await;
    let checked = world.post("/verification/token/verify").bearer_auth(&token).send().await.unwrap();
    assert_eq!(checked.json::<Value>().await.unwrap(), json!({ "active": false }));
    world.control("/scenario", json!({ "name": "group-removed", "username": "PROVIDER_1" })).await;
    let users = world.seen("/users").await;
    let user = users.as_array().unwrap().iter().find(|user| user["username"] == "PROVIDER_1").unwrap();
    assert_eq!(user["groups"], json!(["INT_SP_HARBOUR_TRUST"]));
    refused(&world, "/scenario", json!({ "name": "earthquake" }), "earthquake").await;
    refused(&world, "/scenario", json!({ "name": "group-removed" }), "username").await;
}
