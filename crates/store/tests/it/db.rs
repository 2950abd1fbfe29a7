//! A database of its own for each test, cloned from a template that the migrations made.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::Store;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A fresh store with reference data and the demonstration's catalogue.
pub(crate) async fn store() -> Store {
    let server = server();
    let template = format!("store_template_{:016x}", store::schema_fingerprint());
    let mut admin = PgConnection::connect(&server).await.expect("the test server answers");
    make_template(&mut admin, &server, &template).await;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("store_test_{}_{number}", std::process::id());
    execute(&mut admin, &format!("DROP DATABASE IF EXISTS {name}")).await;
    execute(&mut admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    Store::connect(&with_database(&server, &name), 6).await.expect("the clone answers")
}

#[expect(clippy::disallowed_methods, reason = "tests learn from the environment where their server is")]
fn server() -> String {
    ["INTERVENTIONS_TEST_DATABASE_URL", "DATABASE_URL"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok())
        .expect("INTERVENTIONS_TEST_DATABASE_URL names a PostgreSQL server (`make test` starts one)")
}

async fn make_template(admin: &mut PgConnection, server: &str, template: &str) {
    execute(admin, "SELECT pg_advisory_lock(7201926)").await;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(template)
        .fetch_one(&mut *admin)
        .await
        .expect("the server lists its databases");
    if !exists {
        let building = format!("{template}_building");
        execute(admin, &format!("DROP DATABASE IF EXISTS {building}")).await;
        execute(admin, &format!("CREATE DATABASE {building}")).await;
        let store = Store::connect(&with_database(server, &building), 1).await.expect("the new database answers");
        store.migrate().await.expect("the migrations apply");
        let mut work = store.begin().await.expect("a transaction begins");
        store::reference::load(&mut work).await.expect("reference data loads");
        store::catalogue::load_demo(&mut work).await.expect("the catalogue loads");
        work.commit().await.expect("it commits");
        store.close().await;
        execute(admin, &format!("ALTER DATABASE {building} RENAME TO {template}")).await;
    }
    execute(admin, "SELECT pg_advisory_unlock(7201926)").await;
}

/// Runs statements that are not the product's.
pub(crate) async fn execute(db: &mut PgConnection, statement: &str) {
    try_execute(db, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Runs statements that may fail.
pub(crate) async fn try_execute(db: &mut PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(db).await.map(drop)
}

fn with_database(server: &str, database: &str) -> String {
    let (address, options) =
        server.split_once('?').map_or((server, None), |(address, options)| (address, Some(options)));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{}/{database}{options}", &address[..end])
}
