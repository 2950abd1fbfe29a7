//! What pages say when something that they need is away.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use testkit::{Parts, World};

use crate::browser::Browser;

#[tokio::test]
async fn an_outage_names_the_system_and_the_reference() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    world.a_sent_referral(&practitioner, "X100001").await;
    let mut browser = Browser::of(&world, "PRACTITIONER_1").await;
    let plan = [("system", "delius"), ("fault", "down")].into_iter().map(|(key, value)| (key, value.to_owned()));
    world.fault(plan.collect()).await;
    let page = browser.open("/probation-practitioner/dashboard").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.shows("Delius is not answering").shows(page.header("x-correlation-id"));
    // Whatever does not need it goes on.
    assert_eq!(browser.open("/crs-homepage").await.status, StatusCode::OK);
    world.heal().await;
    world.stop().await;
}

/// Delius alone knows whether a practitioner may see the person; where the referral's messages stand is told all the same,
/// and nothing about the person.
#[tokio::test]
async fn a_practitioner_reads_where_messages_stand_while_delius_is_away() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&id).await;
    let mut browser = Browser::of(&world, "PRACTITIONER_1").await;
    world.fault(json!({ "system": "delius", "fault": "down" })).await;
    let tomorrow = world.app.clock().now() + jiff::SignedDuration::from_hours(30);
    world.book_assessment(&provider, &id, tomorrow).await;
    let page = world
        .eventually("the booking was tried", async || {
            let page = browser.open(&format!("/probation-practitioner/referrals/{id}/progress")).await;
            page.html.contains("1 update waiting: Delius").then_some(page)
        })
        .await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    let surname = world.look("delius/X100001").await["surname"].as_str().unwrap_or("X100001").to_owned();
    assert!(!page.html.contains("X100001") && !page.html.contains(&surname), "nothing about the person");
    let made_up = browser.open("/probation-practitioner/referrals/7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11/progress").await;
    assert_eq!(made_up.status, StatusCode::NOT_FOUND);
    world.heal().await;
    world.stop().await;
}

#[tokio::test]
async fn the_pages_say_whether_they_can_work() {
    let world = World::start().await;
    let mut browser = Browser::new(&world);
    let health = browser.get("/health").await;
    assert_eq!((health.status, health.header("content-type")), (StatusCode::OK, "application/json"));
    assert!(health.html.contains("\"UP\""), "{}", health.html);
    for path in ["/health/liveness", "/health/readiness", "/sign-out/success"] {
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(browser.get("/no-such-page").await.status, StatusCode::NOT_FOUND);
    world.stop().await;
}
