//! Use cases: each function authorises, loads, lets the domain decide, writes the facts and enqueues their effects.
//!
//! Every public function takes the operation's context first and authorises before it reads anything that it might
//! leak. No call to another system is made while a transaction is open, with one exception that is none: the risk
//! hand-over of [`draft::send`] stands between two transactions. Errors are [`Error`], one closed set.

pub mod access;
pub mod action_plan;
pub mod amendment;
pub mod appointment;
mod authentication;
mod cache;
pub mod case_note;
pub mod catalogue;
pub mod change;
pub mod changelog;
pub mod collection;
mod context;
pub mod dashboard;
pub mod draft;
pub mod end_of_service_report;
mod error;
pub mod health;
pub mod idempotency;
pub mod import;
pub mod operator;
pub mod pages;
pub mod performance_report;
pub mod prisoner;
pub mod probation_case;
pub mod referral;
pub mod session;
pub mod subject_access;
pub mod user;
pub mod version;
mod waiting;

use std::sync::Arc;

pub use authentication::AuthenticationError;
pub use context::{Correlation, OpCtx};
pub use error::{DependencyError, Error};
use runtime::{Clock, Ids, Tasks};
use store::Store;
use upstream::Upstreams;

/// What operators may set about the use cases.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a request waits for Delius's first answer to a booking or a start.
    pub delius_sync_wait: std::time::Duration,
    /// How long a positive answer about limited access is believed; 60 seconds at most.
    pub case_access_ttl: std::time::Duration,
    /// How long drafts that nobody changes are kept.
    pub draft_retention: domain::draft::Retention,
    /// How referrals are compared with what Delius holds.
    pub reconciliation: collection::Reconciliation,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delius_sync_wait: std::time::Duration::from_secs(8),
            case_access_ttl: std::time::Duration::from_mins(1),
            draft_retention: domain::draft::Retention::default(),
            reconciliation: collection::Reconciliation::default(),
        }
    }
}

/// Everything that the use cases need; a cheap handle.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    store: Store,
    upstreams: Upstreams,
    clock: Clock,
    ids: Ids,
    settings: Settings,
    known_users: cache::Cache<domain::User, domain::User>,
    open_cases: cache::Cache<access::CaseKey, ()>,
    health: cache::Cache<(), health::Health>,
    pages: pages::Pages<store::dashboard::Boundary>,
    note_pages: pages::Pages<domain::CaseNoteId>,
    settled: waiting::SettledEffects,
}

impl App {
    /// Assembles the use cases and starts listening for settled effects.
    pub fn new(store: Store, upstreams: Upstreams, clock: Clock, ids: Ids, settings: Settings, tasks: &Tasks) -> Self {
        let settled = waiting::SettledEffects::listen(&store, tasks);
        authentication::count_from_nought();
        Self(Arc::new(Parts {
            known_users: cache::Cache::new(std::time::Duration::from_mins(5)),
            health: cache::Cache::new(health::BELIEVED_FOR),
            open_cases: cache::Cache::new(settings.case_access_ttl),
            pages: pages::Pages::new(),
            note_pages: pages::Pages::new(),
            store,
            upstreams,
            clock,
            ids,
            settings,
            settled,
        }))
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The other systems.
    pub fn upstreams(&self) -> &Upstreams {
        &self.0.upstreams
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The source of ids.
    pub fn ids(&self) -> &Ids {
        &self.0.ids
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}
