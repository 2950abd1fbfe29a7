//! Delius through its older API: the same life, the same record there, nothing twice and nothing left out, whenever an
//! operation is moved from one API to the other.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::effect::{Action, Adapter, Announcement};
use serde_json::{Value, json};
use store::outbox::{EffectState, LedgerEntry};
use testkit::{Parts, World};
use upstream::delius::{Adapters, Operation};

use crate::booking::in_hours;

const CRN: &str = "X100004";
/// The older API's paths of writes.
const START: &str = "/secure/offenders/crn/*/referral/start/context/*";
const END: &str = "/secure/offenders/crn/*/referral/end/context/*";
const BOOK: &str = "/secure/offenders/crn/*/sentence/*/appointments/context/*";
const MOVE: &str = "/secure/offenders/crn/*/appointments/*/reschedule/context/*";
const OUTCOME: &str = "/secure/offenders/crn/*/appointments/*/outcome/context/*";
const NOTE: &str = "/secure/offenders/crn/*/sentences/*/notifications/context/*";

/// Everything through the older API; Delius reads no events.
pub(crate) fn all_legacy() -> Adapters {
    Adapters { default: Adapter::Legacy, consumes_events: false, ..Adapters::default() }
}

fn only(operations: &[Operation]) -> Adapters {
    Adapters::default().with(operations, Adapter::Legacy)
}

async fn legacy_world() -> World {
    let world = World::start_through(Parts::default(), all_legacy()).await;
    world.control("delius/mode", json!({ "events": false })).await;
    world
}

fn lose(path: &str) -> Value {
    json!({ "system": "community-api", "operation": path, "fault": "drop_after_commit", "times": 1 })
}

/// The live contacts of a person, by type and outcome, each with how many there are.
async fn contacts(world: &World) -> BTreeMap<String, usize> {
    let record = world.look(&format!("delius/{CRN}")).await;
    let mut counted = BTreeMap::new();
    for contact in record["contacts"].as_array().unwrap() {
        if contact["softDeleted"] == false {
            let outcome = contact["outcome"].as_str().unwrap_or("-");
            *counted.entry(format!("{} {outcome}", contact["type"].as_str().unwrap())).or_default() += 1;
        }
    }
    counted
}

/// Waits until Delius holds a contact of this type with this outcome: what has none takes its time of everybody else.
async fn until(world: &World, contact: &str) {
    world.eventually(contact, async || contacts(world).await.contains_key(contact).then_some(())).await;
}

