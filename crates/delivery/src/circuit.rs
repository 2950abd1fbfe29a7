//! Says what this worker's circuits do, for operators whose pages another process serves. Written when one changes, and
//! now and then so that a worker that is gone is told from one that has nothing new to say; never once for each call.

use std::time::Duration;

use app::App;
use jiff::{SignedDuration, Timestamp};
use runtime::Tasks;
use store::circuit::{CircuitState, WorkerId};
use tokio::time::Instant;
use upstream::{BreakerState, System, Tripped};

/// How often the circuits are looked at, in memory.
const LOOK: Duration = Duration::from_secs(1);
/// How often what they do is said again though nothing changed; several times within the silence that
/// [`app::operator::SILENT`] takes for the end of a worker.
const AGAIN: Duration = Duration::from_secs(15);
/// After this silence a worker's rows are of no use to anybody.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);

/// Says again and again, until shutdown, what this process's circuits do; then takes it back.
pub fn tell(app: App, tasks: &Tasks) {
    let stop = tasks.shutdown().clone();
    let worker = WorkerId(app.ids().uuid());
    tasks.spawn(async move {
        let mut said: Option<(Instant, Vec<(System, BreakerState)>)> = None;
        while !stop.is_triggered() {
            let seen = app.upstreams().breaker_states();
            let is_old = |(at, before): &(Instant, Vec<_>)| at.elapsed() >= AGAIN || *before != seen;
            if said.as_ref().is_none_or(is_old) {
                if let Err(error) = say(&app, worker, &seen, said.is_none()).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the state of circuits could not be told");
                }
                said = Some((Instant::now(), seen));
            }
            tokio::select! {
                () = stop.wait() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        if let Err(error) = forget(&app, worker).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the state of circuits could not be taken back");
        }
    });
}

/// Says in the metrics of this process what its circuits do, until shutdown: a call says it as well, but to a system that
/// is cut off there may be none for long.
pub fn show(app: App, tasks: &Tasks) {
    let stop = tasks.shutdown().clone();
    tasks.spawn(async move {
        while !stop.is_triggered() {
            app.upstreams().show_circuits();
            tokio::select! {
                () = stop.wait() => {}
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    });
}

async fn say(
    app: &App,
    worker: WorkerId,
    seen: &[(System, BreakerState)],
    is_first: bool,
) -> Result<(), store::StoreError> {
    let (now, instant) = (app.clock().now(), Instant::now());
    let circuits: Vec<_> = seen.iter().map(|(system, state)| (system.name(), on_clock(*state, now, instant))).collect();
    if is_first {
        forget(app, worker).await?;
    }
    let mut db = app.store().connection().await?;
    store::circuit::save(&mut db, worker, &circuits, now).await
}

async fn forget(app: &App, worker: WorkerId) -> Result<(), store::StoreError> {
    let silent_since = app.clock().now().saturating_sub(FORGOTTEN).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut db = app.store().connection().await?;
    store::circuit::forget(&mut db, worker, silent_since).await
}

/// A breaker counts on a clock that nobody sets; `now` and `instant` are the same moment on both.
fn on_clock(state: BreakerState, now: Timestamp, instant: Instant) -> CircuitState {
    let before = |then: Instant| now.saturating_sub(instant.duration_since(then)).unwrap_or(Timestamp::UNIX_EPOCH);
    match state {
        BreakerState::Closed => CircuitState::Closed,
        BreakerState::Open { tripped: Tripped { failures, since }, until } => {
            let since = before(since);
            let left = until.saturating_duration_since(instant);
            // Over: then it is in the past, by how much nobody needs to know exactly.
            let until = if left.is_zero() { before(until) } else { now.saturating_add(left).unwrap_or(now) };
            CircuitState::Open { failures, since, until }
        }
        BreakerState::HalfOpen { tripped: Tripped { failures, since } } => {
            CircuitState::HalfOpen { failures, since: before(since) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_a_breaker_are_told_by_the_clock() {
        let (now, instant) = ("2026-06-01T09:00:00Z".parse().unwrap(), Instant::now());
        let tripped = Tripped { failures: 5, since: instant };
        let later = instant + Duration::from_secs(20);
        let open = |seconds| BreakerState::Open { tripped, until: instant + Duration::from_secs(seconds) };
        let at = |text: &str| text.parse().unwrap();
        let since = at("2026-06-01T08:59:40Z");
        for (seconds, until) in [(30, "2026-06-01T09:00:10Z"), (15, "2026-06-01T08:59:55Z")] {
            let expected = CircuitState::Open { failures: 5, since, until: at(until) };
            assert_eq!(on_clock(open(seconds), now, later), expected);
        }
        let trial = BreakerState::HalfOpen { tripped };
        assert_eq!(on_clock(trial, now, later), CircuitState::HalfOpen { failures: 5, since });
        assert_eq!(on_clock(BreakerState::Closed, now, later), CircuitState::Closed);
    }
}
