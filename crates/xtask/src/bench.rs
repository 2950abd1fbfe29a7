//! `bench`: figures about deliveries and the outbox, taken from the released executable on a database of its own.
//! `docs/benchmarks.md` says how to read them.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::setup::{self, say};
use crate::{program, workspace};

/// Builds, measures, prints. `ROWS` is how many finished effects there are in the end, `SECONDS` how long a worker that
/// reaches its aim is kept busy.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<()> {
    if !arguments.is_empty() {
        bail!("bench takes no arguments: make bench ROWS=10000000 SECONDS=10");
    }
    let (rows, seconds) = (number("ROWS", 10_000_000)?, number("SECONDS", 10)?);
    let target = workspace::members()?.target_directory.into_std_path_buf();
    // Together, so that what they share is built once.
    let mut build = program::cargo()?;
    build.args(["build", "--profile", "bench", "--package", "interventions", "--bin", "interventions"]);
    build.args(["--package", "testkit", "--bin", "bench"]);
    program::run(&mut build, "building what is measured")?;
    let (folder, programs) = (target.join("bench"), target.join("release"));
    empty(&folder)?;
    let mut command = program::in_root(setup::supervisor()?)?;
    command.arg("run").arg("--data-dir").arg(folder.join("postgres"));
    command.args(["--database", "bench", "--export", "BENCH_DATABASE_URL", "--"]);
    command.arg(programs.join("bench")).arg(programs.join("interventions")).arg(folder.join("run"));
    command.args([rows.to_string(), seconds.to_string()]);
    let outcome = program::run(&mut command, "measuring");
    // Gigabytes that nobody needs any more.
    empty(&folder.join("postgres"))?;
    outcome?;
    say(&format!("the figures are in {}", folder.join("run/figures.md").display()));
    Ok(())
}

fn empty(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot empty {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn number(name: &str, default: u64) -> anyhow::Result<u64> {
    let Some(text) = workspace::setting(name) else { return Ok(default) };
    text.parse().map_err(|_| anyhow::anyhow!("{name} is `{text}`: use a whole number"))
}
