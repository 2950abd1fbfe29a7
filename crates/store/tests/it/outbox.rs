//! The outbox, one worker at a time: order, dependence, leases, fences, outcomes, the ledger, wake-ups.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::effect::{Action, Adapter, Announcement, EmailSubject, Intent, Recipient, System};
use domain::email::EmailPurpose;
use domain::{AppointmentId, EffectId, Referral};
use jiff::{SignedDuration, Timestamp};
use store::outbox::{self, ClaimedEffect, EffectState, Outcome};
use store::{Heard, Store};

use crate::sample::{self, id, minute, practitioner};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

pub(crate) fn intent(number: u128, action: Action, after_delius: bool) -> Intent {
    Intent { id: EffectId(id(number)), action, after_delius, occurred_at: minute(0) }
}

pub(crate) fn put(number: u128) -> Intent {
    intent(number, Action::PutAppointment(AppointmentId(id(number))), false)
}

fn email(number: u128) -> Intent {
    let action = Action::Email {
        purpose: EmailPurpose::InitialAssessmentScheduled,
        to: Recipient::Practitioner { unless: None },
        about: EmailSubject::Referral,
    };
    intent(number, action, true)
}

pub(crate) async fn enqueue(store: &Store, referral: &Referral, intents: &[Intent]) {
    let mut work = store.begin().await.expect("a transaction");
    let actor = practitioner();
    let origin = outbox::Origin { actor: &actor, cause: "cause", correlation: "request-1", traceparent: None };
    outbox::enqueue(&mut work, referral.id, intents, &origin, minute(0)).await.expect("enqueued");
    work.commit().await.expect("committed");
}

async fn claim(store: &Store, now: Timestamp) -> Vec<ClaimedEffect> {
    claim_unless(store, now, &BTreeSet::new()).await
}

async fn claim_unless(store: &Store, now: Timestamp, paused: &BTreeSet<System>) -> Vec<ClaimedEffect> {
    let mut work = store.begin().await.expect("a transaction");
    let claimed = outbox::claim(&mut work, now, LEASE, 10, paused).await.expect("claimed");
    work.commit().await.expect("committed");
    claimed
}

fn ids(claimed: &[ClaimedEffect]) -> Vec<EffectId> {
    claimed.iter().map(|effect| effect.id).collect()
}

async fn settle(store: &Store, number: u128, fence: i32, outcome: &Outcome, now: Timestamp) -> bool {
    let mut work = store.begin().await.expect("a transaction");
    let settled = outbox::settle(&mut work, EffectId(id(number)), fence, outcome, now).await.expect("settled");
    work.commit().await.expect("committed");
    settled
}

fn delivered() -> Outcome {
    Outcome::Delivered { receipt: Some("receipt".to_owned()) }
}

fn parked() -> Outcome {
    Outcome::Parked { reason: "look".to_owned(), status: Some(404), error: None, ambiguous: false }
}

#[tokio::test]
async fn a_line_goes_in_order_and_waits_for_what_it_comes_after() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let publish = intent(4, Action::Publish(Announcement::ReferralSent), false);
    enqueue(&store, &referral, &[put(1), email(2), put(3), publish]).await;
    let first = claim(&store, minute(1)).await;
    assert_eq!(ids(&first), [EffectId(id(1)), EffectId(id(4))], "the e-mail waits for the booking");
    assert_eq!(first[0].action, Action::PutAppointment(AppointmentId(id(1))));
    assert!(claim(&store, minute(1)).await.is_empty(), "what is claimed stays claimed");

    assert!(settle(&store, 1, 1, &delivered(), minute(1)).await);
    assert_eq!(ids(&claim(&store, minute(1)).await), [EffectId(id(2)), EffectId(id(3))]);
}

#[tokio::test]
async fn the_times_of_a_line_never_go_back() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let publish = |number: u128, at: i64| {
        let action = Action::Publish(Announcement::ReferralSent);
        Intent { occurred_at: minute(at), ..intent(number, action, false) }
    };
    enqueue(&store, &referral, &[publish(1, 5)]).await;
    assert_eq!(claim(&store, minute(6)).await[0].occurred_at, minute(5));
    assert!(settle(&store, 1, 1, &delivered(), minute(6)).await);
    // Begun before the first and committed after it, by a wait for the lock or by a clock that went back.
    enqueue(&store, &referral, &[publish(2, 4), publish(3, 7), put(4)]).await;
    let mut db = store.connection().await.expect("a connection");
    let ledger = outbox::ledger(&mut db, referral.id).await.expect("read");
    let times: Vec<_> = ledger.iter().map(|entry| (entry.id, entry.occurred_at)).collect();
    let expected = [(1, 5), (2, 5), (3, 7), (4, 0)].map(|(number, at)| (EffectId(id(number)), minute(at)));
    assert_eq!(times, expected, "what was finished counts, another system's line does not");
}

