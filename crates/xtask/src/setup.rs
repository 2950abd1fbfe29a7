//! `setup`: finds out what is missing, installs it where that takes no privileges, and says so.
//!
//! Doing it twice costs a second. The compiler, Node.js and Python themselves are the machine's affair; what to do
//! about a missing one is said in one line.

use crate::{npm, program, workspace};

/// Everything that building and testing needs.
pub(crate) fn run() -> anyhow::Result<()> {
    npm::install()?;
    postgres()
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
    say(&program::answer(
        program::in_root(supervisor)?.arg("ensure").stderr(std::process::Stdio::inherit()),
        "set-up of PostgreSQL",
    )?);
    Ok(())
}

/// Builds the program that starts and stops a private PostgreSQL, and returns its path.
pub(crate) fn supervisor() -> anyhow::Result<std::path::PathBuf> {
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
