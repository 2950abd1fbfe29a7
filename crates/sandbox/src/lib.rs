//! Stateful stand-ins of every external system, with a fault plan and a control API.
//!
//! One process and one port hold the sign-in service, the user directory, the token check, Delius (both of its
//! interfaces), the risk service, the prison look-ups, e-mail and the event topic, each below its own path prefix.
//! Nothing here is used in production: people, passwords and keys are invented and public.
//!
//! The crate shares no wire types with the clients that call it, so that the two cannot agree on a mistake.
//!
//! - [`Sandbox`] is the handle: open it, mount or serve its router, read and write its [`State`].
//! - [`cast`] is the fictional world that every part starts from.
//! - [`fault`] is the fault plan that stands before every system.
//! - [`control`](crate::Sandbox::router) is the JSON interface for scripts and tests, below `/control`.

mod arns;
pub mod auth;
pub mod cast;
mod clock;
mod config;
mod control;
pub mod delius;
pub mod fault;
mod notify;
mod page;
mod prisons;
mod refusal;
mod requests;
mod sandbox;
mod state;
mod state_file;
pub mod topic;
mod users;
mod verification;

pub use self::auth::{Claims, MintError};
pub use self::config::{Config, NotifyTemplate, NotifyTemplates, OpenError};
pub use self::notify::keys::{NOTIFY_API_KEY, NOTIFY_TEAM_API_KEY, NOTIFY_TEST_API_KEY};
pub use self::notify::templates::notify_template_id;
pub use self::refusal::Refusal;
pub use self::sandbox::Sandbox;
pub use self::state::State;
