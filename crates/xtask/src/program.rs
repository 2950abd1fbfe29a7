//! Running other programs from the top of the clone, with failures that fit on one line.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace;

/// The cargo that runs us.
pub(crate) fn cargo() -> anyhow::Result<Command> {
    in_root(workspace::setting("CARGO").unwrap_or_else(|| "cargo".to_owned()))
}

/// `program`, to be run at the top of the clone, in the environment that we would have without cargo around us.
///
/// `cargo xtask` describes the package `xtask` in variables. Passed on, they look like a change to build scripts that
/// watch them (ring's does), and every switch between `cargo xtask` and plain `cargo` would compile half the tree again.
pub(crate) fn in_root(program: impl AsRef<OsStr>) -> anyhow::Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()?);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_about_this_package(name)) {
        command.env_remove(name);
    }
    Ok(command)
}

fn is_about_this_package(name: &OsStr) -> bool {
    let about = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_PACKAGE"];
    name.to_str().is_some_and(|name| about.iter().any(|prefix| name.starts_with(prefix)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_describes_this_package_is_taken_away() {
        for (name, expected) in [
            ("CARGO_PKG_NAME", true),
            ("CARGO_MANIFEST_DIR", true),
            ("CARGO_TARGET_DIR", false),
            ("CARGO_HOME", false),
            ("PATH", false),
        ] {
            assert_eq!(is_about_this_package(OsStr::new(name)), expected, "{name}");
        }
    }
}