#[tokio::test]
async fn a_parked_effect_holds_its_line_until_a_person_acts() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1), email(2), put(3)]).await;
    claim(&store, minute(1)).await;
    assert!(settle(&store, 1, 1, &parked(), minute(1)).await);
    assert!(claim(&store, minute(100)).await.is_empty());

    let mut db = store.connection().await.expect("a connection");
    assert!(outbox::retry_now(&mut db, EffectId(id(1)), minute(100)).await.expect("retried"));
    let again = claim(&store, minute(100)).await;
    assert_eq!((ids(&again), again[0].attempts), (vec![EffectId(id(1))], 2));
    assert!(settle(&store, 1, 2, &parked(), minute(101)).await);
    assert!(outbox::skip(&mut db, EffectId(id(1)), "settled by hand", minute(102)).await.expect("skipped"));
    assert!(!outbox::skip(&mut db, EffectId(id(1)), "again", minute(102)).await.expect("not again"));
    assert_eq!(ids(&claim(&store, minute(103)).await), [EffectId(id(2)), EffectId(id(3))]);
}

#[tokio::test]
async fn a_retry_waits_its_time_and_the_next_attempt_knows_of_doubt() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1)]).await;
    assert!(!claim(&store, minute(1)).await[0].was_ambiguous);
    let retry = Outcome::Retry { not_before: minute(5), status: None, error: "timed out".to_owned(), ambiguous: true };
    assert!(settle(&store, 1, 1, &retry, minute(2)).await);
    assert!(claim(&store, minute(4)).await.is_empty());
    let paused = BTreeSet::from([System::Delius]);
    assert!(claim_unless(&store, minute(5), &paused).await.is_empty());
    let again = claim(&store, minute(5)).await;
    assert!(again[0].was_ambiguous);
    assert_eq!(again[0].last_error.as_deref(), Some("timed out"));
}

#[tokio::test]
async fn doubt_outlives_further_attempts_and_parking() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1)]).await;
    claim(&store, minute(1)).await;
    let retry = |ambiguous| Outcome::Retry { not_before: minute(2), status: None, error: "down".to_owned(), ambiguous };
    assert!(settle(&store, 1, 1, &retry(true), minute(2)).await);
    claim(&store, minute(2)).await;
    assert!(settle(&store, 1, 2, &retry(false), minute(2)).await, "the second attempt was never sent");
    assert!(claim(&store, minute(3)).await[0].was_ambiguous, "the first may still have arrived");
    assert!(settle(&store, 1, 3, &parked(), minute(3)).await);
    let mut db = store.connection().await.expect("a connection");
    assert!(outbox::retry_now(&mut db, EffectId(id(1)), minute(4)).await.expect("retried"));
    assert!(claim(&store, minute(4)).await[0].was_ambiguous);
}

#[tokio::test]
async fn an_attempt_that_parks_and_may_have_arrived_is_remembered_with_its_way() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1)]).await;
    assert_eq!(claim(&store, minute(1)).await[0].adapter, None);
    let mut db = store.connection().await.expect("a connection");
    let legacy = Adapter::Legacy;
    assert!(!outbox::go_through(&mut db, EffectId(id(1)), 2, legacy).await.expect("asked"), "not this attempt's");
    assert!(outbox::go_through(&mut db, EffectId(id(1)), 1, legacy).await.expect("noted"));
    let unclear = Outcome::Parked { reason: "look".to_owned(), status: Some(500), error: None, ambiguous: true };
    assert!(settle(&store, 1, 1, &unclear, minute(1)).await);
    assert!(outbox::retry_now(&mut db, EffectId(id(1)), minute(2)).await.expect("retried"));
    let again = claim(&store, minute(2)).await;
    assert_eq!((again[0].was_ambiguous, again[0].adapter), (true, Some(Adapter::Legacy)));
}

