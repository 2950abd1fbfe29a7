//! What pages say when something that they need is away.

use reqwest::StatusCode;
use testkit::World;

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
