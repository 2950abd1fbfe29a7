//! The whole product in one process, over real HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use app::App;
use delivery::{Links, Relay};
use domain::email::EmailPurpose;
use jiff::SignedDuration;
use runtime::{Clock, Ids, Shutdown, Tasks};
use store::circuit::{CircuitState, WorkerId};
use tokio::net::TcpListener;
use upstream::delius::Adapters;
use upstream::{BreakerConfig, Upstreams};

use crate::{Deployment, TestDatabase};

/// Where operators are written to.
pub const OPERATORS: &str = "operators@interventions.example";

/// Which parts run.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Whether effects are delivered by themselves; without it, [`World::deliver`] does so on demand.
    pub relay: bool,
    /// How long a request waits for Delius.
    pub sync_wait: Duration,
    /// How what Delius holds is read back.
    pub reader: ReadBack,
    /// How often referrals are looked at again that cannot wait for the night; zero: never.
    pub look_again: Duration,
    /// How long a call that changes Delius may take.
    pub delius_patience: Duration,
    /// When another system is left alone, and for how long.
    pub breaker: BreakerConfig,
}

/// How what Delius holds is read back; what it does not show is a discrepancy at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// Through the older API.
    LegacyNsi,
    /// By URN.
    Urn,
    /// Not at all.
    Inference,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            relay: true,
            sync_wait: Duration::from_secs(8),
            reader: ReadBack::LegacyNsi,
            look_again: Duration::ZERO,
            delius_patience: Duration::from_secs(20),
            breaker: BreakerConfig::default(),
        }
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
    /// Base of the pages.
    pub web_url: String,
    deployment: Deployment,
    tasks: Tasks,
}

/// Everything that can be done and seen from outside.
impl Deref for World {
    type Target = Deployment;

    fn deref(&self) -> &Deployment {
        &self.deployment
    }
}

impl World {
    /// Starts everything.
    pub async fn start() -> Self {
        Self::start_with(Parts::default()).await
    }

    /// Starts the parts that are wanted.
    pub async fn start_with(parts: Parts) -> Self {
        Self::start_through(parts, Adapters::default()).await
    }

    /// Starts the parts that are wanted, with Delius called through these adapters.
    ///
    /// # Panics
    /// When something does not start.
    pub async fn start_through(parts: Parts, adapters: Adapters) -> Self {
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
        let mut clients = upstream::Config::sandbox(&root);
        match parts.reader {
            ReadBack::LegacyNsi => {}
            ReadBack::Urn => clients.delius_reader = upstream::ReaderConfig::Urn,
            ReadBack::Inference => clients.delius_reader = upstream::ReaderConfig::Inference,
        }
        clients.delius_adapters = adapters;
        clients.delius.write_timeout = parts.delius_patience;
        clients.breaker = parts.breaker;
        let upstreams = Upstreams::new(clients, clock.clone()).await.expect("clients").with_shadows(&tasks);
        let reconciliation = app::collection::Reconciliation {
            calls_per_minute: 60_000,
            grace: SignedDuration::ZERO,
            look_again: SignedDuration::try_from(parts.look_again).expect("a short time"),
            ..app::collection::Reconciliation::default()
        };
        let settings = app::Settings { delius_sync_wait: parts.sync_wait, reconciliation, ..app::Settings::default() };
        let app = App::new(database.store.clone(), upstreams, clock, Ids::random(), settings, &tasks);
        let relay = Relay::new(app.clone(), relay_settings(&api_url, &web_url));
        if parts.relay {
            relay.clone().spawn(&tasks);
            delivery::look_again(app.clone(), &tasks);
            delivery::circuit::tell(app.clone(), &tasks);
        }
        let api = api::router(app.clone(), api_settings());
        serve(&tasks, api_listener, api);
        let web = web::router(
            app.clone(),
            web::Settings {
                public_url: web_url.parse().expect("an address"),
                session_idle: Duration::from_hours(2),
                session_max: Duration::from_hours(12),
            },
        );
        serve(&tasks, web_listener, web);
        let deployment = Deployment::at(api_url, sandbox_url, database.store.clone());
        Self { database, app, relay, sandbox, web_url, deployment, tasks }
    }

    /// Writes down what a worker of this number says of its circuit to a system, as if it had said so at that time.
    ///
    /// # Panics
    /// When the database does not take it.
    pub async fn worker_says(&self, worker: u128, system: &str, state: CircuitState, at: jiff::Timestamp) {
        let mut db = self.app.store().connection().await.expect("a connection");
        let worker = WorkerId(uuid::Uuid::from_u128(worker));
        store::circuit::save(&mut db, worker, &[(system, state)], at).await.expect("saved");
    }

    /// Another relay over the same database and systems, that calls Delius through these adapters: what an operator has
    /// after changing the configuration. Runs on demand.
    ///
    /// # Panics
    /// When no clients can be made.
    pub async fn relay_through(&self, adapters: Adapters) -> Relay {
        Relay::new(
            self.another_app(Clock::system(), adapters).await,
            relay_settings(&self.deployment.api_url, &self.web_url),
        )
    }

    /// A second instance over the same database and systems, with this clock: the REST API of a process that remembers
    /// nothing of what the first was asked.
    ///
    /// # Panics
    /// When no clients can be made, or it does not start.
    pub async fn another_instance(&self, clock: Clock) -> Deployment {
        let app = self.another_app(clock, Adapters::default()).await;
        let (listener, api_url) = listen().await;
        serve(&self.tasks, listener, api::router(app, api_settings()));
        Deployment::at(api_url, self.deployment.sandbox_url.clone(), self.database.store.clone())
    }

    async fn another_app(&self, clock: Clock, adapters: Adapters) -> App {
        let root = self.deployment.sandbox_url.parse().expect("an address");
        let mut clients = upstream::Config::sandbox(&root);
        clients.delius_adapters = adapters;
        let upstreams = Upstreams::new(clients, clock.clone()).await.expect("clients").with_shadows(&self.tasks);
        let settings = self.app.settings().clone();
        App::new(self.database.store.clone(), upstreams, clock, Ids::random(), settings, &self.tasks)
    }

    /// Delivers everything that is due, on demand.
    pub async fn deliver(&self) -> usize {
        self.relay.run_until_idle().await.expect("the database answers")
    }

    /// Stops everything and waits until it has stopped.
    pub async fn stop(self) {
        self.tasks.stop().await;
    }
}

fn api_settings() -> api::Settings {
    let build = api::Build {
        version: "2026-01-01.test".to_owned(),
        time: jiff::Timestamp::UNIX_EPOCH,
        commit: Some("0".repeat(40)),
    };
    api::Settings { build, metrics: runtime::telemetry::start_metrics() }
}

fn relay_settings(api: &str, ui: &str) -> delivery::Settings {
    let template = |purpose: &EmailPurpose| {
        let id = sandbox::notify_template_id(purpose.as_str()).clone();
        (*purpose, id.parse().expect("template ids are UUIDs"))
    };
    delivery::Settings {
        links: Links { api: api.to_owned(), ui: ui.to_owned() },
        templates: EmailPurpose::ALL.iter().map(template).collect::<BTreeMap<_, _>>(),
        operators_address: Some(OPERATORS.to_owned()),
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
