//! Test databases that nobody uses any more go away; those of living processes stay.

use testkit::TestDatabase;

/// No process has this number: it is above what any system hands out.
const NOBODY: i32 = i32::MAX;

#[tokio::test]
async fn the_databases_of_dead_test_processes_are_dropped_and_no_others() {
    let own = TestDatabase::create().await;
    let mut db = own.store.connection().await.expect("a connection");
    let unique = runtime::Ids::random().uuid().simple().to_string();
    let left = format!("test_{NOBODY}_0_{unique}");
    let alive = format!("test_{}_999_{unique}", std::process::id());
    let other = format!("testament_{unique}");
    for name in [&left, &alive, &other] {
        // The smallest there is: what is in it does not matter.
        crate::db::try_execute(&mut db, &format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("created");
    }
    let names = "SELECT datname::text FROM pg_database WHERE datname LIKE '%' || $1 ORDER BY datname";
    own.sweep_leftovers(&unique).await;
    let found: Vec<String> = sqlx::query_scalar(names).bind(&unique).fetch_all(&mut *db).await.expect("it answers");
    for name in [&alive, &other] {
        crate::db::try_execute(&mut db, &format!("DROP DATABASE {name}")).await.expect("dropped");
    }
    assert_eq!(found, [alive, other]);
}
