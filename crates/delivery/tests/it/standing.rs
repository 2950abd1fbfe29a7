//! Where a referral's messages stand, as both sides and operators are told: true whatever is the matter.

use app::collection::{Checked, Silent, Standing, Wait, check_now, choose, repair_now};
use app::operator::{Owner, Seen, find, get_ledger, pause, queues, resume, skip};
use app::{Correlation, Error, OpCtx};
use domain::Crn;
use domain::access::Operation;
use domain::collection::{Choice, DiscrepancyKind};
use domain::effect::{Action, System};
use serde_json::json;
use store::outbox::EffectState;
use testkit::{ReadBack, World};

use crate::booking::in_hours;
use crate::closed_early::{chosen, ctx, id, standing_for, urn, version};
use crate::reconcile::{compare, open, reading, settled_referral, withdraw};

const APPOINTMENTS: &str = "/probation-case/*/referrals/*/appointments";

/// The standing, once it is so.
async fn stands(world: &World, referral: &str, what: &str, is_so: impl Fn(&Standing) -> bool) -> Standing {
    let provider = world.actor("PROVIDER_1").await;
    world
        .eventually(what, async || {
            let standing = standing_for(world, &provider, referral).await;
            is_so(&standing).then_some(standing)
        })
        .await
}

fn waits(standing: &Standing, expected: impl Fn(&Wait) -> bool) -> bool {
    matches!(standing, Standing::Waiting { count: 1, wait, .. } if expected(wait))
}

