//! What every part of the product needs from the machine it runs on: the clock, ids and randomness, secrets,
//! supervised tasks, telemetry and configuration.
//!
//! Owns every ambient effect, so that the rest of the workspace takes them as arguments (`clippy.toml` bans the
//! originals). Refuses to own anything of the product itself.

mod clock;
pub mod config;
mod ids;
mod secret;
mod tasks;
pub mod telemetry;
pub mod trace;

pub use clock::Clock;
pub use ids::Ids;
pub use secret::Secret;
pub use tasks::{Shutdown, Tasks};
