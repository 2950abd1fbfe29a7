//! A lane: one database server and one sandbox, which serve one history after the other. Each history has a database of
//! its own, copied from a migrated one, a sandbox that was reset, and a service and a worker of its own.
//!
//! Lanes share nothing, so that a fault in one is felt in no other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use postgres_embedded::{Options, Server};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::client::Client;
use crate::plan::{Closed, Mode, Reader};
use crate::process::{Launcher, Process, free_port, fresh_folder};

const TEMPLATE: &str = "migrated";
/// How long a process may take to be ready, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often a condition is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// How quickly the worker of a history gives up, waits and is taken over from; short, so that kills cost little time.
const HASTE: [(&str, &str); 14] = [
    ("RAM_OUTBOX_POLL", "200ms"),
    ("RAM_OUTBOX_LEASE", "3s"),
    ("RAM_OUTBOX_MAX_BACKOFF", "400ms"),
    ("RAM_CB_FAILURES", "6"),
    ("RAM_CB_OPEN_FOR", "400ms"),
    ("RAM_DELIUS_TIMEOUT", "1500ms"),
    ("RAM_DELIUS_WRITE_TIMEOUT", "1500ms"),
    ("RAM_DELIUS_SYNC_WAIT", "800ms"),
    ("RAM_ARN_TIMEOUT", "1s"),
    ("RAM_DELIUS_RECONCILE_RATE", "100"),
    ("RAM_DELIUS_LOOK_AGAIN", "1s"),
    ("RAM_DATABASE_MAX_CONNECTIONS", "6"),
    ("RAM_LOG_FORMAT", "text"),
    ("RAM_LOG_FILTER", "info"),
];

/// The times of day at which jobs would run: never, so that a history is the same at every hour.
const JOBS: [&str; 4] = ["CONCLUDE_REFERRALS", "DELETE_STALE_DRAFTS", "LOAD_SENTENCE_ENDS", "RECONCILE"];

/// A database server and a sandbox, and where a service will listen.
pub struct Lane {
    folder: PathBuf,
    options: Options,
    server: Mutex<Option<Server>>,
    url: String,
    _sandbox: Process,
    launcher: Launcher,
    ports: Ports,
    client: reqwest::Client,
}

#[derive(Clone, Copy, Debug)]
struct Ports {
    api: u16,
    web: u16,
    sandbox: u16,
    worker: u16,
}

/// A running product of one history.
pub struct World<'a> {
    lane: &'a Lane,
    launcher: Launcher,
    serve: Mutex<Process>,
    workers: Mutex<Vec<Process>>,
    /// Calls service and sandbox.
    pub client: Client,
}

impl Lane {
    /// Starts the server and the sandbox, and migrates a database to copy from.
    pub async fn open(folder: &Path, service: &Path, client: &reqwest::Client) -> anyhow::Result<Self> {
        // A run that was killed may have left its server behind.
        postgres_embedded::destroy(&folder.join("postgres")).await?;
        fresh_folder(folder)?;
        let options = Options { data_dir: folder.join("postgres"), port: None, durable: false, max_connections: 60 };
        let server = postgres_embedded::start(options.clone()).await?;
        server.create_database_if_missing(TEMPLATE).await?;
        let options = Options { port: Some(server.port()), ..options };
        let ports = Ports { api: free_port(), web: free_port(), sandbox: free_port(), worker: free_port() };
        let mut launcher =
            Launcher { service: service.to_owned(), folder: folder.to_owned(), environment: environment(ports) };
        launcher.environment.insert("DATABASE_URL".to_owned(), server.url(TEMPLATE));
        let sandbox = launcher.start("sandbox", &["sandbox"])?;
        launcher.ask(&["migrate", "--demo-catalogue"]).await?;
        let base = format!("http://localhost:{}", ports.sandbox);
        answers(client, &format!("{base}/auth/health/ping")).await?;
        let account: Value = client.get(format!("{base}/control/notify/account")).send().await?.json().await?;
        launcher.environment.extend(email_settings(&account)?);
        let url = server.url("history");
        Ok(Self {
            folder: folder.to_owned(),
            options,
            server: Mutex::new(Some(server)),
            url,
            _sandbox: sandbox,
            launcher,
            ports,
            client: client.clone(),
        })
    }

