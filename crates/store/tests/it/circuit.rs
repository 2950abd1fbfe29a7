//! Circuits as workers say them, and what was delivered lately.

use jiff::SignedDuration;
use store::circuit::{self, CircuitState, WorkerId};

use crate::sample::{id, minute};

#[tokio::test]
async fn the_last_word_of_each_worker_stands_until_it_is_silent_or_gone() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let (one, two) = (WorkerId(id(1)), WorkerId(id(2)));
    let open = CircuitState::Open { failures: 20, since: minute(1), until: minute(2) };
    let trial = CircuitState::HalfOpen { failures: 21, since: minute(1) };
    circuit::save(&mut db, one, &[("delius", CircuitState::Closed), ("notify", open)], minute(1)).await.unwrap();
    circuit::save(&mut db, two, &[("delius", open)], minute(2)).await.unwrap();
    circuit::save(&mut db, one, &[("delius", open), ("notify", trial)], minute(3)).await.unwrap();
    let seen = async |db: &mut store::Db, since| {
        let all = circuit::list(db, minute(since)).await.unwrap();
        all.into_iter().map(|found| (found.worker, found.system, found.state)).collect::<Vec<_>>()
    };
    let of_one = [(one, "delius".to_owned(), open), (one, "notify".to_owned(), trial)];
    let of_two = (two, "delius".to_owned(), open);
    let both: Vec<_> = of_one.iter().cloned().chain([of_two.clone()]).collect();
    assert_eq!(seen(&mut db, 0).await, both);
    assert_eq!(seen(&mut db, 3).await, of_one, "the other is silent since then");
    circuit::save(&mut db, one, &[("delius", CircuitState::Closed)], minute(4)).await.unwrap();
    assert_eq!(seen(&mut db, 4).await, [(one, "delius".to_owned(), CircuitState::Closed)]);
    circuit::forget(&mut db, one, minute(2)).await.unwrap();
    assert_eq!(seen(&mut db, 0).await, [of_two], "gone, with those that were silent longer");
    circuit::forget(&mut db, one, minute(3)).await.unwrap();
    assert_eq!(seen(&mut db, 0).await, []);
}

#[tokio::test]
async fn what_was_delivered_lately_is_found_without_reading_all_that_ever_was() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let since = minute(0) - SignedDuration::from_mins(5);
    assert!(store::outbox::count_delivered(&mut db, since).await.unwrap().is_empty());
    sqlx::query("SET enable_seqscan = off").execute(&mut *db).await.unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT count(*) FROM effect_finished WHERE settled_at > now() AND state = 'delivered'",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    assert!(plan.join(" ").contains("effect_finished_settled_idx"), "{plan:?}");
}
