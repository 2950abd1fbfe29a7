//! Measures the released executable against a database of its own and prints the figures: `make bench`.

#![expect(clippy::print_stdout, reason = "the figures are what its caller wants")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use testkit::bench::{Plan, run};

/// Effects that go through the outbox alone in each round.
const ROUND: u32 = 4_000;
/// Each referral has three effects; a worker that delivers 500 a second needs this many of them for a second.
const REFERRALS_A_SECOND: u32 = 170;

#[tokio::main]
async fn main() -> ExitCode {
    match measure().await {
        Ok(is_faulty) => ExitCode::from(u8::from(is_faulty)),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure() -> anyhow::Result<bool> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [program, folder, rows, seconds] = words.as_slice() else {
        anyhow::bail!("usage: bench PROGRAM FOLDER ROWS SECONDS, with the database's address in BENCH_DATABASE_URL")
    };
    let (_, database_url) =
        std::env::vars().find(|(name, _)| name == "BENCH_DATABASE_URL").context("BENCH_DATABASE_URL is not set")?;
    let seconds: u32 = seconds.parse().context("SECONDS is a whole number")?;
    let plan = Plan {
        program: PathBuf::from(program),
        database_url,
        folder: PathBuf::from(folder),
        rows: rows.parse().context("ROWS is a whole number")?,
        referrals: seconds.max(1) * REFERRALS_A_SECOND,
        round: ROUND,
        lease: None,
    };
    let report = run(&plan).await;
    let table = report.table();
    println!("{table}");
    let path = plan.folder.join("figures.md");
    std::fs::write(&path, table).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(report.is_faulty())
}
