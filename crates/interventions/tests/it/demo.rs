//! The demo: whichever of its processes dies is started again, and nothing outlives the demo but its data.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use store::Store;
use testkit::Deployment;

use crate::process::{Process, child_of, free_port, is_live, signal, until};
use crate::product::answers;

const CRN: &str = "X100003";
const CHILDREN: [&str; 3] = ["sandbox", "serve", "worker"];
/// How long a demo may take to start or a process to end.
const PATIENCE: Duration = Duration::from_secs(90);

/// A folder and the ports of a demo, over all its runs.
struct Place {
    temporary: tempfile::TempDir,
    web: u16,
    api: u16,
    sandbox: u16,
}

/// A demo that runs.
struct Demo {
    process: Process,
    deployment: Deployment,
}

impl Place {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        // The database's own account must be able to enter.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(temporary.path(), open).unwrap();
        Self { temporary, web: free_port(), api: free_port(), sandbox: free_port() }
    }

    fn data_dir(&self) -> PathBuf {
        self.temporary.path().join("data")
    }

    fn launch(&self) -> Process {
        let data_dir = self.data_dir();
        let ports = [("web", self.web), ("api", self.api), ("sandbox", self.sandbox)];
        let ports = ports.map(|(name, port)| format!("--{name}-port={port}"));
        let mut arguments = vec!["demo", "--data-dir", data_dir.to_str().unwrap()];
        arguments.extend(ports.iter().map(String::as_str));
        Process::start("demo", &arguments, &plain_environment(), self.temporary.path())
    }

    /// Starts the demo and waits until it says that it runs.
    async fn demo(&self) -> Demo {
        let mut process = self.launch();
        let runs = |log: &str| log.matches("interventions is running").count();
        let before = runs(&process.log());
        until("the demo runs", PATIENCE, || {
            process.assert_running();
            (runs(&process.log()) > before).then_some(())
        })
        .await;
        let database_url = std::fs::read_to_string(self.data_dir().join("database-url")).unwrap();
        upstream::install_crypto();
        let store = Store::connect(&database_url, 2).await.unwrap();
        let at = |port: u16| format!("http://localhost:{port}");
        Demo { process, deployment: Deployment::at(at(self.api), at(self.sandbox), store) }
    }

    fn postgres(&self) -> Option<i32> {
        let file = self.data_dir().join("postgres/cluster/postmaster.pid");
        std::fs::read_to_string(file).ok()?.lines().next()?.parse().ok()
    }
}

/// A failed test leaves no database behind.
impl Drop for Place {
    fn drop(&mut self) {
        if let Some(pid) = self.postgres().filter(|pid| is_live(*pid)) {
            signal(pid, Signal::INT);
        }
    }
}

impl Demo {
    fn child(&self, command: &str) -> Option<i32> {
        child_of(self.process.pid(), command)
    }

    /// Kills one of its processes and waits until it has another one.
    async fn replaces(&self, command: &str) {
        let killed = self.child(command).expect("it runs");
        signal(killed, Signal::KILL);
        until(command, PATIENCE, || self.child(command).filter(|pid| *pid != killed)).await;
    }
}

/// The environment of the tests, without what would configure the demo.
fn plain_environment() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| !name.starts_with("RAM_") && name != "DATABASE_URL").collect()
}

fn has_listener(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_process_dies_is_started_again_and_nothing_is_lost() {
    let place = Place::new();
    let mut demo = place.demo().await;
    let seen = &demo.deployment;
    let practitioner = seen.actor("PRACTITIONER_1").await;
    let draft = seen.a_complete_draft(&practitioner, CRN).await;

    demo.replaces("serve").await;
    answers(seen, &format!("{}/health/readiness", seen.api_url)).await;
    practitioner.post(&format!("/draft-referral/{draft}/send"), json!({})).await.expect(201);
    demo.replaces("worker").await;
    seen.settled(&draft).await;
    demo.replaces("sandbox").await;
    answers(seen, &format!("{}/auth/health/ping", seen.sandbox_url)).await;
    assert_eq!(seen.activities(CRN, &draft).await.len(), 1);

    assert!(demo.process.stop().await.success(), "{}", demo.process.log());
    assert!(place.postgres().is_none_or(|pid| !is_live(pid)), "the database outlived the demo");
    for port in [place.web, place.api, place.sandbox] {
        assert!(!has_listener(port), "something still listens on {port}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_killed_takes_its_children_along_and_leaves_its_data() {
    let place = Place::new();
    let mut demo = place.demo().await;
    let practitioner = demo.deployment.actor("PRACTITIONER_1").await;
    let sent = demo.deployment.a_sent_referral(&practitioner, CRN).await;
    demo.deployment.settled(&sent).await;
    let children = CHILDREN.map(|command| demo.child(command).expect("it runs"));
    let database = place.postgres().expect("the database runs");

    demo.process.kill().await;
    for child in children {
        until("the demo's children end with it", PATIENCE, || (!is_live(child)).then_some(())).await;
    }
    assert!(is_live(database), "the database is left for the next demo to adopt");

    let mut next = place.demo().await;
    assert_eq!(place.postgres(), Some(database), "the database was not adopted");
    let practitioner = next.deployment.actor("PRACTITIONER_1").await;
    practitioner.get(&format!("/sent-referral/{sent}")).await.expect(200);
    assert_eq!(next.deployment.activities(CRN, &sent).await.len(), 1, "the sandbox forgot");
    assert!(next.process.stop().await.success(), "{}", next.process.log());
    assert!(!is_live(database), "the adopted database outlived the demo");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_killed_while_it_starts_does_not_hinder_the_next() {
    let place = Place::new();
    for reached in
        ["", "postgres/cluster.new/base", "postgres/cluster", "service.log"].map(|name| place.data_dir().join(name))
    {
        let mut process = place.launch();
        until(&format!("the demo makes {}", reached.display()), PATIENCE, || {
            process.assert_running();
            reached.exists().then_some(())
        })
        .await;
        let demo = process.pid();
        let children = CHILDREN.map(|command| child_of(demo, command));
        process.kill().await;
        for child in children.into_iter().flatten() {
            until("its children end with it", PATIENCE, || (!is_live(child)).then_some(())).await;
        }
    }
    let mut demo = place.demo().await;
    assert!(demo.process.stop().await.success(), "{}", demo.process.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_occupied_port_gives_one_clear_line() {
    let place = Place::new();
    for (flag, port) in [("web", place.web), ("api", place.api), ("sandbox", place.sandbox)] {
        let occupied = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let mut process = place.launch();
        assert!(!process.ended().await.success());
        drop(occupied);
        let log = process.log();
        let last = log.lines().last().unwrap();
        assert!(last.contains(&port.to_string()) && last.contains(&format!("--{flag}-port")), "{last}");
        assert!(last.starts_with("error: "), "{last}");
    }
    assert!(!Path::exists(&place.data_dir()), "it began all the same");
    // Three runs, three lines.
    let log = std::fs::read_to_string(place.temporary.path().join("demo.log")).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
}