/// Lives a whole life in a world, and answers with what Delius holds at its end.
async fn live_through(world: &World) -> (BTreeMap<String, usize>, Value) {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.hold_assessment(&provider, &referral).await;
    until(world, "CRSSAA ATTC").await;
    let plan = world.submit_plan(&provider, &referral, 2).await;
    let session = world.book_session(&provider, &plan, 1, testkit::soon()).await;
    world.report_on_session(&provider, &referral, &session.id, "yes").await;
    until(world, "CRSAPT ATTC").await;
    let missed = world.book_session(&provider, &plan, 2, testkit::soon()).await;
    world.report_on_session(&provider, &referral, &missed.id, "no").await;
    until(world, "CRSAPT AFTA").await;
    world.submit_report(&provider, &referral).await;
    let ledger = world.settled(&referral).await;
    // Calls that come in order need no outcome before the end.
    let needless = |entry: &LedgerEntry| {
        matches!(entry.action, Action::RecordOutcome(_)) && entry.state == EffectState::Superseded
    };
    let undelivered: Vec<_> = ledger
        .iter()
        .filter(|entry| entry.state != EffectState::Delivered && !needless(entry))
        .map(|entry| (entry.action.name(), entry.state, entry.reason.clone(), entry.last_error.clone()))
        .collect();
    assert!(undelivered.is_empty(), "{undelivered:?}");
    let activity = world
        .eventually("Delius has closed the activity", async || {
            let activities = world.activities(CRN, &referral).await;
            assert_eq!(activities.len(), 1);
            (activities[0]["status"] == "COMP").then(|| activities[0].clone())
        })
        .await;
    (contacts(world).await, json!({ "outcome": activity["outcome"], "active": activity["active"] }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_leaves_the_same_in_delius_through_either_api() {
    let new = World::start().await;
    let by_integration = live_through(&new).await;
    new.stop().await;
    let old = legacy_world().await;
    let by_legacy = live_through(&old).await;
    assert_eq!(by_integration, by_legacy);
    let asked = old.look("requests?system=delius").await;
    let written: Vec<&Value> = asked.as_array().unwrap().iter().filter(|request| request["method"] == "PUT").collect();
    assert!(written.is_empty(), "nothing is told through both: {written:?}");
    old.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h01_a_lost_answer_to_a_start_leaves_one_activity_through_the_older_api_too() {
    let world = legacy_world().await;
    world.fault(lose(START)).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let ledger = world.settled(&referral).await;
    let start = ledger.iter().find(|entry| entry.action == Action::StartReferral).unwrap();
    assert_eq!((start.attempts, start.adapter), (2, Some(Adapter::Legacy)));
    assert_eq!(world.activities(CRN, &referral).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h02_a_lost_answer_to_a_booking_books_nothing_twice_through_the_older_api_too() {
    let world = legacy_world().await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.fault(lose(BOOK)).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    // Its own first attempt takes the slot: whether it is that one, only somebody who looks can tell.
    let parked = parked(&world, &referral).await;
    assert!(parked.contains("may already have booked"), "{parked}");
    assert_eq!(contacts(&world).await.get("CRSSAA -"), Some(&1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h12_a_lost_answer_to_a_move_moves_nothing_twice_through_the_older_api_too() {
    let world = legacy_world().await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.fault(lose(MOVE)).await;
    world.book_assessment(&provider, &referral, in_hours(96)).await;
    parked(&world, &referral).await;
    assert_eq!(contacts(&world).await.get("CRSSAA -"), Some(&1));
    assert_eq!(contacts(&world).await.get("CRSSAA RSSR"), Some(&1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_is_booked_and_moved_once_through_the_older_api() {
    let world = legacy_world().await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let refusing =
        |path| json!({ "system": "community-api", "operation": path, "fault": "status", "value": 502, "times": 1 });
    world.fault(refusing(BOOK)).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.fault(refusing(MOVE)).await;
    world.book_assessment(&provider, &referral, in_hours(96)).await;
    let ledger = world.settled(&referral).await;
    assert!(ledger.iter().all(|entry| entry.state == EffectState::Delivered));
    let expected = BTreeMap::from([("CRSSAA -".to_owned(), 1), ("CRSSAA RSSR".to_owned(), 1)]);
    let mut held = contacts(&world).await;
    held.retain(|kind, _| kind.starts_with("CRSSAA"));
    assert_eq!(held, expected);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_to_an_outcome_a_note_and_an_end_tell_delius_once() {
    let world = legacy_world().await;
    for path in [NOTE, OUTCOME, END] {
        world.fault(lose(path)).await;
    }
    let (held, activity) = live_through(&world).await;
    assert_eq!(activity["outcome"], "CRS03");
    assert_eq!(held.get("NTER -"), Some(&1), "ended once: {held:?}");
    // Plan submitted, plan approved, report submitted.
    assert_eq!(held.get("CRSNOTE -"), Some(&3), "{held:?}");
    assert_eq!(held.get("CRSSAA ATTC"), Some(&1), "{held:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_booked_through_one_api_is_moved_through_the_other_once() {
    let moved = [Operation::Book, Operation::Reschedule];
    for (first, second) in [(Adapters::default(), only(&moved)), (only(&moved), Adapters::default())] {
        let parts = Parts { relay: false, sync_wait: Duration::from_millis(50), ..Parts::default() };
        let world = World::start_with(parts).await;
        let (one, other) = (world.relay_through(first).await, world.relay_through(second).await);
        let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        one.run_until_idle().await.unwrap();
        world.book_assessment(&provider, &referral, in_hours(48)).await;
        one.run_until_idle().await.unwrap();
        world.book_assessment(&provider, &referral, in_hours(96)).await;
        other.run_until_idle().await.unwrap();
        let ledger = world.settled(&referral).await;
        assert!(ledger.iter().all(|entry| entry.state == EffectState::Delivered));
        assert_eq!(contacts(&world).await.get("CRSSAA -"), Some(&1));
        assert_eq!(contacts(&world).await.get("CRSSAA RSSR"), Some(&1));
        assert_eq!(world.activities(CRN, &referral).await.len(), 1);
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_arrived_through_one_api_is_asked_again_through_that_one() {
    let moved = only(&[Operation::Start, Operation::Book, Operation::Reschedule]);
    let lost_new = json!({ "system": "delius", "method": "PUT", "fault": "drop_after_commit", "times": 1 });
    let cases = [(moved.clone(), Adapters::default(), lose(START)), (Adapters::default(), moved, lost_new)];
    for (before, after, fault) in cases {
        let adapter = before.of(Operation::Start);
        let parts = Parts { relay: false, sync_wait: Duration::from_millis(50), ..Parts::default() };
        let world = World::start_with(parts).await;
        let (one, other) = (world.relay_through(before).await, world.relay_through(after).await);
        let practitioner = world.actor("PRACTITIONER_1").await;
        world.fault(fault).await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        one.run_until_idle().await.unwrap();
        world
            .eventually("the start is confirmed", async || {
                other.run_until_idle().await.unwrap();
                let ledger = world.ledger(&referral).await;
                let start = ledger.iter().find(|entry| entry.action == Action::StartReferral)?;
                (start.state == EffectState::Delivered)
                    .then(|| assert_eq!(start.adapter.unwrap_or(Adapter::Integration), adapter))
            })
            .await;
        assert_eq!(world.activities(CRN, &referral).await.len(), 1);
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_reaches_delius_in_exactly_one_way_whenever_its_events_are_switched_off() {
    let by_calls = Adapters { consumes_events: false, ..Adapters::default() }
        .with(&[Operation::Outcome, Operation::End, Operation::Notify], Adapter::Legacy);
    for switched_before_publication in [true, false] {
        let parts = Parts { relay: false, sync_wait: Duration::from_millis(50), ..Parts::default() };
        let world = World::start_with(parts).await;
        let by_calls = world.relay_through(by_calls.clone()).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.deliver().await;
        let withdrawal = json!({ "code": "MIS", "comments": "Sent twice.", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
        practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), withdrawal).await.expect(200);
        if switched_before_publication {
            world.control("delius/mode", json!({ "events": false })).await;
        } else {
            world.deliver().await;
        }
        by_calls.run_until_idle().await.unwrap();
        world
            .eventually("Delius has closed the activity", async || {
                let activities = world.activities(CRN, &referral).await;
                (activities.len() == 1 && activities[0]["status"] == "COMP").then_some(())
            })
            .await;
        let ledger = world.settled(&referral).await;
        let called = |entry: &&LedgerEntry| matches!(entry.action, Action::TellDelius(Announcement::ReferralEnded(_)));
        assert_eq!(ledger.iter().filter(called).count(), usize::from(switched_before_publication));
        assert_eq!(contacts(&world).await.get("NTER -"), Some(&1));
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_by_a_call_leaves_what_a_person_recorded_alone() {
    let parts = Parts { relay: false, sync_wait: Duration::from_millis(50), ..Parts::default() };
    let world = World::start_through(parts, all_legacy()).await;
    world.control("delius/mode", json!({ "events": false })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.deliver().await;
    let withdrawal = json!({ "code": "MIS", "comments": "Sent twice.", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
    practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), withdrawal).await.expect(200);
    world.fault(json!({ "system": "community-api", "operation": END, "fault": "down", "times": 1 })).await;
    world.deliver().await;
    // Between the announcement and the call, somebody closes it otherwise.
    let urn = format!("urn:hmpps:interventions-referral:{referral}");
    world.control("delius/nsi/close", json!({ "urn": urn, "outcome": "CRS03" })).await;
    world
        .eventually("the end is settled", async || {
            world.deliver().await;
            let ledger = world.ledger(&referral).await;
            let told = ledger.iter().find(|entry| matches!(entry.action, Action::TellDelius(_)))?;
            (told.state == EffectState::Refused).then_some(())
        })
        .await;
    assert_eq!(world.activities(CRN, &referral).await[0]["outcome"], "CRS03");
    world.stop().await;
}

/// The reason of the effect that is parked.
async fn parked(world: &World, referral: &str) -> String {
    world
        .eventually("something is parked", async || {
            let ledger = world.ledger(referral).await;
            ledger.into_iter().find(|entry| entry.state == EffectState::Parked)?.reason
        })
        .await
}
