//! Waiting until nothing is under way: faults cleared, processes up, every message delivered or standing still for a
//! cause that operators are shown, and Delius's queue read.

use std::time::Duration;

use serde_json::json;

use crate::check::{Evidence, stands_still};
use crate::lane::World;
use crate::observe::{Drift, Intent, Observed, list, observe, referral_ids};

/// How long it may take until everything is quiet, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often it is looked.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// So often in a row as many messages must be unfinished before they are looked at: longer than any pause between two
/// attempts.
const THE_SAME: u32 = 2;

/// What is left when it is quiet.
#[derive(Debug)]
pub struct Quiet {
    /// Whether it became quiet in time.
    pub is_quiet: bool,
    /// Messages that are not delivered.
    pub unfinished: u64,
}

/// Clears every fault and waits until it is quiet.
pub async fn quiesce(world: &World<'_>, evidence: &mut Evidence) -> anyhow::Result<Quiet> {
    world.client.heal().await?;
    world.client.control("clock", json!({ "now": null })).await?;
    world.client.forget_tokens();
    world.serves().await?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let (mut last, mut the_same) = (None, 0);
    loop {
        world.supervise().await?;
        let unfinished = unfinished(world).await?;
        the_same = if last == Some(unfinished) { the_same + 1 } else { 0 };
        last = Some(unfinished);
        if unfinished == 0 {
            if is_read(world).await? {
                evidence.seen = observe(&world.client).await?;
                return Ok(Quiet { is_quiet: true, unfinished });
            }
        } else if the_same >= THE_SAME {
            look(world, &mut evidence.seen).await?;
            if stands_still(evidence) && is_read(world).await? {
                // What was published up to that look has been read by now, and nothing else moves.
                evidence.seen = evidence.seen.clone().renewed(&world.client).await?;
                return Ok(Quiet { is_quiet: true, unfinished });
            }
        }
        if tokio::time::Instant::now() > deadline {
            look(world, &mut evidence.seen).await?;
            return Ok(Quiet { is_quiet: false, unfinished });
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// How many messages are not delivered, as operators are shown.
async fn unfinished(world: &World<'_>) -> anyhow::Result<u64> {
    let queues = world.operator(&["queues"]).await?;
    let count = |key: &str| queues.iter().filter_map(|queue| queue[key].as_u64()).sum::<u64>();
    Ok(["waiting", "inFlight", "retrying", "parked"].map(count).iter().sum())
}

/// Whether Delius has read every event. It has to be asked after the messages were counted: an event that was published
/// in between would be missed.
async fn is_read(world: &World<'_>) -> anyhow::Result<bool> {
    let queue = world.client.look("events/queue").await?;
    if list(&queue["dead"]).next().is_some() {
        // The service was away when Delius called back: whoever keeps that queue sends its letters again.
        world.client.control("events/redrive", json!({})).await?;
    }
    Ok(list(&queue["waiting"]).chain(list(&queue["dead"])).next().is_none())
}

/// Looks at everything, what operators see included; at that first, so that whatever they see as delivered is seen to
/// have arrived.
pub async fn look(world: &World<'_>, seen: &mut Observed) -> anyhow::Result<()> {
    let mut intents = Vec::new();
    for id in referral_ids(&world.client).await? {
        for ledger in world.operator(&["ledger", &id]).await? {
            intents.extend(list(&ledger["effects"]).map(Intent::read));
        }
    }
    let drifts = drifts(world).await?;
    let held = drifts.iter().filter(|drift| drift.holds).filter_map(|drift| drift.referral.clone()).collect();
    *seen = Observed { intents, drifts, held, ..Observed::default() }.renewed(&world.client).await?;
    Ok(())
}

/// Disagreements with Delius that are open, as operators are shown.
pub async fn drifts(world: &World<'_>) -> anyhow::Result<Vec<Drift>> {
    Ok(world.operator(&["discrepancies", "--open"]).await?.iter().map(Drift::read).collect())
}
