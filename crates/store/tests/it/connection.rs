//! Connections, as the server lists them.

use store::Store;
use testkit::TestDatabase;

#[tokio::test]
async fn the_server_lists_connections_by_the_name_in_the_address() {
    let own = TestDatabase::create().await;
    assert_eq!(name_of(&own.url).await, "interventions");
    assert_eq!(name_of(&own.url_for("worker7")).await, "worker7");
}

/// What the server calls whoever connects to this address.
async fn name_of(address: &str) -> String {
    let store = Store::connect(address, 1).await.expect("the server answers");
    let mut connection = store.connection().await.expect("a connection");
    sqlx::query_scalar("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        .fetch_one(&mut *connection)
        .await
        .expect("statistics")
}
