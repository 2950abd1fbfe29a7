//! The consumer's queue: hand out, acknowledge, hand out again, give up.
//!
//! Waiting is real time, whatever the stand-ins' clock says, and is forgotten over a restart. A message that was returned
//! waits a second, where the real queue lets it wait half a minute; `/control/events/redelivery` changes that.
//!
//! Faults of the system `delius-events` strike here: `latency` holds a message back while others pass, `down` lets the
//! consumer read nothing, `duplicate` hands a message out once more after it was acknowledged, `drop_after_commit` loses
//! the acknowledgement, `malformed` and `truncate` spoil the text, `status` and `reset` fail the receive, which counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Published, SUBSCRIBED, Topic};
use crate::fault::{CONSUMER, Fault, Kind};
use crate::sandbox::Sandbox;
use crate::state::State;

/// A message is handed out this often before it is a dead letter.
pub(super) const RECEIVES: u32 = 3;
/// How soon an empty or blocked queue is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// One message in the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// The message id; a duplicate carries the same one.
    pub id: String,
    /// The event type that the filter saw.
    pub event_type: String,
    /// The published text.
    pub text: String,
    /// How often it was handed out.
    pub receives: u32,
    /// Not handed out before this instant.
    #[serde(skip)]
    visible_at: Option<Instant>,
    /// Handed out and not settled; a restart makes it visible again.
    #[serde(skip)]
    in_flight: bool,
    /// Stays once more when it is acknowledged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    comes_again: bool,
    /// Planned latency was applied, so that it is not held back a second time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    held_back: bool,
}

/// A message in the consumer's hands; settle it with [`Sandbox::acknowledge_event`] or [`Sandbox::return_event`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message id.
    pub id: String,
    /// The event type, from the message attribute.
    pub event_type: String,
    /// The published text, spoilt when the fault plan says so.
    pub text: String,
    /// How often this message was handed out, this time included.
    pub receives: u32,
}

impl Queued {
    /// What an `operation` of the fault plan is compared with.
    fn path(&self) -> String {
        format!("/{}", self.event_type)
    }
}

impl Topic {
    /// Keeps an event and, when the filter fits and Delius listens, puts it into the queue.
    pub(super) fn accept(&mut self, event: Published, text: &str, delius_listens: bool) {
        let wanted = event.event_type.as_deref().filter(|kind| delius_listens && SUBSCRIBED.contains(kind));
        if let Some(kind) = wanted {
            self.queue.push(Queued {
                id: event.id.clone(),
                event_type: kind.to_owned(),
                text: text.to_owned(),
                receives: 0,
                visible_at: None,
                in_flight: false,
                comes_again: false,
                held_back: false,
            });
        }
        self.published.push(event);
    }

    /// Takes the oldest visible message into the consumer's hands.
    fn take(&mut self, index: usize) -> Delivery {
        let message = &mut self.queue[index];
        message.receives += 1;
        message.in_flight = true;
        Delivery {
            id: message.id.clone(),
            event_type: message.event_type.clone(),
            text: message.text.clone(),
            receives: message.receives,
        }
    }

    fn next_visible(&self, now: Instant) -> Option<usize> {
        self.queue.iter().position(|message| !message.in_flight && message.visible_at.is_none_or(|at| at <= now))
    }

    fn settle(&mut self, id: &str, done: bool) {
        let Some(index) = self.queue.iter().position(|message| message.in_flight && message.id == id) else { return };
        let wait = Duration::from_millis(self.redelivery_ms);
        let message = &mut self.queue[index];
        message.in_flight = false;
        if done && message.comes_again {
            message.comes_again = false;
        } else if done {
            self.queue.remove(index);
        } else if message.receives >= RECEIVES {
            let dead = self.queue.remove(index);
            self.dead.push(dead);
        } else {
            message.visible_at = Some(Instant::now() + wait);
        }
    }

    /// Puts every dead letter back into the queue, as an operator of the queue may; says how many.
    pub(crate) fn redrive(&mut self) -> usize {
        let count = self.dead.len();
        for mut message in self.dead.drain(..) {
            message.receives = 0;
            message.visible_at = None;
            self.queue.push(message);
        }
        count
    }
}

impl Sandbox {
    /// Waits for the next message of Delius's queue, with the faults of `delius-events` applied.
    pub async fn next_event(&self) -> Delivery {
        loop {
            let waiting = self.queued().notified();
            if let Some(delivery) = self.write_if_queued(receive) {
                return delivery;
            }
            let _ = tokio::time::timeout(LOOK_AGAIN.max(self.quiet_wait()), waiting).await;
        }
    }

    /// The message was dealt with, well or by a recorded rejection; it is gone.
    ///
    /// # Errors
    /// Those of saving the state; the message may then come again after a restart.
    pub fn acknowledge_event(&self, delivery: &Delivery) -> std::io::Result<()> {
        self.write(|state| state.topic.settle(&delivery.id, true));
        self.flush()
    }

    /// The message could not be dealt with; it comes again, or becomes a dead letter.
    ///
    /// # Errors
    /// Those of saving the state.
    pub fn return_event(&self, delivery: &Delivery) -> std::io::Result<()> {
        self.write(|state| state.topic.settle(&delivery.id, false));
        self.flush()
    }

    /// Runs `take` only when a message could be taken, so that a consumer that waits does not dirty the state.
    fn write_if_queued(&self, take: impl FnOnce(&mut State) -> Option<Delivery>) -> Option<Delivery> {
        let possible = self.read(|state| {
            let waiting = state.topic.next_visible(Instant::now()).map(|index| &state.topic.queue[index]);
            waiting.is_some_and(|message| !state.faults.is_shut(CONSUMER, "GET", &message.path()))
        });
        if possible { self.write(take) } else { None }
    }

    /// With messages held back the queue is looked at often, else rarely: a publish wakes it.
    fn quiet_wait(&self) -> Duration {
        let idle = self.read(|state| state.topic.queue.is_empty());
        if idle { Duration::from_secs(1) } else { LOOK_AGAIN }
    }
}

/// One attempt to receive, under the fault plan.
fn receive(state: &mut State) -> Option<Delivery> {
    let now = Instant::now();
    let seed = state.seed();
    let index = state.topic.next_visible(now)?;
    let path = state.topic.queue[index].path();
    let struck =
        if state.topic.queue[index].held_back { None } else { state.faults.draw(seed, CONSUMER, "GET", &path) };
    let Some(Fault { kind, value, .. }) = struck else { return Some(state.topic.take(index)) };
    let topic = &mut state.topic;
    match kind {
        Kind::Down => None,
        Kind::Latency => {
            let message = &mut topic.queue[index];
            message.visible_at = now.checked_add(Duration::from_millis(value.unwrap_or_default()));
            message.held_back = true;
            None
        }
        Kind::Status | Kind::Reset => {
            let taken = topic.take(index);
            topic.settle(&taken.id, false);
            None
        }
        Kind::Duplicate | Kind::DropAfterCommit => {
            topic.queue[index].comes_again = true;
            Some(topic.take(index))
        }
        Kind::Malformed => Some(Delivery { text: "{\"unfinished\": [1, <".to_owned(), ..topic.take(index) }),
        Kind::Truncate => {
            let taken = topic.take(index);
            let half = taken.text.chars().take(taken.text.chars().count() / 2).collect();
            Some(Delivery { text: half, ..taken })
        }
    }
}
