//! What an unsuccessful attempt means: try again later, or stop and let a person decide.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use store::outbox::{ClaimedEffect, NOT_YET, Outcome};
use upstream::{Kind, UpstreamError};

/// The first pause after a failed attempt; doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A write that Delius refuses as "internal error" this often over this long is not met by an outage: it says 500 for an
/// unmapped contract type and for two activities with one URN. Others say 500 while they are down, and are waited for.
const SAME_FAULT_ATTEMPTS: i32 = 5;
const SAME_FAULT_AGE: SignedDuration = SignedDuration::from_mins(30);

/// What [`label`] may say.
pub(crate) const LABELS: [&str; 6] = ["delivered", "refused", "parked", "superseded", "retry", LATER];
const LATER: &str = "later";

/// What came of an attempt, as metrics and log lines have it: the ledger's word, but for what is put off through
/// nobody's fault, such as feedback that is awaited. To count that as a failure would cry wolf.
pub(crate) fn label(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Retry { error, .. } if error.starts_with(NOT_YET) => LATER,
        Outcome::Retry { .. }
        | Outcome::Delivered { .. }
        | Outcome::Refused { .. }
        | Outcome::Parked { .. }
        | Outcome::Superseded { .. } => outcome.name(),
    }
}

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
        && upstream::delius::is_write(error)
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

    fn tried(attempts: i32, age: SignedDuration, now: Timestamp) -> ClaimedEffect {
        let created_at = now.saturating_sub(age).unwrap_or(now);
        ClaimedEffect {
            id: domain::EffectId(uuid::Uuid::nil()),
            referral_id: domain::ReferralId(uuid::Uuid::nil()),
            system: domain::effect::System::Delius,
            action: domain::effect::Action::StartReferral,
            attempts,
            occurred_at: created_at,
            created_at,
            correlation_id: String::new(),
            traceparent: None,
            last_status: None,
            last_error: None,
            was_ambiguous: false,
            adapter: None,
        }
    }

    fn refused(status: u16) -> Kind {
        let body = upstream::AnswerText::new("");
        Kind::Refused(Box::new(upstream::Refusal { status, code: None, user_message: None, body, retry_after: None }))
    }

    fn outcome_of(kind: Kind, attempts: i32, age: SignedDuration) -> Outcome {
        outcome_at(upstream::System::Delius, "start referral", kind, attempts, age)
    }

    fn outcome_at(
        system: upstream::System,
        operation: &'static str,
        kind: Kind,
        attempts: i32,
        age: SignedDuration,
    ) -> Outcome {
        let now = Timestamp::UNIX_EPOCH;
        let mut rng = StdRng::seed_from_u64(1);
        let error = UpstreamError::new(system, operation, kind);
        after_failure(&tried(attempts, age, now), &error, now, Duration::from_mins(15), &mut rng, "refused")
    }

    #[test]
    fn h05_an_outage_of_a_day_parks_nothing() {
        let day = SignedDuration::from_hours(24);
        let outages = [
            Kind::Timeout,
            Kind::Unreachable { sent: false },
            Kind::Unreachable { sent: true },
            Kind::CircuitOpen { retry_after: Duration::from_secs(30) },
            Kind::Saturated,
            refused(502),
            refused(503),
            refused(504),
        ];
        for kind in outages {
            let outcome = outcome_of(kind.clone(), 200, day);
            let Outcome::Retry { not_before, .. } = outcome else { panic!("{kind:?}: {outcome:?}") };
            assert!(not_before.duration_since(Timestamp::UNIX_EPOCH) <= SignedDuration::from_mins(15), "{kind:?}");
        }
    }

    #[test]
    fn h11_the_same_internal_error_is_no_outage_for_ever() {
        let (half_hour, less) = (SignedDuration::from_mins(30), SignedDuration::from_mins(29));
        assert!(matches!(outcome_of(refused(500), 5, less), Outcome::Retry { .. }));
        assert!(matches!(outcome_of(refused(500), 4, half_hour), Outcome::Retry { .. }));
        assert!(matches!(outcome_of(refused(500), 5, half_hour), Outcome::Parked { .. }));
    }

    #[test]
    fn an_internal_error_parks_what_delius_is_told_and_nothing_else() {
        use upstream::System;
        let writes = [
            (System::Delius, "start referral"),
            (System::Delius, "put appointment"),
            (System::CommunityApi, "start referral"),
            (System::CommunityApi, "book appointment"),
            (System::CommunityApi, "reschedule appointment"),
            (System::CommunityApi, "relocate appointment"),
            (System::CommunityApi, "record outcome"),
            (System::CommunityApi, "end referral"),
            (System::CommunityApi, "notify"),
        ];
        let others = [
            (System::Events, "publish"),
            (System::Notify, "send e-mail"),
            (System::Notify, "find by reference"),
            (System::ManageUsers, "user email"),
            (System::PrisonerSearch, "prisoner"),
            (System::Delius, "identifiers"),
            (System::Delius, "referral by URN"),
            (System::CommunityApi, "activities"),
        ];
        let week = SignedDuration::from_hours(168);
        let outcome_of = |(system, operation)| outcome_at(system, operation, refused(500), 700, week);
        for call in writes {
            assert!(matches!(outcome_of(call), Outcome::Parked { .. }), "{call:?}");
        }
        for call in others {
            assert!(matches!(outcome_of(call), Outcome::Retry { .. }), "{call:?}");
        }
    }

    #[test]
    fn what_parks_an_effect_may_have_been_carried_out_all_the_same() {
        let half_hour = SignedDuration::from_mins(30);
        assert!(matches!(outcome_of(refused(500), 5, half_hour), Outcome::Parked { ambiguous: true, .. }));
        assert!(matches!(outcome_of(refused(403), 1, half_hour), Outcome::Parked { ambiguous: false, .. }));
    }

    #[test]
    fn what_is_put_off_through_nobodys_fault_is_no_failure() {
        let retry =
            |error: String| Outcome::Retry { not_before: Timestamp::UNIX_EPOCH, status: None, error, ambiguous: false };
        let reason = || String::from("switched off");
        let all = [
            (Outcome::Delivered { receipt: None }, "delivered"),
            (Outcome::Refused { status: None, reason: reason() }, "refused"),
            (Outcome::Parked { reason: reason(), status: None, error: None, ambiguous: false }, "parked"),
            (Outcome::Superseded { reason: reason() }, "superseded"),
            (retry("delius gave no complete answer in time".to_owned()), "retry"),
            (retry(format!("{NOT_YET}e-mail is switched off")), "later"),
        ];
        for (outcome, word) in all {
            assert_eq!(label(&outcome), word);
            assert!(LABELS.contains(&word), "{word}");
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
