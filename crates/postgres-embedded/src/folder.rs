//! The data folder: what lies in it, who may use it, where it really is.
//!
//! | name | holds |
//! |---|---|
//! | `cluster/` | PostgreSQL's own data; belongs to the account that runs the server |
//! | `cluster.new/` | an initialisation that has not finished; thrown away at the next start |
//! | `password`, `port` | of the last start; readable by the owner alone |
//! | `server.log` | what the server prints |
//! | `lock` | locked while somebody starts or stops the server |
//! | `users` | a shared lock per process that uses the server; whoever gets it exclusively is the last |
//! | `relocated-to` | the folder that holds all of the above instead, if the server's account cannot reach this one |
//!
//! The locks are `flock`s: the kernel releases them when their holder dies, however it dies.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;

use crate::account::Account;
use crate::process;
use crate::{StartError, StopError};

/// How long we wait for another process that starts or stops the same server.
pub(crate) const LOCK_PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);
const LONGEST_LOG: u64 = 8 * 1024 * 1024;

/// A data folder that the server's account can reach.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
    pub(crate) account: Account,
}

/// What `postmaster.pid` says about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pub(crate) pid: i32,
    /// Absent while the server is still reading its configuration.
    pub(crate) port: Option<u16>,
}

impl Folder {
    /// Makes `requested` ready, or a place that stands in for it. Blocks the thread.
    pub(crate) fn open(requested: &Path) -> Result<Self, StartError> {
        make(requested)?;
        let requested = fs::canonicalize(requested).map_err(refused(requested))?;
        if is_planted(&requested)? {
            return Err(refused(&requested)(io::ErrorKind::PermissionDenied.into()));
        }
        // One at a time decides where the data is kept; starting and stopping are locked there.
        let deciding = Self { root: requested.clone(), account: Account::Ours };
        let Some(_lock) = deciding.lock(LOCK_PATIENCE)? else {
            return Err(StartError::Locked { folder: requested, seconds: LOCK_PATIENCE.as_secs() });
        };
        let root = relocated(&requested).unwrap_or_else(|| requested.clone());
        let account = Account::choose(&root.join("cluster"))?;
        let folder = Self { root, account };
        if folder.is_reachable()? {
            return Ok(folder);
        }
        let Account::Other { name, .. } = &folder.account else { return Ok(folder) };
        let mut last = refused(&requested)(io::ErrorKind::PermissionDenied.into());
        for root in substitutes(&requested) {
            let substitute = Self { root, account: folder.account.clone() };
            match substitute.take_over() {
                Ok(true) => {
                    let note = requested.join("relocated-to");
                    fs::write(&note, format!("{}\n", substitute.root.display())).map_err(refused(&note))?;
                    tracing::warn!(
                        requested = %requested.display(),
                        folder = %substitute.root.display(),
                        account = %name,
                        "the database is kept elsewhere, because the account that runs it cannot reach the requested folder"
                    );
                    return Ok(substitute);
                }
                Ok(false) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Empties a substitute place, left over from a requested folder that was deleted, and makes it ours.
    fn take_over(&self) -> Result<bool, StartError> {
        if self.root.exists() {
            let owner = fs::symlink_metadata(&self.root).map_err(refused(&self.root))?;
            if !owner.is_dir() || owner.uid() != 0 {
                return Ok(false);
            }
            remove(&self.root).map_err(|error| refused(&self.root)(io::Error::other(error)))?;
        }
        if let Some(parent) = self.root.parent().filter(|parent| !parent.exists()) {
            fs::create_dir_all(parent).map_err(refused(parent))?;
            fs::set_permissions(parent, fs::Permissions::from_mode(0o755)).map_err(refused(parent))?;
        }
        make(&self.root)?;
        let reachable = self.is_reachable();
        if !matches!(reachable, Ok(true)) {
            fs::remove_dir(&self.root).map_err(refused(&self.root))?;
        }
        reachable
    }

    fn is_reachable(&self) -> Result<bool, StartError> {
        if self.account == Account::Ours {
            return Ok(true);
        }
        fs::set_permissions(&self.root, fs::Permissions::from_mode(0o711)).map_err(refused(&self.root))?;
        let probe = self.root.join("probe");
        match fs::create_dir(&probe) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(refused(&probe)(error)),
            _ => {}
        }
        let reachable = match self.account.own(&probe) {
            Ok(()) => self.account.reaches(&probe),
            // A file system that root cannot give away; or a root that may not act as anybody else, which is an error.
            Err(_) => self.account.reaches(&self.root).map(|_| false),
        };
        fs::remove_dir(&probe).map_err(refused(&probe))?;
        reachable
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.root.join("cluster")
    }

    pub(crate) fn unfinished_cluster(&self) -> PathBuf {
        self.root.join("cluster.new")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    /// Waits for the start lock; it is held until the returned file is dropped. Blocks the thread.
    pub(crate) fn lock(&self, patience: Duration) -> Result<Option<File>, StartError> {
        let path = self.root.join("lock");
        let file = self.touch(&path)?;
        let give_up = Instant::now() + patience;
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Some(file)),
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) if Instant::now() < give_up => {
                    std::thread::sleep(POLL);
                }
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => return Ok(None),
                Err(error) => return Err(refused(&path)(error.into())),
            }
        }
    }

    /// Joins the users of the server: the lock to keep while using it, and whether nobody else does. Call under the
    /// start lock.
    pub(crate) fn join(&self) -> Result<(File, bool), StartError> {
        let path = self.root.join("users");
        let file = self.touch(&path)?;
        let alone = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
        flock(&file, FlockOperation::LockShared).map_err(|error| refused(&path)(error.into()))?;
        Ok((file, alone))
    }

    /// The password kept at initialisation.
    pub(crate) fn password(&self) -> Result<String, StartError> {
        let path = self.root.join("password");
        Ok(fs::read_to_string(&path).map_err(refused(&path))?.trim().to_owned())
    }

    /// Makes a new password and keeps it.
    pub(crate) fn make_password(&self) -> Result<String, StartError> {
        let password = format!("{:032x}", u128::from_be_bytes(random()?));
        self.keep("password", &password)?;
        Ok(password)
    }

    /// The port of the last start.
    pub(crate) fn kept_port(&self) -> Option<u16> {
        fs::read_to_string(self.root.join("port")).ok()?.trim().parse().ok()
    }

    pub(crate) fn keep_port(&self, port: u16) -> Result<(), StartError> {
        self.keep("port", &port.to_string())
    }

    /// The server that the cluster says it has; it may be long dead.
    pub(crate) fn postmaster(&self) -> Option<Postmaster> {
        parse_postmaster(&fs::read_to_string(self.cluster().join("postmaster.pid")).ok()?)
    }

    /// The server of this cluster, if it lives.
    pub(crate) fn live_postmaster(&self) -> Option<Postmaster> {
        let cluster = fs::canonicalize(self.cluster()).ok()?;
        self.postmaster().filter(|postmaster| process::is_live_postgres(postmaster.pid, &cluster))
    }

    /// Opens the log for the server to write to, emptied when it has grown large, with its length so far.
    pub(crate) fn open_log(&self) -> Result<(File, u64), StartError> {
        let path = self.log();
        let mut log = self.touch(&path)?;
        let mut length = log.seek(SeekFrom::End(0)).map_err(refused(&path))?;
        if length > LONGEST_LOG {
            log.set_len(0).map_err(refused(&path))?;
            length = 0;
        }
        Ok((OpenOptions::new().append(true).open(&path).map_err(refused(&path))?, length))
    }

    /// What the log has gained since it was `from` bytes long.
    pub(crate) fn log_since(&self, from: u64) -> String {
        let mut text = Vec::new();
        let read = File::open(self.log()).and_then(|mut log| {
            log.seek(SeekFrom::Start(from))?;
            log.read_to_end(&mut text)
        });
        read.map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
    }

    /// Opens a file of ours for reading and writing, made if missing. It belongs to whoever owns the folder, so that
    /// root and that user can take turns.
    fn touch(&self, path: &Path) -> Result<File, StartError> {
        let fresh = !path.exists();
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(refused(path))?;
        if fresh {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(refused(path))?;
            let folder = fs::metadata(&self.root).map_err(refused(&self.root))?;
            if rustix::process::geteuid().is_root() {
                chown(path, Some(folder.uid()), Some(folder.gid())).map_err(refused(path))?;
            }
        }
        Ok(file)
    }

    fn keep(&self, name: &str, value: &str) -> Result<(), StartError> {
        let path = self.root.join(name);
        let mut file = self.touch(&path)?;
        file.set_len(0).and_then(|()| writeln!(file, "{value}")).map_err(refused(&path))
    }
}

