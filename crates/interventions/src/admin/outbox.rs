//! `admin queues`, `pause`, `resume`, `retry`, `skip`, `replay`: what waits for other systems, and moving it.

use app::OpCtx;
use app::operator::{LATELY, Plan, Planned, Queue, ReplayOrder, SILENT, Seen, WorkersCircuit};
use clap::Subcommand;
use domain::EffectId;
use domain::effect::System;
use jiff::Timestamp;
use serde_json::{Value, json};
use store::circuit::{CircuitState, WorkerId};
use store::outbox::{LedgerEntry, kind_of};

/// What to do with queues and effects.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum OutboxCommand {
    /// Show what waits for each system.
    Queues,
    /// Stop delivering to a system; everything for it waits.
    Pause {
        /// delius, events, notify or prisoner-search.
        #[arg(value_parser = system)]
        system: System,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Deliver to a system again.
    Resume {
        /// delius, events, notify or prisoner-search.
        #[arg(value_parser = system)]
        system: System,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Have a parked or retrying effect tried again now.
    Retry {
        /// The effect, as `ledger` shows it.
        effect: EffectId,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
    },
    /// Let a line go on without an effect.
    Skip {
        /// The effect, as `ledger` shows it.
        effect: EffectId,
        /// Why, for the record and for the ledger.
        #[arg(long)]
        reason: String,
    },
    /// Send again what was intended in a window of time, as far as that is safe.
    Replay {
        /// delius, events, notify or prisoner-search.
        #[arg(long, value_parser = system)]
        system: System,
        /// From this instant on, such as 2026-11-22T09:00:00Z.
        #[arg(long)]
        from: Timestamp,
        /// Before this instant.
        #[arg(long)]
        to: Timestamp,
        /// Only show what would be sent.
        #[arg(long)]
        dry_run: bool,
        /// Why, for the record.
        #[arg(long, required_unless_present = "dry_run")]
        reason: Option<String>,
    },
}

fn system(text: &str) -> Result<System, String> {
    System::from_text(text).ok_or_else(|| {
        let known: Vec<&str> = System::ALL.iter().copied().map(System::as_str).collect();
        format!("the systems are {}", known.join(", "))
    })
}

/// Does it.
pub(super) async fn run(command: OutboxCommand, ctx: &OpCtx, json: bool) -> anyhow::Result<()> {
    match command {
        OutboxCommand::Queues => print_queues(ctx, json).await,
        OutboxCommand::Pause { system, reason } => {
            app::operator::pause(ctx, system, &reason).await?;
            print_queues(ctx, json).await
        }
        OutboxCommand::Resume { system, reason } => {
            app::operator::resume(ctx, system, &reason).await?;
            print_queues(ctx, json).await
        }
        OutboxCommand::Retry { effect, reason } => {
            let seen = Seen { id: effect, attempts: None };
            print_entry(&app::operator::retry(ctx, seen, &reason).await?, json);
            Ok(())
        }
        OutboxCommand::Skip { effect, reason } => {
            let seen = Seen { id: effect, attempts: None };
            print_entry(&app::operator::skip(ctx, seen, &reason).await?, json);
            Ok(())
        }
        OutboxCommand::Replay { system, from, to, dry_run, reason } => {
            let order = ReplayOrder { system, from, until: to };
            let planned = if dry_run {
                app::operator::preview(ctx, &order).await?
            } else {
                app::operator::replay(ctx, &order, reason.as_deref().unwrap_or_default()).await?
            };
            print_planned(&planned, dry_run, json);
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
async fn print_queues(ctx: &OpCtx, json: bool) -> anyhow::Result<()> {
    for queue in app::operator::queues(ctx).await? {
        let Queue {
            system,
            waiting,
            in_flight,
            retrying,
            parked,
            oldest,
            paused,
            trouble,
            delivered,
            workers,
            circuits,
        } = queue;
        if json {
            let paused = paused.map(|one| json!({ "since": one.since, "by": one.by.username, "why": one.why }));
            let trouble = trouble.map(|one| json!({ "error": one.error, "count": one.count }));
            let told = json!({
                "system": system.as_str(),
                "waiting": waiting,
                "inFlight": in_flight,
                "retrying": retrying,
                "parked": parked,
                "oldest": oldest,
                "paused": paused,
                "trouble": trouble,
                "delivered": { "count": delivered, "inSeconds": LATELY.as_secs() },
                "workers": workers,
                "circuits": circuits.iter().map(circuit_as_json).collect::<Vec<_>>(),
            });
            println!("{told}");
            continue;
        }
        println!("{system}: {waiting} waiting, {in_flight} in flight, {retrying} retrying, {parked} parked");
        if let Some(oldest) = oldest {
            println!("    oldest intended {oldest}");
        }
        println!("    {delivered} delivered in the last {} minutes", LATELY.as_mins());
        if workers == 0 {
            println!("    no worker was heard of in the last {} seconds", SILENT.as_secs());
        }
        for circuit in circuits.iter().filter(|circuit| circuit.state != CircuitState::Closed) {
            println!("    {}", circuit_in_words(circuit));
        }
        if let Some(one) = paused {
            println!("    paused since {} by {}: {}", one.since, one.by.username, one.why);
        }
        if let Some(one) = trouble {
            println!("    most often ({}): {}", one.count, one.error);
        }
    }
    Ok(())
}

fn circuit_as_json(circuit: &WorkersCircuit) -> Value {
    let WorkersCircuit { worker, calls, state } = circuit;
    json!({
        "worker": worker.0.to_string(),
        "calls": calls,
        "state": state.name(),
        "failures": state.failures(),
        "since": state.since(),
        "until": state.until(),
    })
}

/// What a circuit that is not closed does.
fn circuit_in_words(circuit: &WorkersCircuit) -> String {
    let WorkersCircuit { worker: WorkerId(worker), calls, state } = circuit;
    let failures = state.failures();
    let failed = if failures == 1 { "1 failure".to_owned() } else { format!("{failures} failures in a row") };
    match state.until() {
        Some(until) => format!("worker {worker} calls {calls} again at {until}, after {failed}"),
        None => format!("worker {worker} tries {calls} with one call, after {failed}"),
    }
}

/// An effect, without its attempts.
pub(super) fn entry_as_json(entry: &LedgerEntry) -> Value {
    json!({
        "id": entry.id.to_string(),
        "referral": entry.referral_id.to_string(),
        "system": entry.system.as_str(),
        "kind": kind_of(&entry.action),
        "name": entry.action.name(),
        "state": entry.state.as_str(),
        "tried": entry.attempts,
        "wasAmbiguous": entry.was_ambiguous,
        "after": entry.after.map(|id| id.to_string()),
        "notBefore": entry.not_before,
        "lastStatus": entry.last_status,
        "lastError": entry.last_error,
        "settledAt": entry.settled_at,
        "receipt": entry.receipt,
        "reason": entry.reason,
        "cause": entry.cause,
        "actor": entry.actor.username,
        "correlationId": entry.correlation_id,
        "occurredAt": entry.occurred_at,
        "createdAt": entry.created_at,
    })
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_entry(entry: &LedgerEntry, json: bool) {
    if json {
        println!("{}", entry_as_json(entry));
        return;
    }
    let reason = entry.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    println!("{} {} {}: {}{reason}", entry.id, entry.system, kind_of(&entry.action), entry.state.as_str());
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_planned(planned: &[Planned], dry_run: bool, json: bool) {
    let mut sent = 0;
    for Planned { entry, plan } in planned {
        let (word, why) = match plan {
            Plan::TryAgain => ("try-again", None),
            Plan::SendAgain => ("send-again", None),
            Plan::Leave(why) => ("leave", Some(*why)),
        };
        sent += usize::from(why.is_none());
        if json {
            let mut told = entry_as_json(entry);
            told["plan"] = json!(word);
            told["why"] = json!(why);
            told["dryRun"] = json!(dry_run);
            println!("{told}");
            continue;
        }
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        println!("{} {} of {}: {word}{why}", entry.id, kind_of(&entry.action), entry.referral_id);
    }
    if !json {
        let what = if dry_run { "would be sent (dry run)" } else { "go out again" };
        println!("{sent} of {} {what}", planned.len());
    }
}