#[tokio::test]
async fn a_lease_that_ran_out_is_claimed_again_and_the_first_worker_is_fenced_off() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1)]).await;
    claim(&store, minute(1)).await;
    let mut db = store.connection().await.expect("a connection");
    assert!(outbox::extend_lease(&mut db, EffectId(id(1)), 1, minute(10)).await.expect("extended"));
    assert!(claim(&store, minute(5)).await.is_empty(), "the lease was extended");

    let second = claim(&store, minute(10)).await;
    assert_eq!((second[0].attempts, second[0].was_ambiguous), (2, true));
    assert!(!outbox::extend_lease(&mut db, EffectId(id(1)), 1, minute(20)).await.expect("refused"));
    assert!(!settle(&store, 1, 1, &delivered(), minute(10)).await, "the fence is lost");
    assert!(settle(&store, 1, 2, &delivered(), minute(11)).await);
    assert!(!settle(&store, 1, 2, &delivered(), minute(12)).await, "settled once");

    let attempts = outbox::attempts(&mut db, EffectId(id(1))).await.expect("read");
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome.as_deref()).collect();
    assert_eq!(outcomes, [Some("lost"), Some("delivered")]);
}

#[tokio::test]
async fn a_refused_booking_takes_its_email_with_it() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1), email(2), put(3)]).await;
    claim(&store, minute(1)).await;
    let mut work = store.begin().await.expect("a transaction");
    let refused = Outcome::Refused { status: Some(409), reason: "clash".to_owned() };
    assert!(outbox::settle(&mut work, EffectId(id(1)), 1, &refused, minute(2)).await.expect("settled"));
    let dropped = outbox::supersede_dependents_of(&mut work, EffectId(id(1)), "clash", minute(2)).await;
    assert_eq!(dropped.expect("superseded"), 1);
    work.commit().await.expect("committed");

    let mut db = store.connection().await.expect("a connection");
    let ledger = outbox::ledger(&mut db, referral.id).await.expect("read");
    let states: Vec<_> = ledger.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [EffectState::Refused, EffectState::Superseded, EffectState::Waiting]);
    assert_eq!(ledger[1].after, Some(EffectId(id(1))));
    assert_eq!((ledger[0].last_status, ledger[0].reason.as_deref()), (Some(409), Some("clash")));
    assert_eq!(outbox::get(&mut db, EffectId(id(3))).await.expect("read").as_ref(), Some(&ledger[2]));
    let backlog = outbox::backlog(&mut db).await.expect("read");
    assert_eq!(backlog.len(), 1);
    assert_eq!((backlog[0].system, backlog[0].state, backlog[0].count), (System::Delius, EffectState::Waiting, 1));
    assert_eq!(backlog[0].kind, outbox::kind_of(&ledger[2].action));
}

#[tokio::test]
async fn whoever_listens_is_woken_when_the_transaction_commits() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let mut ready = store.listen(outbox::READY_CHANNEL).await.expect("listening");
    let mut done = store.listen(outbox::SETTLED_CHANNEL).await.expect("listening");
    let patience = Duration::from_secs(10);
    enqueue(&store, &referral, &[put(1), email(2)]).await;
    for system in ["delius", "notify"] {
        let heard = tokio::time::timeout(patience, ready.next()).await.expect("woken");
        assert_eq!(heard, Heard::Notified(system.to_owned()));
    }
    claim(&store, minute(1)).await;
    settle(&store, 1, 1, &delivered(), minute(1)).await;
    let heard = tokio::time::timeout(patience, done.next()).await.expect("woken");
    assert_eq!(heard, Heard::Notified(id(1).to_string()));
}

#[tokio::test]
async fn what_waits_for_a_person_or_for_later_is_told_from_what_is_late() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    let other = sample::stored(&store, 2).await;
    // One line with a parked head, an e-mail that comes after it, and another referral whose head waits for feedback.
    enqueue(&store, &referral, &[put(1), put(2), email(3)]).await;
    enqueue(&store, &other, &[put(4), put(5)]).await;
    let standing = async || {
        let mut db = store.connection().await.expect("a connection");
        let found = outbox::standings(&mut db).await.expect("read");
        found.into_iter().map(|one| (one.system.as_str(), one.waits_for.as_str(), one.count)).collect::<Vec<_>>()
    };
    assert_eq!(
        standing().await,
        [("delius", "nothing", 2), ("delius", "turn", 2), ("notify", "turn", 1)],
        "heads are due, the rest has to wait for its turn"
    );
    let parked = Outcome::Parked { reason: "look at it".to_owned(), status: None, error: None, ambiguous: false };
    let later = Outcome::Retry {
        not_before: minute(9),
        status: None,
        error: format!("{}waiting for feedback", outbox::NOT_YET),
        ambiguous: false,
    };
    for effect in claim(&store, minute(1)).await {
        let outcome = if effect.referral_id == referral.id { &parked } else { &later };
        let mut db = store.connection().await.expect("a connection");
        assert!(outbox::settle(&mut db, effect.id, effect.attempts, outcome, minute(2)).await.expect("settled"));
    }
    assert_eq!(standing().await, [("delius", "later", 2), ("delius", "person", 2), ("notify", "person", 1)]);
}

