//! Starting, adopting and stopping the server of a data folder.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;

use crate::binaries::Search;
use crate::folder::{self, Folder, LOCK_PATIENCE, refused};
use crate::launch::{self, Launched};
use crate::process;
use crate::wire::{Row, Session};
use crate::{Options, StartError, StatementError, StopError};

pub(crate) const USER: &str = "interventions";
pub(crate) const READY_PATIENCE: Duration = Duration::from_secs(90);
const STOP_PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const POLL: Duration = Duration::from_millis(25);

/// A PostgreSQL that runs and answers. Dropping it leaves the server, and stops it if nobody else uses it.
pub struct Server {
    folder: Folder,
    port: u16,
    password: String,
    version: u32,
    adopted: bool,
    /// Ours to reap, unless adopted.
    child: Option<Child>,
    /// The shared lock that says we use the server; `None` once we left.
    users: Option<File>,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Server")
            .field("folder", &self.folder.path())
            .field("port", &self.port)
            .field("version", &self.version)
            .field("adopted", &self.adopted)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// The address of `database`, password included: `postgres://user:password@127.0.0.1:port/database?sslmode=disable`.
    /// A secret: keep it out of logs.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{database}?sslmode=disable", self.password, self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's version as PostgreSQL numbers it: 150013 is 15.13.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether the server ran already when we came.
    pub fn is_adopted(&self) -> bool {
        self.adopted
    }

