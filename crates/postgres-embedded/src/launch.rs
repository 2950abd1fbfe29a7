//! From a data folder at rest to a server that answers: `initdb` once, then `postgres`, again when what stands in the
//! way passes by itself.

use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::binaries::Installation;
use crate::folder::{Folder, random, refused};
use crate::server::{POLL, READY_PATIENCE, USER};
use crate::wire::Session;
use crate::{Options, StartError};
use crate::{process, secret};

/// Runs `initdb` beside the final place and moves the result there, so that one cut short is never mistaken for a cluster.
pub(crate) fn initialise(folder: &Folder, installation: &Installation, durable: bool) -> Result<(), StartError> {
    let unfinished = folder.unfinished_cluster();
    // An `initdb` whose starter was killed goes on; in one folder with ours, the two would make one broken cluster.
    let give_up = Instant::now() + READY_PATIENCE;
    while process::anyone_works_in(&unfinished) == Some(true) {
        if Instant::now() >= give_up {
            let message = "an earlier initialisation does not end".to_owned();
            return Err(StartError::Initialise { message });
        }
        std::thread::sleep(POLL);
    }
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refused(&unfinished)(error)),
        _ => {}
    }
    fs::create_dir(&unfinished).map_err(refused(&unfinished))?;
    folder.account.own(&unfinished).map_err(refused(&unfinished))?;
    // `initdb` reads its part of the password as the server's account, which may not read ours.
    let password = folder.make_password()?;
    let copy = folder.path().join("password.new");
    fs::write(&copy, "").map_err(refused(&copy))?;
    fs::set_permissions(&copy, PermissionsExt::from_mode(0o600)).map_err(refused(&copy))?;
    fs::write(&copy, secret::of_one_round(&password, &random()?)).map_err(refused(&copy))?;
    folder.account.own(&copy).map_err(refused(&copy))?;

    let program = installation.bin.join("initdb");
    let mut command = Command::new(&program);
    command.arg("--pgdata").arg(&unfinished).arg("--pwfile").arg(&copy).args([
        "--username",
        USER,
        "--encoding=UTF8",
        "--locale-provider=libc",
        "--locale=C",
        "--auth-local=reject",
        // In clear over loopback to a server of our own: it costs a client nothing.
        "--auth-host=password",
        "--no-instructions",
    ]);
    if !durable {
        command.arg("--no-sync");
    }
    folder.account.prepare(&mut command);
    command.current_dir(&unfinished);
    let output = command.output();
    fs::remove_file(&copy).map_err(refused(&copy))?;
    let output = output.map_err(|source| StartError::Program { program, source })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(StartError::Initialise { message: telling_line(&text, "initdb: error: ") });
    }
    fs::rename(&unfinished, folder.cluster()).map_err(refused(&folder.cluster()))
}

/// Removes a `postmaster.pid` whose number now belongs to something else, which PostgreSQL would take for a live
/// server; but only once no process of the dead server is left.
pub(crate) async fn clear_stale_postmaster(folder: &Folder) {
    let Some(postmaster) = folder.postmaster() else { return };
    if !process::is_live(postmaster.pid) || folder.live_postmaster().is_some() {
        return;
    }
    let cluster = folder.cluster();
    let give_up = Instant::now() + READY_PATIENCE;
    while Instant::now() < give_up {
        match process::anyone_works_in(&cluster) {
            Some(true) => tokio::time::sleep(POLL).await,
            Some(false) => {
                if let Err(error) = fs::remove_file(cluster.join("postmaster.pid")) {
                    tracing::warn!(%error, "a stale postmaster.pid could not be removed");
                }
                return;
            }
            None => return,
        }
    }
}

/// What became of an attempt to start the server.
pub(crate) enum Launched {
    /// It is ours, and answers on this port.
    Ours(Child, u16),
    /// Another one, whose starter died before it could be seen, was quicker and runs in this folder.
    Rival,
}

