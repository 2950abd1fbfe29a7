//! `admin referral`, `ledger`, `explain`: finding a referral, where its messages stand, and who can see it.

use anyhow::bail;
use app::OpCtx;
use app::collection::{Silent, Standing, Wait};
use app::operator::{Explanation, Found, Ledger, Line, Owner, Verdict};
use clap::Subcommand;
use domain::ReferralId;
use domain::collection::{Choice, DiscrepancyKind};
use serde_json::{Value, json};
use store::collection::ChoiceMade;
use store::discrepancy::Discrepancy;

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
    let Ledger { referral, others, standing, lines, paused, discrepancies, choices } = ledger;
    if json {
        let told = json!({
            "referral": found_as_json(referral),
            "otherReferrals": others.iter().map(found_as_json).collect::<Vec<_>>(),
            "delius": standing_as_json(standing),
            "discrepancies": discrepancies.iter().map(discrepancy_as_json).collect::<Vec<_>>(),
            "choices": choices.iter().map(choice_as_json).collect::<Vec<_>>(),
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
    for one in discrepancies {
        println!("differs from Delius: {} since {} ({})", one.finding.kind, one.first_seen_at, one.id);
    }
    for one in choices {
        println!("chosen {} by {}: {} ({})", one.at, one.by.username, one.choice, one.why);
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
    let updates = |count: u64| if count == 1 { "1 update".to_owned() } else { format!("{count} updates") };
    match standing {
        Standing::UpToDate { up_to, left_out } => {
            let up_to =
                up_to.map_or_else(|| "was told nothing yet".to_owned(), |at| format!("has everything up to {at}"));
            match left_out {
                0 => up_to,
                count => format!("{up_to}, except {} that an operator left out", updates(*count)),
            }
        }
        Standing::Waiting { count, wait, next_try } => {
            let (updates, why) = (updates(*count), wait_in_words(wait));
            match wait {
                Wait::Paused { .. } => format!("{updates} waiting: {why}"),
                _ => format!("{updates} waiting: {why}; next try {next_try}"),
            }
        }
        Standing::Stuck { count, since, reason } => format!("{} waiting since {since}: {reason}", updates(*count)),
        Standing::Held(held) => {
            let choices: Vec<&str> = held.choices.iter().copied().map(Choice::as_str).collect();
            format!("held ({}) with {}; choose {}", held.kind, updates(held.waiting), choices.join(", "))
        }
        Standing::Without { since, kind: _ } => format!("is told nothing more since {since}, as somebody chose"),
    }
}

fn wait_in_words(wait: &Wait) -> String {
    match wait {
        Wait::Turn => "on their way".to_owned(),
        Wait::Paused { since } => format!("paused by an operator since {since}; nothing is lost"),
        Wait::Answer { from, is_trying } => {
            let who = match from {
                Silent::Delius => "Delius",
                Silent::EventTopic => "the event topic",
                Silent::SignIn => "the sign-in service",
            };
            let trying = if *is_trying { " (another attempt is under way or due)" } else { "" };
            format!("{who} is not answering{trying}")
        }
        Wait::Feedback => "for feedback".to_owned(),
        Wait::Later(reason) => reason.clone(),
    }
}

fn standing_as_json(standing: &Standing) -> Value {
    let mut told = match standing {
        Standing::UpToDate { up_to, left_out } => {
            json!({ "standing": "up-to-date", "upTo": up_to, "leftOut": left_out })
        }
        Standing::Waiting { count, wait, next_try } => {
            let waits_for = match wait {
                Wait::Turn => "turn",
                Wait::Paused { .. } => "pause",
                Wait::Answer { from: Silent::Delius, .. } => "delius",
                Wait::Answer { from: Silent::EventTopic, .. } => "events",
                Wait::Answer { from: Silent::SignIn, .. } => "auth",
                Wait::Feedback => "feedback",
                Wait::Later(_) => "later",
            };
            json!({ "standing": "waiting", "count": count, "waitsFor": waits_for, "nextTry": next_try })
        }
        Standing::Stuck { count, since, reason } => {
            json!({ "standing": "stuck", "count": count, "since": since, "reason": reason })
        }
        Standing::Held(held) => json!({
            "standing": "held",
            "count": held.waiting,
            "kind": held.kind.as_str(),
            "firstSeenAt": held.first_seen,
            "askedAt": held.asked_at,
            "choices": held.choices.iter().copied().map(Choice::as_str).collect::<Vec<_>>(),
        }),
        Standing::Without { since, kind } => {
            json!({ "standing": "without", "since": since, "kind": kind.map(DiscrepancyKind::as_str) })
        }
    };
    told["words"] = json!(standing_in_words(standing));
    told
}

fn discrepancy_as_json(found: &Discrepancy) -> Value {
    json!({
        "id": found.id.to_string(),
        "kind": found.finding.kind.as_str(),
        "holds": found.finding.kind.holds(),
        "firstSeenAt": found.first_seen_at,
        "lastSeenAt": found.last_seen_at,
    })
}

fn choice_as_json(made: &ChoiceMade) -> Value {
    json!({ "choice": made.choice.as_str(), "at": made.at, "by": made.by.username, "why": made.why })
}

fn line_as_json(line: &Line) -> Value {
    let Line { entry, attempts, waits_for, is_paused, is_held, next_try, owner } = line;
    let mut told = entry_as_json(entry);
    told["isPaused"] = json!(is_paused);
    told["isHeld"] = json!(is_held);
    told["nextTry"] = json!(next_try);
    told["owner"] = json!(owner.as_str());
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
    let Line { entry, attempts, waits_for, is_paused, is_held, next_try, owner } = line;
    let kind = store::outbox::kind_of(&entry.action);
    let paused = if *is_paused { ", paused" } else { "" };
    let held = if *is_held { ", held" } else { "" };
    let (state, by) = (entry.state.as_str(), &entry.actor.username);
    println!("{} {} {kind}: {state}{paused}{held}, intended {} by {by}", entry.id, entry.system, entry.created_at);
    if let Some(reason) = entry.reason.as_ref().or(entry.last_error.as_ref()) {
        println!("    why: {reason}");
    }
    if let Some(gate) = waits_for {
        println!("    waits for {gate}");
    }
    if let Some(at) = next_try {
        println!("    next try {at}");
    }
    if *owner != Owner::Nobody {
        println!("    whose turn it is: {}", owner.as_str());
    }
    if entry.was_ambiguous && entry.state.is_unfinished() {
        println!("    an earlier attempt may have arrived");
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
