//! The circuit breaker of one system: after a run of failures it is left alone for a while, then tried once.
//!
//! Owns the count and the three states. Time comes in as an argument, so that the rules are tested without waiting.
//! Which results count as failures is the caller's decision ([`Verdict`]).
//! Rule: `RAM_CB_FAILURES` failures in a row open it, `RAM_CB_OPEN_FOR` later one trial is let through.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So long after a breaker's time is over without a trial, what it knew is no news of the system any more. Longer than the
/// longest pause between two attempts at a message (`RAM_OUTBOX_MAX_BACKOFF`, unless told otherwise): as long as a message
/// waits for the system, somebody calls.
const FORGOTTEN: Duration = Duration::from_mins(20);

/// When the breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig {
    /// Failures in a row that open it (`RAM_CB_FAILURES`); at least 1.
    pub failures: u32,
    /// How long it stays open before one trial (`RAM_CB_OPEN_FOR`).
    pub open_for: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { failures: 20, open_for: Duration::from_secs(30) }
    }
}

/// What a call said about the health of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The system answered.
    Healthy,
    /// The system did not answer, or answered that it cannot.
    Failing,
    /// The call said nothing, for instance because its caller gave up.
    Unknown,
}

/// What the breaker is doing, for health pages and for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are refused without being sent.
    Open {
        /// What opened it.
        tripped: Tripped,
        /// From then on one trial is let through. It may be over: then nobody has called since.
        until: Instant,
    },
    /// One trial call is, or may be, under way.
    HalfOpen {
        /// What opened it.
        tripped: Tripped,
    },
}

impl BreakerState {
    /// Whether the system is cut off as far as anybody knows: not closed, and its time not over for so long
    /// ([`FORGOTTEN`]) that nobody wants anything of it.
    pub fn is_cut(self, now: Instant) -> bool {
        match self {
            Self::Closed => false,
            Self::Open { until, .. } => now.saturating_duration_since(until) < FORGOTTEN,
            Self::HalfOpen { .. } => true,
        }
    }
}

/// What opened a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tripped {
    /// Failures in a row so far, failed trials included.
    pub failures: u32,
    /// When it opened first; a failed trial leaves it.
    pub since: Instant,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { tripped: Tripped, until: Instant },
    HalfOpen { tripped: Tripped, trial_under_way: bool },
}

#[derive(Debug)]
pub(crate) struct Breaker {
    config: BreakerConfig,
    state: Mutex<State>,
}

impl Breaker {
    pub(crate) fn new(config: BreakerConfig) -> Self {
        Self { config, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Lets a call through, or says how long to wait. Every admitted call must be followed by one [`Self::record`].
    pub(crate) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } if now < *until => Err(until.duration_since(now)),
            State::Open { tripped, .. } => {
                *state = State::HalfOpen { tripped: *tripped, trial_under_way: true };
                Ok(())
            }
            State::HalfOpen { trial_under_way: true, .. } => Err(Duration::ZERO),
            State::HalfOpen { trial_under_way, .. } => {
                *trial_under_way = true;
                Ok(())
            }
        }
    }

    /// Takes note of how an admitted call went.
    pub(crate) fn record(&self, now: Instant, verdict: Verdict) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match (&mut *state, verdict) {
            (State::Closed { failures }, Verdict::Healthy) => *failures = 0,
            (State::Closed { failures }, Verdict::Failing) => {
                *failures += 1;
                if *failures >= self.config.failures.max(1) {
                    let tripped = Tripped { failures: *failures, since: now };
                    *state = State::Open { tripped, until: now + self.config.open_for };
                }
            }
            (State::HalfOpen { .. }, Verdict::Healthy) => *state = State::Closed { failures: 0 },
            (State::HalfOpen { tripped, .. }, Verdict::Failing) => {
                let tripped = Tripped { failures: tripped.failures.saturating_add(1), ..*tripped };
                *state = State::Open { tripped, until: now + self.config.open_for };
            }
            (State::HalfOpen { trial_under_way, .. }, Verdict::Unknown) => *trial_under_way = false,
            // A call admitted before the breaker opened says nothing new.
            (State::Closed { .. }, Verdict::Unknown) | (State::Open { .. }, _) => {}
        }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { tripped, until } => BreakerState::Open { tripped, until },
            State::HalfOpen { tripped, .. } => BreakerState::HalfOpen { tripped },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerConfig { failures: 3, open_for: Duration::from_secs(30) })
    }

    fn fail(breaker: &Breaker, now: Instant, times: u32) {
        for _ in 0..times {
            breaker.admit(now).expect("closed");
            breaker.record(now, Verdict::Failing);
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, now, 2);
        breaker.record(now, Verdict::Healthy);
        fail(&breaker, now, 2);
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker, now, 1);
        let tripped = Tripped { failures: 3, since: now };
        assert_eq!(breaker.state(), BreakerState::Open { tripped, until: now + Duration::from_secs(30) });
        assert_eq!(breaker.admit(now + Duration::from_secs(10)), Err(Duration::from_secs(20)));
    }

    #[test]
    fn lets_one_trial_through_and_closes_on_its_success() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, now, 3);
        let later = now + Duration::from_secs(30);
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(Duration::ZERO), "a second trial while the first is under way");
        breaker.record(later, Verdict::Healthy);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn opens_again_when_the_trial_fails() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, now, 3);
        let later = now + Duration::from_secs(31);
        breaker.admit(later).unwrap();
        assert_eq!(breaker.state(), BreakerState::HalfOpen { tripped: Tripped { failures: 3, since: now } });
        breaker.record(later, Verdict::Failing);
        assert_eq!(breaker.admit(later + Duration::from_secs(29)), Err(Duration::from_secs(1)));
        let tripped = Tripped { failures: 4, since: now };
        assert_eq!(breaker.state(), BreakerState::Open { tripped, until: later + Duration::from_secs(30) });
    }

    #[test]
    fn a_system_that_nobody_calls_any_more_is_not_cut_for_ever() {
        let (breaker, now) = (breaker(), Instant::now());
        assert!(!breaker.state().is_cut(now));
        fail(&breaker, now, 3);
        let over = now + Duration::from_secs(30);
        for (at, is_cut) in
            [(now, true), (over, true), (over + Duration::from_mins(19), true), (over + FORGOTTEN, false)]
        {
            assert_eq!(breaker.state().is_cut(at), is_cut, "{:?}", at.duration_since(now));
        }
        breaker.admit(over + FORGOTTEN).unwrap();
        assert!(breaker.state().is_cut(over + FORGOTTEN), "its trial is under way");
    }

    #[test]
    fn a_trial_that_was_given_up_frees_its_place() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, now, 3);
        let later = now + Duration::from_secs(31);
        breaker.admit(later).unwrap();
        breaker.record(later, Verdict::Unknown);
        assert_eq!(breaker.admit(later), Ok(()));
    }

    #[test]
    fn a_straggler_does_not_close_an_open_breaker() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, now, 3);
        breaker.record(now, Verdict::Healthy);
        assert!(matches!(breaker.state(), BreakerState::Open { .. }));
    }
}
