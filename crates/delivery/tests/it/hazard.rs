//! Hazards of keeping two stores in step over a network, one by one. A test's name begins with its hazard's number; the
//! table in `docs/delivery.md` says what each is. Those that belong to a subject stand with it.

use std::collections::BTreeSet;
use std::time::Duration;

use app::operator::{Seen, skip};
use domain::effect::Action;
use serde_json::{Value, json};
use store::outbox::EffectState;
use testkit::{Parts, World};

use crate::booking::in_hours;
use crate::closed_early::ctx;
use crate::meddled::all_read;

const CRN: &str = "X100011";
const APPOINTMENTS: &str = "/probation-case/*/referrals/*/appointments";

/// What the topic was given about a referral, oldest first.
async fn events(world: &World, referral: &str) -> Vec<Value> {
    let all = world.look("events").await;
    let about = |event: &&Value| event["message"]["additionalInformation"]["referralId"] == referral;
    all.as_array().unwrap().iter().filter(about).cloned().collect()
}

fn event_ids(events: &[Value]) -> BTreeSet<String> {
    events.iter().map(|event| event["message"]["additionalInformation"]["eventId"].to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn h05_an_event_that_cannot_be_published_is_published_later_in_its_place() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    world.fault(json!({ "system": "sns", "fault": "down" })).await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    world
        .eventually("publishing was tried and did not succeed", async || {
            let ledger = world.ledger(&referral).await;
            let tried = ledger.iter().find(|entry| matches!(entry.action, Action::Publish(_)) && entry.attempts > 1)?;
            (tried.state == EffectState::Retrying).then_some(())
        })
        .await;
    assert!(events(&world, &referral).await.is_empty());
    world.heal().await;
    world.settled(&referral).await;
    let published = events(&world, &referral).await;
    let types: Vec<_> = published.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(types, ["intervention.referral.sent", "intervention.referral.assigned"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h06_events_that_arrive_twice_and_out_of_order_do_once_what_they_say() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    let late = "/intervention.action-plan.submitted";
    world
        .fault(json!({ "system": "delius-events", "operation": late, "fault": "latency", "value": 400, "times": 1 }))
        .await;
    let twice = ["action-plan.approved", "session-appointment.session-feedback-submitted"];
    for event in twice.into_iter().chain(["initial-assessment-appointment.session-feedback-submitted"]) {
        let operation = format!("/intervention.{event}");
        let fault = json!({ "system": "delius-events", "operation": operation, "fault": "duplicate", "times": 1 });
        world.fault(fault).await;
    }
    let assessment = world.hold_assessment(&provider, &referral).await;
    let plan = world.submit_plan(&provider, &referral, 1).await;
    let session = world.book_session(&provider, &plan, 1, testkit::soon()).await;
    world.report_on_session(&provider, &referral, &session.id, "no").await;
    world.settled(&referral).await;
    let count = async |kind: &str| {
        let record = world.look(&format!("delius/{CRN}")).await;
        record["contacts"].as_array().unwrap().iter().filter(|one| one["type"] == kind).count()
    };
    world
        .eventually("Delius has read everything", async || {
            let missed = world.contacts(CRN, &session.id).await;
            (missed[0]["outcome"] == "AFTA" && count("CRSNOTE").await == 2).then_some(())
        })
        .await;
    assert_eq!((count("CRSNOTE").await, count("AROM").await), (2, 1), "two notes, and one enforcement");
    assert_eq!(world.contacts(CRN, &assessment.id).await[0]["outcome"], "ATTC");
    let published = events(&world, &referral).await;
    assert_eq!(event_ids(&published).len(), published.len(), "each has an id of its own, by which a repeat is told");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h06_an_end_that_overtakes_feedback_on_the_topic_finds_the_outcome_recorded() {
    for mode in ["strict", "lenient"] {
        let world = World::start().await;
        world.control("delius/mode", json!({ "closedNsi": mode })).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.assign(&provider, &referral).await;
        world.hold_assessment(&provider, &referral).await;
        let plan = world.submit_plan(&provider, &referral, 1).await;
        let session = world.book_session(&provider, &plan, 1, testkit::soon()).await;
        world.settled(&referral).await;
        let feedback = "/intervention.session-appointment.session-feedback-submitted";
        let late = json!({
            "system": "delius-events", "operation": feedback, "fault": "latency", "value": 3_000, "times": 1
        });
        world.fault(late).await;
        world.report_on_session(&provider, &referral, &session.id, "yes").await;
        world.submit_report(&provider, &referral).await;
        world.settled(&referral).await;
        let topic = all_read(&world).await;
        assert_eq!(topic["dead"].as_array().map(Vec::len), Some(0), "{mode}");
        let held = world.contacts(CRN, &session.id).await;
        assert_eq!((held.len(), &held[0]["outcome"]), (1, &json!("ATTC")), "{mode}: {held:?}");
        assert_eq!(world.activities(CRN, &referral).await[0]["outcome"], "CRS03", "{mode}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h07_feedback_is_announced_without_delius_knowing_the_appointment_and_names_it_by_our_id() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(200), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let operator = world.actor("OPERATOR_1").await;
    let operator = ctx(&world, &operator).await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    world.hold_assessment(&provider, &referral).await;
    let plan = world.submit_plan(&provider, &referral, 1).await;
    world.settled(&referral).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "status", "value": 403 })).await;
    let session = world.book_session(&provider, &plan, 1, testkit::soon()).await;
    let parked = world
        .eventually("the booking is parked", async || {
            world.ledger(&referral).await.into_iter().find(|entry| entry.state == EffectState::Parked)
        })
        .await;
    world.heal().await;
    skip(&operator, Seen { id: parked.id, attempts: None }, "it was made by hand in Delius").await.unwrap();
    world.report_on_session(&provider, &referral, &session.id, "yes").await;
    world.settled(&referral).await;
    let feedback = "intervention.session-appointment.session-feedback-submitted";
    let published = events(&world, &referral).await;
    let event = published.iter().find(|event| event["eventType"] == feedback).expect("it was announced");
    let information = &event["message"]["additionalInformation"];
    assert_eq!(information.get("deliusAppointmentId"), None);
    assert_eq!(information["appointmentId"], session.id.as_str());
    let link = information["referralProbationUserURL"].as_str().unwrap();
    assert!(link.contains(&format!("/appointment/{}/", session.id)), "{link}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h11_a_contract_type_that_delius_cannot_file_loses_nothing_and_is_filed_once_it_can() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(200), ..Parts::default() }).await;
    world.control("delius/mapping/remove", json!({ "contractType": "ACC" })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world
        .eventually("the start was refused", async || {
            let ledger = world.ledger(&referral).await;
            ledger
                .iter()
                .find(|entry| entry.action == Action::StartReferral && entry.last_status == Some(500))
                .map(|_| ())
        })
        .await;
    assert!(world.activities(CRN, &referral).await.is_empty());
    practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200);
    world.control("delius/mapping/set", json!({ "contractType": "ACC", "nsiType": "CRS01" })).await;
    world.settled(&referral).await;
    assert_eq!(world.activities(CRN, &referral).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_that_is_lost_once_loses_and_doubles_nothing() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    for (system, method) in [("delius", "PUT"), ("sns", "POST"), ("notify", "POST")] {
        world.fault(json!({ "system": system, "method": method, "fault": "drop_after_commit", "probability": 0.5, "times": 4 })).await;
    }
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    let moved = world.book_assessment(&provider, &referral, in_hours(96)).await;
    let ledger = world.settled(&referral).await;
    assert!(ledger.iter().all(|entry| entry.state == EffectState::Delivered), "{ledger:?}");
    assert_eq!(world.activities(CRN, &referral).await.len(), 1);
    assert_eq!(world.contacts(CRN, &moved.id).await.len(), 1);
    let emails = world.look("emails").await;
    let emails: Vec<_> = emails.as_array().unwrap().iter().map(|email| email["reference"].to_string()).collect();
    assert_eq!(emails.iter().collect::<BTreeSet<_>>().len(), emails.len(), "an e-mail was sent twice");
    let published = events(&world, &referral).await;
    let intended = ledger.iter().filter(|entry| matches!(entry.action, Action::Publish(_))).count();
    assert_eq!(event_ids(&published).len(), intended, "a repeat carries the id of the first");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_after_we_gave_up_is_no_second_activity() {
    let patience = Duration::from_millis(500);
    let parts = Parts { sync_wait: Duration::from_millis(200), delius_patience: patience, ..Parts::default() };
    let world = World::start_with(parts).await;
    world.fault(json!({ "system": "delius", "method": "PUT", "fault": "latency", "value": 1200, "times": 1 })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let ledger = world.settled(&referral).await;
    let start = ledger.iter().find(|entry| entry.action == Action::StartReferral).unwrap();
    assert!(start.attempts > 1 && start.was_ambiguous, "{start:?}");
    assert_eq!(world.activities(CRN, &referral).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_the_middle_is_renewed_and_nothing_is_done_twice() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.fault(json!({ "system": "delius", "method": "PUT", "fault": "status", "value": 401, "times": 1 })).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    let ledger = world.settled(&referral).await;
    assert!(ledger.iter().all(|entry| entry.state == EffectState::Delivered));
    assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h12_a_parked_move_is_still_asked_about_when_it_is_tried_again() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(200), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let operator = world.actor("OPERATOR_1").await;
    let operator = ctx(&world, &operator).await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let first = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.settled(&referral).await;
    world
        .fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "drop_after_commit", "times": 1 }))
        .await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "status", "value": 403 })).await;
    let second = world.book_assessment(&provider, &referral, in_hours(96)).await;
    let parked = world
        .eventually("the move is parked", async || {
            world.ledger(&referral).await.into_iter().find(|entry| entry.state == EffectState::Parked)
        })
        .await;
    assert!(parked.was_ambiguous);
    world.heal().await;
    app::operator::retry(&operator, Seen { id: parked.id, attempts: None }, "Delius lets us in again").await.unwrap();
    world.settled(&referral).await;
    let (old, new) = (world.contacts(CRN, &first.id).await, world.contacts(CRN, &second.id).await);
    assert_eq!((old.len(), new.len()), (1, 1), "{old:?} {new:?}");
    world.stop().await;
}
