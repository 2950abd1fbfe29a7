//! H12 and H13: somebody in Delius closes the activity while the referral goes on. Nothing is forced on Delius, nothing
//! is lost, and somebody chooses what becomes of it. Every test runs against a Delius that refuses updates of a closed
//! activity and against one that takes them.

use std::time::Duration;

use app::collection::{Chosen, Standing, choose, standing};
use app::{Correlation, Error, OpCtx};
use domain::collection::{Choice, DiscrepancyKind, Finding};
use domain::effect::{Action, Announcement, System};
use domain::{ReferralId, User};
use serde_json::{Value, json};
use store::outbox::{EffectState, LedgerEntry};
use testkit::{Actor, Parts, World};

use crate::booking::in_hours;
use crate::reconcile::closed_in_delius;

const CRN: &str = "X100007";

pub(crate) const MODES: [&str; 2] = ["strict", "lenient"];

/// A world whose Delius meets updates of a closed activity in this way.
pub(crate) async fn world(mode: &str) -> World {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    world.control("delius/mode", json!({ "closedNsi": mode })).await;
    world
}

pub(crate) fn id(referral: &str) -> ReferralId {
    referral.parse().unwrap()
}

pub(crate) fn urn(referral: &str) -> String {
    format!("urn:hmpps:interventions-referral:{referral}")
}

/// The context of an operation by somebody.
pub(crate) async fn ctx(world: &World, actor: &Actor) -> OpCtx {
    let correlation = Correlation { id: "test".to_owned(), traceparent: None };
    world.app.authenticate(Some(actor.token()), correlation).await.unwrap()
}

/// The line is held: as the reader of Delius's side would have it, whatever Delius makes of updates.
async fn hold(world: &World, referral: &str, kind: DiscrepancyKind) {
    let mut work = world.app.store().begin().await.unwrap();
    let locked = store::referral::lock(&mut work, id(referral)).await.unwrap().unwrap();
    let now = world.app.clock().now();
    let cause = app::change::Cause { actor: User::service(), now, correlation: app::Correlation::untraced("test") };
    app::collection::discover(&world.app, &mut work, &locked, &Finding::new(kind), &cause).await.unwrap();
    work.commit().await.unwrap();
}

pub(crate) async fn standing_for(world: &World, actor: &Actor, referral: &str) -> Standing {
    standing(&ctx(world, actor).await, id(referral)).await.unwrap()
}

/// The version of the line as somebody sees it, once it is held.
pub(crate) async fn version(world: &World, actor: &Actor, referral: &str) -> i32 {
    world
        .eventually("the line is held", async || match standing_for(world, actor, referral).await {
            Standing::Held(held) => Some(held.version),
            _ => None,
        })
        .await
}

pub(crate) fn chosen(version: i32, choice: Choice) -> Chosen {
    let reason_code = (choice == Choice::EndReferral).then(|| "ANO".to_owned());
    Chosen { version, choice, why: "It was closed by mistake.".to_owned(), reason_code }
}

async fn close(world: &World, referral: &str) {
    world
        .control("delius/nsi/close", json!({ "urn": urn(referral), "outcome": "CRS01", "endDate": "2026-01-05" }))
        .await;
}

