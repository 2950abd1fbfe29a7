//! The account that the server runs as: ourselves, or an ordinary one when we are root.
//!
//! PostgreSQL's programs refuse to run as root. The standard library changes user and group between fork and exec and
//! drops the supplementary groups when root does it, so no outside program (`su`, `runuser`, `setpriv`) is needed.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::StartError;

/// Who runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// We are an ordinary user already.
    Ours,
    /// We are root and switch to this one.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// Chooses the account. A cluster that exists keeps its owner, so that installing a package that brings a `postgres`
    /// user does not lock us out of a cluster made as `nobody`.
    pub(crate) fn choose(cluster: &Path) -> Result<Self, StartError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ours);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let owner = fs::metadata(cluster).ok().map(|meta| meta.uid()).filter(|uid| *uid != 0);
        owner
            .and_then(|owner| find(&passwd, |_, uid| uid == owner))
            .or_else(|| find(&passwd, |name, _| name == "postgres"))
            .or_else(|| find(&passwd, |name, _| name == "nobody"))
            .ok_or(StartError::NoAccount)
    }

    /// Makes `command` run as this account, in a clean environment that does not depend on the caller's.
    pub(crate) fn prepare(&self, command: &mut Command) {
        let kept = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"]
            .map(|name| (name, std::env::var_os(name)))
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)));
        command.env_clear().envs(kept).env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Gives `path` to this account.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)),
        }
    }

    /// Whether this account can write in folder `path`: tried, not computed, since access lists, name spaces and
    /// security modules have their say besides the mode bits.
    pub(crate) fn reaches(&self, path: &Path) -> Result<bool, StartError> {
        let Self::Other { name, .. } = self else { return Ok(true) };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "cd \"$1\" && test -w .", "sh"]).arg(path).current_dir("/");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.prepare(&mut command);
        match command.status() {
            Ok(status) => Ok(status.success()),
            Err(source) => Err(StartError::NotUnprivileged { user: name.clone(), source }),
        }
    }

    /// Whether this account may run the program at `path`.
    pub(crate) fn may_run(&self, path: &Path) -> bool {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "test -x \"$1\"", "sh"]).arg(path).current_dir("/");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.prepare(&mut command);
        command.status().is_ok_and(|status| status.success())
    }
}

/// The first ordinary account of `passwd` (the file's text) that `wanted(name, uid)` accepts.
fn find(passwd: &str, wanted: impl Fn(&str, u32) -> bool) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid: u32 = fields.nth(1)?.parse().ok()?;
        let gid: u32 = fields.next()?.parse().ok()?;
        (uid != 0 && wanted(name, uid)).then(|| Account::Other { name: name.to_owned(), uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
                          broken line\n\
                          nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
                          postgres:x:101:102:,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn an_account_is_found_by_name_or_owner() {
        let postgres = Account::Other { name: "postgres".to_owned(), uid: 101, gid: 102 };
        assert_eq!(find(PASSWD, |name, _| name == "postgres"), Some(postgres.clone()));
        assert_eq!(find(PASSWD, |_, uid| uid == 101), Some(postgres));
        assert_eq!(find(PASSWD, |name, _| name == "absent"), None);
    }

    #[test]
    fn root_is_never_chosen() {
        assert_eq!(find(PASSWD, |_, uid| uid == 0), None);
    }
}
