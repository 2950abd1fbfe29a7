//! The product as it runs in production, three processes and a database, and the ways in which they die.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::email::EmailPurpose;
use testkit::{Deployment, TestDatabase};
use tokio::sync::Mutex;

use crate::gate::Gate;
use crate::process::{Process, free_port, until};

/// How long a worker may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sandbox, service and worker on a database of their own, with a gate between the latter two and the first.
pub(crate) struct Product {
    pub(crate) gate: Gate,
    pub(crate) database: TestDatabase,
    environment: BTreeMap<String, String>,
    workers: AtomicUsize,
    commands: AtomicUsize,
    deployment: Deployment,
    // Dropped before the folder that they write to.
    serve: Mutex<Process>,
    worker: Mutex<Option<Process>>,
    _sandbox: Process,
    folder: tempfile::TempDir,
}

impl Deref for Product {
    type Target = Deployment;

    fn deref(&self) -> &Deployment {
        &self.deployment
    }
}

impl Drop for Product {
    /// What the processes said is lost with their folder; a failed test shows how it ended.
    fn drop(&mut self) {
        const LINES: usize = 80;
        if !std::thread::panicking() {
            return;
        }
        for entry in std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            let log = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            eprintln!("the end of {}:", entry.file_name().display());
            for line in &lines[lines.len().saturating_sub(LINES)..] {
                eprintln!("    {line}");
            }
        }
    }
}

impl Product {
    /// Starts everything.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts everything with further settings.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        upstream::install_crypto();
        let database = TestDatabase::create().await;
        let folder = tempfile::tempdir().unwrap();
        let (api_port, web_port, sandbox_port) = (free_port(), free_port(), free_port());
        let at = |port: u16| format!("http://localhost:{port}");
        let gate = Gate::open(&at(sandbox_port)).await;
        let mut environment = environment(&database.url, folder.path(), &gate.url, api_port, web_port, sandbox_port);
        environment.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let deployment = Deployment::at(at(api_port), at(sandbox_port), database.store.clone());
        let start = |command| Process::start(command, &[command], &environment, folder.path());
        let sandbox = start("sandbox");
        answers(&deployment, &format!("{}/auth/health/ping", at(sandbox_port))).await;
        let (serve, worker) = (Mutex::new(start("serve")), Mutex::new(None));
        let (workers, commands) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let product = Self {
            gate,
            database,
            environment,
            workers,
            commands,
            deployment,
            serve,
            worker,
            _sandbox: sandbox,
            folder,
        };
        product.worker_is_back().await;
        product.serves().await;
        product
    }

    /// Runs a command of the executable with the service's configuration: its exit code, and what it said.
    pub(crate) async fn types(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let mut environment = self.environment.clone();
        environment.insert("USER".to_owned(), "operator7".to_owned());
        let mut process = Process::start(&format!("command-{number}"), arguments, &environment, self.folder.path());
        let status = process.ended().await;
        (status.code(), process.log())
    }

    /// Kills the service between two instructions.
    pub(crate) async fn serve_dies(&self) {
        let mut serve = self.serve.lock().await;
        serve.assert_running();
        serve.kill().await;
    }

    /// Starts the service again and waits until it answers.
    pub(crate) async fn serve_is_back(&self) {
        *self.serve.lock().await = Process::start("serve", &["serve"], &self.environment, self.folder.path());
        self.serves().await;
    }

    /// Kills the worker between two instructions.
    pub(crate) async fn worker_dies(&self) {
        let mut worker = self.worker.lock().await.take().expect("a worker runs");
        worker.assert_running();
        worker.kill().await;
    }

    /// Starts another worker and waits until it looks for work; what the last one had claimed waits for the end of the
    /// lease.
    pub(crate) async fn worker_is_back(&self) {
        let number = self.workers.fetch_add(1, Ordering::Relaxed) + 1;
        let mut environment = self.environment.clone();
        environment.insert("DATABASE_URL".to_owned(), self.database.url_for(&worker_name(number)));
        let mut worker = Process::start(&worker_name(number), &["worker"], &environment, self.folder.path());
        until("the worker delivers", PATIENCE, || {
            worker.assert_running();
            worker.log().contains("delivering").then_some(())
        })
        .await;
        *self.worker.lock().await = Some(worker);
    }

    /// Kills the worker and starts another one, long enough afterwards that the leases of the first have ended.
    pub(crate) async fn worker_is_replaced(&self) {
        self.worker_dies().await;
        self.database.end_leases_of(&worker_name(self.workers.load(Ordering::Relaxed))).await;
        self.worker_is_back().await;
    }

    async fn serves(&self) {
        answers(&self.deployment, &format!("{}/health/readiness", self.deployment.api_url)).await;
    }
}

