//! `admin referral`, `ledger`, `explain`: finding a referral, where its messages stand, and who can see it.

use anyhow::bail;
use app::OpCtx;
use app::collection::Standing;
use app::operator::{Explanation, Found, Ledger, Line, Verdict};
use clap::Subcommand;
use domain::ReferralId;
use domain::collection::Choice;
use serde_json::{Value, json};

use super::outbox::entry_as_json;

/// What to do with a referral.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum ReferralCommand {
    /// Find referrals by reference number, CRN, URN, id or correlation id.
    Referral {
        /// What somebody quoted.
        what: String,
    },
    /// Show every message of a referral, with its attempts.
    Ledger {
        /// The referral: anything that finds exactly one.
        referral: String,
    },
    /// Explain why somebody can or cannot see a referral.
    Explain {
        /// Who, by the name they sign in with.
        username: String,
        /// The referral: anything that finds exactly one.
        referral: String,
    },
}

/// Does it.
pub(super) async fn run(command: ReferralCommand, ctx: &OpCtx, json: bool) -> anyhow::Result<()> {
    match command {
        ReferralCommand::Referral { what } => {
            let found = app::operator::find(ctx, &what).await?;
            if found.is_empty() {
                bail!("no referral matches this");
            }
            for one in &found {
                print_found(one, json);
            }
        }
        ReferralCommand::Ledger { referral } => {
            let id = only(ctx, &referral).await?;
            print_ledger(&app::operator::get_ledger(ctx, id).await?, json);
        }
        ReferralCommand::Explain { username, referral } => {
            let id = only(ctx, &referral).await?;
            print_explanation(&app::operator::explain(ctx, &username, id).await?, json);
        }
    }
    Ok(())
}

/// The one referral that somebody means.
pub(super) async fn only(ctx: &OpCtx, what: &str) -> anyhow::Result<ReferralId> {
    let found = app::operator::find(ctx, what).await?;
    match found.as_slice() {
        [one] => Ok(one.id),
        [] => bail!("no referral matches this"),
        many => bail!("{} referrals match this; `admin referral` shows them, name one by its reference", many.len()),
    }
}

fn found_as_json(found: &Found) -> Value {
    let Found { id, reference, crn, service, provider, contract, sent_at, concluded_at } = found;
    json!({
        "id": id.to_string(),
        "referenceNumber": reference.as_str(),
        "crn": crn.as_str(),
        "service": service,
        "provider": provider,
        "contract": contract,
        "sentAt": sent_at,
        "concludedAt": concluded_at,
    })
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_found(found: &Found, json: bool) {
    if json {
        println!("{}", found_as_json(found));
        return;
    }
    let Found { id, reference, crn, service, provider, contract, sent_at, concluded_at } = found;
    let state = concluded_at.map_or_else(|| "not concluded".to_owned(), |at| format!("concluded {at}"));
    println!(
        "{} {id} {}: {service} by {provider} ({contract}), sent {sent_at}, {state}",
        reference.as_str(),
        crn.as_str()
    );
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_ledger(ledger: &Ledger, json: bool) {
    let Ledger { referral, others, standing, lines, paused } = ledger;
    if json {
        let told = json!({
            "referral": found_as_json(referral),
            "otherReferrals": others.iter().map(found_as_json).collect::<Vec<_>>(),
            "effects": lines.iter().map(line_as_json).collect::<Vec<_>>(),
            "pausedSystems": paused.iter().map(|one| one.system.as_str()).collect::<Vec<_>>(),
        });
        println!("{told}");
        return;
    }
    print_found(referral, false);
    println!("Delius: {}", standing_in_words(standing));
    for one in paused {
        println!("{} is paused since {} by {}: {}", one.system, one.since, one.by.username, one.why);
    }
    for line in lines {
        print_line(line);
    }
    if !others.is_empty() {
        println!("other referrals of the same person:");
        for one in others {
            print_found(one, false);
        }
    }
}

/// How Delius stands with a referral, in one line.
pub(super) fn standing_in_words(standing: &Standing) -> String {
    match standing {
        Standing::UpToDate { up_to: Some(at) } => format!("has everything up to {at}"),
        Standing::UpToDate { up_to: None } => "was told nothing yet".to_owned(),
        Standing::Waiting { count, wait: _, next_try } => format!("{count} updates wait; next try {next_try}"),
        Standing::Stuck { count, since, reason } => format!("{count} updates stand still since {since}: {reason}"),
        Standing::Held(held) => {
            let choices: Vec<&str> = held.choices.iter().copied().map(Choice::as_str).collect();
            format!("held ({}) with {} updates; choose {}", held.kind, held.waiting, choices.join(", "))
        }
        Standing::Without { since, kind: _ } => format!("is told nothing more since {since}, as somebody chose"),
    }
}

fn line_as_json(line: &Line) -> Value {
    let Line { entry, attempts, waits_for, is_paused } = line;
    let mut told = entry_as_json(entry);
    told["isPaused"] = json!(is_paused);
    told["waitsFor"] = json!(waits_for.map(|id| id.to_string()));
    told["attempts"] = attempts
        .iter()
        .map(|attempt| {
            json!({
                "number": attempt.number,
                "startedAt": attempt.started_at,
                "endedAt": attempt.ended_at,
                "outcome": attempt.outcome,
                "status": attempt.status,
                "error": attempt.error,
            })
        })
        .collect();
    told
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_line(line: &Line) {
    let Line { entry, attempts, waits_for, is_paused } = line;
    let kind = store::outbox::kind_of(&entry.action);
    let paused = if *is_paused { ", paused" } else { "" };
    println!("{} {} {kind}: {}{paused}, intended {}", entry.id, entry.system, entry.state.as_str(), entry.created_at);
    if let Some(reason) = entry.reason.as_ref().or(entry.last_error.as_ref()) {
        println!("    why: {reason}");
    }
    if let Some(gate) = waits_for {
        println!("    waits for {gate}");
    }
    for attempt in attempts {
        let outcome = attempt.outcome.as_deref().unwrap_or("under way");
        let status = attempt.status.map(|status| format!(" ({status})")).unwrap_or_default();
        let error = attempt.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        println!("    attempt {} at {}: {outcome}{status}{error}", attempt.number, attempt.started_at);
    }
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_explanation(explanation: &Explanation, json: bool) {
    let Explanation { username, referral, verdict, steps } = explanation;
    let (word, sentence) = match verdict {
        Verdict::WithRole => ("with-role", "can see it, if their sign-in gives them the role"),
        Verdict::No => ("no", "cannot see it"),
        Verdict::NotNow => ("not-now", "cannot see it as long as a system that must be asked does not answer"),
    };
    if json {
        let steps: Vec<Value> = steps
            .iter()
            .map(|step| json!({ "question": step.question, "holds": step.holds, "found": step.found }))
            .collect();
        let told = json!({ "username": username, "referral": referral.to_string(), "verdict": word, "steps": steps });
        println!("{told}");
        return;
    }
    for step in steps {
        let answer = match step.holds {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known here",
        };
        println!("{} {answer}", step.question);
        for found in &step.found {
            println!("    {found}");
        }
    }
    println!("{username} {sentence}");
}
