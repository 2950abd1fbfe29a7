//! The one source of ids and randomness.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use uuid::{Builder, Uuid};

/// Makes ids and random numbers. Cloning shares the sequence of a seeded source.
#[derive(Clone)]
pub struct Ids(Arc<Mutex<ChaCha20Rng>>);

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

impl Ids {
    /// Seeded from the operating system: unguessable.
    pub fn random() -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::from_entropy())))
    }

    /// The same sequence for the same seed; for tests, demonstrations and the sandbox.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }

    /// A fresh version 4 UUID.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.with_rng(|rng| rng.fill_bytes(&mut bytes));
        Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A fresh version 7 UUID: made later, it sorts behind, so that what is written together lies together. It tells
    /// when it was made to whoever sees it.
    pub fn ordered(&self, now: Timestamp) -> Uuid {
        let bytes = self.bytes::<10>();
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// Unguessable bytes, for tokens and keys (unguessable only when made by [`Ids::random`]).
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.with_rng(|rng| rng.fill_bytes(&mut bytes));
        bytes
    }

    /// Runs `use_it` with the random number generator.
    pub fn with_rng<T>(&self, use_it: impl FnOnce(&mut ChaCha20Rng) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_ids_and_random_ones_differ() {
        assert_eq!(Ids::seeded(7).uuid(), Ids::seeded(7).uuid());
        let ids = Ids::random();
        assert_ne!(ids.uuid(), ids.uuid());
        assert_eq!(ids.uuid().get_version_num(), 4);
    }

    #[test]
    fn ordered_ids_sort_by_the_time_they_were_made() {
        let ids = Ids::random();
        let at = |second| ids.ordered(Timestamp::from_second(second).unwrap());
        let (first, second) = (at(1_700_000_000), at(1_700_000_001));
        assert!(first < second);
        assert_ne!(first, at(1_700_000_000));
        assert_eq!(first.get_version_num(), 7);
    }
}
