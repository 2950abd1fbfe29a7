//! The stand-ins' one clock.
//!
//! Every system reads the time here, so that a test can move them all at once. The clock follows the one that the sandbox
//! was opened with until it is set; from then on it stands still until it is set again or released.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The clock that the sandbox was opened with, or an instant at which it was stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// The instant at which the clock stands.
    stopped_at: Option<Timestamp>,
    /// What it follows otherwise.
    #[serde(skip, default = "runtime::Clock::system")]
    follows: runtime::Clock,
}

impl Default for Clock {
    fn default() -> Self {
        Self { stopped_at: None, follows: runtime::Clock::system() }
    }
}

impl Clock {
    /// The current instant, to the microsecond.
    pub(crate) fn now(&self) -> Timestamp {
        self.stopped_at.unwrap_or_else(|| self.follows.now())
    }

    /// Stops the clock at `at`, or lets it follow again with `None`.
    pub(crate) fn set(&mut self, at: Option<Timestamp>) {
        self.stopped_at = at;
    }

    /// Follows another clock from now on.
    pub(crate) fn follow(&mut self, clock: runtime::Clock) {
        self.follows = clock;
    }
}
