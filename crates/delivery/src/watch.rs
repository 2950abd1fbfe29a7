//! What monitoring sees of the outbox: how many effects are unfinished, by system, kind and state, and how old the
//! oldest is that no person holds up, by system. Read from the database, so that every worker says the same, whoever did the work.

use std::collections::BTreeSet;
use std::time::Duration;

use app::App;
use domain::effect::System;
use runtime::Tasks;
use store::outbox::{Backlog, EffectState};

/// How often the outbox is counted.
const EVERY: Duration = Duration::from_secs(15);

/// The labels of one figure: system, kind, state.
type Labels = (&'static str, String, &'static str);

/// Says again and again, until shutdown, what is unfinished.
pub fn watch(app: App, tasks: &Tasks) {
    let stop = tasks.shutdown().clone();
    tasks.spawn(async move {
        let mut shown = BTreeSet::new();
        while !stop.is_triggered() {
            match backlog(&app).await {
                Ok((backlog, paused)) => {
                    show(&app, &backlog, &mut shown);
                    show_paused(&paused);
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

async fn backlog(app: &App) -> Result<(Vec<Backlog>, BTreeSet<System>), store::StoreError> {
    let mut db = app.store().connection().await?;
    let backlog = store::outbox::backlog(&mut db).await?;
    Ok((backlog, store::outbox::paused_systems(&mut db).await?))
}

fn show_paused(paused: &BTreeSet<System>) {
    for system in System::ALL {
        let is_paused = if paused.contains(system) { 1.0 } else { 0.0 };
        metrics::gauge!("effect_paused", "system" => system.as_str()).set(is_paused);
    }
}

/// `shown` remembers what was said before, so that a figure goes back to zero instead of staying as it was.
fn show(app: &App, backlog: &[Backlog], shown: &mut BTreeSet<Labels>) {
    let now = app.clock().now();
    let mut gone = std::mem::take(shown);
    for found in backlog {
        let labels: Labels = (found.system.as_str(), found.kind.clone(), found.state.as_str());
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 effects waiting")]
        figure(&labels, found.count as f64);
        gone.remove(&labels);
        shown.insert(labels);
    }
    for labels in &gone {
        figure(labels, 0.0);
    }
    for system in System::ALL {
        let moving = backlog.iter().filter(|found| found.system == *system && found.state != EffectState::Parked);
        let ages = moving.map(|found| now.duration_since(found.oldest));
        let oldest = ages.max().map_or(0.0, |age| age.as_secs_f64().max(0.0));
        metrics::gauge!("effect_oldest_seconds", "system" => system.as_str()).set(oldest);
    }
}

fn figure((system, kind, state): &Labels, count: f64) {
    metrics::gauge!("effect_backlog", "system" => *system, "kind" => kind.clone(), "state" => *state).set(count);
}
