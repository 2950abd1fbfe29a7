//! The outbox: effects that are to be carried out, in order within each line (one referral, one system), and what came
//! of them. Enqueued in the transaction of their cause; claimed, carried out and settled by delivery (ADR 2).
//!
//! Unfinished effects (waiting, in flight, retrying, parked) hold up their line and whatever is to come after them.
//! Finished ones (delivered, refused, superseded) hold up nothing. They are the ledger and are never deleted; the
//! database moves each aside, from the table `effect` to `effect_finished`, in the statement that finishes it, so that
//! claims cost the same whatever was delivered before (ADR 21). `every_effect` is both together.

mod claim;
mod enqueue;
mod ledger;
mod operate;
mod payload;
mod queue;
mod replay;
mod settle;
mod standing;

pub use self::claim::{ClaimedEffect, claim, extend_lease, go_through};
pub use self::enqueue::{Origin, enqueue};
pub use self::ledger::{Attempt, Backlog, EffectState, LedgerEntry, attempts, attempts_of, backlog, get, ledger};
pub use self::operate::{hasten, release_delius, retry_now, skip, withhold_from_delius};
pub use self::payload::{KINDS, kind_of};
pub use self::queue::{Paused, Trouble, count_delivered, list_paused, pause, paused_systems, resume, troubles};
pub use self::replay::{Window, list_correlated, list_window, presume_arrived};
pub use self::settle::{Outcome, Settlement, settle, settle_all, supersede_dependents_of};
pub use self::standing::{Standing, WaitsFor, standings};

/// The channel that says that effects of a system may be ready; the payload is the system.
pub const READY_CHANNEL: &str = "effect_ready";
/// How the last error begins of an effect that waits through nobody's fault.
pub const NOT_YET: &str = "not yet: ";
/// What follows then where the feedback on an appointment is still to come.
pub const FEEDBACK_FIRST: &str = "Delius takes a past appointment only with its outcome; waiting for feedback";
/// How the reason of an effect begins that an operator let go.
pub const WENT_ON_WITHOUT: &str = "an operator goes on without it: ";
/// The channel that says that an attempt has ended; the payload is the effect's id.
pub const SETTLED_CHANNEL: &str = "effect_settled";
