//! What operators see and do: the real use cases and the real relay, with the sandbox as every other system.

use std::time::Duration;

use app::operator::{
    Plan, ReplayOrder, Seen, Verdict, explain, find, get_ledger, pause, preview, queues, replay, resume, retry, skip,
};
use app::{Error, OpCtx};
use domain::effect::{Action, System};
use domain::{ErrorCode, ReferralUrn};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::outbox::{EffectState, LedgerEntry};
use testkit::{Parts, World};

use crate::booking::in_hours;
use crate::closed_early::{ctx, id};

const CRN: &str = "X100005";
const STARTS: &str = "/probation-case/*/referrals";

async fn world() -> (World, OpCtx) {
    let world = World::start_with(Parts { sync_wait: Duration::from_millis(300), ..Parts::default() }).await;
    let operator = world.actor("OPERATOR_1").await;
    let operator = ctx(&world, &operator).await;
    (world, operator)
}

fn whole_day(system: System) -> ReplayOrder {
    let now = runtime::Clock::system().now();
    ReplayOrder { system, from: now - SignedDuration::from_hours(12), until: now + SignedDuration::from_hours(12) }
}

/// The start of a referral that Delius refuses, once it is parked.
async fn a_parked_start(world: &World) -> (String, LedgerEntry) {
    world.fault(json!({ "system": "delius", "operation": STARTS, "fault": "status", "value": 403 })).await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let parked = world
        .eventually("the start is parked", async || {
            world.ledger(&referral).await.into_iter().find(|entry| entry.state == EffectState::Parked)
        })
        .await;
    assert_eq!(parked.action, Action::StartReferral);
    world.heal().await;
    (referral, parked)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_a_paused_system_waits_until_it_is_resumed() {
    let (world, operator) = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    pause(&operator, System::Notify, "  the templates are being changed ").await.unwrap();
    pause(&operator, System::Notify, "a second reason").await.unwrap();
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world
        .eventually("everything else is delivered", async || {
            let ledger = world.ledger(&referral).await;
            let unfinished = |entry: &&LedgerEntry| entry.state.is_unfinished();
            ledger.iter().filter(unfinished).all(|entry| entry.system == System::Notify).then_some(())
        })
        .await;
    let ledger = get_ledger(&operator, id(&referral)).await.unwrap();
    let (emails, others): (Vec<_>, Vec<_>) = ledger.lines.iter().partition(|line| line.entry.system == System::Notify);
    assert!(!emails.is_empty() && emails.iter().all(|line| line.is_paused && line.attempts.is_empty()), "{emails:?}");
    assert!(others.iter().all(|line| !line.is_paused && !line.attempts.is_empty()), "{others:?}");
    let shown = queues(&operator).await.unwrap();
    let queue = shown.iter().find(|queue| queue.system == System::Notify).unwrap();
    assert_eq!(queue.waiting, u64::try_from(emails.len()).unwrap());
    assert!(queue.oldest.is_some());
    let paused = queue.paused.as_ref().unwrap();
    assert_eq!((paused.why.as_str(), paused.by.username.as_str()), ("the templates are being changed", "OPERATOR_1"));
    assert!(shown.iter().all(|queue| queue.system == System::Notify || queue.paused.is_none()));

    resume(&operator, System::Notify, "the templates are changed").await.unwrap();
    let settled = world.settled(&referral).await;
    assert!(settled.iter().all(|entry| entry.state == EffectState::Delivered), "{settled:?}");
    for why in ["the templates are being changed", "the templates are changed"] {
        let kept = world.database.rows_containing(why).await;
        assert!(kept.iter().any(|row| row.contains("audit_entry")), "{kept:?}");
    }
    assert!(world.database.rows_containing("a second reason").await.is_empty(), "nothing happened then");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_effect_is_tried_again_about_the_attempt_that_was_seen() {
    let (world, operator) = world().await;
    let (referral, parked) = a_parked_start(&world).await;
    let shown = queues(&operator).await.unwrap();
    let queue = shown.iter().find(|queue| queue.system == System::Delius).unwrap();
    assert_eq!((queue.parked, queue.trouble.is_some()), (1, true), "{queue:?}");

    let stale = Seen { id: parked.id, attempts: Some(parked.attempts + 1) };
    assert!(matches!(retry(&operator, stale, "now").await, Err(Error::Conflict(_))));
    let seen = Seen { id: parked.id, attempts: Some(parked.attempts) };
    for (why, code) in [("  ", ErrorCode::CannotBeEmpty), (&"x".repeat(1001), ErrorCode::InvalidLength)] {
        let Err(Error::Fields(faults)) = retry(&operator, seen, why).await else { panic!("{why:?} is no reason") };
        assert_eq!((faults.0[0].field.as_str(), faults.0[0].code), ("why", code));
    }
    retry(&operator, seen, "Delius lets us in again").await.unwrap();
    let settled = world.settled(&referral).await;
    assert!(settled.iter().all(|entry| entry.state == EffectState::Delivered), "{settled:?}");
    assert_eq!(world.activities(CRN, &referral).await.len(), 1);
    let again = Seen { id: parked.id, attempts: None };
    assert!(matches!(retry(&operator, again, "once more").await, Err(Error::Conflict(_))), "it is delivered");
    assert!(matches!(skip(&operator, again, "once more").await, Err(Error::Conflict(_))), "it is delivered");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_goes_on_without_what_is_skipped_and_the_ledger_says_why() {
    let (world, operator) = world().await;
    let (referral, parked) = a_parked_start(&world).await;
    let seen = Seen { id: parked.id, attempts: Some(parked.attempts) };
    skip(&operator, seen, "made by hand in Delius").await.unwrap();
    let twice = skip(&operator, seen, "made by hand in Delius").await.unwrap();
    assert_eq!(twice.state, EffectState::Superseded);
    let settled = world.settled(&referral).await;
    let skipped = settled.iter().find(|entry| entry.id == parked.id).unwrap();
    assert_eq!(skipped.reason.as_deref(), Some("an operator goes on without it: made by hand in Delius"));
    assert!(world.activities(CRN, &referral).await.is_empty());
    assert_eq!(world.database.rows_containing("operatorSkipEffect").await, ["audit_entry"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referral_is_found_by_whatever_is_quoted_and_the_look_is_kept() {
    let (world, operator) = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let first = world.a_sent_referral(&practitioner, CRN).await;
    let second = world.a_sent_referral(&practitioner, CRN).await;
    let ledger = world.settled(&first).await;
    let sent = practitioner.get(&format!("/sent-referral/{first}")).await.expect(200);
    let reference = sent["referenceNumber"].as_str().unwrap();
    for term in [
        reference,
        &reference.to_lowercase(),
        &format!(" {first} "),
        &ReferralUrn(id(&first)).to_string(),
        &ledger[0].id.to_string(),
        &ledger[0].correlation_id,
    ] {
        let found = find(&operator, term).await.unwrap();
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [id(&first)], "{term}");
    }
    let of_case = find(&operator, "x100005").await.unwrap();
    assert_eq!(of_case.iter().map(|one| one.id).collect::<Vec<_>>(), [id(&second), id(&first)], "newest first");
    assert!(find(&operator, "nothing like it").await.unwrap().is_empty());
    assert!(matches!(find(&operator, " ").await, Err(Error::Fields(_))));
    let shown = get_ledger(&operator, id(&first)).await.unwrap();
    assert_eq!(shown.others.iter().map(|one| one.id).collect::<Vec<_>>(), [id(&second)]);
    for look in ["operatorReadLedger", "operatorFindReferral", "nothing like it"] {
        assert_eq!(world.database.rows_containing(look).await, ["audit_entry"], "{look} is kept");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_sent_again_as_far_as_a_repeat_changes_nothing() {
    let (world, operator) = world().await;
    let (practitioner, provider) = (world.actor("PRACTITIONER_1").await, world.actor("PROVIDER_1").await);
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    world.assign(&provider, &referral).await;
    let first = world.book_assessment(&provider, &referral, in_hours(24)).await;
    world.settled(&referral).await;
    let moved = world.book_assessment(&provider, &referral, in_hours(48)).await;
    let before = world.settled(&referral).await;
    assert_ne!(first.id, moved.id);

    let planned = preview(&operator, &whole_day(System::Delius)).await.unwrap();
    let sent_again: Vec<_> = planned.iter().filter(|one| one.plan == Plan::SendAgain).collect();
    assert_eq!(sent_again.len(), 1, "{planned:?}");
    assert_eq!(sent_again[0].entry.action, Action::PutAppointment(moved.id.parse().unwrap()));
    let start = planned.iter().find(|one| one.entry.action == Action::StartReferral).unwrap();
    assert!(matches!(start.plan, Plan::Leave(why) if why.contains("never")), "{start:?}");
    assert_eq!(world.ledger(&referral).await.len(), before.len(), "a preview changes nothing");

    replay(&operator, &whole_day(System::Delius), "Delius was restored from last night").await.unwrap();
    let after = world.settled(&referral).await;
    assert_eq!(after.len(), before.len() + 1);
    assert!(after.iter().all(|entry| entry.state == EffectState::Delivered), "{after:?}");
    assert_eq!(after.iter().filter(|entry| entry.cause == "replayed").count(), 1);
    assert_eq!(world.contacts(CRN, &moved.id).await.len(), 1, "Delius holds it once");

    for system in [System::Events, System::Notify] {
        let planned = preview(&operator, &whole_day(system)).await.unwrap();
        assert!(!planned.is_empty() && planned.iter().all(|one| matches!(one.plan, Plan::Leave(_))), "{planned:?}");
    }
    let empty = ReplayOrder { system: System::Delius, from: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH };
    assert!(matches!(preview(&operator, &empty).await, Err(Error::Fields(_))));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_window_parked_is_tried_again_under_its_own_id() {
    let (world, operator) = world().await;
    let (referral, parked) = a_parked_start(&world).await;
    let planned = replay(&operator, &whole_day(System::Delius), "Delius lets us in again").await.unwrap();
    assert_eq!(planned.iter().map(|one| (one.entry.id, one.plan)).collect::<Vec<_>>(), [(parked.id, Plan::TryAgain)]);
    let settled = world.settled(&referral).await;
    assert!(settled.iter().any(|entry| entry.id == parked.id && entry.state == EffectState::Delivered));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_explanation_says_what_the_door_says() {
    let (world, operator) = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    for (username, verdict) in [
        ("PRACTITIONER_1", Verdict::WithRole),
        ("PROVIDER_1", Verdict::WithRole),
        ("PROVIDER_9", Verdict::No),
        ("PROVIDER_NO_CONTRACT", Verdict::No),
        ("PROVIDER_NO_ORGANISATION", Verdict::No),
        ("PROVIDER_MISMATCH", Verdict::No),
        ("NOMIS_USER", Verdict::No),
    ] {
        let explained = explain(&operator, &username.to_lowercase(), id(&referral)).await.unwrap();
        assert_eq!(explained.verdict, verdict, "{explained:?}");
        let door = world.actor(username).await.get(&format!("/sent-referral/{referral}")).await;
        assert_eq!(door.status.is_success(), verdict == Verdict::WithRole, "{username}: {}", door.text);
        // Every reason that the door gives is among those that are told.
        for reason in door.body["accessErrors"].as_array().into_iter().flatten().filter_map(|one| one.as_str()) {
            let told = explained.steps.iter().flat_map(|step| &step.found).any(|found| found.contains(reason));
            assert!(told, "{username}: {reason:?} is not in {explained:?}");
        }
    }
    for username in ["NOBODY", "PROVIDER_LOCKED", "PROVIDER_DISABLED"] {
        let explained = explain(&operator, username, id(&referral)).await.unwrap();
        assert_eq!(explained.verdict, Verdict::No, "{explained:?}");
    }
    let (last, earlier) = {
        let explained = explain(&operator, "PROVIDER_9", id(&referral)).await.unwrap();
        let mut steps = explained.steps;
        (steps.pop().unwrap(), steps)
    };
    assert_eq!(last.holds, Some(false));
    assert!(last.found.len() >= 2 && earlier.iter().all(|step| step.holds != Some(false)), "{last:?}");
    world.fault(json!({ "system": "delius", "fault": "down" })).await;
    let explained = explain(&operator, "PRACTITIONER_2", id(&referral)).await.unwrap();
    assert_eq!(explained.verdict, Verdict::NotNow, "{explained:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_an_operator() {
    let (world, _) = world().await;
    let practitioner = world.actor("PRACTITIONER_1").await;
    let referral = world.a_sent_referral(&practitioner, CRN).await;
    let ledger = world.ledger(&referral).await;
    let seen = Seen { id: ledger[0].id, attempts: None };
    let order = whole_day(System::Delius);
    let mut callers = vec![world.machine("delius-integration").await];
    for username in ["PRACTITIONER_1", "PROVIDER_1", "EDITOR_1", "READER_1"] {
        callers.push(world.actor(username).await);
    }
    for caller in callers {
        let by = ctx(&world, &caller).await;
        let refusals = [
            find(&by, CRN).await.err(),
            get_ledger(&by, id(&referral)).await.err(),
            queues(&by).await.err(),
            pause(&by, System::Delius, "because").await.err(),
            resume(&by, System::Delius, "because").await.err(),
            retry(&by, seen, "because").await.err(),
            skip(&by, seen, "because").await.err(),
            preview(&by, &order).await.err(),
            replay(&by, &order, "because").await.err(),
            explain(&by, "PROVIDER_1", id(&referral)).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(Error::AccessDenied(_))), "{refusal:?}");
        }
    }
    assert!(world.database.rows_containing("because").await.is_empty());
    world.stop().await;
}
