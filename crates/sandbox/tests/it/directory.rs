//! The user directory, in its present and in its older form.

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::{World, json_of};

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn both_generations_of_paths_tell_the_same_about_a_user() {
    let world = World::start().await;
    let user = world.user("PROVIDER_1");
    let id = "5b0e1c00-7a11-4c0d-8f00-000000000001";
    let pairs = [
        ("/manage-users/users/me".to_owned(), "/auth/api/user/me".to_owned()),
        ("/manage-users/users/me/email".to_owned(), "/auth/api/me/email".to_owned()),
        ("/manage-users/users/me/roles".to_owned(), "/auth/api/user/me/roles".to_owned()),
        ("/manage-users/users/PRACTITIONER_1".to_owned(), "/auth/api/user/PRACTITIONER_1".to_owned()),
        ("/manage-users/users/PRACTITIONER_1/email".to_owned(), "/auth/api/user/PRACTITIONER_1/email".to_owned()),
        ("/manage-users/externalusers/PROVIDER_1".to_owned(), "/auth/api/authuser/PROVIDER_1".to_owned()),
        (
            "/manage-users/externalusers?email=Provider.1@provider.example".to_owned(),
            "/auth/api/authuser?email=provider.1@provider.example".to_owned(),
        ),
    ];
    for (new, old) in pairs {
        let new = json_of(world.get(&new).bearer_auth(&user).send().await.unwrap(), StatusCode::OK).await;
        let old = json_of(world.get(&old).bearer_auth(&user).send().await.unwrap(), StatusCode::OK).await;
        assert_eq!(new, old);
    }
    let service = world.machine("interventions");
    for path in
        [format!("/manage-users/externalusers/{id}/groups?children=true"), format!("/auth/api/authuser/id/{id}/groups")]
    {
        let groups = json_of(world.get(&path).bearer_auth(&service).send().await.unwrap(), StatusCode::OK).await;
        let codes: Vec<&str> =
            groups.as_array().unwrap().iter().map(|group| group["groupCode"].as_str().unwrap()).collect();
        assert_eq!(codes.len(), 9);
        assert!(codes.contains(&"INT_SP_HARBOUR_TRUST") && codes.contains(&"INT_CR_HT0008"));
    }
}

#[tokio::test]
async fn tokens_and_roles_are_asked_for() {
    let world = World::start().await;
    let groups = "/manage-users/externalusers/5b0e1c00-7a11-4c0d-8f00-000000000001/groups";
    assert_eq!(status(world.get(groups)).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(world.get(groups).bearer_auth("rubbish")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(world.get(groups).bearer_auth(world.user("PROVIDER_1"))).await, StatusCode::FORBIDDEN);
    assert_eq!(status(world.get("/manage-users/users/PROVIDER_1")).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn missing_people_and_missing_addresses_are_told_apart() {
    let world = World::start().await;
    let token = world.machine("interventions");
    for (path, expected) in [
        ("/manage-users/users/PRACTITIONER_NO_EMAIL/email", StatusCode::NO_CONTENT),
        ("/manage-users/users/PROVIDER_UNVERIFIED/email", StatusCode::NO_CONTENT),
        ("/manage-users/users/PROVIDER_UNVERIFIED/email?unverified=true", StatusCode::OK),
        ("/manage-users/users/NOBODY/email", StatusCode::NOT_FOUND),
        ("/manage-users/users/NOBODY", StatusCode::NOT_FOUND),
        ("/manage-users/externalusers?email=nobody@provider.example", StatusCode::NO_CONTENT),
        ("/manage-users/externalusers/PRACTITIONER_1", StatusCode::NOT_FOUND),
        ("/manage-users/externalusers/2500011/groups", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(status(world.get(path).bearer_auth(&token)).await, expected, "{path}");
    }
}

#[tokio::test]
async fn a_group_can_be_taken_away_while_the_user_is_signed_in() {
    let world = World::start().await;
    world.control("/users", json!({ "username": "PROVIDER_3", "groups": ["INT_SP_TIDEWAY"] })).await;
    let path = "/manage-users/externalusers/5b0e1c00-7a11-4c0d-8f00-000000000003/groups";
    let response = world.get(path).bearer_auth(world.machine("interventions")).send().await.unwrap();
    let groups: Value = json_of(response, StatusCode::OK).await;
    assert_eq!(groups, json!([{ "groupCode": "INT_SP_TIDEWAY", "groupName": "Provider TIDEWAY" }]));
}
