//! One client per external system: wire shapes, time-outs, retry classes and error mapping.
//!
//! # Example
//! ```no_run
//! # async fn example(clock: runtime::Clock) -> Result<(), Box<dyn std::error::Error>> {
//! let config = upstream::Config::sandbox(&"http://localhost:9090".parse()?);
//! let upstreams = upstream::Upstreams::new(config, clock).await?;
//! let trace = upstream::Trace::correlated("3f1c");
//! match upstreams.delius.case_details(&trace, &domain::Crn("X100001".to_owned())).await {
//!     Ok(Some(case)) => println!("born {}", case.date_of_birth),
//!     Ok(None) => println!("no such case"),
//!     Err(error) if error.never_sent() => println!("not even asked: {error}"),
//!     Err(error) => println!("{error}"),
//! }
//! # Ok(()) }
//! ```
//!
//! What holds for all of them:
//! - a module per system; wire shapes stay inside it, and callers see plain types;
//! - every call is bounded: time-outs, a number of slots, a circuit breaker ([`BreakerConfig`]);
//! - reads are retried as the endpoint says, writes never: [`UpstreamError::is_ambiguous`] and
//!   [`UpstreamError::never_sent`] tell the relay what it may do next;
//! - every call takes a [`Trace`] first, and leaves a span and metrics with fixed names, never an address or a body.
//!
//! There is no trait to put a fake behind: tests and the demo run the sandbox and change the base URLs.

pub mod arn;
pub mod auth;
mod breaker;
mod cache;
pub mod config;
mod counted;
pub mod delius;
mod error;
pub mod events;
mod http;
mod limit;
pub mod manage_users;
pub mod notify;
pub mod prison_api;
pub mod prison_register;
pub mod prisoner_search;
pub mod token_verification;
mod trace;

pub use breaker::{BreakerState, Tripped};
pub use config::{BreakerConfig, Config, ReaderConfig};
pub use error::{AnswerText, Kind, Refusal, System, UpstreamError};
pub use trace::Trace;

use auth::Service;
use runtime::{Clock, Tasks};
use std::sync::Arc;

/// Why the clients cannot be made. The process cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The HTTP client cannot be set up, for instance because the machine has no certificate store.
    #[error("the HTTP client cannot be set up")]
    Http(#[from] reqwest::Error),
    /// The e-mail service's key cannot be read.
    #[error(transparent)]
    NotifyKey(#[from] notify::BadKey),
}

/// Every system's client.
pub struct Upstreams {
    /// Sign-in.
    pub auth: auth::Auth,
    /// Users and groups.
    pub manage_users: manage_users::ManageUsers,
    /// Token check; absent when switched off.
    pub token_verification: Option<token_verification::TokenVerification>,
    /// The probation record.
    pub delius: delius::Delius,
    /// Risk.
    pub arn: arn::Arn,
    /// People in prison.
    pub prisoner_search: prisoner_search::PrisonerSearch,
    /// Prisons.
    pub prison_register: prison_register::PrisonRegister,
    /// Secure children's homes.
    pub prison_api: prison_api::PrisonApi,
    /// E-mail; absent when switched off, so that messages wait.
    pub notify: Option<notify::Notify>,
    /// Events; absent when switched off, so that they wait.
    pub events: Option<events::Events>,
}

impl Upstreams {
    /// Makes every client. Nothing is called yet: a system that is down does not keep the service from starting.
    pub async fn new(config: Config, clock: Clock) -> Result<Self, BuildError> {
        install_crypto();
        counted::from_nought();
        let Config {
            auth,
            manage_users,
            token_verification,
            delius,
            community_api,
            delius_adapters,
            delius_reader,
            arn,
            prisoner_search,
            prison_register,
            prison_api,
            prison_lists_ttl,
            notify,
            events,
            breaker,
        } = config;
        let auth = auth::Auth::new(auth, breaker)?;
        let service = |system, endpoint| -> Result<Service, reqwest::Error> {
            Ok(Service::new(http::Http::new(system, endpoint, breaker)?, Arc::clone(auth.client_tokens())))
        };
        let directory = service(System::ManageUsers, manage_users.endpoint.clone())?;
        Ok(Self {
            manage_users: manage_users::ManageUsers::new(directory, &manage_users),
            token_verification: token_verification
                .map(|config| token_verification::TokenVerification::new(config, breaker))
                .transpose()?,
            delius: {
                // Made wherever it is configured: a lost answer of it may have to be followed up after every operation
                // was moved away from it.
                let legacy = community_api.map(|endpoint| service(System::CommunityApi, endpoint)).transpose()?;
                let delius = service(System::Delius, delius)?;
                delius::Delius::new(delius, &delius_reader, delius_adapters, legacy)
            },
            arn: arn::Arn::new(arn, breaker)?,
            prisoner_search: prisoner_search::PrisonerSearch::new(
                service(System::PrisonerSearch, prisoner_search.endpoint)?,
                prisoner_search.cache_ttl,
            ),
            prison_register: prison_register::PrisonRegister::new(prison_register, prison_lists_ttl, breaker)?,
            prison_api: prison_api::PrisonApi::new(service(System::PrisonApi, prison_api)?, prison_lists_ttl),
            notify: notify.map(|config| notify::Notify::new(config, breaker, clock)).transpose()?,
            events: match events {
                Some(config) => Some(events::Events::new(config, breaker).await),
                None => None,
            },
            auth,
        })
    }

    /// The same, and reads of Delius are put to its other API too, where that is configured: in the background, to
    /// compare. Without this nothing is compared.
    #[must_use]
    pub fn with_shadows(mut self, tasks: &Tasks) -> Self {
        self.delius.cast_shadows(tasks);
        self
    }

    /// Says in the metrics what each circuit does now. Calls say it too; this is for a system that nobody calls.
    pub fn show_circuits(&self) {
        for (system, state) in self.breaker_states() {
            counted::circuit(system, state, tokio::time::Instant::now());
        }
    }

    /// What each system's circuit breaker is doing; systems that are switched off are left out.
    pub fn breaker_states(&self) -> Vec<(System, BreakerState)> {
        let mut states = vec![
            (System::Auth, self.auth.breaker_state()),
            (System::ManageUsers, self.manage_users.breaker_state()),
            (System::Delius, self.delius.breaker_state()),
            (System::Arn, self.arn.breaker_state()),
            (System::PrisonerSearch, self.prisoner_search.breaker_state()),
            (System::PrisonRegister, self.prison_register.breaker_state()),
            (System::PrisonApi, self.prison_api.breaker_state()),
        ];
        states.extend(self.token_verification.as_ref().map(|it| (System::TokenVerification, it.breaker_state())));
        states.extend(self.delius.legacy_breaker_state().map(|state| (System::CommunityApi, state)));
        states.extend(self.notify.as_ref().map(|it| (System::Notify, it.breaker_state())));
        states.extend(self.events.as_ref().map(|it| (System::Events, it.breaker_state())));
        states.sort_by_key(|(system, _)| *system);
        states
    }
}

/// Makes ring the process's TLS crypto. Safe to call again; a provider that is installed already stays.
pub fn install_crypto() {
    // The error is the provider that was there first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