    /// A product for one history.
    pub async fn world(&self, mode: Mode) -> anyhow::Result<World<'_>> {
        self.fresh_database().await?;
        for log in ["serve", "worker"] {
            let _ = std::fs::remove_file(self.folder.join(format!("{log}.log")));
        }
        let mut launcher = self.launcher.clone();
        launcher.environment.insert("DATABASE_URL".to_owned(), self.url.clone());
        let older = format!("http://localhost:{}/community-api", self.ports.sandbox);
        let reader = match mode.reader {
            Reader::LegacyNsi => {
                [("RAM_COMMUNITY_API_BASE_URL", older.as_str()), ("RAM_DELIUS_RECONCILE_READER", "legacy-nsi")]
            }
            Reader::Urn => [("RAM_COMMUNITY_API_BASE_URL", older.as_str()), ("RAM_DELIUS_RECONCILE_READER", "urn")],
            Reader::Inference => [("RAM_ENV", "local"), ("RAM_DELIUS_RECONCILE_READER", "inference")],
        };
        launcher.environment.extend(reader.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let client = Client::new(
            &self.client,
            &format!("http://localhost:{}", self.ports.api),
            &format!("http://localhost:{}", self.ports.sandbox),
        );
        client.control("reset", json!({})).await?;
        client.control("events/redelivery", json!({ "afterMs": 100 })).await?;
        let closed = if mode.closed == Closed::Strict { "strict" } else { "lenient" };
        let delius = json!({ "closedNsi": closed, "urnRead": mode.reader == Reader::Urn });
        client.control("delius/mode", delius).await?;
        let serve = launcher.start("serve", &["serve"])?;
        let worker = launcher.start("worker", &["worker"])?;
        let world = World { lane: self, launcher, serve: Mutex::new(serve), workers: Mutex::new(vec![worker]), client };
        world.serves().await?;
        Ok(world)
    }

    /// Copies the logs of the last history to another folder.
    pub fn keep_logs(&self, to: &Path) -> anyhow::Result<()> {
        fresh_folder(to)?;
        for log in ["serve.log", "worker.log"] {
            std::fs::copy(self.folder.join(log), to.join(log)).with_context(|| format!("no {log}"))?;
        }
        Ok(())
    }

    /// Stops the database server.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(server) = self.server.lock().await.take() {
            server.stop().await?;
        }
        postgres_embedded::destroy(&self.options.data_dir).await?;
        Ok(())
    }

    async fn fresh_database(&self) -> anyhow::Result<()> {
        let server = self.server.lock().await;
        let server = server.as_ref().context("the lane's database server is away")?;
        server.execute("postgres", "DROP DATABASE IF EXISTS history WITH (FORCE)").await?;
        server.execute("postgres", &format!("CREATE DATABASE history TEMPLATE {TEMPLATE}")).await?;
        Ok(())
    }

    async fn restart_database(&self) -> anyhow::Result<()> {
        let mut server = self.server.lock().await;
        if let Some(server) = server.take() {
            server.stop().await?;
        }
        *server = Some(postgres_embedded::start(self.options.clone()).await?);
        Ok(())
    }
}

impl World<'_> {
    /// The database server stops, ending every connection, and starts again.
    pub async fn restart_database(&self) -> anyhow::Result<()> {
        self.lane.restart_database().await
    }

    /// The service is killed between two instructions and started again.
    pub async fn kill_service(&self) -> anyhow::Result<()> {
        let mut serve = self.serve.lock().await;
        serve.kill().await?;
        *serve = self.launcher.start("serve", &["serve"])?;
        Ok(())
    }

    /// The oldest worker is killed between two instructions; another one starts.
    pub async fn kill_worker(&self) -> anyhow::Result<()> {
        let mut workers = self.workers.lock().await;
        if let Some(worker) = workers.first_mut() {
            worker.kill().await?;
            workers.remove(0);
        }
        workers.push(self.launcher.start("worker", &["worker"])?);
        Ok(())
    }

    /// One more worker, up to three.
    pub async fn second_worker(&self) -> anyhow::Result<()> {
        let mut workers = self.workers.lock().await;
        if workers.len() < 3 {
            workers.push(self.launcher.start("worker", &["worker"])?);
        }
        Ok(())
    }

    /// Waits until the service answers; starts again what gave up while the database was away, as whoever supervises
    /// processes does.
    pub async fn serves(&self) -> anyhow::Result<()> {
        let address = format!("{}/health/readiness", self.client.api_url());
        until(&address, || async {
            self.supervise().await.ok()?;
            let answer = self.client.http().get(&address).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()).then_some(())
        })
        .await
    }

    /// Starts again whichever process has ended of itself.
    pub async fn supervise(&self) -> anyhow::Result<()> {
        let mut serve = self.serve.lock().await;
        if serve.has_ended() {
            *serve = self.launcher.start("serve", &["serve"])?;
        }
        for worker in self.workers.lock().await.iter_mut() {
            if worker.has_ended() {
                *worker = self.launcher.start("worker", &["worker"])?;
            }
        }
        Ok(())
    }

    /// What an operator's command prints, a line at a time.
    pub async fn operator(&self, arguments: &[&str]) -> anyhow::Result<Vec<Value>> {
        let words: Vec<&str> = [&["admin"], arguments, &["--json", "--as", "faults"]].concat();
        self.launcher.ask(&words).await
    }

    /// Compares our records with Delius's, as is done every night.
    pub async fn compare(&self) -> anyhow::Result<()> {
        self.launcher.ask(&["job", "reconcile", "--json"]).await.map(drop)
    }

    /// Compares one referral with what Delius holds, whenever it was looked at before.
    pub async fn compare_one(&self, referral: &str) -> anyhow::Result<()> {
        self.launcher.ask(&["job", "reconcile", "--referral", referral, "--json"]).await.map(drop)
    }

    /// Ends the processes of this history.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.serve.into_inner().kill().await?;
        for worker in &mut self.workers.into_inner() {
            worker.kill().await?;
        }
        Ok(())
    }
}

