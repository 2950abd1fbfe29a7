//! `faults`: seeded histories of users' actions and faults against the running service. The crate `faults` makes, runs
//! and judges them; this builds it and the service, and passes on what was asked for.

use anyhow::bail;

use crate::setup::{self, say};
use crate::{program, workspace};

/// How many every test run plays, always the same.
const FEW: &str = "50";

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
    play(&words)
}

/// The few that every test run plays.
pub(crate) fn some() -> anyhow::Result<()> {
    say(&format!("fault histories: SEEDS={FEW}"));
    play(&["--seeds".to_owned(), FEW.to_owned()])
}

fn play(words: &[String]) -> anyhow::Result<()> {
    for package in ["interventions", "faults"] {
        program::run(program::cargo()?.args(["build", "--package", package]), "building the service")?;
    }
    let programs = workspace::programs()?;
    let folder = workspace::members()?.target_directory.into_std_path_buf().join("faults");
    let mut command = program::in_root(programs.join("faults"))?;
    command.arg("--service").arg(programs.join("interventions")).arg("--folder").arg(folder).args(words);
    program::run(&mut command, "fault histories")
}
