//! What monitoring sees of the outbox: how many effects are unfinished, by system, kind and state, what they wait for, how
//! old the oldest is that waits for nothing but its next attempt, and which disagreements with Delius are open. Read from
//! the database, so that every worker says the same, whoever did the work.
//!
//! A figure stays as it was when the database cannot be read; that it was read, and when, is a figure of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use app::App;
use domain::collection::DiscrepancyKind;
use domain::effect::System;
use domain::job::{JobName, JobOutcome};
use jiff::Timestamp;
use runtime::Tasks;
use store::discrepancy::Open;
use store::outbox::{Backlog, EffectState, KINDS, Standing, WaitsFor};

use crate::policy;

/// How often the outbox is counted.
const EVERY: Duration = Duration::from_secs(15);
/// The states of what is not finished.
const UNFINISHED: [EffectState; 4] =
    [EffectState::Waiting, EffectState::InFlight, EffectState::Retrying, EffectState::Parked];

/// The labels of one figure: system, kind, state.
type Labels = (&'static str, String, &'static str);

/// What is said at one time.
struct Seen {
    at: Timestamp,
    backlog: Vec<Backlog>,
    standings: Vec<Standing>,
    paused: BTreeSet<System>,
    discrepancies: Vec<Open>,
}

/// Says again and again, until shutdown, what is unfinished. `late_after` is how old what waits for nothing may be before
/// somebody is called; alerts compare with it.
pub fn watch(app: App, late_after: Duration, tasks: &Tasks) {
    let stop = tasks.shutdown().clone();
    metrics::gauge!("effect_late_after_seconds").set(late_after.as_secs_f64());
    count_from_nought();
    tasks.spawn(async move {
        let mut shown = all_labels();
        while !stop.is_triggered() {
            match look(&app).await {
                Ok(seen) => show(&seen, &mut shown),
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

/// Makes every counter that alerts watch, so that the first thing to be counted is seen as an increase.
fn count_from_nought() {
    for (system, kind) in KINDS {
        for outcome in policy::LABELS {
            let system = system.as_str();
            metrics::counter!("effect_attempts_total", "system" => system, "kind" => *kind, "outcome" => outcome)
                .increment(0);
        }
    }
    for job in JobName::ALL {
        for outcome in JobOutcome::ALL {
            metrics::counter!("job_runs_total", "job" => job.as_str(), "outcome" => outcome.as_str()).increment(0);
        }
    }
}

async fn look(app: &App) -> Result<Seen, store::StoreError> {
    let at = app.clock().now();
    let mut db = app.store().connection().await?;
    Ok(Seen {
        at,
        backlog: store::outbox::backlog(&mut db).await?,
        standings: store::outbox::standings(&mut db).await?,
        paused: store::outbox::paused_systems(&mut db).await?,
        discrepancies: store::discrepancy::count_open(&mut db).await?,
    })
}

fn show(seen: &Seen, shown: &mut BTreeSet<Labels>) {
    let Seen { at, backlog, standings, paused, discrepancies } = seen;
    show_backlog(backlog, *at, shown);
    show_standings(standings, *at);
    show_paused(paused);
    show_discrepancies(discrepancies, *at);
    metrics::gauge!("outbox_last_look_timestamp_seconds").set(at.as_duration().as_secs_f64());
}

fn all_labels() -> BTreeSet<Labels> {
    let of = |(system, kind): &(System, &str)| {
        let (system, kind) = (system.as_str(), (*kind).to_owned());
        UNFINISHED.map(|state| (system, kind.clone(), state.as_str()))
    };
    KINDS.iter().flat_map(of).collect()
}

/// `shown` remembers what was said before, so that a figure goes back to zero instead of staying as it was.
fn show_backlog(backlog: &[Backlog], now: Timestamp, shown: &mut BTreeSet<Labels>) {
    let mut gone = std::mem::take(shown);
    for found in backlog {
        let labels: Labels = (found.system.as_str(), found.kind.clone(), found.state.as_str());
        figures(&labels, gauge(found.count), age(found.oldest, now));
        gone.remove(&labels);
        shown.insert(labels);
    }
    for labels in &gone {
        figures(labels, 0.0, 0.0);
    }
}

fn figures((system, kind, state): &Labels, count: f64, age: f64) {
    metrics::gauge!("effect_backlog", "system" => *system, "kind" => kind.clone(), "state" => *state).set(count);
    metrics::gauge!("effect_backlog_oldest_seconds", "system" => *system, "kind" => kind.clone(), "state" => *state)
        .set(age);
}

fn show_standings(standings: &[Standing], now: Timestamp) {
    for system in System::ALL {
        for waits_for in WaitsFor::ALL {
            let found = standings.iter().find(|one| one.system == *system && one.waits_for == *waits_for);
            let count = found.map_or(0.0, |one| gauge(one.count));
            let age = found.map_or(0.0, |one| age(one.oldest, now));
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

fn show_discrepancies(open: &[Open], now: Timestamp) {
    for kind in DiscrepancyKind::ALL {
        let found = open.iter().find(|one| one.kind == *kind);
        let holds = if kind.holds() { "true" } else { "false" };
        metrics::gauge!("discrepancies_open", "kind" => kind.as_str(), "holds" => holds)
            .set(found.map_or(0.0, |one| gauge(one.count)));
        metrics::gauge!("discrepancies_oldest_seconds", "kind" => kind.as_str(), "holds" => holds)
            .set(found.map_or(0.0, |one| age(one.oldest, now)));
    }
}

/// Clocks may differ a little: nothing is younger than nothing.
fn age(since: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(since).as_secs_f64().max(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 of anything here")]
fn gauge(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    /// The page of metrics after `count`, line by line.
    fn page(count: impl FnOnce()) -> Vec<String> {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, count);
        recorder.handle().render().lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn says(page: &[String], wanted: &str) {
        assert!(page.iter().any(|line| line == wanted), "{wanted} is missing from\n{}", page.join("\n"));
    }

    fn seen(at: Timestamp) -> Seen {
        Seen { at, backlog: Vec::new(), standings: Vec::new(), paused: BTreeSet::new(), discrepancies: Vec::new() }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_is_counted_later_is_counted_from_nought() {
        let page = page(count_from_nought);
        says(&page, "effect_attempts_total{system=\"notify\",kind=\"email\",outcome=\"later\"} 0");
        says(&page, "effect_attempts_total{system=\"delius\",kind=\"put-appointment\",outcome=\"delivered\"} 0");
        says(&page, "job_runs_total{job=\"reconcile\",outcome=\"failed\"} 0");
        says(&page, "job_runs_total{job=\"transfer-referrals\",outcome=\"interrupted\"} 0");
    }

    #[test]
    fn each_kind_has_its_number_and_its_age_and_goes_back_to_nought() {
        let now = second(1_000);
        let found = Backlog {
            system: System::Delius,
            kind: "put-appointment".to_owned(),
            state: EffectState::Retrying,
            count: 3,
            oldest: now - SignedDuration::from_secs(90),
        };
        let labels = "{system=\"delius\",kind=\"put-appointment\",state=\"retrying\"}";
        let mut shown = all_labels();
        let first = page(|| show(&Seen { backlog: vec![found], ..seen(now) }, &mut shown));
        says(&first, &format!("effect_backlog{labels} 3"));
        says(&first, &format!("effect_backlog_oldest_seconds{labels} 90"));
        says(&first, "effect_backlog_oldest_seconds{system=\"events\",kind=\"publish\",state=\"waiting\"} 0");
        let second = page(|| show(&seen(now), &mut shown));
        says(&second, &format!("effect_backlog{labels} 0"));
        says(&second, &format!("effect_backlog_oldest_seconds{labels} 0"));
    }

    #[test]
    fn a_disagreement_has_its_age_and_a_look_its_time() {
        let now = second(100_000);
        let open = Open { kind: DiscrepancyKind::ClosedEarly, count: 2, oldest: second(10_000) };
        let page = page(|| show(&Seen { discrepancies: vec![open], ..seen(now) }, &mut all_labels()));
        says(&page, "discrepancies_oldest_seconds{kind=\"closed_early\",holds=\"true\"} 90000");
        says(&page, "discrepancies_oldest_seconds{kind=\"missing\",holds=\"true\"} 0");
        says(&page, "outbox_last_look_timestamp_seconds 100000");
    }
}
