//! H13, kind by kind: what people edit in Delius beside closing and deleting is found, listed with what was seen and why
//! nothing is done about it, and left as they made it.

use app::Error;
use app::collection::{Standing, repair_now};
use delivery::job::Job;
use domain::collection::DiscrepancyKind;
use domain::job::JobOutcome;
use serde_json::{Value, json};
use store::discrepancy::{Discrepancy, Filter};
use testkit::{ReadBack, World};

use crate::booking::in_hours;
use crate::closed_early::{ctx, id, standing_for, urn};
use crate::job_run::{outcome, run_job};
use crate::reconcile::{closed_in_delius, reading, withdraw};

/// Has two sentences.
const CRN: &str = "X100002";

/// The two ways of reading that see activities.
const READERS: [ReadBack; 2] = [ReadBack::LegacyNsi, ReadBack::Urn];

async fn world(reader: ReadBack) -> World {
    let world = reading(reader).await;
    world.control("delius/mode", json!({ "urnRead": true })).await;
    world
}

/// A sent referral of which Delius has everything.
async fn settled_referral(world: &World) -> String {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    referral
}

async fn edit(world: &World, referral: &str, mut what: Value) {
    what["urn"] = json!(urn(referral));
    world.control("delius/nsi/edit", what).await;
}

/// What is open after a comparison.
async fn compare(world: &World, referral: &str) -> Vec<Discrepancy> {
    let run = run_job(&world.app, Job::Reconcile(Some(id(referral)))).await;
    assert_eq!(outcome(&run), JobOutcome::Succeeded, "{:?}", run.errors);
    let mut db = world.app.store().connection().await.unwrap();
    store::discrepancy::list(&mut db, &Filter::default(), 100).await.unwrap()
}

