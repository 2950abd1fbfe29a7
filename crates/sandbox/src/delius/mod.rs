//! A stateful Delius behind the integration service "refer and monitor and Delius".
//!
//! Owns the probation record of every case of the cast: activities (NSIs) that hold referrals, appointments with their
//! outcomes, limits on access, and the estate; the REST interface below `/delius`; the consumer of our events; and what
//! people do in Delius, below `/control/delius`. It keeps the quirks of the real one, each behind a named switch of
//! [`mode`]. Refuses to be a source of facts about a referral: an activity is a container found by URN, nothing more.
//!
//! The rules are functions from a [`Record`] and a request to an answer or a refusal; the HTTP side only translates.

mod access;
mod appointment;
mod case_read;
mod code;
pub mod consumer;
mod control;
mod edit;
mod ending;
mod estate;
mod feedback;
mod http;
mod human;
mod ledger;
mod legacy;
mod mode;
mod model;
mod notification;
mod office;
mod outcome;
mod record;
mod referral;
mod refusal;
mod seed;
mod view;

pub use self::control::control_router;
pub use self::http::router;
pub use self::legacy::legacy_router;
pub use self::mode::{ClosedNsi, Mode};
pub use self::office::{Office, offices};
pub use self::record::Record;

#[cfg(test)]
mod tests;
