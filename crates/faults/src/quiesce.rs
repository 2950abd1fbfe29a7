//! Waiting until nothing is under way: faults cleared, processes up, every message delivered or standing still for a
//! cause that operators are shown, and Delius's queue read.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::check::{Evidence, stands_still};
use crate::lane::World;
use crate::observe::{Intent, Observed, list, observe};

/// How long it may take until everything is quiet, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often it is looked.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// So often in a row as many messages must be unfinished before they are looked at: longer than any pause between two
/// attempts.
const THE_SAME: u32 = 3;

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
    let (mut last, mut the_same) = (0, 0);
    loop {
        world.supervise().await?;
        let queue = world.client.look("events/queue").await?;
        if list(&queue["dead"]).next().is_some() {
            // The service was away when Delius called back: whoever keeps that queue sends its letters again.
            world.client.control("events/redrive", json!({})).await?;
        }
        let is_read = list(&queue["waiting"]).chain(list(&queue["dead"])).next().is_none();
        let queues = world.operator(&["queues"]).await?;
        let count = |key: &str| queues.iter().filter_map(|queue| queue[key].as_u64()).sum::<u64>();
        let unfinished = ["waiting", "inFlight", "retrying", "parked"].map(count).iter().sum::<u64>();
        if is_read && unfinished == 0 {
            evidence.seen = observe(&world.client).await?;
            return Ok(Quiet { is_quiet: true, unfinished });
        }
        the_same = if unfinished == last { the_same + 1 } else { 0 };
        last = unfinished;
        if is_read && the_same >= THE_SAME {
            look(world, &mut evidence.seen).await?;
            if stands_still(evidence) {
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

/// Looks at everything, what operators see included.
pub async fn look(world: &World<'_>, seen: &mut Observed) -> anyhow::Result<()> {
    let (mut intents, mut held) = (Vec::new(), BTreeSet::new());
    let looked = observe(&world.client).await?;
    for referral in &looked.referrals {
        for ledger in world.operator(&["ledger", &referral.id]).await? {
            intents.extend(list(&ledger["effects"]).map(Intent::read));
        }
    }
    for found in world.operator(&["discrepancies", "--open"]).await? {
        if found["holds"] == true
            && let Value::String(referral) = &found["referral"]
        {
            held.insert(referral.clone());
        }
    }
    *seen = Observed { intents, held, ..looked };
    Ok(())
}
