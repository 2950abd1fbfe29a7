//! Carries out what was intended: claims the head of each line, makes the call outside any transaction, and records
//! the outcome behind a fence.
//!
//! The rules of order live in the store's claim (heads of lines, `after` finished); the rules of repetition live here.
//! Delivery is at least once on the wire; each call is made so that a repeat has no second effect (ADR 2, and
//! `docs/delivery.md` for the reasons call by call).

mod amendment;
pub mod circuit;
mod collection;
mod custody;
mod delius;
mod email;
mod event;
pub mod job;
mod links;
mod look_again;
mod policy;
mod relay;
mod settling;
mod told;
mod watch;
mod way;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::email::EmailPurpose;
pub use links::Links;
pub use look_again::look_again;
pub use relay::Relay;
use uuid::Uuid;
pub use watch::watch;

/// What operators may set about delivery.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where our own pages and our own API are, as other systems and readers of e-mails see them.
    pub links: Links,
    /// The template of each e-mail purpose; a purpose without one is parked until it has one.
    pub templates: BTreeMap<EmailPurpose, Uuid>,
    /// Where operators are written to when Delius and we disagree so that somebody must act; none: nowhere.
    pub operators_address: Option<String>,
    /// The Delius office for appointments that are not held in a probation office.
    pub default_office_code: String,
    /// How often the outbox is looked at without being woken.
    pub poll: Duration,
    /// How long one attempt may take before another worker may try.
    pub lease: Duration,
    /// The longest pause between attempts.
    pub max_backoff: Duration,
    /// How many effects are carried out at once.
    pub concurrency: usize,
}
