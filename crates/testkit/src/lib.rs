//! Test support: a database for each test, the whole product running in the test's process, and the people who use it.
//!
//! [`World::start`] runs what production runs: the real routers over real HTTP, the real relay, the sandbox as every
//! other system, each on a port of its own. A test acts as people do, then looks at what the sandbox holds.
//! [`Deployment`] is the same seen from outside, whichever processes it runs in.
//! Development-only; nothing of it is in the product.

#![expect(clippy::missing_panics_doc, reason = "a step that does not succeed fails its test, that is what it is for")]

mod actor;
pub mod bench;
mod broken;
mod database;
mod deployment;
mod referral;
mod sweep;
mod world;

pub use actor::{Actor, Answer};
pub use broken::Flaw;
pub use database::TestDatabase;
pub use deployment::Deployment;
pub use referral::{BookedAppointment, a_booking, some_feedback, soon};
pub use upstream::BreakerConfig;
pub use world::{OPERATORS, Parts, ReadBack, World};