/// Waits for a condition, with a deadline.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut holds: impl FnMut() -> F) -> anyhow::Result<T> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(value) = holds().await {
            return Ok(value);
        }
        if tokio::time::Instant::now() > deadline {
            bail!("not within {} s: {what}", PATIENCE.as_secs());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

async fn answers(client: &reqwest::Client, address: &str) -> anyhow::Result<()> {
    until(address, || async {
        client.get(address).send().await.is_ok_and(|answer| answer.status().is_success()).then_some(())
    })
    .await
}

fn email_settings(account: &Value) -> anyhow::Result<Vec<(String, String)>> {
    let text = |value: &Value| value.as_str().map(str::to_owned).context("the sandbox's account is not readable");
    let mut settings = vec![("RAM_NOTIFY_API_KEY".to_owned(), text(&account["apiKey"])?)];
    for template in account["templates"].as_array().context("the sandbox has no templates")? {
        let purpose = text(&template["purpose"])?.to_uppercase().replace('-', "_");
        settings.push((format!("RAM_NOTIFY_TEMPLATE_{purpose}"), text(&template["id"])?));
    }
    Ok(settings)
}

fn environment(ports: Ports) -> BTreeMap<String, String> {
    let Ports { api, web, sandbox, worker } = ports;
    let at = |port: u16| format!("http://localhost:{port}");
    let below = |system: &str| format!("http://localhost:{sandbox}/{system}");
    let mut environment: BTreeMap<String, String> = [
        ("RAM_SANDBOX_ENABLED", "true".to_owned()),
        ("RAM_SANDBOX_LISTEN", format!("127.0.0.1:{sandbox}")),
        ("RAM_SANDBOX_URL", at(sandbox)),
        ("RAM_API_LISTEN", format!("127.0.0.1:{api}")),
        ("RAM_WEB_LISTEN", format!("127.0.0.1:{web}")),
        ("RAM_WORKER_LISTEN", format!("127.0.0.1:{worker}")),
        ("RAM_PUBLIC_API_URL", at(api)),
        ("RAM_PUBLIC_UI_URL", at(web)),
        ("RAM_AUTH_BASE_URL", below("auth")),
        ("RAM_AUTH_LOGIN_CLIENT_ID", "interventions-web".to_owned()),
        ("RAM_AUTH_LOGIN_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_AUTH_API_CLIENT_ID", "interventions".to_owned()),
        ("RAM_AUTH_API_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_MANAGE_USERS_BASE_URL", below("manage-users")),
        ("RAM_TOKEN_VERIFICATION_BASE_URL", below("verification")),
        ("RAM_DELIUS_BASE_URL", below("delius")),
        ("RAM_ARN_BASE_URL", below("arns")),
        ("RAM_PRISONER_SEARCH_BASE_URL", below("prisoner-search")),
        ("RAM_PRISON_REGISTER_BASE_URL", below("prison-register")),
        ("RAM_PRISON_API_BASE_URL", below("prison-api")),
        ("RAM_NOTIFY_BASE_URL", below("notify")),
        ("RAM_OPERATORS_EMAIL", "operators@interventions.example".to_owned()),
        ("RAM_EVENTS_ENDPOINT_URL", below("sns")),
        ("RAM_EVENTS_TOPIC_ARN", "arn:aws:sns:eu-west-2:000000000000:domain-events".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    environment.extend(HASTE.map(|(key, value)| (key.to_owned(), value.to_owned())));
    environment.extend(JOBS.map(|job| (format!("RAM_JOB_{job}_AT"), "off".to_owned())));
    environment
}
