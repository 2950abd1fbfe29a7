//! `demo` and `journey`: build the service and become it, so that Ctrl-C and the exit code are its own.

use std::os::unix::process::CommandExt;

use anyhow::{Context, bail};

use crate::{npm, program, setup, workspace};

/// Set-up, build, then everything on one machine. `RESET=1` in the environment starts from an empty data folder.
pub(crate) fn demo(arguments: &[&str]) -> anyhow::Result<()> {
    setup::run()?;
    let reset = match workspace::setting("RESET").as_deref() {
        None | Some("0") => None,
        Some("1") => Some("--reset"),
        Some(other) => bail!("RESET is `{other}`: use RESET=1 to start afresh"),
    };
    become_service("demo", reset.iter().chain(arguments).copied())
}

/// Drives a demo that runs already.
pub(crate) fn journey(arguments: &[&str]) -> anyhow::Result<()> {
    npm::install()?;
    become_service("journey", arguments.iter().copied())
}

fn become_service<'a>(command: &str, arguments: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    program::run(program::cargo()?.args(["build", "--package", "interventions"]), "building the service")?;
    let service = workspace::programs()?.join("interventions");
    let error = program::in_root(&service)?.arg(command).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", service.display()))
}
