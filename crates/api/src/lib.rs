//! The REST contract: handlers and wire shapes.
//!
//! Owns names and spellings on the wire, the order of checks (who calls, then path, query and body, then what the use
//! case says) and the form of every error. Decides nothing: each handler reads a request, calls one function of `app`
//! and shows what it answers. The same noun is the same file as in `domain`, `store` and `app`.

mod action_plan;
mod amendment;
mod answer;
mod appointment;
mod body;
mod browse;
mod caller;
mod case_note;
mod catalogue;
mod changelog;
mod delivery_session;
mod describe;
mod draft_referral;
mod end_of_service_report;
mod error;
mod extract;
mod health;
mod idempotency;
mod observe;
mod page;
mod performance_report;
mod prisoner;
mod probation_case;
mod router;
mod sent_referral;
mod subject_access;
mod summary;
mod supplier_assessment;
mod user;
mod version;
mod wire;
mod word;

pub use describe::{description, yaml};
pub use router::{Build, OPEN_ROUTES, ROUTES, Settings, probes, router};
pub use version::{is_versioned, takes_if_match};

#[cfg(test)]
mod contract;
#[cfg(test)]
mod samples;
