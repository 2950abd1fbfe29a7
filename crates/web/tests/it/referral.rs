//! Who sees which referral, and what its pages show.

use reqwest::StatusCode;
use testkit::World;

use crate::browser::Browser;

#[tokio::test]
async fn a_referral_goes_from_list_to_progress_to_details_on_both_sides() {
    let world = World::start().await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    let sent = practitioner.get(&format!("/sent-referral/{id}")).await.expect(200);
    let reference = sent["referenceNumber"].as_str().unwrap();

    let mut pp = Browser::of(&world, "PRACTITIONER_1").await;
    pp.open("/probation-practitioner/dashboard/unassigned-cases").await.shows(reference);
    let list = pp.open("/probation-practitioner/dashboard").await;
    list.shows(reference).shows("aria-sort=\"ascending\"");
    list.shows(&format!("/probation-practitioner/referrals/{id}/progress"));
    let progress = pp.open(&format!("/probation-practitioner/referrals/{id}/progress")).await;
    progress.shows(reference).shows("Nobody at the provider is assigned yet.");
    pp.open(&format!("/probation-practitioner/referrals/{id}/details")).await.shows("X100001").shows("Complexity");

    let mut sp = Browser::of(&world, "PROVIDER_1").await;
    sp.open("/service-provider/dashboard/unassigned-cases").await.shows(reference);
    sp.open("/service-provider/dashboard").await.shows("No open cases are assigned to you.");
    world.assign(&provider, &id).await;
    sp.open("/service-provider/dashboard").await.shows(reference);
    sp.open("/service-provider/dashboard/unassigned-cases").await.shows("Every case has a caseworker.");
    sp.open(&format!("/service-provider/referrals/{id}/progress")).await.shows("PROVIDER_1").shows("What is due");
    sp.open(&format!("/service-provider/referrals/{id}/details")).await.shows("Date received");
    world.stop().await;
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_found_and_the_other_side_is_told_so() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;

    let mut stranger = Browser::of(&world, "PROVIDER_9").await;
    let unknown = "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11";
    for part in ["progress", "details"] {
        let hidden = stranger.get(&format!("/service-provider/referrals/{id}/{part}")).await;
        let missing = stranger.get(&format!("/service-provider/referrals/{unknown}/{part}")).await;
        let odd = stranger.get(&format!("/service-provider/referrals/not-an-id/{part}")).await;
        for page in [&hidden, &missing, &odd] {
            assert_eq!(page.status, StatusCode::NOT_FOUND);
            page.shows("Page not found");
        }
        let other_side = stranger.get(&format!("/probation-practitioner/referrals/{id}/{part}")).await;
        assert_eq!(other_side.status, StatusCode::FORBIDDEN);
        other_side.shows("This page is for probation practitioners");
    }
    stranger.open("/service-provider/dashboard/all-open-cases").await.shows("Your organisation has no open cases.");
    world.stop().await;
}

#[tokio::test]
async fn pages_beyond_the_end_and_unknown_orders_show_the_list() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    world.a_sent_referral(&practitioner, "X100001").await;
    let mut browser = Browser::of(&world, "PRACTITIONER_1").await;
    for query in ["page=99", "page=x&sort=secret,ascending", "size=7&page=-1", "sort=caseworker,descending"] {
        let list = browser.open(&format!("/probation-practitioner/dashboard/open-cases?{query}")).await;
        assert_eq!(list.status, StatusCode::OK, "{query}");
        list.shows("Showing 1 referral");
    }
    world.stop().await;
}

#[tokio::test]
async fn whoever_concludes_what_is_on_the_first_page_misses_nothing_on_the_second() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    // Two more than the smallest page has.
    for _ in 0..27 {
        world.a_sent_referral(&practitioner, "X100001").await;
    }
    let newest_first = "/sent-referrals/summaries?sort=sentAt,DESC";
    let rows = world.actor("PROVIDER_1").await.get(newest_first).await.expect(200)["content"].take();
    let reference = |index: usize| rows[index]["referenceNumber"].as_str().unwrap();

    let list = "/service-provider/dashboard/all-open-cases?size=25";
    let mut browser = Browser::of(&world, "PROVIDER_1").await;
    let first = browser.open(list).await;
    first.shows(reference(0)).shows(reference(24)).shows("Showing 1 to 25 of 27 referrals");
    assert!(!first.html.contains(reference(25)));
    for index in [3, 17] {
        let end = serde_json::json!({ "code": "MOV", "comments": "Moved.", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
        let path = format!("/sent-referral/{}/withdraw-referral", rows[index]["id"].as_str().unwrap());
        practitioner.post(&path, end).await.expect(200);
    }
    let second = browser.open(&format!("{list}&page=2")).await;
    second.shows(reference(25)).shows(reference(26)).shows("Showing 2 of 25 referrals");
    assert!(!second.html.contains(reference(24)));
    browser.open(list).await.shows(reference(25)).shows(reference(26)).shows("Showing 1 to 25 of 25 referrals");
    world.stop().await;
}
