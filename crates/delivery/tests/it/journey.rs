//! A referral's whole life, and what every other system holds at its end.

use std::collections::BTreeSet;

use store::outbox::EffectState;
use testkit::World;

const CRN: &str = "X100003";

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_journey_reaches_every_system_exactly_once() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    let assessment = world.hold_assessment(&provider, &referral).await;
    let plan = world.submit_plan(&provider, &referral, 1).await;
    let session = world.book_session(&provider, &plan, 1, testkit::soon()).await;
    world.report_on_session(&provider, &referral, &session.id, "yes").await;
    world.submit_report(&provider, &referral).await;

    let ledger = world.settled(&referral).await;
    let unwanted: Vec<_> = ledger
        .iter()
        .filter(|entry| entry.state != EffectState::Delivered)
        .map(|entry| (entry.action.name(), entry.state, entry.reason.clone(), entry.last_error.clone()))
        .collect();
    assert!(unwanted.is_empty(), "{unwanted:?}");

    let activity = world
        .eventually("Delius has closed the activity", async || {
            let activities = world.activities(CRN, &referral).await;
            assert_eq!(activities.len(), 1);
            (activities[0]["status"] == "COMP").then(|| activities[0].clone())
        })
        .await;
    assert_eq!(activity["outcome"], "CRS03");
    for (appointment, kind) in [(&assessment.id, "CRSSAA"), (&session.id, "CRSAPT")] {
        let contacts = world.contacts(CRN, appointment).await;
        assert_eq!(contacts.len(), 1, "{contacts:?}");
        assert_eq!(contacts[0]["type"], kind);
        assert_eq!(contacts[0]["outcome"], "ATTC");
    }
    assert_each_once(&world, &referral, ledger.iter().map(|entry| entry.id.to_string()).collect()).await;
    world.stop().await;
}

/// Every event and every e-mail arrived once, and each is one of the ledger's.
async fn assert_each_once(world: &World, referral: &str, effects: BTreeSet<String>) {
    let events = world.look("events").await;
    let mut event_ids = Vec::new();
    for event in events.as_array().unwrap() {
        let information = &event["message"]["additionalInformation"];
        if information["referralId"] == referral || event["message"]["detailUrl"].as_str().unwrap().contains(referral) {
            event_ids.push(information["eventId"].as_str().unwrap().to_owned());
        }
    }
    let emails = world.look("emails").await;
    let email_ids =
        emails.as_array().unwrap().iter().filter_map(|email| email["reference"].as_str().map(str::to_owned));
    let all: Vec<String> = event_ids.into_iter().chain(email_ids).collect();
    let distinct: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(all.len(), distinct.len(), "something arrived twice");
    assert!(distinct.is_subset(&effects), "something arrived that nobody intended");
    assert!(all.len() >= 12, "only {} events and e-mails arrived", all.len());
}
