//! The lock that lets one run of a job at a time work.

use domain::job::JobName;

/// The next run may begin when this one says that it has ended, not a moment later: an operator may run two in a row.
#[tokio::test]
async fn a_lock_that_was_let_go_is_free_at_once() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    for run in 0..50 {
        let lock = store::job::try_lock(&store, JobName::Reconcile).await.expect("asked");
        lock.expect("nobody holds it").release().await.expect("let go");
        let held: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE l.locktype = 'advisory' AND d.datname = current_database()",
        )
        .fetch_one(&mut *db)
        .await
        .expect("counted");
        assert_eq!(held, 0, "after run {run}");
    }
}
