//! Relays that break a promise on purpose, so that whoever judges relays can be judged: one loses, one doubles, one
//! reorders. Each is the real relay with one tampered effect, by way of the outbox's own calls.

use std::collections::BTreeSet;

use domain::User;
use domain::effect::Intent;
use jiff::SignedDuration;
use store::outbox::{ClaimedEffect, Origin, Outcome, claim, enqueue, settle};

use crate::World;

/// Which promise is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The effect is marked as delivered and never sent.
    Loses,
    /// The effect is sent again after it was delivered, under a new identity and without asking first.
    Doubles,
    /// The effect is let overtake by those behind it.
    Reorders,
}

impl World {
    /// Delivers everything that is due, and breaks a promise about each effect at the head of a line that the ledger
    /// calls by this name. Answers how many there were.
    pub async fn deliver_badly(&self, flaw: Flaw, victim: &str) -> usize {
        let now = self.app.clock().now();
        let mut work = self.app.store().begin().await.expect("a transaction");
        let heads = claim(&mut work, now, SignedDuration::from_secs(30), 50, &BTreeSet::new()).await.expect("claims");
        let mut tampered = Vec::new();
        for head in heads {
            let is_victim = head.action.name() == victim;
            let unsent = Outcome::Delivered { receipt: None };
            let handed_back =
                Outcome::Retry { not_before: now, status: None, error: "handed back".to_owned(), ambiguous: false };
            let outcome = if is_victim && flaw != Flaw::Doubles { unsent } else { handed_back };
            settle(&mut work, head.id, head.attempts, &outcome, now).await.expect("settles");
            if is_victim {
                tampered.push(head);
            }
        }
        work.commit().await.expect("commits");
        self.deliver().await;
        if flaw != Flaw::Loses {
            for effect in &tampered {
                self.intend_again(effect).await;
            }
            self.deliver().await;
        }
        tampered.len()
    }

    async fn intend_again(&self, effect: &ClaimedEffect) {
        let intent = Intent {
            id: domain::EffectId(self.app.ids().uuid()),
            action: effect.action.clone(),
            after_delius: false,
            occurred_at: effect.occurred_at,
        };
        let (by, now) = (User::service(), self.app.clock().now());
        let mut work = self.app.store().begin().await.expect("a transaction");
        let origin = Origin { actor: &by, cause: "broken", correlation: &effect.correlation_id, traceparent: None };
        enqueue(&mut work, effect.referral_id, &[intent], &origin, now).await.expect("intends");
        work.commit().await.expect("commits");
    }
}