#[tokio::test]
async fn what_is_finished_leaves_the_table_that_is_claimed_from_and_stays_in_the_ledger() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1), put(2), email(3)]).await;
    claim(&store, minute(1)).await;
    settle(&store, 1, 1, &delivered(), minute(2)).await;
    let mut work = store.begin().await.expect("a transaction");
    assert!(outbox::skip(&mut work, EffectId(id(2)), "not needed", minute(3)).await.expect("skipped"));
    work.commit().await.expect("committed");
    let mut db = store.connection().await.expect("a connection");
    for (table, expected) in [("effect", vec![id(3)]), ("effect_finished", vec![id(1), id(2)])] {
        let query = sqlx::AssertSqlSafe(format!("SELECT id FROM {table} ORDER BY position"));
        let found: Vec<uuid::Uuid> = sqlx::query_scalar(query).fetch_all(&mut *db).await.expect("read");
        assert_eq!(found, expected, "{table}");
    }
    let ledger = outbox::ledger(&mut db, referral.id).await.expect("read");
    let states: Vec<_> = ledger.iter().map(|entry| entry.state).collect();
    assert_eq!(states, [EffectState::Delivered, EffectState::Superseded, EffectState::Waiting]);
    assert_eq!(outbox::attempts(&mut db, EffectId(id(1))).await.expect("read").len(), 1);
    assert_eq!(outbox::attempts_of(&mut db, referral.id).await.expect("read").len(), 1);
    // A fence that was lost writes nothing, and says so.
    assert!(!outbox::settle(&mut db, EffectId(id(1)), 1, &delivered(), minute(4)).await.expect("no error"));
}

/// Settling finishes an effect itself, and whoever else changes its state leaves that to the table: both keep the same.
#[tokio::test]
async fn a_settled_effect_is_moved_as_the_table_would_move_it() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1).await;
    enqueue(&store, &referral, &[put(1)]).await;
    assert_eq!(claim(&store, minute(1)).await.len(), 1);
    let mut db = store.connection().await.expect("a connection");
    let filled = "UPDATE effect SET after_id = id, traceparent = 'trace', adapter = 'legacy', ambiguous = true,
        last_status = 500, last_error = 'once'";
    sqlx::query(filled).execute(&mut *db).await.expect("filled");
    drop(db);
    let finished = "SELECT to_jsonb(f) FROM effect_finished f";
    let text = |text: &str| Some(text.to_owned());
    let refused = Outcome::Refused { status: Some(404), reason: "not wanted".to_owned() };
    let superseded = Outcome::Superseded { reason: "not needed".to_owned() };
    // As each is written by hand: state, status, reason, receipt.
    let outcomes = [
        (delivered(), "delivered", None, None, text("receipt")),
        (refused, "refused", Some(404), text("not wanted"), None),
        (superseded, "superseded", None, text("not needed"), None),
    ];
    for (outcome, state, status, reason, receipt) in outcomes {
        let mut undone = store.begin().await.expect("a transaction");
        assert!(outbox::settle(&mut undone, EffectId(id(1)), 1, &outcome, minute(2)).await.expect("settled"));
        let settled: serde_json::Value = sqlx::query_scalar(finished).fetch_one(&mut *undone).await.expect("moved");
        drop(undone);
        let mut undone = store.begin().await.expect("a transaction");
        let by_hand =
            "UPDATE effect SET state = $1, lease_until = NULL, last_status = $2, last_error = NULL, reason = $3,
            receipt = $4, settled_at = '2026-01-01T00:00:00Z'";
        let by_hand = sqlx::query(by_hand).bind(state).bind(status).bind(reason).bind(receipt);
        by_hand.execute(&mut *undone).await.expect("changed");
        let mut moved: serde_json::Value = sqlx::query_scalar(finished).fetch_one(&mut *undone).await.expect("moved");
        drop(undone);
        moved["settled_at"] = settled["settled_at"].clone();
        assert_eq!(settled, moved, "{state}");
    }
}
