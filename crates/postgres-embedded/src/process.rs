//! Questions about processes that are not ours: does it live, is it a PostgreSQL, who works in this folder.
//!
//! Linux answers through `/proc`; elsewhere only "does it live" can be asked, and the rest errs on the side of caution.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal};

/// Whether process `pid` lives and is the PostgreSQL of `cluster`. A zombie does not live; another program, or another
/// cluster's server, under a reused number is not ours.
pub(crate) fn is_live_postgres(pid: i32, cluster: &Path) -> bool {
    if !is_live(pid) || is_zombie(pid) {
        return false;
    }
    // A process on its way out has no command line any more, and still holds what it holds.
    let is_postgres = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => {
            let program = line.split(|byte| *byte == 0).next().unwrap_or_default();
            program.is_empty() || String::from_utf8_lossy(program).contains("postgres")
        }
        Err(_) => !Path::new("/proc/self/cmdline").exists(),
    };
    // The working folder of another account's process cannot be read; then the name has to do.
    is_postgres && fs::read_link(format!("/proc/{pid}/cwd")).map_or(true, |cwd| cwd == cluster)
}

/// Whether `pid` has ended and only waits for its parent to notice.
fn is_zombie(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which stands in parentheses and may hold anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// Whether any process, zombies included, has this number.
pub(crate) fn is_live(pid: i32) -> bool {
    Pid::from_raw(pid)
        .is_some_and(|pid| matches!(rustix::process::test_kill_process(pid), Ok(()) | Err(rustix::io::Errno::PERM)))
}

/// Whether any process has `folder` as its working folder, as each of a cluster's processes has. `None`: cannot be told.
pub(crate) fn anyone_works_in(folder: &Path) -> Option<bool> {
    let folder = fs::canonicalize(folder).ok()?;
    let entries = fs::read_dir("/proc").ok()?;
    Some(
        entries
            .filter_map(Result::ok)
            .any(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder)),
    )
}

/// Sends `signal`; a process that is gone already is fine.
pub(crate) fn signal(pid: i32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid)
        && let Err(error) = rustix::process::kill_process(pid, signal)
    {
        tracing::debug!(%error, "PostgreSQL could not be signalled");
    }
}
