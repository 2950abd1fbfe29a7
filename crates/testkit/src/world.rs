//! The whole product in one process, over real HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use app::App;
use delivery::{Links, Relay};
use domain::email::EmailPurpose;
use runtime::{Clock, Ids, Shutdown, Tasks};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use upstream::Upstreams;

use crate::{Actor, TestDatabase};

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which parts run.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Whether effects are delivered by themselves; without it, [`World::deliver`] does so on demand.
    pub relay: bool,
    /// How long a request waits for Delius.
    pub sync_wait: Duration,
}

impl Default for Parts {
    fn default() -> Self {
        Self { relay: true, sync_wait: Duration::from_secs(8) }
    }
}

/// A running product with every other system beside it.
pub struct World {
    /// The database.
    pub database: TestDatabase,
    /// The use cases.
    pub app: App,
    /// The relay, for deliveries on demand.
    pub relay: Relay,
    /// The sandbox.
    pub sandbox: sandbox::Sandbox,
    /// Base of the REST API.
    pub api_url: String,
    /// Base of the pages.
    pub web_url: String,
    /// Base of the sandbox.
    pub sandbox_url: String,
    http: reqwest::Client,
    tasks: Tasks,
}

impl World {
    /// Starts everything.
    pub async fn start() -> Self {
        Self::start_with(Parts::default()).await
    }

    /// Starts the parts that are wanted.
    pub async fn start_with(parts: Parts) -> Self {
        upstream::install_crypto();
        let database = TestDatabase::create().await;
        let tasks = Tasks::new(Shutdown::new());
        let (sandbox_listener, sandbox_url) = listen().await;
        let (api_listener, api_url) = listen().await;
        let (web_listener, web_url) = listen().await;
        let config = sandbox::Config {
            public_url: sandbox_url.clone(),
            redirect_uris: vec![format!("{web_url}/sign-in/callback")],
            ..sandbox::Config::default()
        };
        let sandbox = sandbox::Sandbox::open(config).await.expect("the sandbox opens");
        let (served, stop) = (sandbox.clone(), tasks.shutdown().wait());
        tasks.spawn(async move { served.serve(sandbox_listener, stop).await.expect("the sandbox serves") });

        let clock = Clock::system();
        let root = sandbox_url.parse().expect("an address");
        let upstreams = Upstreams::new(upstream::Config::sandbox(&root), clock.clone()).await.expect("clients");
        let settings = app::Settings { delius_sync_wait: parts.sync_wait, ..app::Settings::default() };
        let app = App::new(database.store.clone(), upstreams, clock, Ids::random(), settings, &tasks);
        let relay = Relay::new(app.clone(), relay_settings(&api_url, &web_url));
        if parts.relay {
            relay.clone().spawn(&tasks);
        }
        let metrics = runtime::telemetry::start_metrics();
        let api = api::router(app.clone(), api::Settings { version: "2026-01-01.test".to_owned(), metrics });
        serve(&tasks, api_listener, api);
        let web = web::router(
            app.clone(),
            web::Settings {
                public_url: web_url.parse().expect("an address"),
                session_idle: Duration::from_secs(7200),
                session_max: Duration::from_secs(43_200),
            },
        );
        serve(&tasks, web_listener, web);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("an HTTP client");
        Self { database, app, relay, sandbox, api_url, web_url, sandbox_url, http, tasks }
    }

    /// A plain HTTP client that follows no redirects.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Somebody of the sandbox's cast, signed in.
    pub async fn actor(&self, username: &str) -> Actor {
        self.token(json!({ "username": username })).await
    }

    /// A machine of the sandbox's cast, with a token of its own.
    pub async fn machine(&self, client: &str) -> Actor {
        self.token(json!({ "clientId": client })).await
    }

    async fn token(&self, who: Value) -> Actor {
        let answer = self.control("token", who).await;
        let token = ["access_token", "accessToken", "token"].iter().find_map(|key| answer[*key].as_str());
        Actor::new(&self.http, &self.api_url, token.expect("the sandbox gives tokens").to_owned())
    }

