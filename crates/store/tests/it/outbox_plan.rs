//! How PostgreSQL finds what the outbox asks for where the planner is most easily misled: when everything has just been
//! delivered. A connection keeps the plan that it makes then, and the next pile comes before the next vacuum.

use std::collections::BTreeSet;

use domain::effect::{Action, Adapter, Announcement, System};
use domain::{AppointmentId, EffectId, ReferralId};
use jiff::SignedDuration;
use store::outbox::{self, Origin, Outcome};
use store::{Db, Store, UnitOfWork};

use crate::outbox::intent;
use crate::plan::{read_whole, statements};
use crate::sample::{self, id, minute, practitioner};

const LEDGER: [&str; 3] = ["effect", "effect_finished", "effect_attempt"];
const LEASE: SignedDuration = SignedDuration::from_mins(1);

/// So many effects of each referral wait.
async fn pile_up(db: &mut Db, of_each: u32) {
    let pile = format!(
        "INSERT INTO effect (
            id, referral_id, system, kind, payload, state, not_before, cause, actor_source, actor_id, correlation_id,
            occurred_at, created_at
        )
        SELECT
            gen_random_uuid(), r.id, 'prisoner-search', 'look-up-custody', '{{}}', 'waiting', r.sent_at, 'cause',
            r.sent_by_source, r.sent_by_id, r.id::text || n, r.sent_at, r.sent_at
        FROM referral r
        CROSS JOIN generate_series(1, {of_each}) n"
    );
    crate::db::try_execute(db, &pile).await.expect("they wait");
}

/// A database in which ten effects of each referral came and went, vacuumed when they were gone.
async fn emptied(referrals: u32) -> (Store, ReferralId) {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 1_000).await.id;
    let mut db = store.connection().await.expect("a connection");
    crate::plan::load_referrals(&mut db, referrals).await;
    pile_up(&mut db, 10).await;
    let pass = "INSERT INTO effect_attempt (effect_id, attempt, started_at, ended_at, outcome)
        SELECT id, 1, created_at, created_at, 'delivered' FROM effect;
        UPDATE effect SET state = 'delivered', attempts = 1, settled_at = created_at;";
    crate::db::try_execute(&mut db, pass).await.expect("they go");
    for table in LEDGER {
        crate::db::try_execute(&mut db, &format!("VACUUM (ANALYZE) {table}")).await.expect("vacuumed");
    }
    drop(db);
    (store, referral)
}

/// What every message costs, and what a page asks for that shows where a referral's messages stand.
async fn deliver(work: &mut UnitOfWork, referral: ReferralId) {
    let by = practitioner();
    let origin = Origin { actor: &by, cause: "cause", correlation: "request", traceparent: None };
    let put = |number| intent(number, Action::PutAppointment(AppointmentId(id(number))), false);
    let publish = intent(3, Action::Publish(Announcement::ReferralSent), true);
    outbox::enqueue(work, referral, &[put(1), put(2), publish], &origin, minute(0)).await.expect("intended");
    let none = BTreeSet::new();
    assert_eq!(outbox::claim(work, minute(1), LEASE, 10, &none).await.expect("claimed").len(), 1);
    let first = EffectId(id(1));
    assert!(outbox::go_through(work, first, 1, Adapter::Integration).await.expect("noted"));
    assert!(outbox::extend_lease(work, first, 1, minute(3)).await.expect("extended"));
    let outcome = Outcome::Delivered { receipt: None };
    assert!(outbox::settle(work, first, 1, &outcome, minute(2)).await.expect("settled"));
    outbox::supersede_dependents_of(work, EffectId(id(2)), "not needed", minute(2)).await.expect("superseded");
    outbox::hasten(work, referral, System::Delius, minute(2)).await.expect("hastened");
    store::collection::progress(work, referral, minute(2), LEASE).await.expect("read");
    outbox::ledger(work, referral).await.expect("read");
    outbox::attempts(work, first).await.expect("read");
}

#[tokio::test]
async fn what_every_message_asks_is_found_by_an_index_after_an_hour_of_quiet() {
    let (store, referral) = emptied(300).await;
    let mut work = store.begin().await.expect("a transaction");
    let asked = statements(async { deliver(&mut work, referral).await }).await;
    let mut whole = Vec::new();
    for statement in asked.iter().filter(|statement| !statement.starts_with("SET ")) {
        let tables = read_whole(&mut work, statement).await;
        for table in LEDGER.iter().filter(|table| tables.contains(**table)) {
            whole.push(format!("{table} is read from end to end by\n{statement}"));
        }
    }
    assert!(whole.is_empty(), "{}", whole.join("\n\n"));
    assert!(asked.iter().filter(|statement| statement.contains("effect")).count() >= 12, "{asked:#?}");
}

/// However long the pile, a claim reads as much of it as it takes. A planner that takes pages to be dear, as it does of a
/// long pile, would rather read all of it and sort.
#[tokio::test]
async fn a_claim_reads_no_more_of_a_pile_than_it_takes() {
    let (store, _) = emptied(300).await;
    let mut db = store.connection().await.expect("a connection");
    pile_up(&mut db, 1).await;
    crate::db::try_execute(&mut db, "ANALYZE effect").await.expect("counted");
    drop(db);
    let mut work = store.begin().await.expect("a transaction");
    let now = jiff::Timestamp::from_second(4_000_000_000).expect("long after");
    crate::db::try_execute(&mut work, "SET LOCAL random_page_cost = 1000").await.expect("set");
    let before = rows_read(&mut work).await;
    let claimed = outbox::claim(&mut work, now, LEASE, 10, &BTreeSet::new()).await.expect("claimed");
    assert_eq!(claimed.len(), 10);
    let read = rows_read(&mut work).await - before;
    assert!((10..=60).contains(&read), "{read} rows were read for ten of three hundred");
}

/// Rows of the outbox that this connection has read, but for what it told the server of already.
async fn rows_read(db: &mut Db) -> i64 {
    let counted =
        "SELECT (seq_tup_read + idx_tup_fetch)::bigint FROM pg_stat_xact_user_tables WHERE relname = 'effect'";
    sqlx::query_scalar(counted).fetch_one(db).await.expect("the counters")
}