/// Stops the server of `requested`, if any, and deletes everything of it.
pub(crate) fn destroy(requested: &Path) -> Result<(), StopError> {
    if let Some(elsewhere) = relocated(requested) {
        remove(&elsewhere)?;
    }
    remove(requested)
}

fn remove(root: &Path) -> Result<(), StopError> {
    let failed = |source| StopError::Folder { path: root.to_owned(), source };
    let root = match fs::canonicalize(root) {
        Ok(root) => root,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let users = OpenOptions::new().read(true).write(true).open(root.join("users"));
    if users.as_ref().is_ok_and(|users| flock(users, FlockOperation::NonBlockingLockExclusive).is_err()) {
        return Err(StopError::InUse { folder: root });
    }
    let folder = Folder { root, account: Account::Ours };
    if let Some(postmaster) = folder.live_postmaster() {
        process::signal(postmaster.pid, Signal::QUIT);
        await_end(&folder, postmaster.pid, Duration::from_secs(20))?;
    }
    fs::remove_dir_all(&folder.root).map_err(failed)
}

/// Blocks until server `pid` of `folder` is gone: the process, which outlives its `postmaster.pid` by a moment.
pub(crate) fn await_end(folder: &Folder, pid: i32, patience: Duration) -> Result<(), StopError> {
    let give_up = Instant::now() + patience;
    let cluster = fs::canonicalize(folder.cluster()).unwrap_or_else(|_| folder.cluster());
    while process::is_live_postgres(pid, &cluster) {
        if Instant::now() >= give_up {
            return Err(StopError::StillRunning { pid, seconds: patience.as_secs() });
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

/// Bytes that nobody can guess.
pub(crate) fn random() -> Result<[u8; 16], StartError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 16];
    File::open(source).and_then(|mut random| random.read_exact(&mut bytes)).map_err(refused(source))?;
    Ok(bytes)
}

pub(crate) fn refused(path: &Path) -> impl Fn(io::Error) -> StartError {
    move |source| StartError::Folder { path: path.to_owned(), source }
}

/// Creates `folder` for its owner alone; one that exists keeps its mode.
fn make(folder: &Path) -> Result<(), StartError> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(refused(folder))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(refused(folder))
}

/// Whether `folder` lies among everybody's temporary files and is not ours: somebody may have made it to be written into.
fn is_planted(folder: &Path) -> Result<bool, StartError> {
    let temporary = std::env::temp_dir();
    let temporary = fs::canonicalize(&temporary).unwrap_or(temporary);
    let owner = fs::metadata(folder).map_err(refused(folder))?.uid();
    Ok(folder.starts_with(&temporary) && owner != rustix::process::geteuid().as_raw())
}

fn relocated(requested: &Path) -> Option<PathBuf> {
    let note = fs::read_to_string(requested.join("relocated-to")).ok()?;
    Some(PathBuf::from(note.trim_end())).filter(|root| root.is_dir())
}

/// Places that can stand in for `requested`, the best first: durable ones for a durable place, temporary ones for a
/// temporary one.
fn substitutes(requested: &Path) -> Vec<PathBuf> {
    let name = format!("postgres-{:016x}", fingerprint(requested));
    let temporary = std::env::temp_dir();
    let in_temporary = temporary.join(format!("interventions-{name}"));
    let temporary = fs::canonicalize(&temporary).unwrap_or(temporary);
    if requested.starts_with(&temporary) {
        vec![in_temporary]
    } else {
        vec![Path::new("/var/lib/interventions").join(name), in_temporary]
    }
}

/// FNV-1a of the path: stable between runs, which the standard hasher does not promise.
fn fingerprint(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn parse_postmaster(text: &str) -> Option<Postmaster> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    let port = lines.nth(2).and_then(|line| line.trim().parse().ok());
    Some(Postmaster { pid, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_postmaster_file_is_read_whole_or_in_the_making() {
        let whole = "4711\n/data/cluster\n1763760000\n54321\n\n127.0.0.1\n  1234  5678\nready   \n";
        assert_eq!(parse_postmaster(whole), Some(Postmaster { pid: 4711, port: Some(54321) }));
        assert_eq!(parse_postmaster("4711\n/data/cluster\n"), Some(Postmaster { pid: 4711, port: None }));
        assert_eq!(parse_postmaster(""), None);
    }

    #[test]
    fn the_substitute_of_a_place_is_always_the_same() {
        let first = substitutes(Path::new("/srv/one/.demo/postgres"));
        assert_eq!(first, substitutes(Path::new("/srv/one/.demo/postgres")));
        assert!(first[0].starts_with("/var/lib/interventions"));
        assert_ne!(first, substitutes(Path::new("/srv/two/.demo/postgres")));
    }

    #[test]
    fn the_start_lock_excludes_and_is_released() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder { root: root.path().to_owned(), account: Account::Ours };
        let held = folder.lock(Duration::ZERO).unwrap();
        assert!(held.is_some());
        assert!(folder.lock(Duration::ZERO).unwrap().is_none());
        drop(held);
        assert!(folder.lock(Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn only_the_first_user_is_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder { root: root.path().to_owned(), account: Account::Ours };
        let (first, alone) = folder.join().unwrap();
        assert!(alone);
        let (_second, alone) = folder.join().unwrap();
        assert!(!alone);
        drop(first);
    }
}