    /// The folder that really holds the data; not the requested one if the server's account could not reach that.
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// Creates database `name` unless it exists. Two callers at once are fine.
    pub async fn create_database_if_missing(&self, name: &str) -> Result<(), StatementError> {
        if !is_database_name(name) {
            return Err(StatementError::Name(name.to_owned()));
        }
        let mut session = self.session("postgres").await?;
        if !session.run(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")).await?.is_empty() {
            return Ok(());
        }
        match session.run(&format!("CREATE DATABASE {name}")).await {
            // Somebody else was quicker: "duplicate database", or a clash in the catalogue's unique index.
            Err(StatementError::Refused { code, .. }) if code == "42P04" || code == "23505" => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Runs `sql`, one or more statements in one implicit transaction, and returns the rows as text, NULL as `None`.
    /// For chores and tests; the product's queries are `store`'s.
    pub async fn execute(&self, database: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>, StatementError> {
        self.session(database).await?.run(sql).await
    }

    /// Leaves the server, and stops it if nobody else uses it: connections are ended, data is written, then it ends.
    pub async fn stop(mut self) -> Result<(), StopError> {
        let folder = self.folder.path().to_owned();
        tokio::task::spawn_blocking(move || self.leave(LOCK_PATIENCE, STOP_PATIENCE))
            .await
            .map_err(|join| StopError::Folder { path: folder, source: io::Error::other(join) })?
    }

    async fn session(&self, database: &str) -> Result<Session, StatementError> {
        Session::open(self.port, USER, &self.password, database).await
    }

    fn leave(&mut self, lock_patience: Duration, stop_patience: Duration) -> Result<(), StopError> {
        let Some(users) = self.users.take() else { return Ok(()) };
        let root = self.folder.path().to_owned();
        let _lock = match self.folder.lock(lock_patience) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Err(StopError::Locked { folder: root, seconds: lock_patience.as_secs() }),
            // The folder is gone, and with it anything to protect: stop what runs.
            Err(_) if !root.exists() => return self.end_child(stop_patience),
            Err(error) => return Err(StopError::Folder { path: root, source: io::Error::other(error) }),
        };
        if flock(&users, FlockOperation::NonBlockingLockExclusive).is_err() {
            tracing::debug!(folder = %root.display(), "PostgreSQL is left running for others");
            return Ok(());
        }
        if let Some(postmaster) = self.folder.live_postmaster() {
            // SIGINT is PostgreSQL's "fast" shutdown: ends connections, writes a checkpoint. SIGQUIT only ends.
            process::signal(postmaster.pid, Signal::INT);
            let ended = folder::await_end(&self.folder, postmaster.pid, stop_patience);
            if ended.is_err() {
                process::signal(postmaster.pid, Signal::QUIT);
                folder::await_end(&self.folder, postmaster.pid, Duration::from_secs(10))?;
            }
        }
        self.end_child(stop_patience)?;
        tracing::info!(folder = %root.display(), "PostgreSQL stopped");
        Ok(())
    }

    /// Reaps our child, which has been told to end or has lost its folder.
    fn end_child(&mut self, patience: Duration) -> Result<(), StopError> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let pid = i32::try_from(child.id()).unwrap_or_default();
        if !self.folder.path().exists() {
            process::signal(pid, Signal::QUIT);
        }
        let give_up = Instant::now() + patience;
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() >= give_up {
                return Err(StopError::StillRunning { pid, seconds: patience.as_secs() });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.leave(Duration::from_secs(10), Duration::from_secs(20)) {
            tracing::warn!(%error, "PostgreSQL was not stopped");
        }
    }
}

pub(crate) async fn start(options: Options, search: &Search) -> Result<Server, StartError> {
    let requested = options.data_dir.clone();
    let (folder, lock) = blocking(&requested, {
        let requested = requested.clone();
        move || {
            let folder = Folder::open(&requested)?;
            let lock = folder.lock(LOCK_PATIENCE)?;
            Ok((folder, lock))
        }
    })
    .await?;
    let Some(_lock) = lock else {
        return Err(StartError::Locked { folder: folder.path().to_owned(), seconds: LOCK_PATIENCE.as_secs() });
    };
    let (users, alone) = folder.join()?;

    let (child, port, password) = loop {
        if let Some((port, password, version)) = adopt(&folder, &options, alone).await? {
            tracing::info!(port, version, "a running PostgreSQL is adopted");
            return Ok(Server { folder, port, password, version, adopted: true, child: None, users: Some(users) });
        }
        let cluster = folder.cluster();
        let installation = search.installation_for(&cluster)?;
        if !cluster.join("PG_VERSION").exists() {
            tracing::info!(major = installation.major, folder = %folder.path().display(), "PostgreSQL is initialised");
            let (folder, installation) = (folder.clone(), installation.clone());
            blocking(&requested, move || launch::initialise(&folder, &installation, options.durable)).await?;
        }
        launch::clear_stale_postmaster(&folder).await;
        let password = folder.password()?;
        if let Launched::Ours(child, port) = launch::launch(&folder, &installation, &options, &password).await? {
            break (child, port, password);
        }
    };
    let mut server =
        Server { folder, port, password, version: 0, adopted: false, child: Some(child), users: Some(users) };
    server.version =
        match version_of(&mut server.session("postgres").await.map_err(|error| server.not_ready(&error))?).await {
            Ok(version) => version,
            Err(error) => return Err(server.not_ready(&error)),
        };
    server.folder.keep_port(port)?;
    tracing::info!(port, version = server.version, "PostgreSQL is ready");
    Ok(server)
}

impl Server {
    fn not_ready(&self, error: &StatementError) -> StartError {
        StartError::NotReady { seconds: READY_PATIENCE.as_secs(), message: error.to_string(), log: self.log() }
    }
}

async fn blocking<T, F>(path: &Path, work: F) -> Result<T, StartError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StartError> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(|join| refused(path)(io::Error::other(join)))?
}

/// The live server of this cluster, if there is one that will do or that others use: port, password, version. One that
/// nobody uses and whose settings are wrong is stopped.
async fn adopt(folder: &Folder, options: &Options, alone: bool) -> Result<Option<(u16, String, u32)>, StartError> {
    let give_up = Instant::now() + READY_PATIENCE;
    let mut message = "it has not said on which port it listens".to_owned();
    while let Some(postmaster) = folder.live_postmaster() {
        if let Some(port) = postmaster.port {
            let password = folder.password()?;
            let answer = async {
                let mut session = Session::open(port, USER, &password, "postgres").await?;
                let version = version_of(&mut session).await?;
                Ok::<_, StatementError>((version, will_do(&mut session, options, port).await?))
            };
            match answer.await {
                Ok((version, will_do)) if will_do || !alone => return Ok(Some((port, password, version))),
                Ok(_) => {
                    tracing::info!("a running PostgreSQL with other settings is restarted");
                    let (folder, root) = (folder.clone(), folder.path().to_owned());
                    return blocking(&root, move || {
                        process::signal(postmaster.pid, Signal::INT);
                        folder::await_end(&folder, postmaster.pid, STOP_PATIENCE)
                            .map(|()| None)
                            .map_err(|error| refused(folder.path())(io::Error::other(error)))
                    })
                    .await;
                }
                Err(error) => message = error.to_string(),
            }
        }
        if Instant::now() >= give_up {
            return Err(StartError::NotReady { seconds: READY_PATIENCE.as_secs(), message, log: folder.log() });
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(None)
}

async fn version_of(session: &mut Session) -> Result<u32, StatementError> {
    let rows = session.run("SHOW server_version_num").await?;
    only_value(&rows)
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| StatementError::Unexpected("no version number".to_owned()))
}

async fn will_do(session: &mut Session, options: &Options, port: u16) -> Result<bool, StatementError> {
    let rows = session.run("SHOW fsync").await?;
    let durable = only_value(&rows) == Some("on");
    let rows = session.run("SHOW max_connections").await?;
    let connections: u32 = only_value(&rows).and_then(|value| value.parse().ok()).unwrap_or_default();
    Ok(durable == options.durable
        && connections >= options.max_connections
        && options.port.is_none_or(|wanted| wanted == port))
}

fn only_value(rows: &[Row]) -> Option<&str> {
    rows.first()?.first()?.as_deref()
}

fn is_database_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.len() <= 63 && !name.as_bytes()[0].is_ascii_digit() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_become_databases() {
        for (name, expected) in [
            ("interventions", true),
            ("test_1", true),
            ("", false),
            ("1st", false),
            ("a-b", false),
            ("A", false),
            ("x\"", false),
        ] {
            assert_eq!(is_database_name(name), expected, "{name}");
        }
        assert!(!is_database_name(&"x".repeat(64)));
    }
}
