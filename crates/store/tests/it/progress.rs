//! What a referral's pages ask in one query: how far Delius is, what stands first, and what else is late.

use std::collections::BTreeSet;

use domain::collection::{DiscrepancyKind, Finding};
use domain::effect::{Action, Announcement, EmailSubject, Intent, Recipient, System};
use domain::email::EmailPurpose;
use domain::ending::ConcludedState;
use domain::{DiscrepancyId, Referral, ReferralId};
use jiff::{SignedDuration, Timestamp};
use store::Store;
use store::collection::{Late, Progress, progress, save_check};
use store::outbox::{self, EffectState, Outcome, Paused, WENT_ON_WITHOUT};

use crate::outbox::{enqueue, intent, put};
use crate::sample::{self, id, minute, practitioner};

/// An hour, as minutes of the samples.
const LATE: SignedDuration = SignedDuration::from_mins(60);

fn email(number: u128) -> Intent {
    let action = Action::Email {
        purpose: EmailPurpose::InitialAssessmentScheduled,
        to: Recipient::Practitioner { unless: None },
        about: EmailSubject::Referral,
    };
    intent(number, action, false)
}

async fn look(store: &Store, referral: ReferralId, now: Timestamp) -> Progress {
    let mut db = store.connection().await.expect("a connection");
    progress(&mut db, referral, now, LATE).await.expect("read")
}

/// Claims whatever is due and settles it so.
async fn settle_all(store: &Store, outcome: &Outcome) {
    let mut work = store.begin().await.expect("a transaction");
    for effect in outbox::claim(&mut work, minute(1), LATE, 10, &BTreeSet::new()).await.expect("claimed") {
        assert!(outbox::settle(&mut work, effect.id, effect.attempts, outcome, minute(2)).await.expect("settled"));
    }
    work.commit().await.expect("committed");
}

fn failed(error: &str) -> Outcome {
    Outcome::Retry { not_before: minute(9), status: Some(503), error: error.to_owned(), ambiguous: false }
}

async fn referral_with(store: &Store, intents: &[Intent]) -> Referral {
    let referral = sample::stored(store, 1).await;
    enqueue(store, &referral, intents).await;
    referral
}

#[tokio::test]
async fn what_stands_before_the_first_update_in_its_line_is_what_it_waits_for() {
    let store = crate::db::store().await;
    let sent = intent(1, Action::Publish(Announcement::ReferralSent), false);
    let ended = intent(2, Action::Publish(Announcement::ReferralEnded(ConcludedState::Cancelled)), false);
    let referral = referral_with(&store, &[sent, ended]).await;
    settle_all(&store, &failed("events publish could not be reached")).await;
    let seen = look(&store, referral.id, minute(3)).await;
    let first = seen.first.expect("one waits");
    assert_eq!((seen.waiting, first.system, first.state), (1, System::Events, EffectState::Retrying));
    assert_eq!(first.last_error.as_deref(), Some("events publish could not be reached"));
    assert_eq!((first.last_status, first.not_before, first.paused_since), (Some(503), minute(9), None));
    let by = practitioner();
    let mut work = store.begin().await.expect("a transaction");
    let paused = Paused { system: System::Events, since: minute(4), why: "a release".to_owned(), by };
    assert!(outbox::pause(&mut work, &paused).await.expect("paused"));
    work.commit().await.expect("committed");
    let first = look(&store, referral.id, minute(5)).await.first.expect("one waits");
    assert_eq!(first.paused_since, Some(minute(4)));
}

#[tokio::test]
async fn what_an_operator_went_on_without_is_counted() {
    let store = crate::db::store().await;
    let referral = referral_with(&store, &[put(1), put(2), email(3)]).await;
    let mut db = store.connection().await.expect("a connection");
    let skip = async |db: &mut store::Db, number, reason: &str| {
        let id = domain::EffectId(id(number));
        assert!(outbox::skip(db, id, reason, minute(1)).await.expect("skipped"));
    };
    skip(&mut db, 1, &format!("{WENT_ON_WITHOUT}made by hand")).await;
    skip(&mut db, 2, "not needed any more").await;
    skip(&mut db, 3, &format!("{WENT_ON_WITHOUT}an e-mail")).await;
    drop(db);
    let seen = look(&store, referral.id, minute(2)).await;
    assert_eq!((seen.left_out, seen.waiting, seen.told_up_to, seen.first), (1, 0, None, None));
}

#[tokio::test]
async fn another_message_is_late_once_it_failed_for_long_or_is_parked() {
    let store = crate::db::store().await;
    let referral = referral_with(&store, &[email(1)]).await;
    let late = async |now| look(&store, referral.id, now).await.late;
    assert_eq!(late(minute(90)).await, None, "nobody tried it yet");
    settle_all(&store, &failed("notify send e-mail could not be reached")).await;
    assert_eq!(late(minute(59)).await, None, "it is tried again for a while");
    let waiting = Late { system: System::Notify, parked_at: None, created_at: minute(0) };
    assert_eq!(late(minute(60)).await, Some(waiting.clone()));
    let mut db = store.connection().await.expect("a connection");
    assert!(outbox::retry_now(&mut db, domain::EffectId(id(1)), minute(1)).await.expect("retried"));
    drop(db);
    let parked = Outcome::Parked { reason: "look".to_owned(), status: None, error: None, ambiguous: false };
    settle_all(&store, &parked).await;
    assert_eq!(late(minute(3)).await, Some(Late { parked_at: Some(minute(2)), ..waiting }));
}

#[tokio::test]
async fn what_is_open_and_when_it_was_compared_comes_with_it() {
    let store = crate::db::store().await;
    let referral = referral_with(&store, &[]).await;
    let mut db = store.connection().await.expect("a connection");
    for (number, kind) in [(50, DiscrepancyKind::TypeMismatch), (51, DiscrepancyKind::DateMismatch)] {
        let (id, finding) = (DiscrepancyId(id(number)), Finding::new(kind));
        store::discrepancy::see(&mut db, id, Some(referral.id), None, &finding, minute(1)).await.expect("seen");
    }
    save_check(&mut db, referral.id, "COMP", 2, minute(2)).await.expect("saved");
    drop(db);
    let seen = look(&store, referral.id, minute(3)).await;
    assert_eq!(seen.differences, [DiscrepancyKind::DateMismatch, DiscrepancyKind::TypeMismatch]);
    assert_eq!((seen.compared_at, seen.cause), (Some(minute(2)), None), "nothing is held for them");
}
