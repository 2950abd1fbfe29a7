//! The index page and its fault dial.

use reqwest::StatusCode;
use serde_json::json;

use crate::World;

#[tokio::test]
async fn the_overview_shows_cast_records_events_requests_and_faults() {
    let world = World::start().await;
    world.publish("intervention.referral.sent", "X100001").await.unwrap();
    let form = [("system", "notify"), ("fault", "status"), ("operation", ""), ("value", "500"), ("times", "2")];
    let added = world.post("/page/faults").form(&form).send().await.unwrap();
    assert_eq!(added.status(), StatusCode::SEE_OTHER);
    let text = world.get("/").send().await.unwrap().text().await.unwrap();
    for shown in ["X100001", "X100039", "PROVIDER_9", "intervention.referral.sent", "POST /", "2 more", "delius-events"]
    {
        assert!(text.contains(shown), "{shown} is missing");
    }
    assert_eq!(world.get("/page/case/X100001").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(world.get("/page/case/X999999").send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(world.post("/page/faults/clear").send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(world.seen("/faults").await, json!([]));
    let wrong = [("system", "nowhere"), ("fault", "down"), ("operation", ""), ("value", ""), ("times", "")];
    assert_eq!(world.post("/page/faults").form(&wrong).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}
