//! Runs fault histories: many in lanes side by side, or one again; and makes a failing one small.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use clap::Parser;
use faults::client::Client;
use faults::generate;
use faults::history::{Outcome, run};
use faults::lane::Lane;
use faults::plan::Plan;
use faults::report::{Report, keep};
use faults::shrink::shrink;
use futures::future::{join_all, try_join_all};
use runtime::Clock;
use tokio::sync::Mutex;

/// At most so many failing histories are made small.
const SHRUNK: usize = 3;
/// At most so many runs go into making one small.
const SHRINK_RUNS: usize = 120;
/// A history that fails now and then is tried so often before it counts as not failing.
const TRIES: usize = 3;

/// Seeded histories of users' actions and faults against the running service.
#[derive(Parser)]
#[command(name = "faults")]
struct Arguments {
    /// How many histories.
    #[arg(long, default_value_t = 50)]
    seeds: u64,
    /// The seed of the first.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// This seed alone.
    #[arg(long, conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
    /// The history in this file alone.
    #[arg(long, conflicts_with_all = ["seed", "seeds", "first"])]
    history: Option<PathBuf>,
    /// Only print the histories.
    #[arg(long)]
    print: bool,
    /// How many run side by side; most of the time they wait.
    #[arg(long)]
    lanes: Option<usize>,
    /// Do not make failing histories small.
    #[arg(long)]
    no_shrink: bool,
    /// Say which steps came to nothing, and why.
    #[arg(long)]
    verbose: bool,
    /// The service's executable.
    #[arg(long)]
    service: PathBuf,
    /// Where databases, logs and failing histories are kept.
    #[arg(long)]
    folder: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(Box::pin(all(arguments))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn all(arguments: Arguments) -> anyhow::Result<bool> {
    let plans = plans(&arguments)?;
    if arguments.print {
        for plan in &plans {
            print(plan);
        }
        return Ok(true);
    }
    std::fs::create_dir_all(&arguments.folder).context("the folder cannot be made")?;
    let folder = arguments.folder.canonicalize()?;
    let service = arguments.service.canonicalize().context("the service's executable is not there")?;
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let lanes = arguments.lanes.unwrap_or((cores * 3).clamp(2, 12)).clamp(1, plans.len().max(1));
    let http = Client::plain_http()?;
    let opened = (0..lanes).map(|number| {
        let (folder, service, http) = (folder.join(format!("lane-{number}")), &service, &http);
        async move { Lane::open(&folder, service, http).await }
    });
    let lanes = try_join_all(opened).await?;
    let clock = Clock::system();
    let report = Mutex::new(Report::new(u64::try_from(plans.len())?));
    let next = AtomicUsize::new(0);
    let work = lanes.iter().map(|lane| async {
        while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = run(lane, plan, &clock).await;
            let mut report = report.lock().await;
            if !outcome.verdicts.is_empty()
                && let Err(error) = lane.keep_logs(&folder.join(format!("seed-{}-logs", plan.seed)))
            {
                report.say(&format!("the logs of seed {} are lost: {error:#}", plan.seed));
            }
            if arguments.verbose {
                report.say(&format!("seed {}: {:?}", plan.seed, outcome.figures));
                outcome.left_out.iter().for_each(|line| report.say(&format!("  left out: {line}")));
            }
            report.ended(plan, &outcome);
        }
    });
    let is_stopped = tokio::select! {
        _ = join_all(work) => false,
        stopped = asked_to_stop() => stopped.is_ok(),
    };
    let report = report.into_inner();
    report.finish();
    if is_stopped {
        eprintln!("stopped before the end");
        for lane in lanes {
            lane.close().await?;
        }
        return Ok(false);
    }
    let lane = lanes.first().context("no lane")?;
    for plan in report.failed().iter().take(SHRUNK) {
        if !arguments.no_shrink {
            explain(lane, plan, &clock, &folder).await?;
        }
    }
    for lane in lanes {
        lane.close().await?;
    }
    Ok(report.failed().is_empty())
}

/// Waits for Ctrl-C or SIGTERM.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

fn plans(arguments: &Arguments) -> anyhow::Result<Vec<Plan>> {
    if let Some(path) = &arguments.history {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        return Ok(vec![serde_json::from_str(&text).with_context(|| format!("{} is no history", path.display()))?]);
    }
    if let Some(seed) = arguments.seed {
        return Ok(vec![generate::plan(seed)]);
    }
    if arguments.seeds == 0 {
        bail!("at least one history");
    }
    Ok((arguments.first..arguments.first + arguments.seeds).map(generate::plan).collect())
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print(plan: &Plan) {
    println!("{plan}");
}

/// Makes a failing history small and says how to repeat it.
async fn explain(lane: &Lane, plan: &Plan, clock: &Clock, folder: &Path) -> anyhow::Result<()> {
    eprintln!("\nmaking the history of seed {} small …", plan.seed);
    let mut last = None;
    for _ in 0..TRIES {
        let outcome = run(lane, plan, clock).await;
        if !outcome.verdicts.is_empty() {
            last = Some(outcome);
            break;
        }
    }
    let Some(mut outcome) = last else {
        let path = keep(plan, folder)?;
        eprintln!("it did not fail again in {TRIES} runs; repeat it with: make faults SEED={}", plan.seed);
        eprintln!("the whole history is in {}", path.display());
        return Ok(());
    };
    let wrong = outcome.verdicts[0].wrong;
    let fails = |outcome: &Outcome| outcome.verdicts.iter().any(|verdict| verdict.wrong == wrong);
    let small = shrink(plan, SHRINK_RUNS, async |plan| {
        let again = run(lane, plan, clock).await;
        let does_fail = fails(&again);
        if does_fail {
            outcome = again;
        }
        does_fail
    })
    .await;
    let path = keep(&small, folder)?;
    eprintln!("the smallest history found that fails so:\n{small}");
    for verdict in &outcome.verdicts {
        eprintln!("  {verdict}");
    }
    for line in &outcome.left_out {
        eprintln!("  left out: {line}");
    }
    eprintln!("repeat it with: make faults HISTORY={}", path.display());
    eprintln!("repeat the whole with: make faults SEED={}", plan.seed);
    Ok(())
}
