//! H08 and H13: what a person does in Delius meets what we tell it. Events are rejected there in silence, so each is sent
//! after a look; what was announced a moment too early is told again once the line is let go; nothing that a person decided
//! is decided otherwise.

use std::collections::BTreeSet;
use std::time::Duration;

use app::Correlation;
use app::change::Cause;
use app::collection::{Look, Standing, choose, look_at};
use domain::collection::{Choice, DiscrepancyKind};
use domain::effect::Action;
use serde_json::{Value, json};
use store::outbox::{EffectState, LedgerEntry};
use testkit::{BookedAppointment, OPERATORS, Parts, ReadBack, World};

use crate::booking::in_hours;
use crate::closed_early::{MODES, chosen, ctx, id, standing_for, urn, version, world};
use crate::reconcile::{closed_in_delius, compare, kinds, reading, withdraw};

const CRN: &str = "X100010";
const APPOINTMENTS: &str = "/probation-case/*/referrals/*/appointments";
const FEEDBACK: &str = "/intervention.session-appointment.session-feedback-submitted";

/// A referral with a session that has begun a moment ago, of which Delius has everything.
async fn with_a_session(world: &World) -> (String, BookedAppointment) {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    world.hold_assessment(&provider, &referral).await;
    let plan = world.submit_plan(&provider, &referral, 1).await;
    let session = world.book_session(&provider, &plan, 1, testkit::soon()).await;
    world.settled(&referral).await;
    all_read(world).await;
    (referral, session)
}

/// Waits until Delius has read every event; answers the topic as it is then.
pub(crate) async fn all_read(world: &World) -> Value {
    world
        .eventually("Delius has read everything", async || {
            let topic = world.look("events/queue").await;
            topic["waiting"].as_array()?.is_empty().then_some(topic)
        })
        .await
}

async fn outcome_of(world: &World, appointment: &BookedAppointment) -> Value {
    let contacts = world.contacts(CRN, &appointment.id).await;
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    contacts[0]["outcome"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_feedback_on_an_activity_that_somebody_closed_waits_and_arrives_once_it_is_open() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let provider = world.actor("PROVIDER_1").await;
        let (referral, session) = with_a_session(&world).await;
        let closed = json!({ "urn": urn(&referral), "outcome": "CRS02", "endDate": "2026-01-05" });
        world.control("delius/nsi/close", closed).await;
        world.report_on_session(&provider, &referral, &session.id, "yes").await;
        version(&world, &practitioner, &referral).await;
        assert_eq!(outcome_of(&world, &session).await, Value::Null, "{mode}");
        assert!(matches!(standing_for(&world, &provider, &referral).await, Standing::Held(_)), "{mode}: both see it");

        world.control("delius/nsi/reopen", json!({ "urn": urn(&referral) })).await;
        assert_eq!(compare(&world, &referral).await, [], "{mode}");
        world.settled(&referral).await;
        all_read(&world).await;
        assert_eq!(outcome_of(&world, &session).await, "ATTC", "{mode}");
        world.stop().await;
    }
}

