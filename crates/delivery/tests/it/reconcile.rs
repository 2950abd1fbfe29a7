//! H13: what Delius holds is compared with what is true here, every disagreement is found, and what may be mended is.

use std::time::Duration;

use app::Error;
use app::collection::{Standing, choose, follow_merge, look_now, repair_now};
use delivery::job::Job;
use domain::Crn;
use domain::collection::{Choice, DiscrepancyKind};
use domain::effect::Action;
use domain::email::EmailPurpose;
use domain::job::JobOutcome;
use serde_json::json;
use store::discrepancy::{Discrepancy, Filter};
use store::outbox::EffectState;
use testkit::{Parts, ReadBack, World};

use crate::booking::in_hours;
use crate::closed_early::{MODES, chosen, ctx, id, standing_for, urn, version, world};
use crate::job_run::{counts, outcome, rehearse, run_job};

const CRN: &str = "X100008";

pub(crate) async fn reading(reader: ReadBack) -> World {
    let parts = Parts { sync_wait: Duration::from_millis(300), reader, ..Parts::default() };
    World::start_with(parts).await
}

/// Every open discrepancy.
pub(crate) async fn open(world: &World) -> Vec<Discrepancy> {
    let mut db = world.app.store().connection().await.unwrap();
    store::discrepancy::list(&mut db, &Filter::default(), 100).await.unwrap()
}

/// The kind of every open discrepancy.
pub(crate) async fn kinds(world: &World) -> Vec<DiscrepancyKind> {
    open(world).await.into_iter().map(|found| found.finding.kind).collect()
}

/// Compares one referral and says what is open then.
pub(crate) async fn compare(world: &World, referral: &str) -> Vec<DiscrepancyKind> {
    let run = run_job(&world.app, Job::Reconcile(Some(id(referral)))).await;
    assert_eq!(outcome(&run), JobOutcome::Succeeded, "{:?}", run.errors);
    kinds(world).await
}

/// A sent referral of which Delius has everything.
pub(crate) async fn settled_referral(world: &World) -> String {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    referral
}

pub(crate) async fn withdraw(world: &World, referral: &str) {
    let practitioner = world.actor("PRACTITIONER_1").await;
    let body = json!({ "code": "MOV", "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
    let answer = practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), body).await;
    assert!(answer.status.is_success(), "{}", answer.text);
}

