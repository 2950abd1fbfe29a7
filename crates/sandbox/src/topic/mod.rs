//! The event topic, below `/sns`, and the queue from which Delius's own consumer reads our events.
//!
//! The topic speaks the query protocol of the real one, so that the usual SDK publishes to it unchanged; signatures are
//! accepted and not checked. Every published event is kept for the reader of `/control/events`. Those that Delius
//! subscribes to also go into its queue, which hands each message out until it is acknowledged, three times at most, and
//! then puts it with the dead letters. The consumer itself belongs to [`crate::delius`].

mod publish;
pub(crate) mod query;
mod queue;

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::post;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::queue::{Delivery, Queued};
use crate::sandbox::Sandbox;

/// The event types that the queue's filter lets through.
pub const SUBSCRIBED: [&str; 5] = [
    "intervention.action-plan.submitted",
    "intervention.action-plan.approved",
    "intervention.initial-assessment-appointment.session-feedback-submitted",
    "intervention.session-appointment.session-feedback-submitted",
    "intervention.referral.ended",
];

/// One event as it was published.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The message id that the topic gave it.
    pub id: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The attribute `eventType`, or the body's when there is no attribute.
    pub event_type: Option<String>,
    /// The published text as JSON; a string when it is not JSON.
    pub message: Value,
    /// The message attributes' string values.
    pub attributes: BTreeMap<String, String>,
}

/// The topic, the consumer's queue and its dead letters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Topic {
    published: Vec<Published>,
    queue: Vec<Queued>,
    dead: Vec<Queued>,
    /// How long a returned message waits, in milliseconds of real time.
    pub(crate) redelivery_ms: u64,
}

impl Default for Topic {
    fn default() -> Self {
        Self { published: Vec::new(), queue: Vec::new(), dead: Vec::new(), redelivery_ms: 1000 }
    }
}

impl Topic {
    /// Every event published, oldest first.
    pub fn published(&self) -> &[Published] {
        &self.published
    }

    /// The messages that the consumer has not acknowledged, oldest first.
    pub fn queue(&self) -> &[Queued] {
        &self.queue
    }

    /// The messages that were handed out too often, oldest first.
    pub fn dead_letters(&self) -> &[Queued] {
        &self.dead
    }
}

/// The path `/sns`, with or without a trailing slash.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new().route("/sns", post(publish::publish)).route("/sns/", post(publish::publish)).with_state(sandbox)
}