async fn activity(world: &World, referral: &str) -> Value {
    let mut found = world.activities(CRN, referral).await;
    assert_eq!(found.len(), 1, "one activity: {found:?}");
    found.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn h13_a_refused_booking_holds_the_line_and_it_goes_on_where_it_stopped() {
    let world = world("strict").await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    close(&world, &referral).await;
    let booked = world.book_assessment(&provider, &referral, in_hours(48)).await;

    let held = version(&world, &practitioner, &referral).await;
    let Standing::Held(seen) = standing_for(&world, &provider, &referral).await else { panic!("held") };
    assert_eq!((seen.kind, seen.choices), (DiscrepancyKind::ClosedEarly, &[][..]), "the provider only looks");
    assert!(world.contacts(CRN, &booked.id).await.is_empty());
    // The practitioner is written to, and other referrals of the person go on.
    let other = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&other).await;
    world
        .eventually("the practitioner is written to", async || {
            let ledger = world.ledger(&referral).await;
            let written = |e: &LedgerEntry| e.action.name() == "delius-needs-choice e-mail";
            ledger.iter().any(|e| written(e) && e.state == EffectState::Delivered).then_some(())
        })
        .await;

    let by = ctx(&world, &practitioner).await;
    let Standing::Held(asked) = choose(&by, id(&referral), chosen(held, Choice::AskToReopen)).await.unwrap() else {
        panic!("still held")
    };
    assert!(asked.asked_at.is_some());
    // The same choice again, and one about what is not so any more.
    choose(&by, id(&referral), chosen(held, Choice::AskToReopen)).await.unwrap();
    let stale = choose(&by, id(&referral), chosen(held, Choice::WithoutDelius)).await;
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");

    world.control("delius/nsi/reopen", json!({ "urn": urn(&referral) })).await;
    choose(&by, id(&referral), chosen(asked.version, Choice::Reopened)).await.unwrap();
    world.settled(&referral).await;
    assert_eq!(world.contacts(CRN, &booked.id).await.len(), 1);
    let activity = activity(&world, &referral).await;
    assert_eq!((&activity["status"], &activity["active"]), (&json!("INPROG"), &json!(true)));
    assert!(matches!(
        standing_for(&world, &provider, &referral).await,
        Standing::UpToDate { up_to: Some(_), left_out: 0 }
    ));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_line_is_held_only_what_reaches_delius_waits() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.hold_assessment(&provider, &referral).await;
        world.settled(&referral).await;
        close(&world, &referral).await;
        hold(&world, &referral, DiscrepancyKind::ClosedEarly).await;
        world.assign(&provider, &referral).await;
        let plan = world.submit_plan(&provider, &referral, 1).await;
        let booked = world.book_session(&provider, &plan, 1, in_hours(48)).await;
        let waiting = world
            .eventually("everything else is delivered", async || {
                let ledger = world.ledger(&referral).await;
                let waiting: Vec<_> = ledger.into_iter().filter(|entry| entry.state.is_unfinished()).collect();
                // The e-mail about the booking must be true, so it waits for the booking, and its line behind it.
                let others = waiting.iter().filter(|e| !e.action.reaches_delius() && e.system != System::Notify);
                (others.count() == 0 && waiting.iter().all(|e| e.state != EffectState::InFlight)).then_some(waiting)
            })
            .await;
        let names: Vec<String> =
            waiting.iter().filter(|e| e.action.reaches_delius()).map(|e| e.action.name()).collect();
        assert!(names.contains(&"appointment".to_owned()), "{mode}: {names:?}");
        assert!(names.contains(&"intervention.action-plan.submitted".to_owned()), "{mode}: {names:?}");
        assert!(waiting.iter().all(|e| e.attempts == 0), "{mode}: nothing was tried");
        assert!(world.contacts(CRN, &booked.id).await.is_empty());
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_delius_the_referral_goes_on_and_what_a_person_did_there_stays() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let provider = world.actor("PROVIDER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.settled(&referral).await;
        close(&world, &referral).await;
        let before = activity(&world, &referral).await;
        hold(&world, &referral, DiscrepancyKind::ClosedEarly).await;
        let early = world.book_assessment(&provider, &referral, in_hours(48)).await;
        let held = version(&world, &practitioner, &referral).await;
        let by = ctx(&world, &practitioner).await;
        choose(&by, id(&referral), chosen(held, Choice::WithoutDelius)).await.unwrap();
        // Twice is once.
        let again = choose(&by, id(&referral), chosen(held, Choice::WithoutDelius)).await.unwrap();
        assert!(matches!(again, Standing::Without { .. }), "{mode}");

        let late = world.book_assessment(&provider, &referral, in_hours(96)).await;
        let code = json!({ "code": "MOV", "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
        practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), code).await;
        let ledger = world.settled(&referral).await;
        let told: Vec<_> = ledger.iter().filter(|entry| entry.action.is_only_for_delius()).collect();
        let superseded = told.iter().filter(|entry| entry.state == EffectState::Superseded).count();
        assert_eq!((told.len(), superseded), (4, 3), "{mode}: all but the start, which came before: {told:?}");
        for appointment in [&early.id, &late.id] {
            assert!(world.contacts(CRN, appointment).await.is_empty(), "{mode}");
        }
        let events = world.look("events").await;
        let published = |kind: &str| events.as_array().unwrap().iter().any(|event| event["eventType"] == kind);
        assert!(published("intervention.referral.concluded"), "{mode}: others hear of the end");
        assert!(!published("intervention.referral.ended"), "{mode}: Delius alone acts on it, and would overwrite");
        assert_eq!(activity(&world, &referral).await, before, "{mode}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_the_referral_leaves_a_persons_outcome_alone() {
    for mode in MODES {
        let world = world(mode).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.settled(&referral).await;
        close(&world, &referral).await;
        let before = activity(&world, &referral).await;
        hold(&world, &referral, DiscrepancyKind::ClosedEarly).await;
        let held = version(&world, &practitioner, &referral).await;
        let by = ctx(&world, &practitioner).await;
        let unknown = Chosen { reason_code: Some("XXX".to_owned()), ..chosen(held, Choice::EndReferral) };
        assert!(matches!(choose(&by, id(&referral), unknown).await, Err(Error::Bad(_))));
        let wordless = Chosen { why: " ".to_owned(), ..chosen(held, Choice::EndReferral) };
        assert!(matches!(choose(&by, id(&referral), wordless).await, Err(Error::Fields(_))));
        choose(&by, id(&referral), chosen(held, Choice::EndReferral)).await.unwrap();
        choose(&by, id(&referral), chosen(held, Choice::EndReferral)).await.unwrap();
        world.settled(&referral).await;
        let sent = practitioner.get(&format!("/sent-referral/{referral}")).await.expect(200);
        assert!(sent["concludedAt"].is_string(), "{mode}: {sent}");
        assert_eq!(activity(&world, &referral).await, before, "{mode}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_the_first_thing_a_relay_does_looks_before_it_is_announced() {
    for reader in [testkit::ReadBack::LegacyNsi, testkit::ReadBack::Urn] {
        let world = World::start_with(Parts { reader, ..Parts::default() }).await;
        // Takes whatever comes, so that an announcement would show.
        world.control("delius/mode", json!({ "closedNsi": "lenient", "urnRead": true })).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.settled(&referral).await;
        let closed = json!({ "urn": urn(&referral), "outcome": "CRS02", "endDate": "2026-01-05" });
        world.control("delius/nsi/close", closed).await;
        let before = activity(&world, &referral).await;
        withdraw(&practitioner, &referral).await;
        version(&world, &practitioner, &referral).await;
        assert_eq!(activity(&world, &referral).await, before, "{reader:?}");
        world.stop().await;
    }
}

/// An end whose announcement was heard and not answered, read back in both ways: what is closed then was closed by us.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_whose_answer_was_lost_is_not_taken_for_a_closing_by_a_person() {
    for reader in [testkit::ReadBack::LegacyNsi, testkit::ReadBack::Urn] {
        let world = World::start_with(Parts { reader, ..Parts::default() }).await;
        world.control("delius/mode", json!({ "urnRead": true })).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let referral = world.a_sent_referral(&practitioner, CRN).await;
        world.settled(&referral).await;
        let conclusion_comes_first = json!({ "system": "sns", "fault": "latency", "value": 1, "times": 1 });
        world.fault(conclusion_comes_first).await;
        world.fault(json!({ "system": "sns", "fault": "drop_after_commit", "times": 1 })).await;
        world.fault(json!({ "system": "sns", "fault": "status", "value": 503 })).await;
        withdraw(&practitioner, &referral).await;
        world
            .eventually("Delius heard it", async || {
                (activity(&world, &referral).await["status"] == "COMP").then_some(())
            })
            .await;
        let ends = async || ends(&world.ledger(&referral).await);
        let before = ends().await[0].attempts;
        world.eventually("it is tried again", async || (ends().await[0].attempts > before + 1).then_some(())).await;
        world.heal().await;
        world.settled(&referral).await;
        assert!(ends().await.iter().all(|end| end.state == EffectState::Delivered), "{reader:?}: {:?}", ends().await);
        let standing = standing_for(&world, &practitioner, &referral).await;
        assert!(matches!(standing, Standing::UpToDate { .. }), "{reader:?}: {standing:?}");
        assert_eq!(activity(&world, &referral).await["outcome"], "CRS01", "{reader:?}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_closes_while_the_end_is_tried_again_is_not_overwritten() {
    let world = World::start_with(Parts { reader: testkit::ReadBack::LegacyNsi, ..Parts::default() }).await;
    world.control("delius/mode", json!({ "closedNsi": "lenient" })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    world.fault(json!({ "system": "sns", "fault": "latency", "value": 1, "times": 1 })).await;
    // Perhaps carried out, as far as anybody can know.
    world.fault(json!({ "system": "sns", "fault": "status", "value": 502 })).await;
    withdraw(&practitioner, &referral).await;
    let tried = async || ends(&world.ledger(&referral).await).first().is_some_and(|end| end.attempts > 1);
    world.eventually("it is tried", async || tried().await.then_some(())).await;
    let closed = json!({ "urn": urn(&referral), "outcome": "CRS02", "endDate": "2026-01-05" });
    world.control("delius/nsi/close", closed).await;
    let before = activity(&world, &referral).await;
    // The attempt that is under way may have looked before; the next one sees it.
    version(&world, &practitioner, &referral).await;
    world.heal().await;
    assert_eq!(activity(&world, &referral).await, before);
    world.stop().await;
}

/// Where Delius has activities and refuses to show them, nobody's closing is overwritten unseen: the end waits.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_waits_where_delius_does_not_let_us_look() {
    let world = World::start_with(Parts { reader: testkit::ReadBack::LegacyNsi, ..Parts::default() }).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.settled(&referral).await;
    let activities = "/secure/offenders/crn/*/convictions/*/nsis";
    world.fault(json!({ "system": "community-api", "operation": activities, "fault": "status", "value": 403 })).await;
    withdraw(&practitioner, &referral).await;
    let waits = async || {
        let end = ends(&world.ledger(&referral).await).pop()?;
        (end.state == EffectState::Retrying && end.attempts > 1).then_some(end)
    };
    let end = world.eventually("the end is tried", waits).await;
    assert!(end.last_error.as_deref().is_some_and(|error| error.contains("does not let us see")), "{end:?}");
    assert_eq!(activity(&world, &referral).await["status"], "INPROG");
    world.heal().await;
    world.settled(&referral).await;
    closed_in_delius(&world, CRN, &referral).await;
    world.stop().await;
}

/// A start was heard and not answered, and a person deleted the activity before it was tried again.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_tried_again_makes_no_second_activity_beside_a_deleted_one() {
    for reader in [testkit::ReadBack::LegacyNsi, testkit::ReadBack::Urn] {
        let world = World::start_with(Parts { reader, ..Parts::default() }).await;
        world.control("delius/mode", json!({ "urnRead": true })).await;
        let practitioner = world.actor("PRACTITIONER_1").await;
        let referral = a_start_without_an_answer(&world, &practitioner).await;
        world.control("delius/nsi/soft-delete", json!({ "urn": urn(&referral) })).await;
        let held = version(&world, &practitioner, &referral).await;
        world.heal().await;
        assert_eq!(world.activities(CRN, &referral).await.len(), 1, "{reader:?}");

        let by = ctx(&world, &practitioner).await;
        choose(&by, id(&referral), chosen(held, Choice::CreateAgain)).await.unwrap();
        world.settled(&referral).await;
        let all = world.activities(CRN, &referral).await;
        let live = all.iter().filter(|one| one["softDeleted"] == false).count();
        assert_eq!((all.len(), live), (2, 1), "{reader:?}: {all:?}");
        world.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_tried_again_does_not_open_what_a_person_closed() {
    let world = World::start_with(Parts { reader: testkit::ReadBack::LegacyNsi, ..Parts::default() }).await;
    world.control("delius/mode", json!({ "closedNsi": "lenient" })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = a_start_without_an_answer(&world, &practitioner).await;
    close(&world, &referral).await;
    let before = activity(&world, &referral).await;
    version(&world, &practitioner, &referral).await;
    world.heal().await;
    assert_eq!(activity(&world, &referral).await, before);
    world.stop().await;
}

/// A referral whose activity Delius made without our hearing of it; every further call of the kind fails.
async fn a_start_without_an_answer(world: &World, practitioner: &Actor) -> String {
    let fails = |fault: Value| {
        let mut plan = json!({ "system": "delius", "operation": "/probation-case/*/referrals", "method": "PUT" });
        plan.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        world.fault(plan)
    };
    fails(json!({ "fault": "drop_after_commit", "times": 1 })).await;
    fails(json!({ "fault": "status", "value": 503 })).await;
    let referral = world.a_sent_referral(practitioner, CRN).await;
    world
        .eventually("Delius made it", async || (!world.activities(CRN, &referral).await.is_empty()).then_some(()))
        .await;
    referral
}

async fn withdraw(practitioner: &Actor, referral: &str) {
    let withdrawal = json!({ "code": "MIS", "comments": "", "withdrawalState": "PRE_ICA_WITHDRAWAL" });
    practitioner.post(&format!("/sent-referral/{referral}/withdraw-referral"), withdrawal).await.expect(200);
}

/// The announcements of a referral's end.
fn ends(ledger: &[LedgerEntry]) -> Vec<LedgerEntry> {
    let is_end = |entry: &&LedgerEntry| matches!(&entry.action, Action::Publish(Announcement::ReferralEnded(_)));
    ledger.iter().filter(is_end).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_practitioners_side_and_operators_choose() {
    let world = world("strict").await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let provider = world.actor("PROVIDER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    hold(&world, &referral, DiscrepancyKind::ClosedEarly).await;
    let held = version(&world, &practitioner, &referral).await;
    for username in ["PROVIDER_1", "PROVIDER_9"] {
        let actor = world.actor(username).await;
        let refused = choose(&ctx(&world, &actor).await, id(&referral), chosen(held, Choice::WithoutDelius)).await;
        assert!(matches!(refused, Err(Error::AccessError { .. })), "{username}: {refused:?}");
    }
    let stranger = world.actor("PROVIDER_9").await;
    let hidden = standing(&ctx(&world, &stranger).await, id(&referral)).await;
    assert!(matches!(hidden, Err(Error::AccessError { .. })), "{hidden:?}");
    let operator = world.actor("OPERATOR_1").await;
    let by = ctx(&world, &operator).await;
    choose(&by, id(&referral), chosen(held, Choice::WithoutDelius)).await.unwrap();
    assert!(matches!(standing_for(&world, &provider, &referral).await, Standing::Without { .. }));
    world.stop().await;
}
