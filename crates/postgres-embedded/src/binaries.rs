//! Where PostgreSQL's programs are, and which of several to use.
//!
//! Looked for, in this order: the `PATH`, the folders in which distributions keep them off the `PATH`, the cache that
//! [`crate::fetch`] fills. The first that is new enough wins, except that a cluster which exists decides its own major
//! version.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::Account;
use crate::{OLDEST_SUPPORTED, StartError};

/// A folder with PostgreSQL's programs, and their version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The folder that holds `postgres` and `initdb`, symbolic links resolved.
    pub bin: PathBuf,
    /// The major version, such as 15.
    pub major: u32,
}

/// Which PostgreSQL to consider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// Any that is new enough.
    #[default]
    Any,
    /// Only one that [`crate::fetch`] fetched.
    Wheel,
    /// Only the one in this folder of programs.
    Folder(PathBuf),
}

/// Where to look for PostgreSQL's programs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// The `PATH`.
    pub path: OsString,
    /// Cache folders that may hold a fetched PostgreSQL; the first is where [`crate::fetch`] puts one.
    pub caches: Vec<PathBuf>,
    /// Which of those found to consider.
    pub choice: Choice,
}

impl Search {
    /// From this process's environment: `PATH`; the cache folder from `XDG_CACHE_HOME` or `HOME`, and
    /// `/var/cache/interventions`, which is root's, since other accounts cannot read root's home;
    /// `INTERVENTIONS_POSTGRES` as the choice (`wheel`, or the path of a folder of programs; unset or empty: any).
    pub fn of_this_process() -> Self {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let shared = PathBuf::from("/var/cache/interventions");
        let own = var("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| var("HOME").map(|home| PathBuf::from(home).join(".cache")))
            .map(|cache| cache.join("interventions"));
        let caches = match own {
            Some(own) if !rustix::process::geteuid().is_root() => vec![own, shared],
            _ => vec![shared],
        };
        let choice = match var("INTERVENTIONS_POSTGRES") {
            None => Choice::Any,
            Some(word) if word == "wheel" => Choice::Wheel,
            Some(folder) => Choice::Folder(folder.into()),
        };
        Self { path: var("PATH").unwrap_or_default(), caches, choice }
    }

    /// Every installation that is new enough and that this process, or the account that root would switch to, can run;
    /// the preferred one first.
    pub fn installations(&self) -> Result<Vec<Installation>, StartError> {
        let account = Account::choose(Path::new("/nonexistent"))?;
        let mut too_old: Option<Installation> = None;
        let mut found: Vec<Installation> = Vec::new();
        for folder in self.candidates() {
            let Some(installation) = inspect(&folder) else { continue };
            if found.contains(&installation) || !account.may_run(&installation.bin.join("postgres")) {
                continue;
            }
            if installation.major >= OLDEST_SUPPORTED {
                found.push(installation);
            } else if too_old.as_ref().is_none_or(|old| old.major < installation.major) {
                too_old = Some(installation);
            }
        }
        match (found.is_empty(), too_old) {
            (false, _) => Ok(found),
            (true, Some(old)) => Err(StartError::TooOld { found: old.major, folder: old.bin }),
            (true, None) => Err(match &self.choice {
                Choice::Folder(folder) => StartError::NotThere { folder: folder.clone() },
                Choice::Any | Choice::Wheel => StartError::NoPrograms,
            }),
        }
    }

    /// The installation to run `cluster` with: its own major version if it exists already, else the preferred one.
    pub(crate) fn installation_for(&self, cluster: &Path) -> Result<Installation, StartError> {
        let installations = self.installations()?;
        let made_by = fs::read_to_string(cluster.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok());
        let chosen = match made_by {
            None => installations.first(),
            Some(major) => installations.iter().find(|installation| installation.major == major),
        };
        chosen.cloned().ok_or_else(|| StartError::OtherMajorVersion {
            folder: cluster.to_owned(),
            made_by: made_by.unwrap_or_default(),
            installed: installations.iter().map(|found| found.major.to_string()).collect::<Vec<_>>().join(" and "),
        })
    }

    fn candidates(&self) -> Vec<PathBuf> {
        let fetched = self.caches.iter().flat_map(|cache| newest_first(&cache.join("postgres"), "", ""));
        let fetched = fetched.map(|version| version.join(crate::wheel::PROGRAMS));
        match &self.choice {
            Choice::Folder(folder) => vec![folder.clone()],
            Choice::Wheel => fetched.collect(),
            Choice::Any => std::env::split_paths(&self.path)
                .chain(newest_first(Path::new("/usr/lib/postgresql"), "", "bin"))
                .chain(newest_first(Path::new("/usr"), "pgsql-", "bin"))
                .chain(newest_first(Path::new("/opt/homebrew/opt"), "postgresql@", "bin"))
                .chain(newest_first(Path::new("/usr/local/opt"), "postgresql@", "bin"))
                .chain([PathBuf::from("/usr/local/pgsql/bin")])
                .chain(fetched)
                .collect(),
        }
    }
}

/// Folders `parent/{prefix}{version}/{inner}`, the highest version first.
fn newest_first(parent: &Path, prefix: &str, inner: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut versions: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version =
                name.strip_prefix(prefix)?.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>().ok()?;
            Some((version, entry.path().join(inner)))
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, folder)| folder).collect()
}

fn inspect(folder: &Path) -> Option<Installation> {
    // The programs find their own files relative to where they really are, so a link on the PATH is followed first.
    let postgres = fs::canonicalize(folder.join("postgres")).ok()?;
    let bin = postgres.parent()?.to_owned();
    if !bin.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(&postgres).arg("--version").env("LC_ALL", "C").output().ok()?;
    let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Installation { bin, major })
}

/// The major version in what `postgres --version` prints.
fn major_version(line: &str) -> Option<u32> {
    let number = line.trim().strip_prefix("postgres (PostgreSQL) ")?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_known_form() {
        for (line, expected) in [
            ("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18.6\n", Some(18)),
            ("postgres (PostgreSQL) 19beta1\n", Some(19)),
            ("postgres (PostgreSQL) 9.6.24\n", Some(9)),
            ("something else 15\n", None),
            ("", None),
        ] {
            assert_eq!(major_version(line), expected, "{line}");
        }
    }

    #[test]
    fn the_newest_distribution_folder_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9.6", "15", "18.6.3", "18.6.10", "notes"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let names: Vec<String> = newest_first(parent.path(), "", "")
            .iter()
            .map(|folder| folder.components().next_back().unwrap().as_os_str().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["18.6.10", "18.6.3", "15", "9.6"]);
    }

    #[test]
    fn nothing_found_says_what_to_run() {
        let error = Search::default_of_nothing().installations().unwrap_err();
        assert!(matches!(error, StartError::NoPrograms));
        assert!(error.to_string().contains("make setup"));
    }

    #[test]
    fn an_old_version_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 13.4'\n"), ("initdb", "#!/bin/sh\n")]
        {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let search = Search { choice: Choice::Folder(folder.path().to_owned()), ..Search::default() };
        assert!(matches!(search.installations(), Err(StartError::TooOld { found: 13, .. })));
    }

    impl Search {
        fn default_of_nothing() -> Self {
            Self { choice: Choice::Wheel, ..Self::default() }
        }
    }
}
