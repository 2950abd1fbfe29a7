//! The outbox alone, without calls to anybody: what it costs to intend an effect, to claim it and to settle it.
//!
//! Beside the time, which other work on the machine disturbs, it counts what nothing disturbs: pages of the outbox's
//! tables and indexes that were looked at, and bytes written to the log of changes.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::effect::{Action, Intent};
use domain::{EffectId, ReferralId, User};
use jiff::SignedDuration;
use runtime::{Clock, Ids};
use sqlx::{Connection as _, PgConnection};
use store::Store;
use store::outbox::{Origin, Outcome, Settlement};
use tokio::time::Instant;

/// How many are claimed and settled together, as a busy worker does.
const BATCH: i64 = 16;
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// What one effect costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    pub(super) enqueue: Duration,
    pub(super) claim: Duration,
    pub(super) settle: Duration,
    pub(super) pages: u64,
    pub(super) log_bytes: u64,
}

/// Sends `round` effects through the outbox, each intended in a transaction of its own, after a round that warms up and
/// a vacuum, as the server makes one every minute: so each measurement starts alike.
pub(super) async fn measure(store: &Store, url: &str, referrals: &[ReferralId], round: u32) -> Costs {
    go_round(store, referrals, round / 4 + 1).await;
    vacuum(url).await;
    let before = counters(url).await;
    let (enqueue, claim, settle) = go_round(store, referrals, round).await;
    let after = counters(url).await;
    let count = u64::from(round);
    Costs {
        enqueue: enqueue / round,
        claim: claim / round,
        settle: settle / round,
        pages: after.0.saturating_sub(before.0) / count,
        log_bytes: after.1.saturating_sub(before.1) / count,
    }
}

async fn go_round(store: &Store, referrals: &[ReferralId], count: u32) -> (Duration, Duration, Duration) {
    let (clock, ids, actor) = (Clock::system(), Ids::random(), User::service());
    let mut work = store.begin().await.expect("a transaction");
    store::user::remember(&mut work, &actor).await.expect("remembered");
    work.commit().await.expect("committed");
    let begun = Instant::now();
    for referral in referrals.iter().cycle().take(usize::try_from(count).expect("a small number")) {
        let now = clock.now();
        let id = EffectId(ids.ordered(now));
        let intent = Intent { id, action: Action::LookUpCustody, after_delius: false, occurred_at: now };
        let correlation = ids.uuid().to_string();
        let origin = Origin { actor: &actor, cause: "bench", correlation: &correlation, traceparent: None };
        let mut work = store.begin().await.expect("a transaction");
        store::outbox::enqueue(&mut work, *referral, &[intent], &origin, now).await.expect("enqueued");
        work.commit().await.expect("committed");
    }
    let enqueue = begun.elapsed();
    let (mut claim, mut settle, mut left) = (Duration::ZERO, Duration::ZERO, count);
    let mut db = store.connection().await.expect("a connection");
    while left > 0 {
        let begun = Instant::now();
        let mut work = store.begin().await.expect("a transaction");
        let claimed =
            store::outbox::claim(&mut work, clock.now(), LEASE, BATCH, &BTreeSet::new()).await.expect("claimed");
        work.commit().await.expect("committed");
        claim += begun.elapsed();
        assert!(!claimed.is_empty(), "{left} effects cannot be claimed");
        let outcome = Outcome::Delivered { receipt: Some("12345678".to_owned()) };
        let settlements: Vec<_> = claimed
            .iter()
            .map(|effect| Settlement {
                id: effect.id,
                fence: effect.attempts,
                outcome: outcome.clone(),
                at: clock.now(),
            })
            .collect();
        let begun = Instant::now();
        let settled = store::outbox::settle_all(&mut db, &settlements).await.expect("settled");
        settle += begun.elapsed();
        left -= u32::try_from(settled.len()).expect("a small number");
    }
    (enqueue, claim, settle)
}

async fn vacuum(url: &str) {
    let mut db = PgConnection::connect(url).await.expect("the database answers");
    for table in ["effect", "effect_finished", "effect_attempt"] {
        let statement = format!("VACUUM (ANALYZE) {table}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut db).await.expect("it vacuums");
    }
    db.close().await.expect("the connection closes");
}

/// Pages of the outbox looked at, and bytes of the log of changes, since the server began to count. Asked on a
/// connection of its own: what others counted is told when they are idle.
async fn counters(url: &str) -> (u64, u64) {
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut db = PgConnection::connect(url).await.expect("the database answers");
    let (pages, bytes): (i64, i64) = sqlx::query_as(
        "SELECT
            (SELECT sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint
            FROM pg_statio_user_tables WHERE relname IN ('effect', 'effect_finished', 'effect_attempt')),
            (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint",
    )
    .fetch_one(&mut db)
    .await
    .expect("the counters");
    db.close().await.expect("the connection closes");
    (u64::try_from(pages).unwrap_or_default(), u64::try_from(bytes).unwrap_or_default())
}
