//! One history from its beginning to its verdicts.

use std::time::{Duration, Instant};

use futures::future::join_all;
use runtime::Clock;

use crate::act::People;
use crate::check::{Evidence, Verdict, Wrong, changed_by_replay, check, misjudged_drift};
use crate::lane::{Lane, World};
use crate::observe::Observed;
use crate::plan::{Plan, Step};
use crate::quiesce::{drifts, look, quiesce};
use crate::trouble::Trouble;

/// What came of a history.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What is wrong; nothing in a history that kept every promise.
    pub verdicts: Vec<Verdict>,
    /// Each step that was left out or came to nothing, and why: no fault, but good to know.
    pub left_out: Vec<String>,
    /// What happened, in figures.
    pub figures: Figures,
}

/// What happened, in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Steps of users.
    pub steps: usize,
    /// Everything that went wrong on purpose, kills included.
    pub faults: usize,
    /// Processes killed.
    pub kills: usize,
    /// Activities, contacts, events and e-mails that arrived.
    pub effects: usize,
    /// Messages that were not delivered in the end, with a cause that operators are shown.
    pub standing: usize,
    /// How long it took.
    pub time: Duration,
    /// How long people acted in it.
    pub acting: Duration,
}

/// Runs a history in a lane.
pub async fn run(lane: &Lane, plan: &Plan, clock: &Clock) -> Outcome {
    let begun = Instant::now();
    let mut outcome = Outcome::default();
    let troubles = plan.deeds().filter(|deed| deed.is_trouble()).count();
    outcome.figures.steps = plan.deeds().count() - troubles;
    outcome.figures.faults = troubles;
    outcome.figures.kills = plan.deeds().filter(|deed| deed.is_kill()).count();
    if let Err(error) = Box::pin(live(lane, plan, clock, &mut outcome)).await {
        outcome.verdicts.push(Verdict { wrong: Wrong::Unfit, what: format!("{error:#}") });
    }
    outcome.figures.time = begun.elapsed();
    outcome
}

async fn live(lane: &Lane, plan: &Plan, clock: &Clock, outcome: &mut Outcome) -> anyhow::Result<()> {
    let world = lane.world(plan.mode).await?;
    let begun = Instant::now();
    let from = clock.now();
    let people = People::new(&world.client, plan, clock.clone());
    let trouble = Trouble::new(&world, &people, clock.clone());
    let mut number = 0;
    for round in &plan.rounds {
        let steps = round.iter().map(|step| {
            number += 1;
            take(step, number, &people, &trouble)
        });
        let said = join_all(steps.collect::<Vec<_>>()).await;
        outcome.left_out.extend(said.into_iter().flatten());
        world.supervise().await?;
    }
    outcome.figures.acting = begun.elapsed();
    let known = people.known().await;
    let meddled = trouble.meddled().await;
    let mut evidence = Evidence { plan: plan.clone(), known, meddled, seen: Observed::default() };
    let quiet = quiesce(&world, &mut evidence).await?;
    outcome.verdicts = check(&evidence);
    if !outcome.verdicts.is_empty() && evidence.seen.intents.is_empty() {
        // What operators are shown may explain what is missing.
        look(&world, &mut evidence.seen).await?;
        outcome.verdicts = check(&evidence);
    }
    if !quiet.is_quiet && outcome.verdicts.is_empty() {
        let what = format!("{} messages were still under way", quiet.unfinished);
        outcome.verdicts.push(Verdict { wrong: Wrong::Unfit, what });
    }
    if outcome.verdicts.is_empty() {
        outcome.verdicts = compare(&world, &mut evidence).await?;
    }
    outcome.figures.effects = effects(&evidence.seen);
    outcome.figures.standing = usize::try_from(quiet.unfinished).unwrap_or_default();
    if outcome.verdicts.is_empty() && quiet.unfinished == 0 {
        let system = ["delius", "events", "notify"][usize::try_from(plan.seed % 3).unwrap_or_default()];
        outcome.verdicts = replay(&world, &mut evidence, system, from, clock).await?;
    }
    world.stop().await
}

/// Takes one step when its time has come; why it came to nothing, if it did.
async fn take(step: &Step, number: usize, people: &People<'_>, trouble: &Trouble<'_>) -> Option<String> {
    // When a step happens within its round is part of the history.
    tokio::time::sleep(Duration::from_millis(step.after.into())).await;
    let (deed, begun) = (&step.deed, Instant::now());
    let is_peoples = !deed.is_trouble() && !matches!(deed, crate::plan::Deed::Choose { .. });
    let done = if is_peoples { Box::pin(people.act(deed, number)).await } else { Box::pin(trouble.strike(deed)).await };
    let time = begun.elapsed().as_secs_f64();
    done.err().map(|error| format!("{deed:?}, after {time:.1} s: {error:#}"))
}

/// Compares everything with Delius, and what people changed there once more, whenever it was looked at before.
async fn compare(world: &World<'_>, evidence: &mut Evidence) -> anyhow::Result<Vec<Verdict>> {
    world.compare().await?;
    let mut touched: Vec<usize> = evidence.meddled.iter().map(|one| one.referral).collect();
    touched.dedup();
    for id in touched.into_iter().filter_map(|number| evidence.known.get(number)?.id.clone()) {
        world.compare_one(&id).await?;
    }
    if !evidence.meddled.is_empty() {
        // What the comparison mended by itself has arrived before anything is judged.
        quiesce(world, evidence).await?;
    }
    evidence.seen.drifts = drifts(world).await?;
    Ok(misjudged_drift(evidence))
}

async fn replay(
    world: &World<'_>,
    evidence: &mut Evidence,
    system: &str,
    from: jiff::Timestamp,
    clock: &Clock,
) -> anyhow::Result<Vec<Verdict>> {
    let before = evidence.seen.clone();
    let (from, to) = (from.to_string(), clock.now().to_string());
    world
        .operator(&[
            "replay",
            "--system",
            system,
            "--from",
            &from,
            "--to",
            &to,
            "--reason",
            "To see that nothing changes.",
        ])
        .await?;
    let quiet = quiesce(world, evidence).await?;
    let mut verdicts = changed_by_replay(&before, evidence);
    if !quiet.is_quiet {
        verdicts.push(Verdict { wrong: Wrong::Unfit, what: format!("no quiet after a replay of {system}") });
    }
    Ok(verdicts)
}

/// Activities and contacts of ours, distinct events, e-mails.
fn effects(seen: &Observed) -> usize {
    let activities = seen.referrals.iter().map(|referral| seen.activities(&referral.urn()).len()).sum::<usize>();
    let appointments = seen.referrals.iter().flat_map(|referral| &referral.appointments);
    let contacts = appointments.map(|appointment| seen.contacts(&appointment.urn()).len()).sum::<usize>();
    let events: std::collections::BTreeSet<&str> = seen.events.iter().map(|event| event.id.as_str()).collect();
    activities + contacts + events.len() + seen.emails.len()
}
