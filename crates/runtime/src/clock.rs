//! The one source of "now".

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Tells the time. Cloning shares the clock: moving a fixed clock moves it for every holder.
#[derive(Clone, Debug)]
pub struct Clock(Inner);

#[derive(Clone, Debug)]
enum Inner {
    System,
    Fixed(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The machine's clock, truncated to microseconds: what PostgreSQL keeps, so that what was written equals what
    /// is read back.
    pub fn system() -> Self {
        Self(Inner::System)
    }

    /// A clock that stands still until it is moved; for tests and rehearsals.
    pub fn fixed(at: Timestamp) -> Self {
        Self(Inner::Fixed(Arc::new(Mutex::new(truncate(at)))))
    }

    /// The current instant, in whole microseconds.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the replacement that the lint points to")]
            Inner::System => truncate(Timestamp::now()),
            Inner::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a fixed clock forward (or back); the system clock cannot be moved and stays as it is.
    pub fn advance(&self, by: SignedDuration) {
        if let Inner::Fixed(at) = &self.0 {
            let mut at = at.lock().unwrap_or_else(PoisonError::into_inner);
            *at = truncate(at.saturating_add(by).unwrap_or(*at));
        }
    }

    /// Sets a fixed clock; the system clock cannot be set and stays as it is.
    pub fn set(&self, to: Timestamp) {
        if let Inner::Fixed(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = truncate(to);
        }
    }
}

fn truncate(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_keeps_whole_microseconds() {
        let now = Clock::system().now();
        assert_eq!(now.subsec_nanosecond() % 1000, 0);
    }

    #[test]
    fn clones_of_a_fixed_clock_move_together() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let other = clock.clone();
        clock.advance(SignedDuration::from_secs(5));
        assert_eq!(other.now(), Timestamp::from_second(5).expect("in range"));
    }
}
