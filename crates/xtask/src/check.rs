//! `check`: what CI runs, in the same order, the quick and the picky first.

use crate::{alerts, npm, program, test, tidy};

/// Whether a chore writes the tree or only compares with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Bring the tree up to date.
    Write,
    /// Fail if the tree is not up to date.
    Verify,
}

/// Format, tidy, alerts, lint, test.
pub(crate) fn run() -> anyhow::Result<()> {
    format(Mode::Verify)?;
    tidy::run()?;
    alerts::run_where_possible()?;
    lint()?;
    test::run(&[])
}

/// rustfmt over the workspace.
pub(crate) fn format(mode: Mode) -> anyhow::Result<()> {
    let mut command = program::cargo()?;
    command.args(["fmt", "--all"]);
    if mode == Mode::Verify {
        command.args(["--", "--check"]);
    }
    program::run(&mut command, "cargo fmt")
}

/// Clippy over everything, tests included; a warning is an error.
pub(crate) fn lint() -> anyhow::Result<()> {
    npm::install()?;
    program::run(
        program::cargo()?.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        "cargo clippy",
    )
}
