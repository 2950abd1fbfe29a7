//! `faults`: seeded histories of users' actions and faults against the running service. The crate `faults` makes, runs
//! and judges them; this builds it and the service, and passes on what was asked for.

use anyhow::bail;

use crate::setup::{self, say};
use crate::{program, workspace};

/// How many every test run plays, always the same.
const FEW: &str = "50";

/// More than so many are played with the optimised build: it takes minutes to make, and each history less.
const MANY: u64 = 500;

/// Histories as the environment asks for: `SEEDS` is their number, `SEED` plays one of them, `HISTORY` one from a file.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<()> {
    let wishes = [("SEEDS", "--seeds"), ("SEED", "--seed"), ("HISTORY", "--history")];
    let mut words = Vec::new();
    for (name, word) in wishes {
        if let Some(value) = workspace::setting(name) {
            words.extend([word.to_owned(), value]);
        }
    }
    if words.len() > 2 {
        bail!("use one of SEEDS=n, SEED=n and HISTORY=file");
    }
    setup::run()?;
    words.extend(arguments.iter().map(|word| (*word).to_owned()));
    let many = workspace::setting("SEEDS").and_then(|count| count.parse().ok()).is_some_and(|count: u64| count > MANY);
    play(&words, many)
}

/// The few that every test run plays.
pub(crate) fn some() -> anyhow::Result<()> {
    say(&format!("fault histories: SEEDS={FEW}"));
    play(&["--seeds".to_owned(), FEW.to_owned()], false)
}

fn play(words: &[String], optimised: bool) -> anyhow::Result<()> {
    let profile = if optimised { "bench" } else { "dev" };
    for package in ["interventions", "faults"] {
        let mut build = program::cargo()?;
        program::run(build.args(["build", "--profile", profile, "--package", package]), "building the service")?;
    }
    let target = workspace::members()?.target_directory.into_std_path_buf();
    let programs = if optimised { target.join("release") } else { workspace::programs()? };
    let folder = target.join("faults");
    let mut command = program::in_root(programs.join("faults"))?;
    command.arg("--service").arg(programs.join("interventions")).arg("--folder").arg(folder).args(words);
    program::run(&mut command, "fault histories")
}
