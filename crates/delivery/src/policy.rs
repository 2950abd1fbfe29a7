//! What an unsuccessful attempt means: try again later, or stop and let a person decide.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use store::outbox::{ClaimedEffect, Outcome};
use upstream::{Kind, UpstreamError};

/// The first pause after a failed attempt; doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A refusal as "internal error" that stays the same this often over this long is not an outage: Delius says 500 for
/// an unmapped contract type and for two activities with one URN.
const SAME_FAULT_ATTEMPTS: i32 = 5;
const SAME_FAULT_AGE: SignedDuration = SignedDuration::from_mins(30);

/// Decides what follows a failed call. `refused` says what a refusal by the system itself means in plain words.
pub(crate) fn after_failure(
    effect: &ClaimedEffect,
    error: &UpstreamError,
    now: Timestamp,
    max_backoff: Duration,
    rng: &mut impl Rng,
    refused: &str,
) -> Outcome {
    let text = error.to_string();
    let status = error.status().map(i32::from);
    let ambiguous = error.is_ambiguous();
    let stubborn = status == Some(500)
        && effect.attempts >= SAME_FAULT_ATTEMPTS
        && now.duration_since(effect.created_at) >= SAME_FAULT_AGE;
    if stubborn {
        let reason = "the other system keeps failing on this very message; somebody must look at it there";
        return Outcome::Parked { reason: reason.to_owned(), status, error: Some(text), ambiguous };
    }
    match &error.kind {
        Kind::Refused(refusal) if is_final(refusal.status) => {
            Outcome::Parked { reason: refused.to_owned(), status, error: Some(text), ambiguous }
        }
        Kind::Unsendable { .. } => {
            let reason = "this message cannot be put together; somebody must look at its data";
            Outcome::Parked { reason: reason.to_owned(), status, error: Some(text), ambiguous }
        }
        _ => {
            let asked = error.refusal().and_then(|refusal| refusal.retry_after);
            let pause = asked.unwrap_or_else(|| pause(effect.attempts, max_backoff, rng)).min(max_backoff);
            Outcome::Retry { not_before: later(now, pause), status, error: text, ambiguous }
        }
    }
}

/// A status that a repeat of the same message will not change. 401 is left out: the token is renewed.
fn is_final(status: u16) -> bool {
    matches!(status, 400 | 403 | 404 | 405..=407 | 409..=428)
}

/// Exponential, capped, with jitter between half and the whole, so that lines do not march in step.
pub(crate) fn pause(attempts: i32, max_backoff: Duration, rng: &mut impl Rng) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    let whole = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(max_backoff);
    whole.mul_f64(rng.gen_range(0.5..=1.0))
}

pub(crate) fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.saturating_add(pause).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn pauses_double_up_to_the_cap_and_are_jittered() {
        let mut rng = StdRng::seed_from_u64(1);
        let cap = Duration::from_mins(15);
        for (attempts, whole) in [(1, 1), (2, 2), (5, 16), (11, 900), (1000, 900)] {
            let pause = pause(attempts, cap, &mut rng);
            assert!(
                pause >= Duration::from_secs(whole) / 2 && pause <= Duration::from_secs(whole),
                "{attempts}: {pause:?}"
            );
        }
    }

    #[test]
    fn only_what_a_repeat_cannot_change_is_final() {
        for status in [400, 403, 404, 409, 422] {
            assert!(is_final(status), "{status}");
        }
        for status in [401, 408, 429, 500, 503] {
            assert!(!is_final(status), "{status}");
        }
    }
}
