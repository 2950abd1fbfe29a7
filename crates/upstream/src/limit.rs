//! The gate before each system: a number of slots, and the circuit breaker.
//!
//! Owns who may call now. It sends nothing itself; `http` and `events` pass through it.

use crate::breaker::{Breaker, BreakerConfig, BreakerState, Verdict};
use crate::error::{Kind, System, UpstreamError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

pub(crate) struct Gate {
    system: System,
    slots: Arc<Semaphore>,
    breaker: Arc<Breaker>,
}

impl Gate {
    pub(crate) fn new(system: System, slots: usize, breaker: BreakerConfig) -> Self {
        Self { system, slots: Arc::new(Semaphore::new(slots.max(1))), breaker: Arc::new(Breaker::new(breaker)) }
    }

    /// Waits at most `patience` for a slot, then asks the breaker.
    pub(crate) async fn enter(&self, operation: &'static str, patience: Duration) -> Result<Pass, UpstreamError> {
        let refuse = |kind| UpstreamError::new(self.system, operation, kind);
        let Ok(Ok(slot)) = timeout(patience, Arc::clone(&self.slots).acquire_owned()).await else {
            return Err(refuse(Kind::Saturated));
        };
        self.breaker.admit(Instant::now()).map_err(|retry_after| refuse(Kind::CircuitOpen { retry_after }))?;
        Ok(Pass { breaker: Arc::clone(&self.breaker), verdict: Verdict::Unknown, _slot: slot })
    }

    pub(crate) fn state(&self) -> BreakerState {
        self.breaker.state()
    }
}

/// A call that was let through. Dropped without a verdict, it counts as a call that said nothing.
pub(crate) struct Pass {
    breaker: Arc<Breaker>,
    verdict: Verdict,
    _slot: OwnedSemaphorePermit,
}

impl Pass {
    /// Takes note of the call's result and gives the slot back.
    pub(crate) fn settle<T>(mut self, result: &Result<T, UpstreamError>) {
        self.verdict = match result {
            Ok(_) => Verdict::Healthy,
            Err(error) => match &error.kind {
                Kind::Timeout | Kind::Unreachable { .. } | Kind::Malformed { .. } => Verdict::Failing,
                Kind::Refused(refusal) if refusal.status >= 500 => Verdict::Failing,
                Kind::Refused(_) => Verdict::Healthy,
                Kind::CircuitOpen { .. } | Kind::Saturated | Kind::NoToken(_) | Kind::Unsendable { .. } => {
                    Verdict::Unknown
                }
            },
        };
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.breaker.record(Instant::now(), self.verdict);
    }
}
