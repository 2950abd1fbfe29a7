//! A database for each test, cloned from a template that the migrations made once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use runtime::Ids;
use store::Store;
use tokio::sync::OnceCell;

use crate::sweep;

/// Where `make test` says that a server runs.
const ADDRESS: &str = "INTERVENTIONS_TEST_DATABASE_URL";
/// Names the advisory lock under which the template is made.
const TEMPLATE_LOCK: i64 = 7_201_926;

static SERVER: OnceCell<String> = OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database of a test's own: migrated, with reference data and the demo's catalogue.
#[derive(Debug)]
pub struct TestDatabase {
    /// Its address.
    pub url: String,
    /// A small pool over it.
    pub store: Store,
}

impl TestDatabase {
    /// Makes one. The first call of a test run makes the template.
    pub async fn create() -> Self {
        let server = SERVER.get_or_init(server_address).await;
        let template = format!("template_{:016x}", store::schema_fingerprint());
        make_template(server, &template).await;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let unique = Ids::random().uuid().simple().to_string();
        let name = sweep::name(std::process::id(), count, &unique[..8]);
        run(server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let url = with_database(server, &name);
        let store = Store::connect(&url, 12).await.expect("the test's database answers");
        Self { url, store }
    }
}

impl TestDatabase {
    /// The tables that hold a text anywhere in a row: for tests that something must not be kept.
    pub async fn rows_containing(&self, text: &str) -> Vec<String> {
        let pool = sqlx::PgPool::connect(&self.url).await.expect("the test's database answers");
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
                .fetch_all(&pool)
                .await
                .expect("the catalogue answers");
        let mut found = Vec::new();
        for table in tables {
            let query = format!("SELECT count(*) FROM \"{table}\" t WHERE t::text LIKE '%' || $1 || '%'");
            let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                .bind(text)
                .fetch_one(&pool)
                .await
                .expect("every table can be read");
            if rows > 0 {
                found.push(table);
            }
        }
        pool.close().await;
        found
    }

    /// Lets it seem that nobody has changed a draft for so many days.
    pub async fn leave_draft_alone(&self, draft: &str, days: i32) {
        let mut connection = self.store.connection().await.expect("the test's database answers");
        let changed =
            sqlx::query("UPDATE draft_referral SET changed_at = now() - make_interval(days => $2) WHERE id = $1::uuid")
                .bind(draft)
                .bind(days)
                .execute(&mut *connection)
                .await
                .expect("drafts can be changed");
        assert_eq!(changed.rows_affected(), 1, "there is no draft {draft}");
    }

    /// Drops what dead test processes left on this database's server and whose names end like this; without that
    /// ending it happens beside every run of tests that uses the machine's own server.
    pub async fn sweep_leftovers(&self, ending: &str) {
        let mut connection = self.store.connection().await.expect("the test's database answers");
        sweep::sweep(&mut connection, ending).await.expect("the server answers");
    }

    /// Its address, for a process that shall be known to it by this name (letters and digits).
    pub fn url_for(&self, process: &str) -> String {
        let mut url: url::Url = self.url.parse().expect("the address is well formed");
        url.query_pairs_mut().append_pair("application_name", process);
        url.into()
    }

    /// Waits until the database has noticed that a process is dead, then ends every lease, as if its time were up: for
    /// tests whose only worker is dead and that need not wait for that. What a killed process asked for last may still
    /// be carried out after its end.
    pub async fn end_leases_of(&self, process: &str) {
        let mut connection = self.store.connection().await.expect("the test's database answers");
        loop {
            let query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";
            let connected: i64 =
                sqlx::query_scalar(query).bind(process).fetch_one(&mut *connection).await.expect("statistics");
            if connected == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sqlx::query("UPDATE effect SET lease_until = now() WHERE state = 'in_flight'")
            .execute(&mut *connection)
            .await
            .expect("leases can be ended");
    }
}

/// The server that `make test` started, or else one that is started here and lives as long as this process.
#[expect(clippy::disallowed_methods, reason = "tests read the one variable that says where their server is")]
async fn server_address() -> String {
    if let Ok(url) = std::env::var(ADDRESS) {
        return url;
    }
    let folder = std::env::temp_dir().join("interventions-tests").join("postgres");
    let options = postgres_embedded::Options { data_dir: folder, port: None, durable: false, max_connections: 400 };
    // Another test process may be starting the same server at this moment; then it is adopted.
    let mut tries = 0;
    let server = loop {
        match postgres_embedded::start(options.clone()).await {
            Ok(server) => break server,
            Err(error) if tries == 20 => panic!("no PostgreSQL for the tests: {error}"),
            Err(_) => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    };
    server.create_database_if_missing("tests").await.expect("a database to connect to");
    let url = server.url("tests");
    sweep::start(&url);
    // Other processes of this run use it too: it is left running and adopted by the next run.
    std::mem::forget(server);
    url
}

async fn make_template(server: &str, template: &str) {
    let admin = sqlx::PgPool::connect_lazy(server).expect("the server's address is well formed");
    let mut connection = admin.acquire().await.expect("the server answers");
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *connection)
        .await
        .expect("the lock is granted");
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(template)
        .fetch_one(&mut *connection)
        .await
        .expect("the catalogue answers");
    if !exists {
        let building = format!("{template}_building");
        for statement in [format!("DROP DATABASE IF EXISTS {building}"), format!("CREATE DATABASE {building}")] {
            execute(&mut connection, &statement).await;
        }
        let store = Store::connect(&with_database(server, &building), 2).await.expect("the template answers");
        store.migrate().await.expect("the migrations apply");
        let mut work = store.begin().await.expect("a transaction");
        store::reference::load(&mut work).await.expect("reference data loads");
        store::catalogue::load_demo(&mut work).await.expect("the catalogue loads");
        work.commit().await.expect("it commits");
        store.close().await;
        // Renamed only when complete: a killed run leaves no half-made template.
        execute(&mut connection, &format!("ALTER DATABASE {building} RENAME TO {template}")).await;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *connection)
        .await
        .expect("the lock is released");
    drop(connection);
    admin.close().await;
}

async fn run(server: &str, statement: &str) {
    let admin = sqlx::PgPool::connect_lazy(server).expect("the server's address is well formed");
    let mut connection = admin.acquire().await.expect("the server answers");
    execute(&mut connection, statement).await;
    drop(connection);
    admin.close().await;
}

async fn execute(connection: &mut sqlx::PgConnection, statement: &str) {
    let text = sqlx::AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(text).execute(connection).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

fn with_database(server: &str, database: &str) -> String {
    let mut url: url::Url = server.parse().expect("the server's address is well formed");
    url.set_path(database);
    url.into()
}