/// Waits until an address answers well.
pub(crate) async fn answers(deployment: &Deployment, address: &str) {
    deployment
        .eventually(address, async || {
            let answer = deployment.http().get(address).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()).then_some(())
        })
        .await;
}

/// What the database knows a worker by.
fn worker_name(number: usize) -> String {
    format!("worker{number}")
}

fn environment(
    database_url: &str,
    folder: &Path,
    gate: &str,
    api_port: u16,
    web_port: u16,
    sandbox_port: u16,
) -> BTreeMap<String, String> {
    let sandbox = format!("http://localhost:{sandbox_port}");
    let through_gate = |system: &str| format!("{gate}/{system}");
    let mut environment: BTreeMap<String, String> = [
        ("DATABASE_URL", database_url.to_owned()),
        ("RAM_DATABASE_MAX_CONNECTIONS", "8".to_owned()),
        ("RAM_LOG_FORMAT", "text".to_owned()),
        ("RAM_SANDBOX_ENABLED", "true".to_owned()),
        ("RAM_SANDBOX_LISTEN", format!("127.0.0.1:{sandbox_port}")),
        ("RAM_SANDBOX_URL", sandbox.clone()),
        ("RAM_SANDBOX_STATE", folder.join("sandbox.json").to_string_lossy().into_owned()),
        ("RAM_API_LISTEN", format!("127.0.0.1:{api_port}")),
        ("RAM_WEB_LISTEN", format!("127.0.0.1:{web_port}")),
        ("RAM_PUBLIC_API_URL", format!("http://localhost:{api_port}")),
        ("RAM_PUBLIC_UI_URL", format!("http://localhost:{web_port}")),
        // Tokens name the issuer, which is the sandbox itself.
        ("RAM_AUTH_BASE_URL", format!("{sandbox}/auth")),
        ("RAM_AUTH_LOGIN_CLIENT_ID", "interventions-web".to_owned()),
        ("RAM_AUTH_LOGIN_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_AUTH_API_CLIENT_ID", "interventions".to_owned()),
        ("RAM_AUTH_API_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_MANAGE_USERS_BASE_URL", through_gate("manage-users")),
        ("RAM_TOKEN_VERIFICATION_BASE_URL", through_gate("verification")),
        ("RAM_DELIUS_BASE_URL", through_gate("delius")),
        ("RAM_DELIUS_SYNC_WAIT", "1s".to_owned()),
        ("RAM_ARN_BASE_URL", through_gate("arns")),
        ("RAM_PRISONER_SEARCH_BASE_URL", through_gate("prisoner-search")),
        ("RAM_PRISON_REGISTER_BASE_URL", through_gate("prison-register")),
        ("RAM_PRISON_API_BASE_URL", through_gate("prison-api")),
        ("RAM_NOTIFY_BASE_URL", through_gate("notify")),
        ("RAM_NOTIFY_API_KEY", sandbox::NOTIFY_API_KEY.to_owned()),
        ("RAM_EVENTS_ENDPOINT_URL", through_gate("sns")),
        ("RAM_EVENTS_TOPIC_ARN", "arn:aws:sns:eu-west-2:000000000000:domain-events".to_owned()),
        ("RAM_OUTBOX_POLL", "100ms".to_owned()),
        ("RAM_OUTBOX_MAX_BACKOFF", "1s".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    for purpose in EmailPurpose::ALL {
        let key = format!("RAM_NOTIFY_TEMPLATE_{}", purpose.as_str().to_uppercase().replace('-', "_"));
        environment.insert(key, sandbox::notify_template_id(purpose.as_str()).clone());
    }
    environment
}
