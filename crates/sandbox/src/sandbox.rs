//! The handle to a running sandbox: its state, its clock, its router and its life.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::middleware;
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::auth::{Claims, KeyRing, MintError, guard};
use crate::config::{Config, OpenError};
use crate::fault;
use crate::refusal::Refusal;
use crate::requests::Log;
use crate::state::State;
use crate::{arns, auth, control, delius, notify, page, prisons, state_file, topic, users, verification};

/// How long a shutdown waits for open connections.
const GRACE: Duration = Duration::from_secs(2);
/// How long the consumer's and the receipts' calls to our product may take.
const CALL_BACK_LIMIT: Duration = Duration::from_secs(10);

/// A cheap handle to one sandbox; clones share everything.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    config: Config,
    held: Mutex<Held>,
    /// The generation that the state file holds.
    saved: Mutex<u64>,
    keys: KeyRing,
    log: Log,
    snapshots: Mutex<Vec<(String, State)>>,
    /// Told whenever an event was queued for Delius's consumer.
    queued: Notify,
    /// Told whenever an e-mail was accepted.
    mailed: Notify,
    client: reqwest::Client,
}

struct Held {
    state: State,
    /// Counts the writes.
    generation: u64,
}

/// What watches a system asks it whether it is up; those that say so below have no richer answer of their own.
fn pings() -> Router {
    let systems =
        ["verification", "delius", "community-api", "arns", "prisoner-search", "prison-register", "prison-api"];
    let up = || async { Json(json!({ "status": "UP" })) };
    systems.iter().fold(Router::new(), |router, system| router.route(&format!("/{system}/health/ping"), get(up)))
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("public_url", &self.0.config.public_url).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Opens a sandbox: reads the state file when there is one, else starts from the cast, and makes the signing key on
    /// the first start.
    ///
    /// # Errors
    /// [`OpenError`] names the file or the part that failed; nothing is left behind but the state file.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        Self::open_with_clock(config, runtime::Clock::system()).await
    }

    /// Like [`Sandbox::open`], with a clock that the caller may hold and move.
    ///
    /// # Errors
    /// As [`Sandbox::open`].
    #[expect(clippy::unused_async, reason = "opening is promised to callers as a step that may wait")]
    pub async fn open_with_clock(config: Config, clock: runtime::Clock) -> Result<Self, OpenError> {
        let loaded = match &config.state_file {
            Some(path) => state_file::load(path)?,
            None => None,
        };
        let mut state = loaded.unwrap_or_else(|| State::seeded(config.seed));
        state.clock.follow(clock);
        if state.auth.keys.is_empty() {
            let key = auth::keys::generate(state.seed(), 0)?;
            state.auth.keys.push(key);
        }
        let keys = KeyRing::default();
        for key in &state.auth.keys {
            keys.pair(key)?;
        }
        // The process may already have chosen its TLS provider; the client only needs that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(CALL_BACK_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(OpenError::Client)?;
        let sandbox = Self(Arc::new(Inner {
            config,
            held: Mutex::new(Held { state, generation: 1 }),
            saved: Mutex::new(0),
            keys,
            log: Log::default(),
            snapshots: Mutex::new(Vec::new()),
            queued: Notify::new(),
            mailed: Notify::new(),
            client,
        }));
        if let (Err(source), Some(path)) = (sandbox.flush(), sandbox.state_file()) {
            return Err(OpenError::Write { path, source });
        }
        Ok(sandbox)
    }

    /// Every system under its prefix, the control interface and the index page. Requests pass the fault plan first and
    /// are logged; a changed state is saved before the answer leaves.
    pub fn router(&self) -> Router {
        pings()
            .nest("/auth", auth::router(self.clone()))
            .nest("/manage-users", users::router(self.clone()))
            .nest("/verification", verification::router(self.clone()))
            .nest("/delius", delius::router(self.clone()))
            .nest("/community-api", delius::legacy_router(self.clone()))
            .nest("/arns", arns::router(self.clone()))
            .nest("/prisoner-search", prisons::search_router(self.clone()))
            .nest("/prison-register", prisons::register_router(self.clone()))
            .nest("/prison-api", prisons::api_router(self.clone()))
            .nest("/notify", notify::router(self.clone()))
            .merge(topic::router(self.clone()))
            .nest("/control/delius", control::guarded(delius::control_router(self.clone())))
            .nest("/control", control::guarded(control::router(self.clone())))
            .merge(page::router(self.clone()))
            .layer(middleware::from_fn_with_state(self.clone(), fault::stand_before))
    }

    /// Serves the router on `listener` and runs Delius's consumer and the e-mail receipts until `shutdown` completes.
    ///
    /// # Errors
    /// Those of the listener, and of the last save of the state.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let watch_stop = |mut stopped: tokio::sync::watch::Receiver<bool>| async move {
            // The sender lives until this function returns, so an error here means the same as a stop.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let listening = axum::serve(listener, service).with_graceful_shutdown(watch_stop(stopped.clone()));
        let ended = tokio::select! {
            ended = async move { listening.await } => ended,
            () = delius::consumer::run(self.clone()) => Ok(()),
            () = notify::receipts::run(self.clone()) => Ok(()),
            () = async {
                shutdown.await;
                stop.send_replace(true);
                tokio::time::sleep(GRACE).await;
            } => Ok(()),
        };
        ended.and(self.flush())
    }

    /// Reads the state. The closure holds the lock: it must not call the handle again.
    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.0.held.lock().unwrap_or_else(PoisonError::into_inner).state)
    }

    /// Changes the state. The change is saved before the answer to the current request leaves; work outside a request
    /// calls [`Sandbox::flush`] itself. The closure holds the lock: it must not call the handle again.
    pub fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.generation += 1;
        change(&mut held.state)
    }

    /// Saves the state when it changed since the last save; does nothing without a state file.
    ///
    /// # Errors
    /// Those of writing the file; the state in memory stays as it is.
    pub fn flush(&self) -> io::Result<()> {
        let Some(path) = &self.0.config.state_file else { return Ok(()) };
        let wanted = self.0.held.lock().unwrap_or_else(PoisonError::into_inner).generation;
        let mut saved = self.0.saved.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever saved while this call waited for its turn saved this caller's change too.
        if *saved >= wanted {
            return Ok(());
        }
        let (bytes, generation) = {
            let held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
            (serde_json::to_vec(&held.state).map_err(io::Error::other)?, held.generation)
        };
        state_file::save(path, &bytes)?;
        *saved = generation;
        Ok(())
    }

    /// The instant of the stand-ins' clock.
    pub fn now(&self) -> Timestamp {
        self.read(State::now)
    }

    /// Admits a caller with a good bearer token that carries at least one of `roles` (`ROLE_…`; none given: any token).
    ///
    /// # Errors
    /// [`Refusal`] is the 401 or 403 to answer with.
    pub fn authorise_client(&self, headers: &HeaderMap, roles: &[&str]) -> Result<Claims, Refusal> {
        guard::authorise(self, headers, roles)
    }

    /// A signed token of a client of the cast, as its client-credentials grant would give it.
    ///
    /// # Errors
    /// [`MintError`] when the cast has no such client.
    pub fn client_token(&self, client_id: &str) -> Result<String, MintError> {
        auth::mint::for_client(self, client_id, None).map(|minted| minted.access_token)
    }

    /// A signed token of a user of the directory, as a sign-in through `interventions-web` would give it.
    ///
    /// # Errors
    /// [`MintError`] when the directory has no such user.
    pub fn user_token(&self, username: &str) -> Result<String, MintError> {
        auth::mint::for_user(self, username, "interventions-web", None).map(|minted| minted.access_token)
    }

    /// The client for calls from the stand-ins to our product: bounded, without redirects or proxies.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.client
    }

    /// What the sandbox was opened with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/auth/issuer", self.0.config.public_url)
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.0.keys
    }

    pub(crate) fn log(&self) -> &Log {
        &self.0.log
    }

    pub(crate) fn queued(&self) -> &Notify {
        &self.0.queued
    }

    pub(crate) fn mailed(&self) -> &Notify {
        &self.0.mailed
    }

    /// Keeps a copy of the state under `name`, in place of an earlier one.
    pub(crate) fn snapshot(&self, name: &str) {
        let copy = self.read(State::clone);
        let mut snapshots = self.0.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots.retain(|(kept, _)| kept != name);
        snapshots.push((name.to_owned(), copy));
    }

    /// Puts the state back as it was when `name` was kept; false when nothing was.
    pub(crate) fn restore(&self, name: &str) -> bool {
        let copy = {
            let snapshots = self.0.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
            snapshots.iter().find(|(kept, _)| kept == name).map(|(_, state)| state.clone())
        };
        let Some(copy) = copy else { return false };
        self.write(|state| *state = copy);
        self.0.queued.notify_one();
        true
    }

    fn state_file(&self) -> Option<PathBuf> {
        self.0.config.state_file.clone()
    }
}
