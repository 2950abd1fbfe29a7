//! How Delius stands with a referral, on both sides' pages, and the page on which a practitioner chooses.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;
use runtime::Clock;
use serde_json::json;
use testkit::{Parts, World};

use crate::browser::{Browser, Page};

/// The version that a page's form carries.
fn version(page: &Page) -> String {
    let (_, rest) = page.html.split_once("name=\"version\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_practitioner_chooses_what_becomes_of_a_referral_that_was_closed_in_delius() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&id).await;
    let mut pp = Browser::of(&world, "PRACTITIONER_1").await;
    let mut sp = Browser::of(&world, "PROVIDER_1").await;
    let progress = format!("/probation-practitioner/referrals/{id}/progress");
    let choices = format!("/probation-practitioner/referrals/{id}/delius");
    pp.open(&progress).await.shows("Delius has everything up to");
    assert_eq!(pp.get(&choices).await.location().path(), progress, "there is nothing to choose");

    let urn = format!("urn:hmpps:interventions-referral:{id}");
    world.control("delius/nsi/close", json!({ "urn": urn, "outcome": "CRS01" })).await;
    let in_two_days = Clock::system().now().saturating_add(SignedDuration::from_hours(48)).unwrap();
    world.book_assessment(&provider, &id, in_two_days).await;
    world
        .eventually("the page says so", async || {
            let page = pp.open(&progress).await;
            page.html.contains("Somebody closed this referral").then_some(())
        })
        .await;
    let theirs = sp.open(&format!("/service-provider/referrals/{id}/progress")).await;
    theirs.shows("Somebody closed this referral").shows("update");
    assert!(!theirs.html.contains("/delius"), "the provider has nothing to choose");
    assert_eq!(sp.get(&choices).await.status, StatusCode::FORBIDDEN);

    let page = pp.open(&choices).await;
    page.shows("Completed (COMP)").shows("Cancelled (CRS01)");
    page.shows("What should happen?").shows("Go on without Delius").shows("End this referral");
    let token = page.token();
    let version = version(&page);
    let own = [("_csrf", token.as_str()), ("version", version.as_str())];
    let empty = pp.post(&choices, &own).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    empty.shows("Select what should happen").shows("Enter why you choose this").shows("href=\"#choice\"");
    let unfounded = [own[0], own[1], ("choice", "end-referral"), ("why", "Kept text"), ("reason", "XXX")];
    let unfounded = pp.post(&choices, &unfounded).await;
    assert_eq!(unfounded.status, StatusCode::BAD_REQUEST);
    unfounded.shows("Select why the referral is ending").shows("Kept text");
    let foreign = [("version", version.as_str()), ("choice", "without-delius"), ("why", "Because.")];
    assert_eq!(pp.post(&choices, &foreign).await.status, StatusCode::FORBIDDEN);
    let stale = [own[0], ("version", "99"), ("choice", "without-delius"), ("why", "Because.")];
    assert_eq!(pp.post(&choices, &stale).await.status, StatusCode::CONFLICT);

    let good = [own[0], own[1], ("choice", "without-delius"), ("why", "Because.")];
    for _ in 0..2 {
        let sent = pp.post(&choices, &good).await;
        assert!(sent.status.is_redirection(), "{}", sent.html);
        assert_eq!(sent.location().path(), progress);
    }
    pp.open(&progress).await.shows("goes on without Delius");
    sp.open(&format!("/service-provider/referrals/{id}/progress")).await.shows("goes on without Delius");
    world.stop().await;
}

#[tokio::test]
async fn both_sides_check_delius_and_are_told_what_came_of_it() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&id).await;
    let mut pp = Browser::of(&world, "PRACTITIONER_1").await;
    let mut sp = Browser::of(&world, "PROVIDER_1").await;
    let (theirs, ours) =
        (format!("/service-provider/referrals/{id}"), format!("/probation-practitioner/referrals/{id}"));
    for part in ["details", "progress"] {
        sp.open(&format!("{theirs}/{part}")).await.shows("Delius has everything up to").shows("Check Delius now");
        pp.open(&format!("{ours}/{part}")).await.shows("Delius has everything up to").shows("Check Delius now");
    }
    let token = sp.open(&format!("{theirs}/details")).await.token();
    let check = format!("{theirs}/check-delius");
    assert_eq!(sp.post(&check, &[("part", "details")]).await.status, StatusCode::FORBIDDEN, "no form of ours");
    let pressed = sp.post(&check, &[("_csrf", token.as_str()), ("part", "details")]).await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER);
    assert_eq!(pressed.location().path(), format!("{theirs}/details"));
    sp.open(pressed.location().as_str()).await.shows("Both say the same about this referral.");

    world.control("delius/nsi/close", json!({ "urn": format!("urn:hmpps:interventions-referral:{id}") })).await;
    let token = pp.open(&format!("{ours}/progress")).await.token();
    let check = format!("{ours}/check-delius");
    let pressed = pp.post(&check, &[("_csrf", token.as_str())]).await;
    assert_eq!(pressed.location().path(), format!("{ours}/progress"));
    pp.open(pressed.location().as_str()).await.shows("compared with Delius a moment ago");

    let other = world.a_sent_referral(&practitioner, "X100001").await;
    world.settled(&other).await;
    let page = format!("/probation-practitioner/referrals/{other}");
    let check = format!("{page}/check-delius");
    world.control("delius/nsi/close", json!({ "urn": format!("urn:hmpps:interventions-referral:{other}") })).await;
    world.fault(json!({ "system": "community-api", "fault": "down" })).await;
    let pressed = pp.post(&check, &[("_csrf", token.as_str())]).await;
    pp.open(pressed.location().as_str()).await.shows("Delius is not answering. Nothing was changed.");
    world.heal().await;
    world
        .eventually("Delius is asked again", async || {
            let pressed = pp.post(&check, &[("_csrf", token.as_str())]).await;
            let shown = pp.open(pressed.location().as_str()).await;
            shown.html.contains("Something differs: see below").then_some(shown)
        })
        .await
        .shows("Somebody closed this referral");
    // The address alone says nothing of whether they agree.
    pp.open(&format!("{page}/details?checked=done")).await.shows("Something differs");
    let odd = pp.open(&format!("{page}/details?checked=agrees")).await;
    assert!(!odd.html.contains("What came of checking"), "an address that was made up says nothing");

    let mut stranger = Browser::of(&world, "PROVIDER_9").await;
    let token = stranger.open("/service-provider/dashboard").await.token();
    let form = [("_csrf", token.as_str())];
    assert_eq!(stranger.post(&format!("{theirs}/check-delius"), &form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.post(&check, &form).await.status, StatusCode::FORBIDDEN, "a page of the other side");
    world.stop().await;
}

#[tokio::test]
async fn an_email_that_is_parked_is_said_on_the_referral() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    world.fault(json!({ "system": "notify", "method": "POST", "fault": "status", "value": 403 })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let id = world.a_sent_referral(&practitioner, "X100001").await;
    let mut pp = Browser::of(&world, "PRACTITIONER_1").await;
    let progress = format!("/probation-practitioner/referrals/{id}/progress");
    world
        .eventually("the page says so", async || {
            let page = pp.open(&progress).await;
            page.html.contains("An e-mail about this referral could not be sent").then_some(())
        })
        .await;
    world.stop().await;
}
