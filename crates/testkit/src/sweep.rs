//! Drops what earlier test processes left behind on the shared test server: a test process cannot drop its databases
//! when it ends, since nobody knows which of its tests is the last one.
//!
//! Only databases whose name tells of a process that is dead are dropped. They are listed before their processes are
//! looked for, so a new process of the same number cannot lose a database that it makes meanwhile. What somebody is
//! connected to stays, for PostgreSQL refuses to drop it. Process numbers mean something on one machine only: a server
//! that was named by address is not swept.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Names the advisory lock under which one process sweeps; the others need not wait.
const SWEEP_LOCK: i64 = 7_201_927;
/// How many databases one process drops at most: more than a whole run of all tests leaves behind.
const AT_MOST: usize = 1_000;

/// Sweeps beside the tests, on a thread of its own that ends with the process at the latest.
pub(crate) fn start(server: &str) {
    let server = server.to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::thread::spawn(move || {
        // Tests do not fail for want of tidiness: what cannot be dropped now is dropped by the next process.
        let _unfinished = runtime.block_on(sweep_alone(&server));
    });
}

async fn sweep_alone(server: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(server).await?;
    let alone: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(SWEEP_LOCK).fetch_one(&mut connection).await?;
    if alone {
        sweep(&mut connection, "").await?;
    }
    // Gives the lock back.
    connection.close().await
}

/// Drops the databases of dead processes whose names end like this.
pub(crate) async fn sweep(connection: &mut PgConnection, ending: &str) -> Result<(), sqlx::Error> {
    let names: Vec<String> =
        sqlx::query_scalar("SELECT datname::text FROM pg_database WHERE datname LIKE 'test\\_%' || $1 ORDER BY oid")
            .bind(ending)
            .fetch_all(&mut *connection)
            .await?;
    for name in names.into_iter().filter(|name| owner(name).is_some_and(is_dead)).take(AT_MOST) {
        let statement = AssertSqlSafe(format!("DROP DATABASE IF EXISTS \"{name}\""));
        // Refused for one that is in use, or that another process drops at this moment; then it is not ours to drop.
        let _refused = sqlx::raw_sql(statement).execute(&mut *connection).await;
    }
    Ok(())
}

/// The name of this process's database of this number.
pub(crate) fn name(process: u32, count: u32, unique: &str) -> String {
    format!("test_{process}_{count}_{unique}")
}

/// The process that made a database of this name.
fn owner(name: &str) -> Option<i32> {
    name.strip_prefix("test_")?.split('_').next()?.parse().ok()
}

fn is_dead(process: i32) -> bool {
    rustix::process::Pid::from_raw(process)
        .is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}