pub(crate) async fn closed_in_delius(world: &World, crn: &str, referral: &str) {
    world
        .eventually("Delius has closed the activity", async || {
            world.activities(crn, referral).await.iter().all(|nsi| nsi["active"] == false).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_nothing_is_found_where_all_is_well() {
    for reader in [ReadBack::LegacyNsi, ReadBack::Urn, ReadBack::Inference] {
        let world = reading(reader).await;
        world.control("delius/mode", json!({ "urnRead": true })).await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = settled_referral(&world).await;
        world.book_assessment(&provider, &referral, in_hours(48)).await;
        world.settled(&referral).await;
        assert_eq!(compare(&world, &referral).await, [], "{reader:?}");
        let run = run_job(&world.app, Job::Reconcile(None)).await;
        assert_eq!(counts(&run), (0, 0, 0), "{reader:?}: it was compared just now and nothing was sent since");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_closed_by_hand_is_found_before_anything_is_sent_and_let_go_once_reopened() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = settled_referral(&world).await;
        world.control("delius/nsi/close", json!({ "urn": urn(&referral), "outcome": "CRS03" })).await;
        let dry = rehearse(&world.app, Job::Reconcile(Some(id(&referral)))).await;
        assert_eq!((counts(&dry), kinds(&world).await), ((1, 1, 0), vec![]), "{mode}: a rehearsal writes nothing");
        assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::ClosedEarly], "{mode}");
        let first = open(&world).await.remove(0);
        assert_eq!(first.finding.evidence["status"], "COMP");
        assert!(!serde_json::to_string(&first.finding.evidence).unwrap().contains("nsi"), "no id of the activity");

        let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
        let held = version(&world, &practitioner, &referral).await;
        let by = ctx(&world, &practitioner).await;
        let early = choose(&by, id(&referral), chosen(held, Choice::Reopened)).await;
        assert!(matches!(early, Err(Error::Conflict(_))), "{mode}: Delius shows that it is not so");
        choose(&by, id(&referral), chosen(held, Choice::AskToReopen)).await.unwrap();
        assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::ClosedEarly], "{mode}: seen again, still held");
        let again = open(&world).await.remove(0);
        assert_eq!((again.id, again.first_seen_at), (first.id, first.first_seen_at));
        assert!(again.last_seen_at > first.last_seen_at);

        world.control("delius/nsi/reopen", json!({ "urn": urn(&referral) })).await;
        assert_eq!(compare(&world, &referral).await, [], "{mode}");
        world.settled(&referral).await;
        assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1, "{mode}: it went on where it stopped");
        assert_eq!(world.activities(CRN, &referral).await.len(), 1, "{mode}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h09_an_end_never_overwrites_what_a_person_recorded_before_anybody_looked() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let referral = settled_referral(&world).await;
        let closed = json!({ "urn": urn(&referral), "outcome": "CRS03", "endDate": "2026-01-05" });
        world.control("delius/nsi/close", closed).await;
        let before = world.activities(CRN, &referral).await;
        withdraw(&world, &referral).await;
        let held = version(&world, &practitioner, &referral).await;
        assert_eq!(kinds(&world).await, [DiscrepancyKind::ClosedEarly], "{mode}");
        let by = ctx(&world, &practitioner).await;
        // The referral has ended already: what is left is to leave Delius as it is.
        choose(&by, id(&referral), chosen(held, Choice::EndReferral)).await.unwrap();
        world.settled(&referral).await;
        assert_eq!(world.activities(CRN, &referral).await, before, "{mode}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_a_deleted_activity_is_made_again_only_when_somebody_chooses_so() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = settled_referral(&world).await;
        world.control("delius/nsi/soft-delete", json!({ "urn": urn(&referral) })).await;
        let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
        let held = version(&world, &practitioner, &referral).await;
        assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::SoftDeleted], "{mode}");
        let live = async || {
            let all = world.activities(CRN, &referral).await;
            all.into_iter().filter(|nsi| nsi["softDeleted"] == false).count()
        };
        assert_eq!(live().await, 0, "{mode}: nothing is undone unasked");
        let by = ctx(&world, &practitioner).await;
        choose(&by, id(&referral), chosen(held, Choice::CreateAgain)).await.unwrap();
        choose(&by, id(&referral), chosen(held, Choice::CreateAgain)).await.unwrap();
        world.settled(&referral).await;
        assert_eq!((live().await, world.contacts(CRN, &booked.id).await.len()), (1, 1), "{mode}: twice is once");
        assert_eq!(compare(&world, &referral).await, [], "{mode}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_an_activity_that_is_gone_is_made_again_once_with_what_is_still_to_come() {
    for deed in ["nsi/delete", "nsi/urn"] {
        let world = reading(ReadBack::LegacyNsi).await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = settled_referral(&world).await;
        let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
        world.settled(&referral).await;
        let gone = if deed == "nsi/urn" {
            json!({ "urn": urn(&referral), "newUrn": null })
        } else {
            json!({ "urn": urn(&referral) })
        };
        world.control(&format!("delius/{deed}"), gone).await;
        assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::Missing], "{deed}");
        compare(&world, &referral).await;
        world.settled(&referral).await;
        assert_eq!(world.activities(CRN, &referral).await.len(), 1, "{deed}: twice is once");
        assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1, "{deed}");
        assert_eq!(compare(&world, &referral).await, [], "{deed}");
        let ledger = world.ledger(&referral).await;
        let repairs = ledger.iter().filter(|entry| entry.cause == "discrepancy-repaired").count();
        assert!(repairs >= 2, "{deed}: in the ledger, with their cause");
        let asked = ledger.iter().filter(|entry| {
            let asks = matches!(entry.action, Action::Email { purpose: EmailPurpose::DeliusNeedsChoice, .. });
            asks && entry.state == EffectState::Delivered
        });
        assert_eq!(asked.count(), 0, "{deed}: nobody is asked to choose what is mended by itself");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn comparing_again_while_an_activity_is_made_does_not_hold_it_up() {
    let world = reading(ReadBack::LegacyNsi).await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = settled_referral(&world).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.settled(&referral).await;
    world.control("delius/nsi/delete", json!({ "urn": urn(&referral) })).await;
    let starts = json!({ "system": "delius", "operation": "/probation-case/*/referrals", "method": "PUT", "fault": "latency", "value": 1_500 });
    world.fault(starts).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::Missing]);
    world
        .eventually("the start is under way", async || {
            let ledger = world.ledger(&referral).await;
            let mut starts = ledger.iter().filter(|entry| entry.action == Action::RestartReferral);
            starts.any(|entry| entry.state == EffectState::InFlight).then_some(())
        })
        .await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::Missing]);
    world.settled(&referral).await;
    assert_eq!(world.activities(CRN, &referral).await.len(), 1);
    assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1);
    world.stop().await;
}