/// The one discrepancy of this kind, with what was seen. Found again it is the same one; nobody mends it unasked, and
/// who asks is told why not; Delius keeps what it has.
async fn listed(world: &World, referral: &str, kind: DiscrepancyKind, evidence: &[(&str, &str)]) -> Discrepancy {
    let record = || world.look("delius/X100002");
    let before = record().await;
    let first = compare(world, referral).await;
    let [found] = first.as_slice() else { panic!("one {kind}: {first:?}") };
    assert_eq!((found.finding.kind, found.referral_id), (kind, Some(id(referral))));
    for (name, value) in evidence {
        assert_eq!(found.finding.evidence.get(*name).map(String::as_str), Some(*value), "{kind}: {found:?}");
    }
    let again = compare(world, referral).await;
    assert_eq!(again.iter().map(|one| one.id).collect::<Vec<_>>(), [found.id], "{kind}");
    assert!(again[0].last_seen_at > found.last_seen_at, "{kind}");
    let operator = world.actor("OPERATOR_1").await;
    let refused = repair_now(&ctx(world, &operator).await, found.id, "It was reported.").await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why == kind.explanation()), "{kind}: {refused:?}");
    let standing = standing_for(world, &world.actor("PRACTITIONER_1").await, referral).await;
    match standing {
        Standing::Held(held) => assert!(kind.holds() && held.kind == kind && !held.choices.is_empty(), "{kind}"),
        _ => assert!(!kind.holds(), "{kind}: {standing:?}"),
    }
    world.settled(referral).await;
    assert_eq!(record().await, before, "{kind}: nothing was overwritten");
    first.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_another_type_sentence_or_day_is_listed_and_what_is_still_to_be_told_goes_out() {
    for reader in READERS {
        let world = world(reader).await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = settled_referral(&world).await;
        let made = world.activities(CRN, &referral).await.remove(0);

        edit(&world, &referral, json!({ "type": "CRS05" })).await;
        listed(&world, &referral, DiscrepancyKind::TypeMismatch, &[("type", "CRS05"), ("expected", "CRS01")]).await;
        edit(&world, &referral, json!({ "type": "CRS01" })).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");

        edit(&world, &referral, json!({ "eventNumber": 2 })).await;
        let expected = [("sentenceIdExpected", "2500000002")];
        let found = listed(&world, &referral, DiscrepancyKind::EventMismatch, &expected).await;
        let theirs = world.activities(CRN, &referral).await[0]["eventId"].to_string();
        assert_eq!(found.finding.evidence["sentenceId"], theirs, "{reader:?}");
        edit(&world, &referral, json!({ "eventNumber": 1 })).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");

        edit(&world, &referral, json!({ "startDate": "2026-01-05" })).await;
        listed(&world, &referral, DiscrepancyKind::DateMismatch, &[("startedOn", "2026-01-05")]).await;
        let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
        world.settled(&referral).await;
        assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1, "{reader:?}");
        edit(&world, &referral, json!({ "startDate": made["startDate"] })).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_half_reopened_stops_the_line_until_it_is_put_right() {
    for reader in READERS {
        let world = world(reader).await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = settled_referral(&world).await;
        edit(&world, &referral, json!({ "endDate": "2026-01-05", "outcome": "CRS02" })).await;
        let evidence = [("status", "INPROG"), ("outcome", "CRS02"), ("endedOn", "2026-01-05"), ("sentence", "active")];
        listed(&world, &referral, DiscrepancyKind::HalfReopened, &evidence).await;
        let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
        compare(&world, &referral).await;
        assert_eq!(world.contacts(CRN, &booked.id).await.len(), 0, "{reader:?}");
        world.control("delius/nsi/reopen", json!({ "urn": urn(&referral) })).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");
        world.settled(&referral).await;
        assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1, "{reader:?}: it went on where it stopped");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_another_outcome_or_day_of_the_end_is_listed_and_stays() {
    for reader in READERS {
        let world = world(reader).await;
        let referral = settled_referral(&world).await;
        withdraw(&world, &referral).await;
        world.settled(&referral).await;
        closed_in_delius(&world, CRN, &referral).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");
        let made = world.activities(CRN, &referral).await.remove(0);
        edit(&world, &referral, json!({ "outcome": "CRS03" })).await;
        listed(&world, &referral, DiscrepancyKind::OutcomeMismatch, &[("outcome", "CRS03"), ("status", "COMP")]).await;
        edit(&world, &referral, json!({ "outcome": made["outcome"], "endDate": "2026-01-05" })).await;
        listed(&world, &referral, DiscrepancyKind::DateMismatch, &[("endedOn", "2026-01-05")]).await;
        edit(&world, &referral, json!({ "endDate": made["endDate"] })).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_another_outcome_of_an_appointment_is_listed_where_it_can_be_seen_and_stays() {
    let world = world(ReadBack::Urn).await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = settled_referral(&world).await;
    let held = world.hold_assessment(&provider, &referral).await;
    world.settled(&referral).await;
    let recorded = async |outcome: &str| {
        world
            .eventually("Delius has the outcome", async || {
                (world.contacts(CRN, &held.id).await[0]["outcome"] == outcome).then_some(())
            })
            .await;
    };
    recorded("ATTC").await;
    assert_eq!(compare(&world, &referral).await, []);
    world.control("delius/contact/outcome", json!({ "urn": held.id, "outcome": "AFTA" })).await;
    let kind = DiscrepancyKind::AppointmentOutcomeMismatch;
    let found = listed(&world, &referral, kind, &[("outcome", "AFTA"), ("expected", "ATTC")]).await;
    assert_eq!(found.finding.appointment.map(|one| one.to_string()), Some(held.id.clone()));
    world.control("delius/contact/outcome", json!({ "urn": held.id, "outcome": "ATTC" })).await;
    assert_eq!(compare(&world, &referral).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_two_activities_are_told_by_the_refusal_to_read_either() {
    let world = world(ReadBack::Urn).await;
    let referral = settled_referral(&world).await;
    world.control("delius/nsi/duplicate", json!({ "urn": urn(&referral) })).await;
    listed(&world, &referral, DiscrepancyKind::Duplicate, &[("activities", "2"), ("sentence", "active")]).await;
    world.control("delius/nsi/soft-delete", json!({ "urn": urn(&referral) })).await;
    assert_eq!(compare(&world, &referral).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_without_seeing_activities_a_sentence_that_ended_is_told() {
    let world = world(ReadBack::Inference).await;
    let referral = settled_referral(&world).await;
    edit(&world, &referral, json!({ "type": "CRS05", "startDate": "2026-01-05" })).await;
    assert_eq!(compare(&world, &referral).await, [], "it is not to be seen");
    world.control("delius/sentence/terminate", json!({ "crn": CRN, "eventNumber": 1 })).await;
    listed(&world, &referral, DiscrepancyKind::EventMismatch, &[("sentence", "ended")]).await;
    world.stop().await;
}
