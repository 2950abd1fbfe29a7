//! How fast a queue moves and what stops it, in words: deliveries a minute, and the circuits of the workers.

use app::operator::{CircuitState, LATELY, Queue, WorkersCircuit};
use jiff::Timestamp;
use serde::Serialize;

use super::system_name;
use crate::text::{TEXT, fill};
use crate::when;

/// How a system stands in a word, with its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Standing {
    text: &'static str,
    colour: &'static str,
}

/// What moves and what stops a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Pace {
    rate: String,
    standing: Standing,
    /// What stops it, a sentence each.
    stops: Vec<String>,
}

impl Pace {
    pub(super) fn of(queue: &Queue, now: Timestamp) -> Self {
        let text = &TEXT.operations;
        let mut stops: Vec<String> = Vec::new();
        if queue.workers == 0 {
            stops.push(text.no_worker.to_owned());
        }
        let mut calls: Vec<&'static str> = queue.circuits.iter().map(|circuit| circuit.calls).collect();
        calls.dedup();
        for called in calls {
            let of_it: Vec<_> = queue.circuits.iter().filter(|circuit| circuit.calls == called).collect();
            let stopped = stopped(&of_it, now);
            // The queue's own circuit needs no name: it stands beside the system's.
            let is_own = called == queue.system.as_str();
            stops.extend(stopped.map(|what| {
                if is_own { what } else { fill(text.called, &[("system", called_name(called)), ("what", &what)]) }
            }));
        }
        let is_open = |circuit: &WorkersCircuit| matches!(circuit.state, CircuitState::Open { .. });
        let is_trying = |circuit: &WorkersCircuit| matches!(circuit.state, CircuitState::HalfOpen { .. });
        let (text, colour) = match queue {
            Queue { paused: Some(_), .. } => (text.paused, "orange"),
            Queue { workers: 0, .. } => (text.no_worker_tag, "red"),
            Queue { circuits, .. } if circuits.iter().any(is_open) => (text.stopped, "red"),
            Queue { circuits, .. } if circuits.iter().any(is_trying) => (text.trying, "yellow"),
            Queue { .. } => (text.running, "green"),
        };
        Self { rate: rate(queue.delivered), standing: Standing { text, colour }, stops }
    }
}

/// `12 a minute`.
fn rate(delivered: u64) -> String {
    let text = &TEXT.operations;
    let minutes = u64::try_from(LATELY.as_mins()).unwrap_or(1).max(1);
    match (delivered + minutes / 2) / minutes {
        0 if delivered == 0 => text.none_delivered.to_owned(),
        0 => text.less_than_one.to_owned(),
        a_minute => fill(text.a_minute, &[("count", &a_minute.to_string())]),
    }
}

/// What the workers' circuits to one system do, where not all are closed: the first to be tried again, with the most
/// failures that any of them saw.
fn stopped(circuits: &[&WorkersCircuit], now: Timestamp) -> Option<String> {
    let text = &TEXT.operations;
    let tripped: Vec<CircuitState> =
        circuits.iter().map(|circuit| circuit.state).filter(|state| *state != CircuitState::Closed).collect();
    let failures = tripped.iter().map(|state| state.failures()).max()?;
    let is_trying = tripped.iter().any(|state| state.until().is_none());
    let next = tripped.iter().filter_map(|state| state.until()).min().filter(|_| !is_trying);
    let failed = match failures {
        1 => text.one_failure.to_owned(),
        count => fill(text.failures, &[("count", &count.to_string())]),
    };
    let what = match next {
        Some(until) if until > now => {
            fill(text.tries_again, &[("failures", failed.as_str()), ("time", &when::clock(until))])
        }
        Some(_) => fill(text.next_tries, &[("failures", &failed)]),
        None => fill(text.tries_now, &[("failures", &failed)]),
    };
    let of_all = [("count", tripped.len().to_string()), ("all", circuits.len().to_string())];
    Some(if tripped.len() == circuits.len() {
        what
    } else {
        fill(text.some_workers, &[("count", &of_all[0].1), ("all", &of_all[1].1), ("what", &what)])
    })
}

/// Another system, as people call it, without which nothing goes to the queue's own.
fn called_name(called: &'static str) -> &'static str {
    let text = &TEXT.operations;
    match called {
        "auth" => text.sign_in_service,
        "manage-users" => text.user_directory,
        "community-api" => text.older_api,
        other => domain::effect::System::from_text(other).map_or(other, system_name),
    }
}

#[cfg(test)]
mod tests {
    use app::operator::WorkerId;
    use domain::effect::System;
    use uuid::Uuid;

    use super::*;

    const NOW: &str = "2026-12-01T10:40:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn circuit(worker: u128, calls: &'static str, state: CircuitState) -> WorkersCircuit {
        WorkersCircuit { worker: WorkerId(Uuid::from_u128(worker)), calls, state }
    }

    fn open(failures: u32, until: &str) -> CircuitState {
        CircuitState::Open { failures, since: at("2026-12-01T10:30:00Z"), until: at(until) }
    }

    fn pace(workers: usize, circuits: Vec<WorkersCircuit>) -> Pace {
        let queue = Queue {
            system: System::Delius,
            waiting: 0,
            in_flight: 0,
            retrying: 0,
            parked: 0,
            oldest: None,
            paused: None,
            trouble: None,
            delivered: 0,
            workers,
            circuits,
        };
        Pace::of(&queue, at(NOW))
    }

    #[test]
    fn a_rate_has_its_unit_and_says_when_it_is_nearly_nothing() {
        for (delivered, expected) in
            [(0, "None"), (1, "Less than 1 a minute"), (3, "1 a minute"), (61, "12 a minute"), (6000, "1200 a minute")]
        {
            assert_eq!(rate(delivered), expected);
        }
    }

    #[test]
    fn what_stops_a_queue_is_said_once_for_all_workers() {
        let closed = CircuitState::Closed;
        let trial = CircuitState::HalfOpen { failures: 6, since: at(NOW) };
        let later = open(5, "2026-12-01T10:42:00Z");
        for (workers, circuits, word, expected) in [
            (0, vec![], "No worker", vec!["No worker was heard of in the last minute, so nothing goes out"]),
            (1, vec![circuit(1, "delius", closed), circuit(1, "auth", closed)], "Running", vec![]),
            (
                1,
                vec![circuit(1, "delius", later)],
                "Stopped",
                vec!["Stopped for a while after 5 failures in a row; tries again at 10:42am"],
            ),
            (
                1,
                vec![circuit(1, "delius", open(1, "2026-12-01T10:39:00Z"))],
                "Stopped",
                vec!["Stopped after 1 failure; the next message is sent as a trial"],
            ),
            (1, vec![circuit(1, "delius", trial)], "Trying", vec!["Trying one message after 6 failures in a row"]),
            (
                3,
                vec![
                    circuit(1, "delius", later),
                    circuit(2, "delius", open(7, "2026-12-01T10:45:00Z")),
                    circuit(3, "delius", closed),
                    circuit(1, "auth", closed),
                    circuit(2, "auth", closed),
                    circuit(3, "auth", trial),
                ],
                "Stopped",
                vec![
                    "2 of 3 workers: Stopped for a while after 7 failures in a row; tries again at 10:42am",
                    "Sign-in service: 1 of 3 workers: Trying one message after 6 failures in a row",
                ],
            ),
        ] {
            let found = pace(workers, circuits);
            assert_eq!((found.standing.text, found.stops), (word, expected.into_iter().map(str::to_owned).collect()));
        }
    }
}