async fn operator(world: &World) -> OpCtx {
    ctx(world, &world.actor("OPERATOR_1").await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_answer_is_named_and_a_pause_is_no_outage() {
    let world = reading(ReadBack::LegacyNsi).await;
    let (operator, provider) = (operator(&world).await, world.actor("PROVIDER_1").await);
    let referral = settled_referral(&world).await;
    pause(&operator, System::Delius, "a release there").await.unwrap();
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    stands(&world, &referral, "it is paused", |standing| waits(standing, |wait| matches!(wait, Wait::Paused { .. })))
        .await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "down" })).await;
    resume(&operator, System::Delius, "it is done").await.unwrap();
    stands(&world, &referral, "Delius is silent", |standing| {
        waits(standing, |wait| matches!(wait, Wait::Answer { from: Silent::Delius, .. }))
    })
    .await;
    world.heal().await;
    world.settled(&referral).await;
    assert!(matches!(
        standing_for(&world, &provider, &referral).await,
        Standing::UpToDate { up_to: Some(_), left_out: 0 }
    ));

    world.fault(json!({ "system": "sns", "fault": "down" })).await;
    withdraw(&world, &referral).await;
    stands(&world, &referral, "the topic is silent", |standing| {
        waits(standing, |wait| matches!(wait, Wait::Answer { from: Silent::EventTopic, .. }))
    })
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_skip_nobody_is_told_that_delius_has_everything() {
    let world = reading(ReadBack::LegacyNsi).await;
    let (operator, provider) = (operator(&world).await, world.actor("PROVIDER_1").await);
    let referral = settled_referral(&world).await;
    world.fault(json!({ "system": "delius", "operation": APPOINTMENTS, "fault": "status", "value": 403 })).await;
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    stands(&world, &referral, "it stands still", |standing| matches!(standing, Standing::Stuck { count: 1, .. })).await;
    let ledger = get_ledger(&operator, id(&referral)).await.unwrap();
    let parked = ledger.lines.iter().find(|line| line.entry.state == EffectState::Parked).unwrap();
    assert_eq!((parked.owner, parked.next_try), (Owner::Operator, None));
    let waiting = ledger.lines.iter().find(|line| line.waits_for == Some(parked.entry.id)).unwrap();
    assert_eq!((waiting.owner, waiting.next_try), (Owner::Operator, None), "what waits for it is held up by the same");
    let delivered = ledger.lines.iter().find(|line| line.entry.state == EffectState::Delivered).unwrap();
    assert_eq!(delivered.owner, Owner::Nobody);
    let shown = queues(&operator).await.unwrap();
    let of_email = shown.iter().find(|queue| queue.system == System::Notify).unwrap();
    assert!(of_email.waiting > 0 && of_email.oldest.is_none(), "a person holds it up: {of_email:?}");

    let seen = Seen { id: parked.entry.id, attempts: None };
    skip(&operator, seen, "entered by hand").await.unwrap();
    world.settled(&referral).await;
    assert!(matches!(
        standing_for(&world, &provider, &referral).await,
        Standing::UpToDate { up_to: Some(_), left_out: 1 }
    ));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_a_referral_may_have_it_compared_once_in_a_minute() {
    let world = reading(ReadBack::LegacyNsi).await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let (one, other) = (settled_referral(&world).await, settled_referral(&world).await);
    let theirs = ctx(&world, &provider).await;
    assert_eq!(check_now(&theirs, id(&one)).await.unwrap(), Checked::Agrees);
    world.control("delius/nsi/close", json!({ "urn": urn(&one) })).await;
    let by = ctx(&world, &practitioner).await;
    assert_eq!(check_now(&by, id(&one)).await.unwrap(), Checked::TooSoon, "whoever asked first");
    assert!(open(&world).await.is_empty(), "Delius was not asked again");

    let stranger = ctx(&world, &world.actor("PROVIDER_9").await).await;
    assert!(matches!(check_now(&stranger, id(&other)).await, Err(Error::AccessError { .. })));
    let nobody = operator(&world).await;
    assert!(check_now(&nobody, id(&other)).await.is_err(), "operators compare with a reason, elsewhere");

    world.fault(json!({ "system": "community-api", "fault": "down" })).await;
    assert_eq!(check_now(&by, id(&other)).await.unwrap(), Checked::Silent);
    world.heal().await;
    world.control("delius/nsi/close", json!({ "urn": urn(&other) })).await;
    let checked = world
        .eventually("Delius is asked again", async || {
            let checked = check_now(&ctx(&world, &practitioner).await, id(&other)).await.unwrap();
            (checked != Checked::Silent).then_some(checked)
        })
        .await;
    assert_eq!(checked, Checked::Differs);
    assert!(matches!(standing_for(&world, &provider, &other).await, Standing::Held(_)));
    let held = version(&world, &practitioner, &other).await;
    choose(&by, id(&other), chosen(held, Choice::WithoutDelius)).await.unwrap();
    assert_eq!(check_now(&theirs, id(&other)).await.unwrap(), Checked::Without);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_sees_no_activities_does_not_say_that_they_agree() {
    let world = reading(ReadBack::Inference).await;
    let by = ctx(&world, &world.actor("PRACTITIONER_1").await).await;
    let referral = settled_referral(&world).await;
    assert_eq!(check_now(&by, id(&referral)).await.unwrap(), Checked::Unseen);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_held_line_keeps_back_is_held_and_somebodys() {
    let world = reading(ReadBack::LegacyNsi).await;
    let (operator, provider) = (operator(&world).await, world.actor("PROVIDER_1").await);
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = settled_referral(&world).await;
    world.control("delius/nsi/close", json!({ "urn": urn(&referral) })).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::ClosedEarly]);
    world.book_assessment(&provider, &referral, in_hours(48)).await;
    let booking = async || {
        let ledger = get_ledger(&operator, id(&referral)).await.unwrap();
        let line = ledger.lines.iter().find(|line| matches!(line.entry.action, Action::PutAppointment(_))).unwrap();
        assert_eq!(ledger.discrepancies.len(), 1);
        (line.is_held, line.owner, line.next_try, ledger.choices.len())
    };
    assert_eq!(booking().await, (true, Owner::Practitioner, None, 0));
    let held = version(&world, &practitioner, &referral).await;
    let by = ctx(&world, &practitioner).await;
    choose(&by, id(&referral), chosen(held, Choice::AskToReopen)).await.unwrap();
    assert_eq!(booking().await, (true, Owner::DeliusUser, None, 1));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_is_under_way_is_not_said_to_be_done_again() {
    let world = reading(ReadBack::LegacyNsi).await;
    let operator = operator(&world).await;
    let referral = settled_referral(&world).await;
    world.control("delius/mode", json!({ "events": false })).await;
    withdraw(&world, &referral).await;
    world.settled(&referral).await;
    assert_eq!(compare(&world, &referral).await, [DiscrepancyKind::StillOpen]);
    world.settled(&referral).await;
    pause(&operator, System::Events, "a release there").await.unwrap();
    let found = open(&world).await.remove(0);
    assert!(repair_now(&operator, found.id, "It is open still.").await.unwrap().is_done);
    assert!(!repair_now(&operator, found.id, "It is open still.").await.unwrap().is_done);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_case_number_and_a_request_without_effects_lead_to_the_referral() {
    let world = reading(ReadBack::LegacyNsi).await;
    let operator = operator(&world).await;
    let referral = settled_referral(&world).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let correlation = Correlation { id: "a-look-alone".to_owned(), traceparent: None };
    let looking = world.app.authenticate(Some(practitioner.token()), correlation).await.unwrap();
    app::referral::get(&looking, Operation::GetSentReferral, id(&referral)).await.unwrap();
    world.control("delius/merge", json!({ "from": "X100008", "to": "X100009" })).await;
    app::collection::follow_merge(&operator, id(&referral), Crn("X100009".to_owned()), "Merged.".to_owned())
        .await
        .unwrap();
    for term in ["a-look-alone", "X100008", "x100009"] {
        let found = find(&operator, term).await.unwrap();
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [id(&referral)], "{term}");
    }
    assert!(find(&operator, "another-look").await.unwrap().is_empty());
    world.stop().await;
}
