//! The stand-ins' one clock.
//!
//! Every system reads the time here, so that a test can move them all at once. The clock is the machine's until it is
//! set; from then on it stands still at the set instant until it is set again or released.

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// The clock: the machine's time, or an instant at which it was stopped.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Clock {
    /// The instant at which the clock stands; `None` follows the machine.
    stopped_at: Option<Timestamp>,
}

impl Clock {
    /// The current instant, to the microsecond.
    pub(crate) fn now(&self) -> Timestamp {
        self.stopped_at.unwrap_or_else(machine_now)
    }

    /// Stops the clock at `at`, or lets it follow the machine again with `None`.
    pub(crate) fn set(&mut self, at: Option<Timestamp>) {
        self.stopped_at = at;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox is its own composition root: this is the only place where it reads the machine's clock"
)]
fn machine_now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}
