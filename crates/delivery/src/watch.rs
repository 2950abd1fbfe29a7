//! What monitoring sees of the outbox: how many effects are unfinished, by system, kind and state, what they wait for, how
//! old the oldest is that waits for nothing but its next attempt, and which disagreements with Delius are open. Read from
//! the database, so that every worker says the same, whoever did the work.

use std::collections::BTreeSet;
use std::time::Duration;

use app::App;
use domain::collection::DiscrepancyKind;
use domain::effect::System;
use runtime::Tasks;
use store::outbox::{Backlog, Standing, WaitsFor};

/// How often the outbox is counted.
const EVERY: Duration = Duration::from_secs(15);

/// The labels of one figure: system, kind, state.
type Labels = (&'static str, String, &'static str);

/// What is said at one time.
struct Seen {
    backlog: Vec<Backlog>,
    standings: Vec<Standing>,
    paused: BTreeSet<System>,
    discrepancies: Vec<(DiscrepancyKind, u64)>,
}

/// Says again and again, until shutdown, what is unfinished.
pub fn watch(app: App, tasks: &Tasks) {
    let stop = tasks.shutdown().clone();
    tasks.spawn(async move {
        let mut shown = BTreeSet::new();
        while !stop.is_triggered() {
            match look(&app).await {
                Ok(seen) => {
                    show_backlog(&seen.backlog, &mut shown);
                    show_standings(&app, &seen.standings);
                    show_paused(&seen.paused);
                    show_discrepancies(&seen.discrepancies);
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the outbox could not be counted");
                }
            }
            tokio::select! {
                () = stop.wait() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    });
}

async fn look(app: &App) -> Result<Seen, store::StoreError> {
    let mut db = app.store().connection().await?;
    Ok(Seen {
        backlog: store::outbox::backlog(&mut db).await?,
        standings: store::outbox::standings(&mut db).await?,
        paused: store::outbox::paused_systems(&mut db).await?,
        discrepancies: store::discrepancy::count_open(&mut db).await?,
    })
}

/// `shown` remembers what was said before, so that a figure goes back to zero instead of staying as it was.
fn show_backlog(backlog: &[Backlog], shown: &mut BTreeSet<Labels>) {
    let mut gone = std::mem::take(shown);
    for found in backlog {
        let labels: Labels = (found.system.as_str(), found.kind.clone(), found.state.as_str());
        figure(&labels, gauge(found.count));
        gone.remove(&labels);
        shown.insert(labels);
    }
    for labels in &gone {
        figure(labels, 0.0);
    }
}

fn figure((system, kind, state): &Labels, count: f64) {
    metrics::gauge!("effect_backlog", "system" => *system, "kind" => kind.clone(), "state" => *state).set(count);
}

fn show_standings(app: &App, standings: &[Standing]) {
    let now = app.clock().now();
    for system in System::ALL {
        for waits_for in WaitsFor::ALL {
            let found = standings.iter().find(|one| one.system == *system && one.waits_for == *waits_for);
            let count = found.map_or(0.0, |one| gauge(one.count));
            let age = found.map_or(0.0, |one| now.duration_since(one.oldest).as_secs_f64().max(0.0));
            let (system, waits_for_word) = (system.as_str(), waits_for.as_str());
            metrics::gauge!("effect_waits", "system" => system, "waits_for" => waits_for_word).set(count);
            metrics::gauge!("effect_waits_oldest_seconds", "system" => system, "waits_for" => waits_for_word).set(age);
            if *waits_for == WaitsFor::Nothing {
                metrics::gauge!("effect_oldest_seconds", "system" => system).set(age);
            }
        }
    }
}

fn show_paused(paused: &BTreeSet<System>) {
    for system in System::ALL {
        let is_paused = if paused.contains(system) { 1.0 } else { 0.0 };
        metrics::gauge!("effect_paused", "system" => system.as_str()).set(is_paused);
    }
}

fn show_discrepancies(open: &[(DiscrepancyKind, u64)]) {
    for kind in DiscrepancyKind::ALL {
        let count = open.iter().find(|(found, _)| found == kind).map_or(0, |(_, count)| *count);
        let holds = if kind.holds() { "true" } else { "false" };
        metrics::gauge!("discrepancies_open", "kind" => kind.as_str(), "holds" => holds).set(gauge(count));
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 of anything here")]
fn gauge(count: u64) -> f64 {
    count as f64
}
