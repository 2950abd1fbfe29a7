//! The gate before each system: a number of slots, the circuit breaker, and what is written down about each call.
//!
//! Owns who may call now, and the span and the metrics of a call. It sends nothing itself; `http` and `events` pass
//! through it.

use crate::breaker::{Breaker, BreakerConfig, BreakerState, Verdict};
use crate::counted;
use crate::error::{Kind, System, UpstreamError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tracing::{Instrument, debug, field, info_span};

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

    /// Makes a call under its span and leaves its metrics. A span's `attempts` is filled in by whoever repeats.
    pub(crate) async fn observe<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        let system = self.system.name();
        let span = info_span!(
            "upstream call",
            otel.kind = "client",
            upstream.system = system,
            upstream.operation = operation,
            outcome = field::Empty,
            duration_ms = field::Empty,
            attempts = field::Empty,
        );
        let started = Instant::now();
        let result = call.instrument(span.clone()).await;
        let outcome = result.as_ref().map_or_else(UpstreamError::outcome, |_| "ok");
        let took = started.elapsed();
        span.record("outcome", outcome);
        span.record("duration_ms", u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        metrics::histogram!(
            "upstream_request_duration_seconds",
            "system" => system, "operation" => operation, "outcome" => outcome
        )
        .record(took.as_secs_f64());
        counted::circuit(self.system, self.state(), Instant::now());
        span.in_scope(|| debug!("called another system"));
        result
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