    /// Asks the sandbox's control interface to do something.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/control/{path}", self.sandbox_url);
        let answer = self.http.post(url).json(&body).send().await.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or(Value::Null)
    }

    /// Looks at the sandbox's control interface.
    pub async fn look(&self, path: &str) -> Value {
        let url = format!("{}/control/{path}", self.sandbox_url);
        let answer = self.http.get(url).send().await.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// Makes a system fail as the fault plan says.
    pub async fn fault(&self, plan: Value) {
        self.control("faults", plan).await;
    }

    /// Clears the fault plan.
    pub async fn heal(&self) {
        let url = format!("{}/control/faults", self.sandbox_url);
        let answer = self.http.delete(url).send().await.expect("the sandbox answers");
        assert!(answer.status().is_success());
    }

    /// The activities that Delius holds for a person under a referral's URN.
    pub async fn activities(&self, crn: &str, referral: &str) -> Vec<Value> {
        let urn = format!("urn:hmpps:interventions-referral:{referral}");
        self.records(crn, "nsis", &urn).await
    }

    /// The contacts that Delius holds for a person under an appointment's URN.
    pub async fn contacts(&self, crn: &str, appointment: &str) -> Vec<Value> {
        let urn = format!("urn:hmpps:interventions-appointment:{appointment}");
        self.records(crn, "contacts", &urn).await
    }

    async fn records(&self, crn: &str, kind: &str, urn: &str) -> Vec<Value> {
        let record = self.look(&format!("delius/{crn}")).await;
        let records = record[kind].as_array().cloned().unwrap_or_default();
        records.into_iter().filter(|record| record["externalReference"] == urn).collect()
    }

    /// Delivers everything that is due, on demand.
    pub async fn deliver(&self) -> usize {
        self.relay.run_until_idle().await.expect("the database answers")
    }

    /// Waits until every effect of a referral is finished, and answers with its ledger.
    pub async fn settled(&self, referral: &str) -> Vec<store::outbox::LedgerEntry> {
        self.eventually("every effect is finished", async || {
            let ledger = self.ledger(referral).await;
            ledger.iter().all(|entry| !entry.state.is_unfinished()).then_some(ledger)
        })
        .await
    }

    /// The ledger of a referral.
    pub async fn ledger(&self, referral: &str) -> Vec<store::outbox::LedgerEntry> {
        let id = referral.parse().expect("a referral's id");
        let mut db = self.database.store.connection().await.expect("the database answers");
        store::outbox::ledger(&mut db, id).await.expect("the ledger can be read")
    }

    /// Waits for a condition, with a deadline.
    ///
    /// # Panics
    /// When it does not come true in time.
    pub async fn eventually<T>(&self, what: &str, mut holds: impl AsyncFnMut() -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(value) = holds().await {
                return value;
            }
            assert!(tokio::time::Instant::now() < deadline, "it did not come true within {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Stops everything and waits until it has stopped.
    pub async fn stop(self) {
        self.tasks.stop().await;
    }
}

fn relay_settings(api: &str, ui: &str) -> delivery::Settings {
    let template = |purpose: &EmailPurpose| {
        let id = sandbox::notify_template_id(purpose.as_str()).to_string();
        (*purpose, id.parse().expect("template ids are UUIDs"))
    };
    delivery::Settings {
        links: Links { api: api.to_owned(), ui: ui.to_owned() },
        templates: EmailPurpose::ALL.iter().map(template).collect::<BTreeMap<_, _>>(),
        default_office_code: "CRSEXTL".to_owned(),
        poll: Duration::from_millis(200),
        lease: Duration::from_secs(30),
        max_backoff: Duration::from_secs(2),
        concurrency: 8,
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, format!("http://localhost:{port}"))
}

fn serve(tasks: &Tasks, listener: TcpListener, router: axum::Router) {
    let stop = tasks.shutdown().wait();
    tasks.spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).with_graceful_shutdown(stop).await.expect("the router serves");
    });
}
