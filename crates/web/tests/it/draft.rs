//! A practitioner's own drafts: who sees them, and that nobody loses one without having been told.

use reqwest::StatusCode;
use testkit::World;

use crate::browser::Browser;

const DRAFTS: &str = "/probation-practitioner/dashboard/draft-cases";

#[tokio::test]
async fn the_owner_of_a_draft_sees_when_it_goes_and_is_warned_in_time() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let mut owner = Browser::of(&world, "PRACTITIONER_1").await;
    owner.open(DRAFTS).await.shows("You have no draft referrals.");

    let old = world.a_complete_draft(&practitioner, "X100001").await;
    let new = world.a_complete_draft(&practitioner, "X100002").await;
    world.database.leave_draft_alone(&old, 59).await;
    let calm = owner.open(DRAFTS).await;
    calm.shows("X100001").shows("X100002").shows("Will be deleted on").shows("for 90 days");
    assert!(!calm.html.contains("Deleted soon"), "warned too early");
    assert!(!owner.open("/crs-homepage").await.html.contains("will be deleted on"), "warned too early");
    let position = |crn: &str| calm.html.find(crn).expect("it is shown");
    assert!(position("X100002") < position("X100001"), "newest first");

    world.database.leave_draft_alone(&old, 61).await;
    owner.open(DRAFTS).await.shows("Deleted soon").shows("1 draft will be deleted on");
    owner.open("/crs-homepage").await.shows("1 draft will be deleted on").shows(DRAFTS);
    world.database.leave_draft_alone(&new, 89).await;
    owner.open(DRAFTS).await.shows("2 drafts will be deleted unless");

    // What was sent is no draft any more.
    for draft in [&old, &new] {
        practitioner.post(&format!("/draft-referral/{draft}/send"), serde_json::json!({})).await.expect(201);
    }
    owner.open(DRAFTS).await.shows("You have no draft referrals.");
    world.stop().await;
}

#[tokio::test]
async fn drafts_are_for_their_owner_alone() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    world.a_complete_draft(&practitioner, "X100001").await;
    let mut provider = Browser::of(&world, "PROVIDER_1").await;
    let refused = provider.get(DRAFTS).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.shows("This page is for probation practitioners");
    let mut colleague = Browser::of(&world, "PRACTITIONER_2").await;
    colleague.open(DRAFTS).await.shows("You have no draft referrals.");
    let stranger = Browser::new(&world).get(DRAFTS).await;
    assert!(stranger.status.is_redirection(), "nobody is signed in");
    world.stop().await;
}