/// The announcement was out, and somebody closed the activity before Delius read it.
#[tokio::test(flavor = "multi_thread")]
async fn h08_feedback_that_was_rejected_in_silence_is_recorded_once_the_activity_is_open() {
    for reader in [ReadBack::LegacyNsi, ReadBack::Urn] {
        let world = reading(reader).await;
        world.control("delius/mode", json!({ "urnRead": true })).await;
        let provider = world.actor("PROVIDER_1").await;
        let (referral, session) = with_a_session(&world).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");
        let late = json!({
            "system": "delius-events", "operation": FEEDBACK, "fault": "latency", "value": 2_000, "times": 1
        });
        world.fault(late).await;
        world.report_on_session(&provider, &referral, &session.id, "yes").await;
        world.settled(&referral).await;
        world.control("delius/nsi/close", json!({ "urn": urn(&referral), "outcome": "CRS02" })).await;
        all_read(&world).await;
        assert_eq!(outcome_of(&world, &session).await, Value::Null, "{reader:?}: it was rejected");
        assert!(compare(&world, &referral).await.contains(&DiscrepancyKind::ClosedEarly), "{reader:?}");
        world.control("delius/nsi/reopen", json!({ "urn": urn(&referral) })).await;
        compare(&world, &referral).await;
        let ledger = world.settled(&referral).await;
        assert_eq!(outcome_of(&world, &session).await, "ATTC", "{reader:?}");
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");
        let is_recorded = |entry: &&LedgerEntry| matches!(entry.action, Action::RecordOutcome(about) if about.to_string() == session.id);
        assert_eq!(ledger.iter().filter(is_recorded).count(), 1, "{reader:?}: once, however often it is compared");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_an_outcome_that_delius_lacks_is_recorded_and_one_that_somebody_recorded_stays() {
    let world = reading(ReadBack::Urn).await;
    world.control("delius/mode", json!({ "urnRead": true })).await;
    let provider = world.actor("PROVIDER_1").await;
    let (referral, session) = with_a_session(&world).await;
    world.control("delius/mode", json!({ "events": false })).await;
    world.report_on_session(&provider, &referral, &session.id, "yes").await;
    world.settled(&referral).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::AppointmentOutcomeMismatch]);
    world.settled(&referral).await;
    assert_eq!(outcome_of(&world, &session).await, "ATTC");
    assert_eq!(compare(&world, &referral).await, []);
    world.control("delius/contact/outcome", json!({ "urn": session.id, "outcome": "AFTA" })).await;
    compare(&world, &referral).await;
    world.settled(&referral).await;
    assert_eq!(outcome_of(&world, &session).await, "AFTA");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_an_end_whose_activity_somebody_deleted_is_not_lost_in_silence() {
    for (deed, kind) in [("soft-delete", DiscrepancyKind::SoftDeleted), ("delete", DiscrepancyKind::Missing)] {
        let world = world("strict").await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.settled(&referral).await;
        world.control(&format!("delius/nsi/{deed}"), json!({ "urn": urn(&referral) })).await;
        withdraw(&world, &referral).await;
        let held = version(&world, &practitioner, &referral).await;
        assert_eq!(compare(&world, &referral).await, [kind], "{deed}: it is not taken for settled");
        let by = ctx(&world, &practitioner).await;
        choose(&by, id(&referral), chosen(held, Choice::CreateAgain)).await.unwrap();
        world.settled(&referral).await;
        all_read(&world).await;
        let live = world.activities(CRN, &referral).await.into_iter().filter(|one| one["softDeleted"] == false);
        assert_eq!(live.map(|one| one["outcome"].clone()).collect::<Vec<_>>(), ["CRS01"], "{deed}");
        world.stop().await;
    }
}

/// The end is told twice: when it is requested, and with the report. In between somebody decides otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn h09_a_second_end_does_not_overwrite_what_somebody_changed_after_the_first() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let provider = world.actor("PROVIDER_1").await;
        let (referral, session) = with_a_session(&world).await;
        world.report_on_session(&provider, &referral, &session.id, "yes").await;
        let body = json!({ "code": "MOV", "comments": "", "withdrawalState": "POST_ICA_WITHDRAWAL" });
        practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await.expect(200);
        world.settled(&referral).await;
        closed_in_delius(&world, CRN, &referral).await;
        let other = json!({ "urn": urn(&referral), "outcome": "CRS01", "endDate": "2026-01-05" });
        world.control("delius/nsi/close", other).await;
        let before = world.activities(CRN, &referral).await;
        world.submit_report(&provider, &referral).await;
        let ledger = world.settled(&referral).await;
        all_read(&world).await;
        assert_eq!(world.activities(CRN, &referral).await, before, "{mode}");
        let ends = ledger.iter().filter(|entry| entry.action.name() == "intervention.referral.ended");
        let states: Vec<_> = ends.map(|entry| entry.state).collect();
        assert_eq!(states, [EffectState::Delivered, EffectState::Refused], "{mode}");
        assert!(compare(&world, &referral).await.contains(&DiscrepancyKind::OutcomeMismatch), "{mode}: it is listed");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_activities_with_one_reference_are_told_for_what_they_are_and_nothing_waits_once_one_is_gone() {
    let world = world("strict").await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.control("delius/nsi/duplicate", json!({ "urn": urn(&referral) })).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    version(&world, &practitioner, &referral).await;
    let Standing::Held(held) = standing_for(&world, &practitioner, &referral).await else { panic!("held") };
    assert_eq!(held.kind, DiscrepancyKind::Duplicate);
    world.control("delius/nsi/soft-delete", json!({ "urn": urn(&referral) })).await;
    assert_eq!(compare(&world, &referral).await, []);
    world.settled(&referral).await;
    assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1);
    world.stop().await;
}

/// A comparison gives Delius time to hear of a thing; what a refused call has shown is no matter of time.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_refusal_showed_is_not_taken_for_settled_because_it_is_fresh() {
    let world = world("strict").await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.control("delius/nsi/delete", json!({ "urn": urn(&referral) })).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    let before = version(&world, &practitioner, &referral).await;
    let patient = Look { grace: jiff::SignedDuration::from_hours(24), repair: false, ..Look::default() };
    let now = world.app.clock().now();
    let cause = Cause { actor: domain::User::service(), now, correlation: Correlation::untraced("test") };
    for _ in 0..2 {
        let looked = look_at(&world.app, id(&referral), &patient, &cause).await.unwrap();
        assert_eq!((looked.findings.len(), looked.is_news), (1, false));
        assert_eq!(version(&world, &practitioner, &referral).await, before, "it was not let go in between");
    }
    // By itself, it is made again once somebody may do so.
    look_at(&world.app, id(&referral), &Look { repair: true, ..patient }, &cause).await.unwrap();
    world.settled(&referral).await;
    assert_eq!((world.activities(CRN, &referral).await.len(), world.contacts(CRN, &booked.id).await.len()), (1, 1));
    world.stop().await;
}

