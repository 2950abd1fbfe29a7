//! Several workers at once never hold the same line, keep its order, and do everything once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use domain::effect::{Action, System};
use domain::{EffectId, ReferralId};
use jiff::SignedDuration;
use store::Store;
use store::outbox::{self, Outcome};

use crate::outbox::{enqueue, intent};
use crate::sample::{self, minute};

const LINES: u128 = 6;
const EFFECTS_PER_LINE: u128 = 8;

#[derive(Default)]
struct Seen {
    held: BTreeSet<(ReferralId, System)>,
    done: BTreeMap<ReferralId, Vec<EffectId>>,
}

async fn work_until_done(store: &Store, seen: &RefCell<Seen>) {
    loop {
        let mut work = store.begin().await.expect("a transaction");
        let claimed = outbox::claim(&mut work, minute(1), SignedDuration::from_secs(60), 3, &BTreeSet::new())
            .await
            .expect("claimed");
        work.commit().await.expect("committed");
        let total: usize = seen.borrow().done.values().map(Vec::len).sum();
        if claimed.is_empty() && total == usize::try_from(LINES * EFFECTS_PER_LINE).expect("small") {
            return;
        }
        for effect in &claimed {
            let line = (effect.referral_id, effect.system);
            assert!(seen.borrow_mut().held.insert(line), "two workers hold one line");
        }
        for effect in claimed {
            let outcome = Outcome::Delivered { receipt: None };
            // Given back before the database is told: another worker may have the next one at once.
            let mut work = store.begin().await.expect("a transaction");
            let settled = outbox::settle(&mut work, effect.id, effect.attempts, &outcome, minute(1)).await;
            assert!(settled.expect("settled"));
            seen.borrow_mut().held.remove(&(effect.referral_id, effect.system));
            seen.borrow_mut().done.entry(effect.referral_id).or_default().push(effect.id);
            work.commit().await.expect("committed");
        }
    }
}

#[tokio::test]
async fn workers_share_the_lines_and_keep_their_order() {
    let store = crate::db::store().await;
    let mut expected = BTreeMap::new();
    for number in 1..=LINES {
        let referral = sample::stored(&store, number).await;
        let intents: Vec<_> =
            (1..=EFFECTS_PER_LINE).map(|effect| intent(number * 100 + effect, Action::StartReferral, false)).collect();
        enqueue(&store, &referral, &intents).await;
        expected.insert(referral.id, intents.iter().map(|intent| intent.id).collect::<Vec<_>>());
    }
    let seen = RefCell::default();
    tokio::join!(work_until_done(&store, &seen), work_until_done(&store, &seen), work_until_done(&store, &seen));
    assert_eq!(seen.into_inner().done, expected);
}
