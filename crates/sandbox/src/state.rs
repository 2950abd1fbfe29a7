//! Everything that the stand-ins remember, as one value that is saved whole.
//!
//! Each system owns its part; this module only composes them and hands out ids. Requests received are not part of the
//! state: they are a log of the running process.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::arns::Arns;
use crate::auth::Auth;
use crate::clock::Clock;
use crate::delius;
use crate::fault::Plan;
use crate::notify::Account;
use crate::prisons::Prisons;
use crate::topic::Topic;
use crate::users::Directory;
use crate::verification::Verification;

/// The state of all stand-ins.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    seed: u64,
    ids_given: u64,
    /// The clock that all systems share.
    pub(crate) clock: Clock,
    /// The fault plan.
    pub(crate) faults: Plan,
    /// Sign-in: keys, codes, sessions.
    pub(crate) auth: Auth,
    /// The user directory.
    pub(crate) users: Directory,
    /// The token check.
    pub(crate) verification: Verification,
    /// E-mail.
    pub(crate) notify: Account,
    /// The event topic and the queue of Delius's consumer.
    pub topic: Topic,
    /// Risk.
    pub(crate) arns: Arns,
    /// Prison look-ups.
    pub(crate) prisons: Prisons,
    /// The Delius record.
    pub delius: delius::Record,
}

impl Default for State {
    fn default() -> Self {
        Self::seeded(1)
    }
}

impl State {
    /// The world as the cast describes it, before anything happened.
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            ids_given: 0,
            clock: Clock::default(),
            faults: Plan::default(),
            auth: Auth::default(),
            users: Directory::default(),
            verification: Verification::default(),
            notify: Account::default(),
            topic: Topic::default(),
            arns: Arns::default(),
            prisons: Prisons::default(),
            delius: delius::Record::default(),
        }
    }

    /// Puts everything back as the cast describes it and clears the fault plan. Signing keys stay, and ids go on from
    /// where they were, so that a caller that is not reset never meets an id twice.
    pub fn reset(&mut self) {
        let fresh = Self::seeded(self.seed);
        let before = std::mem::replace(self, fresh);
        self.ids_given = before.ids_given;
        self.auth.keys = before.auth.keys;
        self.clock = before.clock;
        self.clock.set(None);
    }

    /// The instant of the stand-ins' clock, to the microsecond.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next id: a version 4 uuid drawn from the seed, never the same twice.
    pub fn next_id(&mut self) -> Uuid {
        self.ids_given += 1;
        let digest = digest(self.seed, "id", self.ids_given);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_random_bytes(bytes).into_uuid()
    }

    /// How often a planned fault struck since the seeded state.
    pub fn faults_struck(&self) -> u64 {
        self.faults.struck()
    }

    /// The seed of this state.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }
}

/// Thirty-two bytes drawn from `seed` for the `n`th use of `purpose`.
pub(crate) fn digest(seed: u64, purpose: &str, n: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(purpose.as_bytes());
    hash.update(n.to_be_bytes());
    hash.finalize().into()
}
