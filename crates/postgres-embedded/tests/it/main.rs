//! The private server from outside: real PostgreSQL programs, real processes, real signals.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod lifecycle;
mod refusals;
mod survival;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use postgres_embedded::{Options, Server};

/// A data folder below a temporary one that other accounts may enter, as the system's own does.
struct Place {
    temporary: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        set_mode(temporary.path(), 0o755);
        Self { temporary }
    }

    fn data_dir(&self) -> PathBuf {
        self.temporary.path().join("postgres")
    }

    fn options(&self) -> Options {
        Options { data_dir: self.data_dir(), port: None, durable: false, max_connections: 20 }
    }

    async fn start(&self) -> Server {
        postgres_embedded::start(self.options()).await.unwrap()
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

/// The server's process, as its cluster names it.
fn server_pid(server: &Server) -> i32 {
    let text = std::fs::read_to_string(server.data_dir().join("cluster/postmaster.pid")).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

fn is_live(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

fn kill_hard(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let give_up = Instant::now() + Duration::from_mins(2);
    while !condition() {
        assert!(Instant::now() < give_up, "not within two minutes: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn single(server: &Server, sql: &str) -> String {
    let rows = server.execute("postgres", sql).await.unwrap();
    rows[0][0].clone().unwrap()
}
