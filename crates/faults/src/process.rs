//! One process of the service's executable, and its end.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::Context;
use tokio::process::{Child, Command};

/// What every process is started with.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// The executable.
    pub service: PathBuf,
    /// Where logs go.
    pub folder: PathBuf,
    /// The configuration.
    pub environment: BTreeMap<String, String>,
}

/// A running process; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Launcher {
    /// Starts a command of the executable; what it says is added to the log of that name.
    pub fn start(&self, name: &str, arguments: &[&str]) -> anyhow::Result<Process> {
        let log = self.folder.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log).context("no log")?;
        let child = self
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot run {}", self.service.display()))?;
        Ok(Process { child, log })
    }

    /// Runs a command to its end and answers with each line of JSON that it printed.
    pub async fn ask(&self, arguments: &[&str]) -> anyhow::Result<Vec<serde_json::Value>> {
        let output = self.command(arguments).stdin(Stdio::null()).output().await?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            let last = told.lines().last().unwrap_or_default();
            anyhow::bail!("`{}` failed: {last}", arguments.join(" "));
        }
        text.lines().map(|line| serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.service);
        command
            .args(["--end-with-parent", &std::process::id().to_string()])
            .args(arguments)
            .env_clear()
            .envs(&self.environment)
            .current_dir(&self.folder)
            .kill_on_drop(true);
        command
    }
}

impl Process {
    /// Kills it where it stands (`kill -9`); it is gone when this returns.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("a process could not be killed")
    }

    /// Whether it has ended of itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of what it said.
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}

/// Makes a folder, emptied, that the database's own account can enter.
pub fn fresh_folder(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        std::fs::remove_dir_all(path).with_context(|| format!("cannot empty {}", path.display()))?;
    }
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))
}

/// A port that nobody listens on. Below those that the system gives to outgoing connections, so that it stays free
/// while the process that listens on it is dead.
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % u32::from(COUNT / 60)).unwrap_or_default() * 60;
    loop {
        let port = FIRST + (begin + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
