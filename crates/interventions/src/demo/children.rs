//! The demo's child processes: started, watched, started again when they end, and stopped.
//!
//! Each writes its log to a file of its own and ends when this process does, however that ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// Which commands run, by the name that people see.
const PROCESSES: [(&str, &str); 3] = [("sandbox", "sandbox"), ("service", "serve"), ("worker", "worker")];
/// How long everything may take to answer for the first time.
const PATIENCE: Duration = Duration::from_mins(1);
/// A process that ends this often is not started again.
const RESTARTS: u32 = 20;

/// The running children.
pub(crate) struct Children {
    environment: BTreeMap<String, String>,
    folder: PathBuf,
    running: Mutex<Vec<Running>>,
}

struct Running {
    name: &'static str,
    command: &'static str,
    child: Child,
    restarts: u32,
}

impl Children {
    /// Starts all of them.
    pub(crate) fn start(environment: &BTreeMap<String, String>, folder: &Path) -> anyhow::Result<Self> {
        let mut running = Vec::new();
        for (name, command) in PROCESSES {
            let child = spawn(name, command, environment, folder)?;
            running.push(Running { name, command, child, restarts: 0 });
        }
        Ok(Self { environment: environment.clone(), folder: folder.to_owned(), running: Mutex::new(running) })
    }

    /// Completes when every address answers; fails when a child ends before, with the end of its log.
    pub(crate) async fn ready(&self, addresses: &[(&'static str, String)]) -> anyhow::Result<()> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build()?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        for (name, address) in addresses {
            loop {
                if client.get(address).send().await.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                for running in self.running.lock().await.iter_mut() {
                    if let Some(status) = running.child.try_wait()? {
                        bail!("the {} ended at its start ({status}):\n{}", running.name, self.end_of_log(running.name));
                    }
                }
                if tokio::time::Instant::now() > deadline {
                    bail!("the {name} does not answer at {address}:\n{}", self.end_of_log(name));
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// Starts whatever ends again; returns only when something ends too often.
    pub(crate) async fn watch(&self) -> anyhow::Result<()> {
        loop {
            for running in self.running.lock().await.iter_mut() {
                let Some(status) = running.child.try_wait()? else { continue };
                running.restarts += 1;
                if running.restarts > RESTARTS {
                    bail!("the {} keeps ending ({status}):\n{}", running.name, self.end_of_log(running.name));
                }
                eprintln!("the {} ended ({status}); starting it again", running.name);
                running.child = spawn(running.name, running.command, &self.environment, &self.folder)?;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Asks all of them to stop and waits until they have.
    pub(crate) async fn stop(&self) {
        let mut running = self.running.lock().await;
        for process in running.iter() {
            let pid = process.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
            if let Some(pid) = pid {
                // Gone already is as good.
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
        }
        for process in running.iter_mut() {
            if tokio::time::timeout(Duration::from_secs(15), process.child.wait()).await.is_err() {
                let _ = process.child.kill().await;
            }
        }
    }

    fn end_of_log(&self, name: &str) -> String {
        let text = std::fs::read_to_string(log_file(&self.folder, name)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

fn spawn(name: &str, command: &str, environment: &BTreeMap<String, String>, folder: &Path) -> anyhow::Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_file(folder, name))
        .with_context(|| format!("the log of the {name} cannot be written"))?;
    Command::new(std::env::current_exe()?)
        .args(["--end-with-parent", &std::process::id().to_string(), command])
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C reaches only the parent, which stops its children in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("the {name} cannot be started"))
}
