//! Running other programs from the top of the clone, with failures that fit on one line.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace;

/// The cargo that runs us.
pub(crate) fn cargo() -> anyhow::Result<Command> {
    in_root(workspace::setting("CARGO").unwrap_or_else(|| "cargo".to_owned()))
}

/// `program`, to be run at the top of the clone.
pub(crate) fn in_root(program: impl AsRef<OsStr>) -> anyhow::Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()?);
    Ok(command)
}

/// Runs `command` with our input and output; anything but success is an error that names `what`.
pub(crate) fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{what}: cannot run {}", command.get_program().display()))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => bail!("{what} failed (exit code {code})"),
        None => bail!("{what} was ended by a signal"),
    }
}

/// Runs `command` and returns what it prints, without the line's end.
pub(crate) fn answer(command: &mut Command, what: &str) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("{what}: cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!("{what} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