/// Starts the server and waits until it answers; again when what stands in the way passes by itself.
pub(crate) async fn launch(
    folder: &Folder,
    installation: &Installation,
    options: &Options,
    password: &str,
) -> Result<Launched, StartError> {
    let give_up = Instant::now() + READY_PATIENCE;
    let mut kept = folder.kept_port();
    loop {
        let port = choose_port(options.port, kept.take())?;
        let (log, from) = folder.open_log()?;
        let mut child = spawn(folder, installation, options, port, log)?;
        let pid = i32::try_from(child.id()).unwrap_or_default();
        let last = loop {
            match Session::open(port, USER, password, "postgres").await {
                // Who answers there may be a rival, before ours has noticed that the folder is taken.
                Ok(_) if folder.postmaster().is_some_and(|postmaster| postmaster.pid == pid) => {
                    return Ok(Launched::Ours(child, port));
                }
                answer if Instant::now() >= give_up => {
                    process::signal(pid, Signal::QUIT);
                    let message =
                        answer.map_or_else(|error| error.to_string(), |_| "another server answers".to_owned());
                    return Err(StartError::NotReady { seconds: READY_PATIENCE.as_secs(), message, log: folder.log() });
                }
                Ok(_) | Err(_) => {}
            }
            if let Ok(Some(_)) = child.try_wait() {
                break folder.log_since(from);
            }
            tokio::time::sleep(POLL).await;
        };
        if last.contains("lock file \"postmaster.pid\"") && folder.live_postmaster().is_some() {
            return Ok(Launched::Rival);
        }
        // A server that was killed leaves processes behind that end by themselves once they notice.
        let passes = last.contains("pre-existing shared memory block") || last.contains("lock file \"postmaster.pid\"");
        let taken = last.contains("could not bind");
        if Instant::now() >= give_up || !(passes || taken) {
            return Err(StartError::Exited { message: telling_line(&last, "FATAL:  "), log: folder.log() });
        }
        if let (true, Some(port)) = (taken, options.port) {
            return Err(StartError::PortOccupied { port });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn spawn(
    folder: &Folder,
    installation: &Installation,
    options: &Options,
    port: u16,
    log: File,
) -> Result<Child, StartError> {
    let program = installation.bin.join("postgres");
    let errors = log.try_clone().map_err(refused(&folder.log()))?;
    let mut command = Command::new(&program);
    command.arg("-D").arg(folder.cluster()).args(["-h", "127.0.0.1", "-k", "", "-p", &port.to_string()]);
    let connections = format!("max_connections={}", options.max_connections);
    // Compiling queries is missing from some builds and slow on short ones: off everywhere, so that all behave alike.
    let mut settings =
        vec![connections.as_str(), "timezone=UTC", "log_timezone=UTC", "jit=off", "logging_collector=off"];
    if !options.durable {
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
    }
    for setting in settings {
        command.args(["-c", setting]);
    }
    folder.account.prepare(&mut command);
    command.current_dir(folder.cluster()).stdout(Stdio::from(log)).stderr(Stdio::from(errors));
    // Its own process group: Ctrl-C in the terminal is for us, who stop the server after its users.
    command.process_group(0);
    command.spawn().map_err(|source| StartError::Program { program, source })
}

fn choose_port(wanted: Option<u16>, kept: Option<u16>) -> Result<u16, StartError> {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    if let Some(port) = wanted {
        return if is_free(port) { Ok(port) } else { Err(StartError::PortOccupied { port }) };
    }
    if let Some(port) = kept.filter(|port| is_free(*port)) {
        return Ok(port);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|_| StartError::PortOccupied { port: 0 })
}

/// The last line of `text` that carries `mark`, without it; else the last line that says anything.
fn telling_line(text: &str, mark: &str) -> String {
    let lines = || text.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let marked = lines().find_map(|line| line.split_once(mark).map(|(_, message)| message));
    marked.or_else(|| lines().next()).unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telling_line_is_the_last_fatal_one() {
        let log = "LOG:  starting\nFATAL:  first\nFATAL:  second\nLOG:  database system is shut down\n\n";
        assert_eq!(telling_line(log, "FATAL:  "), "second");
        assert_eq!(telling_line("LOG:  only this\n", "FATAL:  "), "LOG:  only this");
        assert_eq!(telling_line("", "FATAL:  "), "it said nothing");
    }
}
