//! The token check.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{World, json_of};

async fn verified(world: &World, token: &str) -> Value {
    let response = world.post("/verification/token/verify").bearer_auth(token).send().await.unwrap();
    json_of(response, StatusCode::OK).await["active"].clone()
}

#[tokio::test]
async fn issued_tokens_are_active_until_revoked_or_forgotten() {
    let world = World::start().await;
    let user = world.user("PROVIDER_1");
    let machine = world.machine("interventions");
    assert_eq!(verified(&world, &user).await, json!(true));
    assert_eq!(verified(&world, &machine).await, json!(true));

    let minted = world.control("/token", json!({ "username": "PROVIDER_1" })).await;
    let token = minted["access_token"].as_str().unwrap();
    world.control("/auth/revoke", json!({ "jti": minted["jti"] })).await;
    assert_eq!(verified(&world, token).await, json!(false));
    assert_eq!(verified(&world, &user).await, json!(true), "another token of the same user is left alone");

    world.control("/verification/forget", json!({})).await;
    assert_eq!(verified(&world, &user).await, json!(false));
}

#[tokio::test]
async fn the_body_takes_precedence_and_rubbish_is_a_bad_request() {
    let world = World::start().await;
    let good = world.user("PROVIDER_1");
    let path = "/verification/token/verify";
    let body = world.post(path).bearer_auth("rubbish").body(good.clone()).send().await.unwrap();
    assert_eq!(json_of(body, StatusCode::OK).await, json!({ "active": true }));
    let rubbish = world.post(path).bearer_auth("rubbish").send().await.unwrap();
    let told = json_of(rubbish, StatusCode::BAD_REQUEST).await;
    assert!(told["userMessage"].is_string() && told["developerMessage"].is_string());
    assert_eq!(world.post(path).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    world.control("/clock", json!({ "now": "2035-01-01T00:00:00Z" })).await;
    let expired = world.post(path).bearer_auth(&good).send().await.unwrap();
    assert_eq!(expired.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn only_sign_in_may_register_and_revoke() {
    let world = World::start().await;
    let token = world.user("PROVIDER_1");
    let (registrar, other) = (world.machine("sign-in"), world.machine("interventions"));
    world.control("/verification/forget", json!({})).await;
    let register = |bearer: &str| {
        world.post("/verification/token?authJwtId=session-1").bearer_auth(bearer).body(token.clone()).send()
    };
    assert_eq!(register(&other).await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(verified(&world, &token).await, json!(false));
    assert_eq!(register(&registrar).await.unwrap().status(), StatusCode::OK);
    assert_eq!(verified(&world, &token).await, json!(true));
    let url = format!("{}/verification/token?authJwtId=session-1", world.base);
    world.client.delete(url).bearer_auth(&registrar).send().await.unwrap();
    assert_eq!(verified(&world, &token).await, json!(false));
}
