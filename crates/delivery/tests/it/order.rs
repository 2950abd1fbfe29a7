//! Order within a line, and two relays at once.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::effect::System;
use jiff::SignedDuration;
use serde_json::json;
use testkit::{Parts, World};

const CRN: &str = "X100007";

#[tokio::test(flavor = "multi_thread")]
async fn what_delius_acts_on_waits_for_what_delius_was_told_before() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(200), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let draft = world.a_complete_draft(&practitioner, CRN).await;
    let path = format!("/sent-referral/{draft}/withdraw-referral");
    world.fault(json!({ "system": "delius", "operation": "/probation-case/*/referrals", "fault": "down" })).await;
    practitioner.post(&format!("/draft-referral/{draft}/send"), json!({})).await.expect(201);
    let withdrawal = json!({ "code": "MIS", "comments": "Sent twice.", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
    practitioner.post(&path, withdrawal).await.expect(200);
    // The conclusion may be announced; the end, on which Delius acts, must not overtake the start.
    world
        .eventually("the conclusion is announced", async || {
            let ledger = world.ledger(&draft).await;
            let concluded = ledger.iter().find(|entry| entry.action.name() == "intervention.referral.concluded")?;
            (!concluded.state.is_unfinished()).then_some(())
        })
        .await;
    let ledger = world.ledger(&draft).await;
    let ended = ledger.iter().find(|entry| entry.action.name() == "intervention.referral.ended").unwrap();
    assert!(ended.state.is_unfinished());
    world.heal().await;
    world.settled(&draft).await;
    world
        .eventually("Delius has closed the activity", async || {
            let activities = world.activities(CRN, &draft).await;
            (activities.len() == 1 && activities[0]["status"] == "COMP").then_some(())
        })
        .await;
    assert_in_order(&world, &draft).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_at_once_deliver_each_effect_once_and_in_order() {
    let world = World::start().await;
    let other = world.relay.clone();
    let tasks = runtime::Tasks::new(runtime::Shutdown::new());
    other.spawn(&tasks);
    let practitioner = world.actor("PRACTITIONER_1").await;
    let mut referrals = Vec::new();
    for crn in ["X100008", "X100009", "X100010"] {
        referrals.push((crn, world.a_sent_referral(&practitioner, crn).await));
    }
    for (crn, referral) in &referrals {
        world.settled(referral).await;
        assert_eq!(world.activities(crn, referral).await.len(), 1);
        assert_in_order(&world, referral).await;
    }
    let emails = world.look("emails").await;
    assert_eq!(emails.as_array().unwrap().len(), referrals.len());
    tasks.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h04_what_a_worker_left_behind_is_taken_up_when_its_lease_ends() {
    let world =
        World::start_with(Parts { relay: false, sync_wait: Duration::from_millis(1), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let now = world.app.clock().now();
    let mut work = world.database.store.begin().await.unwrap();
    let lease = SignedDuration::from_millis(1);
    let lost = store::outbox::claim(&mut work, now, lease, 10, &BTreeSet::new()).await.unwrap();
    work.commit().await.unwrap();
    assert!(!lost.is_empty());
    world
        .eventually("everything is delivered all the same", async || {
            world.deliver().await;
            world.ledger(&referral).await.iter().all(|entry| !entry.state.is_unfinished()).then_some(())
        })
        .await;
    assert_eq!(world.activities(CRN, &referral).await.len(), 1);
    // The worker that comes back too late is told so by the fence.
    let mut work = world.database.store.begin().await.unwrap();
    let outcome = store::outbox::Outcome::Delivered { receipt: None };
    let first = &lost[0];
    assert!(!store::outbox::settle(&mut work, first.id, first.attempts, &outcome, now).await.unwrap());
    world.stop().await;
}

/// Within each line, what was intended first was settled first.
async fn assert_in_order(world: &World, referral: &str) {
    let ledger = world.ledger(referral).await;
    for system in System::ALL {
        let settled: Vec<_> =
            ledger.iter().filter(|entry| entry.system == *system).map(|entry| entry.settled_at.unwrap()).collect();
        assert!(settled.is_sorted(), "{system}: {settled:?}");
    }
}
