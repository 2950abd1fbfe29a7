//! Bookings: a clash is shown at once, a lost answer books nothing twice, an outage keeps the work.

use std::time::Duration;

use domain::effect::System;
use jiff::{SignedDuration, Timestamp};
use runtime::Clock;
use serde_json::json;
use store::outbox::EffectState;
use testkit::{Parts, World, a_booking};

const CRN: &str = "X100004";
const APPOINTMENTS: &str = "/probation-case/*/referrals/*/appointments";

pub(crate) fn in_hours(hours: i64) -> Timestamp {
    Clock::system().now().saturating_add(SignedDuration::from_hours(hours)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clash_is_shown_at_once_and_nothing_of_the_booking_remains() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let (first, second) =
        (world.a_sent_referral(&practitioner, CRN).await, world.a_sent_referral(&practitioner, CRN).await);
    world.book_assessment(&provider, &first, in_hours(48)).await;
    let assessment = provider.get(&format!("/sent-referral/{second}/supplier-assessment")).await.expect(200);
    let path = format!("/supplier-assessment/{}/schedule-appointment", assessment["id"].as_str().unwrap());

    let refused = provider.put(&path, a_booking(in_hours(48))).await;
    assert_eq!(refused.status.as_u16(), 409, "{}", refused.text);

    let after = provider.get(&format!("/sent-referral/{second}/supplier-assessment")).await.expect(200);
    assert_eq!(after["appointments"], json!([]));
    let ledger = world.settled(&second).await;
    let states: Vec<_> = ledger.iter().filter(|entry| entry.cause == "appointment-proposed").map(|e| e.state).collect();
    assert_eq!(states, [EffectState::Refused, EffectState::Superseded], "the booking and the e-mail about it");
    provider.put(&path, a_booking(in_hours(72))).await.expect(200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_takes_nobodys_time_though_delius_has_yet_to_read_of_it() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.fault(json!({ "system": "sns", "fault": "down" })).await;
    let held = world.hold_assessment(&provider, &referral).await;
    let plan = world.submit_plan(&provider, &referral, 1).await;
    // The assessment lasts half an hour, and Delius does not know yet that it is over.
    let in_two_minutes = in_hours(0) + SignedDuration::from_mins(2);
    let session = world.book_session(&provider, &plan, 1, in_two_minutes).await;
    let waiting = world
        .eventually("the booking was tried", async || {
            let ledger = world.ledger(&referral).await;
            ledger.into_iter().find(|entry| entry.state == EffectState::Retrying && entry.system == System::Delius)
        })
        .await;
    assert!(waiting.last_error.unwrap().contains("which is over"));
    assert!(world.contacts(CRN, &held.id).await[0]["outcome"].is_null());
    assert!(world.contacts(CRN, &session.id).await.is_empty());
    world.heal().await;
    world.settled(&referral).await;
    assert_eq!(world.contacts(CRN, &held.id).await[0]["outcome"], "ATTC");
    assert_eq!(world.contacts(CRN, &session.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h02_a_booking_whose_answer_is_lost_is_one_contact() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world
        .fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "drop_after_commit", "times": 1 }))
        .await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.settled(&referral).await;
    assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h12_a_move_whose_answer_is_lost_is_asked_again_without_moving_twice() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let first = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world
        .fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "drop_after_commit", "times": 1 }))
        .await;
    let second = world.book_assessment(&provider, &referral, in_hours(96)).await;
    world.settled(&referral).await;
    let (old, new) = (world.contacts(CRN, &first.id).await, world.contacts(CRN, &second.id).await);
    assert_eq!((old.len(), new.len()), (1, 1), "{old:?} {new:?}");
    assert_eq!(old[0]["outcome"], "RSSR");
    assert!(new[0]["outcome"].is_null());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_never_arrived_is_made_once() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let first = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world
        .fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "status", "value": 502, "times": 1 }))
        .await;
    let second = world.book_assessment(&provider, &referral, in_hours(96)).await;
    world.settled(&referral).await;
    assert_eq!(world.contacts(CRN, &first.id).await[0]["outcome"], "RSSR");
    assert_eq!(world.contacts(CRN, &second.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_delius_is_down_a_booking_is_kept_and_told_later() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "down" })).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    assert!(world.contacts(CRN, &booked.id).await.is_empty());
    world.heal().await;
    world.settled(&referral).await;
    assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clash_that_comes_late_is_kept_and_waits_for_a_person() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let (first, second) =
        (world.a_sent_referral(&practitioner, CRN).await, world.a_sent_referral(&practitioner, CRN).await);
    world.settled(&first).await;
    world.settled(&second).await;
    world.book_assessment(&provider, &first, in_hours(48)).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "down" })).await;
    let booked = world.book_assessment(&provider, &second, in_hours(48)).await;
    world.heal().await;
    let parked = world
        .eventually("the booking is parked", async || {
            let ledger = world.ledger(&second).await;
            ledger.into_iter().find(|entry| entry.state == EffectState::Parked)
        })
        .await;
    assert!(parked.reason.unwrap().contains("another time"));
    // Nothing is moved back unasked: the appointment is still shown, and another time can be chosen.
    let shown = provider.get(&format!("/sent-referral/{second}/supplier-assessment")).await.expect(200);
    assert_eq!(shown["currentAppointmentId"], booked.id.as_str());
    let chosen = world.book_assessment(&provider, &second, in_hours(96)).await;
    let ledger = world.settled(&second).await;
    let released = ledger.iter().find(|entry| entry.id == parked.id).unwrap();
    assert_eq!(released.state, EffectState::Superseded);
    assert_eq!(world.contacts(CRN, &booked.id).await.len(), 0);
    assert_eq!(world.contacts(CRN, &chosen.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clash_that_comes_late_is_written_to_the_caseworker_at_once() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let (first, second) =
        (world.a_sent_referral(&practitioner, CRN).await, world.a_sent_referral(&practitioner, CRN).await);
    world.assign(&provider, &second).await;
    world.settled(&first).await;
    world.settled(&second).await;
    world.book_assessment(&provider, &first, in_hours(48)).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "down" })).await;
    world.book_assessment(&provider, &second, in_hours(48)).await;
    world.heal().await;
    // The e-mail about the booking waits for the choice that this one asks for.
    let ledger = world
        .eventually("the caseworker is written to", async || {
            let ledger = world.ledger(&second).await;
            let written = ledger.iter().find(|entry| entry.action.name() == "appointment-clash e-mail")?;
            (written.state == EffectState::Delivered).then_some(ledger)
        })
        .await;
    let booked = ledger.iter().find(|entry| entry.action.name() == "initial-assessment-scheduled e-mail").unwrap();
    assert_eq!(booked.state, EffectState::Waiting);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_passed_and_was_moved_while_delius_was_down_holds_nothing_up() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(200), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "down" })).await;
    let start = testkit::soon();
    let passed = world.book_assessment(&provider, &referral, start).await;
    let moved = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.eventually("the first time has passed", async || (Clock::system().now() > start).then_some(())).await;
    world.heal().await;
    world.settled(&referral).await;
    assert_eq!(world.contacts(CRN, &passed.id).await.len(), 0);
    assert_eq!(world.contacts(CRN, &moved.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_for_earlier_today_goes_to_delius_with_its_outcome() {
    let world = World::start_with(Parts { sync_wait: Duration::from_secs(2), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let now = Clock::system().now();
    let start = now.saturating_add(SignedDuration::from_secs(-60)).unwrap();
    if domain::calendar::day_of(start) != domain::calendar::day_of(now) {
        // In the first minute of a day there is no earlier today; the day's other 1,439 minutes have it.
        world.stop().await;
        return;
    }
    let booked = world.book_assessment(&provider, &referral, start).await;
    assert!(world.contacts(CRN, &booked.id).await.is_empty(), "Delius refuses a past appointment without an outcome");
    world.report_on_assessment(&provider, &referral).await;
    let ledger = world.settled(&referral).await;
    assert!(ledger.iter().all(|entry| entry.state == EffectState::Delivered));
    let contacts = world.contacts(CRN, &booked.id).await;
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["outcome"], "ATTC");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_behind_one_that_waits_for_a_person_is_answered_at_once() {
    // A client gives up after ten seconds; this is how long the service would let it wait.
    let patience = Duration::from_mins(2);
    let world = World::start_with(Parts { sync_wait: patience, ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "status", "value": 404 })).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.heal().await;
    let ledger = world.ledger(&referral).await;
    assert!(ledger.iter().any(|entry| entry.state == EffectState::Parked), "{ledger:#?}");

    let asked = std::time::Instant::now();
    let moved = world.book_assessment(&provider, &referral, in_hours(96)).await;
    assert!(asked.elapsed() < patience, "it waited for an attempt that nobody makes");
    let shown = provider.get(&format!("/sent-referral/{referral}/supplier-assessment")).await.expect(200);
    assert_eq!(shown["currentAppointmentId"], moved.id.as_str());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_for_earlier_today_that_is_moved_keeps_nothing_waiting_for_its_outcome() {
    let parts = Parts { relay: false, sync_wait: Duration::from_millis(1), ..Parts::default() };
    let world = World::start_with(parts).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.deliver().await;
    let start = testkit::soon();
    let passed = world.book_assessment(&provider, &referral, start).await;
    world.eventually("the time has passed", async || (Clock::system().now() > start).then_some(())).await;
    world.deliver().await;
    let waiting = world.ledger(&referral).await;
    assert!(waiting.iter().any(|entry| entry.state == EffectState::Retrying), "{waiting:#?}");

    let moved = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.deliver().await;
    assert_eq!(world.contacts(CRN, &passed.id).await.len(), 0);
    assert_eq!(world.contacts(CRN, &moved.id).await.len(), 1);
    world.stop().await;
}