/// Nobody compares by hand: what is held is looked at again, and goes on once it was put right.
#[tokio::test(flavor = "multi_thread")]
async fn h13_a_line_is_held_at_the_next_message_and_let_go_between_the_nightly_runs() {
    let parts = Parts { look_again: Duration::from_secs(1), ..Parts::default() };
    let world = World::start_with(parts).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.control("delius/nsi/close", json!({ "urn": urn(&referral), "outcome": "CRS03" })).await;
    let provider = world.actor("PROVIDER_1").await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    version(&world, &practitioner, &referral).await;
    world
        .eventually("the operators are written to, without a word about the person", async || {
            let emails = world.look("emails").await;
            let to_operators = |email: &&Value| email["emailAddress"] == OPERATORS;
            let found = emails.as_array()?.iter().find(to_operators)?.clone();
            let names: BTreeSet<_> = found["personalisation"].as_object()?.keys().cloned().collect();
            assert_eq!(names, BTreeSet::from(["operationsUrl", "referenceNumber"].map(str::to_owned)));
            Some(())
        })
        .await;
    world.control("delius/nsi/reopen", json!({ "urn": urn(&referral) })).await;
    world
        .eventually("the line is let go", async || {
            let standing = standing_for(&world, &practitioner, &referral).await;
            matches!(standing, Standing::UpToDate { .. }).then_some(())
        })
        .await;
    world.stop().await;
}

/// Nothing more is told and nobody compares by hand: what Delius was told last is looked at once more.
#[tokio::test(flavor = "multi_thread")]
async fn h13_a_closing_that_no_message_meets_is_found_between_the_nightly_runs() {
    let parts = Parts { look_again: Duration::from_secs(1), ..Parts::default() };
    let world = World::start_with(parts).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let nobody_looks = world
        .eventually("nobody looks until the activity is closed", async || {
            store::job::try_lock_looking(world.app.store()).await.unwrap()
        })
        .await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.control("delius/nsi/close", json!({ "urn": urn(&referral), "outcome": "CRS03" })).await;
    assert_eq!(kinds(&world).await, []);
    nobody_looks.release().await.unwrap();
    world
        .eventually("the line is held", async || {
            let standing = standing_for(&world, &practitioner, &referral).await;
            matches!(standing, Standing::Held(_)).then_some(())
        })
        .await;
    assert_eq!(kinds(&world).await, [DiscrepancyKind::ClosedEarly]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h12_a_move_that_the_network_carries_out_twice_moves_once() {
    let world = World::start().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let first = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "duplicate", "times": 1 })).await;
    let second = world.book_assessment(&provider, &referral, in_hours(96)).await;
    world.settled(&referral).await;
    let (old, new) = (world.contacts(CRN, &first.id).await, world.contacts(CRN, &second.id).await);
    assert_eq!((old.len(), new.len()), (1, 1), "{old:?} {new:?}");
    assert_eq!((&old[0]["outcome"], &new[0]["outcome"]), (&json!("RSSR"), &Value::Null));
    // A move to a time that meets the old one is named by our id, and made as well.
    let third = world.book_assessment(&provider, &referral, in_hours(96) + jiff::SignedDuration::from_mins(10)).await;
    world.settled(&referral).await;
    assert_eq!(outcome_of(&world, &second).await, "RSSR");
    assert_eq!(outcome_of(&world, &third).await, Value::Null);
    world.stop().await;
}

/// Delius made the contact, its answer was lost, and the next attempt meets a clash: the contact must not be forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn h02_a_clash_after_a_lost_answer_leaves_no_contact_behind() {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(1_500), ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    let once = |fault: Value| {
        let mut plan = json!({ "system": "delius", "operation": APPOINTMENTS, "times": 1 });
        plan.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        world.fault(plan)
    };
    once(json!({ "fault": "drop_after_commit" })).await;
    let clashes = json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "status", "value": 409 });
    world.fault(clashes).await;
    let first = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world
        .eventually("the clash is told", async || {
            let ledger = world.ledger(&referral).await;
            ledger.iter().any(|entry| entry.state == EffectState::Parked).then_some(())
        })
        .await;
    world.heal().await;
    let second = world.book_assessment(&provider, &referral, in_hours(96)).await;
    world.settled(&referral).await;
    assert_eq!(outcome_of(&world, &first).await, "RSSR", "whatever Delius held of it was moved");
    assert_eq!(outcome_of(&world, &second).await, Value::Null);
    world.stop().await;
}
