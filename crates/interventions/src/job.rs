//! `job`: runs one job now and says what came of it, for people and for machines.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use delivery::job::{Job, Order, Step, Transfer};
use domain::ReferralId;
use domain::job::JobOutcome;
use indicatif::{ProgressBar, ProgressStyle};
use runtime::{Shutdown, Tasks};
use serde_json::{Value, json};
use store::job::JobRun;

use crate::{config, service, stop_on_signal};

/// Which job, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct JobArguments {
    #[command(subcommand)]
    command: JobCommand,
    /// Only look at what would change.
    #[arg(long, global = true)]
    dry_run: bool,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Clone, Debug)]
enum JobCommand {
    /// Conclude referrals whose end was requested and that owe no report.
    ConcludeReferrals,
    /// Delete drafts that nobody has changed for long.
    DeleteStaleDrafts,
    /// Move referrals from one contract to another, where a case note gives the authority.
    TransferReferrals {
        /// Reference of the contract that they leave.
        #[arg(long)]
        from: String,
        /// Reference of the contract that takes them.
        #[arg(long)]
        to: String,
        /// What a case note, left by a person, must contain.
        #[arg(long)]
        phrase: String,
    },
    /// Ask Delius when sentences end, where that is not known.
    LoadSentenceEnds,
    /// Compare referrals with what Delius holds, write down every disagreement, and mend what may be mended.
    Reconcile {
        /// Only this referral, by its id.
        #[arg(long)]
        referral: Option<ReferralId>,
    },
    /// Show the latest runs.
    Runs {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: u16,
    },
}

/// Runs a job to its end; an item that failed, and a run that did not take place, make it end with an error.
pub(crate) async fn run(
    arguments: JobArguments,
    variables: &BTreeMap<String, String>,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let job = match arguments.command {
        JobCommand::ConcludeReferrals => Job::ConcludeReferrals,
        JobCommand::DeleteStaleDrafts => Job::DeleteStaleDrafts,
        JobCommand::TransferReferrals { from, to, phrase } => Job::TransferReferrals(Transfer { from, to, phrase }),
        JobCommand::LoadSentenceEnds => Job::LoadSentenceEnds,
        JobCommand::Reconcile { referral } => Job::Reconcile(referral),
        JobCommand::Runs { limit } => return print_runs(variables, limit, arguments.json).await,
    };
    let tasks = Tasks::new(shutdown.clone());
    let (app, _) = Box::pin(service::assemble(config::service(variables)?, &tasks)).await?;
    tasks.spawn(stop_on_signal(shutdown.clone()));
    let order = Order { job, dry_run: arguments.dry_run, by: operator(variables), scheduled_for: None };
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len} ({eta})")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message(order.job.name().as_str());
    let progress = |step: Step| {
        bar.set_length(step.total);
        bar.set_position(step.done);
    };
    let result = Box::pin(delivery::job::run(&app, &order, &progress, &shutdown)).await;
    bar.finish_and_clear();
    tasks.stop().await;
    let run = result?;
    print(&run, arguments.json);
    match run.ended {
        Some((_, JobOutcome::Succeeded)) => Ok(()),
        Some((_, JobOutcome::Interrupted)) => bail!("the run was interrupted; the next one carries on"),
        _ => bail!("{} of {} items could not be dealt with", run.counts.failed, run.counts.examined),
    }
}

/// The account on this machine, as the record of the run keeps it.
pub(crate) fn operator(variables: &BTreeMap<String, String>) -> String {
    let account = ["USER", "LOGNAME"].iter().find_map(|name| variables.get(*name)).filter(|name| !name.is_empty());
    account.cloned().unwrap_or_else(|| "operator".to_owned())
}

async fn print_runs(variables: &BTreeMap<String, String>, limit: u16, json: bool) -> anyhow::Result<()> {
    let url = config::database_url(variables)?;
    let store = store::Store::connect(url.expose(), 1).await.context("the database is not available")?;
    let mut db = store.connection().await?;
    for run in store::job::list(&mut db, i64::from(limit)).await? {
        print(&run, json);
    }
    Ok(())
}

/// One line for a run, and one for each item that it could not deal with.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print(run: &JobRun, json: bool) {
    if json {
        println!("{}", as_json(run));
        return;
    }
    println!("{}", summary(run));
    for failed in &run.errors {
        println!("  {}: {}", failed.item, failed.error);
    }
}

fn summary(run: &JobRun) -> String {
    let counts = &run.counts;
    let would = if run.dry_run { "to be changed (dry run)" } else { "changed" };
    let ended = match run.ended {
        Some((at, outcome)) => {
            let seconds = at.duration_since(run.started_at).as_secs_f64();
            format!("{outcome} after {seconds:.1} s")
        }
        None => "under way".to_owned(),
    };
    format!(
        "{} {}: {} looked at, {} {would}, {} left as they are, {} failed; {ended}",
        run.started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        run.job,
        counts.examined,
        counts.changed,
        counts.unchanged(),
        counts.failed,
    )
}

fn as_json(run: &JobRun) -> Value {
    json!({
        "id": run.id.to_string(),
        "job": run.job.as_str(),
        "startedAt": run.started_at,
        "startedBy": run.started_by,
        "scheduledFor": run.scheduled_for,
        "dryRun": run.dry_run,
        "parameters": run.parameters,
        "finishedAt": run.ended.map(|(at, _)| at),
        "outcome": run.ended.map(|(_, outcome)| outcome.as_str()),
        "examined": run.counts.examined,
        "changed": run.counts.changed,
        "unchanged": run.counts.unchanged(),
        "failed": run.counts.failed,
        "errors": run.errors,
    })
}

#[cfg(test)]
mod tests {
    use domain::JobRunId;
    use domain::job::JobName;
    use jiff::{SignedDuration, Timestamp};
    use store::job::{JobCounts, JobItemError};

    use super::*;

    fn a_run() -> JobRun {
        let started_at: Timestamp = "2026-11-24T00:30:00Z".parse().expect("an instant");
        JobRun {
            id: JobRunId(uuid::Uuid::from_u128(1)),
            job: JobName::ConcludeReferrals,
            started_at,
            started_by: "schedule".to_owned(),
            scheduled_for: Some(started_at),
            dry_run: false,
            parameters: json!({}),
            ended: Some((started_at + SignedDuration::from_millis(1500), JobOutcome::Failed)),
            counts: JobCounts { examined: 12, changed: 3, failed: 1 },
            errors: vec![JobItemError { item: uuid::Uuid::from_u128(2), error: "it did not work".to_owned() }],
        }
    }

    #[test]
    fn a_run_is_told_in_one_line() {
        let expected = "2026-11-24T00:30:00Z conclude-referrals: 12 looked at, 3 changed, 8 left as they are, 1 failed; \
                        failed after 1.5 s";
        assert_eq!(summary(&a_run()), expected);
        let dry = JobRun { dry_run: true, ended: None, ..a_run() };
        assert!(summary(&dry).contains("3 to be changed (dry run)") && summary(&dry).ends_with("under way"));
    }

    #[test]
    fn machines_get_every_field() {
        let run = as_json(&a_run());
        assert_eq!((&run["outcome"], &run["unchanged"]), (&json!("failed"), &json!(8)));
        assert_eq!(run["errors"][0]["error"], "it did not work");
        assert_eq!(run["finishedAt"], "2026-11-24T00:30:01.5Z");
    }
}
