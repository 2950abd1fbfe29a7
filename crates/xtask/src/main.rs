//! Repository chores, one module each: `cargo xtask CHORE`. People type `make CHORE`, which comes here.
//!
//! Depends on next to nothing and compiles in seconds, so that a chore never waits for the product. What a chore needs
//! of the product it builds and runs as a program.

mod alerts;
mod bench;
mod check;
mod db;
mod diagram;
mod faults;
mod fuzz;
mod npm;
mod program;
mod service;
mod setup;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "usage: cargo xtask CHORE

  setup                installs what is missing: PostgreSQL, npm packages, the fuzzer
  demo [ARGUMENT]...   set-up, then the whole service on this machine (RESET=1 starts afresh)
  journey [ARGUMENT]...  drives a running demo from referral to conclusion
  fuzz                 many made-up requests; EXAMPLES=n for each operation, SEED=n repeats
  faults [ARGUMENT]... histories of users and faults; SEEDS=n of them, SEED=n or HISTORY=file plays one
  bench                figures about deliveries and the outbox; ROWS=n, SECONDS=n make it smaller
  test [ARGUMENT]...   set-up, then every test; arguments go to cargo test
  check                what CI runs, in the same order: format, tidy, lint, test
  fmt [--check]        formats the code
  lint                 clippy, warnings are errors
  tidy                 the house rules that no compiler checks
  alerts               the rules for Prometheus, by promtool
  generate [--check]   writes what is generated into the tree
  db prepare [--check] refreshes the metadata of the checked queries";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> anyhow::Result<()> {
    match words {
        ["setup"] => setup::run(),
        ["demo", rest @ ..] => service::demo(rest),
        ["journey", rest @ ..] => service::journey(rest),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["faults", rest @ ..] => faults::run(rest),
        ["bench", rest @ ..] => bench::run(rest),
        ["test", rest @ ..] => test::run(rest),
        ["check"] => check::run(),
        ["fmt"] => check::format(check::Mode::Write),
        ["fmt", "--check"] => check::format(check::Mode::Verify),
        ["lint"] => check::lint(),
        ["tidy"] => tidy::run(),
        ["alerts"] => alerts::run(),
        ["generate"] => diagram::generate(),
        ["generate", "--check"] => diagram::verify(),
        ["db", "prepare"] => db::prepare(check::Mode::Write),
        ["db", "prepare", "--check"] => db::prepare(check::Mode::Verify),
        [] | ["help" | "--help" | "-h"] => {
            eprintln!("{USAGE}");
            Ok(())
        }
        _ => bail!("`{}` is not a chore\n{USAGE}", words.join(" ")),
    }
}
