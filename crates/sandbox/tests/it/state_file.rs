//! The state file: what was answered is there after a restart.

use std::fs;

use reqwest::StatusCode;
use sandbox::{Config, OpenError, Sandbox};
use serde_json::json;

use crate::World;

#[tokio::test]
async fn what_was_answered_survives_the_end_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/state.json");
    let world = World::start_from(file.clone()).await;
    world.control("/faults", json!({ "system": "delius-events", "fault": "down" })).await;
    world.publish("intervention.referral.ended", "X100001").await.unwrap();
    let (event, token) = (world.seen("/events").await[0]["id"].clone(), world.user("PROVIDER_1"));
    // The file is read while the first sandbox still runs: nothing was left for an orderly end.
    let again = World::start_with(|config| {
        config.state_file = Some(file.clone());
        config.public_url.clone_from(&world.base);
    })
    .await;
    assert_eq!(again.seen("/events").await[0]["id"], event);
    assert_eq!(again.seen("/events/queue").await["waiting"][0]["id"], event);
    let me = again.get("/manage-users/users/me").bearer_auth(&token).send().await.unwrap();
    assert_eq!(me.status(), StatusCode::OK, "the signing key was kept");
    assert!(!folder.path().join("deep/state.json.new").exists());
}

#[tokio::test]
async fn a_file_that_is_no_state_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    fs::write(&file, "not a state").unwrap();
    let config = Config { state_file: Some(file.clone()), ..Config::default() };
    let error = Sandbox::open(config).await.unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a state");
}