/// A booking was under way when the repair was intended, and is refused when that stands behind it already.
#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_is_refused_while_the_activity_is_made_again_does_not_hold_that_up() {
    let world = reading(ReadBack::LegacyNsi).await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = settled_referral(&world).await;
    let slow = json!({ "system": "delius", "operation": "/probation-case/*/referrals/*/appointments", "fault": "latency", "value": 2_500, "times": 1 });
    world.fault(slow).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.control("delius/nsi/delete", json!({ "urn": urn(&referral) })).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::Missing]);
    world
        .eventually("the booking is refused", async || {
            let ledger = world.ledger(&referral).await;
            let booking = ledger.iter().find(|entry| matches!(entry.action, Action::PutAppointment(_)))?;
            (booking.last_status == Some(404)).then_some(())
        })
        .await;
    world
        .eventually("the activity is made again", async || {
            compare(&world, &referral).await;
            let all = world.activities(CRN, &referral).await;
            (all.len() == 1 && world.contacts(CRN, &booked.id).await.len() == 1).then_some(())
        })
        .await;
    world.settled(&referral).await;
    assert_eq!(compare(&world, &referral).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_activities_with_one_reference_stop_the_line_until_one_is_gone() {
    let world = reading(ReadBack::LegacyNsi).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = settled_referral(&world).await;
    world.control("delius/nsi/duplicate", json!({ "urn": urn(&referral) })).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::Duplicate]);
    assert!(matches!(standing_for(&world, &practitioner, &referral).await, Standing::Held(_)));
    world.control("delius/nsi/soft-delete", json!({ "urn": urn(&referral) })).await;
    assert_eq!(compare(&world, &referral).await, []);
    assert!(matches!(standing_for(&world, &practitioner, &referral).await, Standing::UpToDate { .. }));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h08_h13_an_end_that_did_not_arrive_is_announced_again_and_no_more_once_it_did() {
    let world = reading(ReadBack::LegacyNsi).await;
    let referral = settled_referral(&world).await;
    world.control("delius/mode", json!({ "events": false })).await;
    withdraw(&world, &referral).await;
    world.settled(&referral).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::StillOpen]);
    world.settled(&referral).await;
    assert_eq!(world.activities(CRN, &referral).await[0]["active"], true);
    world.control("delius/mode", json!({ "events": true })).await;
    compare(&world, &referral).await;
    world.settled(&referral).await;
    closed_in_delius(&world, CRN, &referral).await;
    assert_eq!(compare(&world, &referral).await, []);
    let ended = world.ledger(&referral).await;
    let ended = ended.iter().filter(|entry| entry.action.name() == "intervention.referral.ended").count();
    compare(&world, &referral).await;
    let after = world.ledger(&referral).await;
    let after = after.iter().filter(|entry| entry.action.name() == "intervention.referral.ended").count();
    assert_eq!((ended, after), (3, 3));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_sentence_is_named_and_its_end_is_not_announced_for_ever() {
    let world = reading(ReadBack::LegacyNsi).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = settled_referral(&world).await;
    world.control("delius/sentence/terminate", json!({ "crn": CRN, "eventNumber": 1 })).await;
    world.control("delius/nsi/close", json!({ "urn": urn(&referral) })).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::ClosedEarly]);
    let Standing::Held(held) = standing_for(&world, &practitioner, &referral).await else { panic!("held") };
    assert_eq!((held.evidence["sentence"].as_str(), held.likely_reason), ("ended", "SEE"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h10_a_merged_person_is_followed_and_what_waits_goes_out_under_the_new_number() {
    let world = reading(ReadBack::LegacyNsi).await;
    let operator = world.actor("OPERATOR_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = settled_referral(&world).await;
    world.control("delius/merge", json!({ "from": CRN, "to": "X100009" })).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::PersonMismatch]);
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    let by = ctx(&world, &operator).await;
    let why = || "Merged in Delius.".to_owned();
    let wrong = follow_merge(&by, id(&referral), Crn("X100010".to_owned()), why()).await;
    assert!(matches!(wrong, Err(Error::Conflict(_))), "{wrong:?}");
    for _ in 0..2 {
        follow_merge(&by, id(&referral), Crn("X100009".to_owned()), why()).await.unwrap();
    }
    world.settled(&referral).await;
    assert_eq!(world.contacts("X100009", &booked.id).await.len(), 1);
    assert_eq!(compare(&world, &referral).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orphans_and_damaged_references_are_listed_and_settled() {
    let world = reading(ReadBack::LegacyNsi).await;
    let one = settled_referral(&world).await;
    let two = settled_referral(&world).await;
    let orphan = "urn:hmpps:interventions-referral:00000000-0000-4000-8000-000000000001";
    world.control("delius/nsi/urn", json!({ "urn": urn(&two), "newUrn": orphan })).await;
    assert_eq!(compare(&world, &one).await, [DiscrepancyKind::OrphanUrn]);
    let found = open(&world).await.remove(0);
    assert_eq!((found.referral_id, found.urn.as_deref()), (None, Some(orphan)));
    let damaged = "URN:hmpps:interventions-referral:12";
    world.control("delius/nsi/urn", json!({ "urn": orphan, "newUrn": damaged })).await;
    assert_eq!(compare(&world, &one).await, [DiscrepancyKind::MalformedUrn]);
    world.control("delius/nsi/urn", json!({ "urn": damaged, "newUrn": urn(&two) })).await;
    assert_eq!(compare(&world, &one).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_that_somebody_deleted_is_booked_again_where_it_can_be_seen() {
    let world = reading(ReadBack::Urn).await;
    world.control("delius/mode", json!({ "urnRead": true })).await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = settled_referral(&world).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;
    world.settled(&referral).await;
    let contact = format!("urn:hmpps:interventions-appointment:{}", booked.id);
    world.control("delius/contact/delete", json!({ "urn": contact })).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::AppointmentMissing]);
    compare(&world, &referral).await;
    world.settled(&referral).await;
    let live = world.contacts(CRN, &booked.id).await.into_iter().filter(|one| one["softDeleted"] == false).count();
    assert_eq!(live, 1, "twice is once");
    assert_eq!(compare(&world, &referral).await, []);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_repairs_what_can_be_repaired_and_is_told_why_not_otherwise() {
    let world = reading(ReadBack::LegacyNsi).await;
    let operator = world.actor("OPERATOR_1").await;
    let referral = settled_referral(&world).await;
    world.control("delius/nsi/close", json!({ "urn": urn(&referral) })).await;
    let by = ctx(&world, &operator).await;
    assert!(matches!(look_now(&by, id(&referral)).await.unwrap(), Standing::Held(_)));
    let found = open(&world).await.remove(0);
    let refused = repair_now(&by, found.id, "It was reported.").await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("chooses")), "{refused:?}");
    let stranger = world.actor("PROVIDER_1").await;
    assert!(matches!(
        repair_now(&ctx(&world, &stranger).await, found.id, "Why not?").await,
        Err(Error::AccessDenied(_))
    ));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_comparison_is_written_down_and_the_next_run_carries_on() {
    let world = reading(ReadBack::LegacyNsi).await;
    let (one, two) = (settled_referral(&world).await, settled_referral(&world).await);
    let down = json!({ "system": "community-api", "fault": "status", "value": 500, "times": 1 });
    world.fault(down).await;
    let run = run_job(&world.app, Job::Reconcile(None)).await;
    assert_eq!((outcome(&run), counts(&run)), (JobOutcome::Failed, (2, 0, 1)));
    let run = run_job(&world.app, Job::Reconcile(None)).await;
    assert_eq!((outcome(&run), counts(&run)), (JobOutcome::Succeeded, (1, 0, 0)), "only the one that failed");
    let mut db = world.app.store().connection().await.unwrap();
    for referral in [&one, &two] {
        let (_, digest) = store::collection::find_check(&mut db, id(referral)).await.unwrap().unwrap();
        assert!(digest.contains("INPROG"), "{digest}");
    }
    world.stop().await;
}
