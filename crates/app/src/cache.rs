//! A small bounded cache whose entries expire; for answers that may be believed for a moment.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// More entries than this and the expired ones are dropped, then all: a bound on memory, not a policy.
const CAPACITY: usize = 20_000;

/// Values by key, each believed for the same time.
pub(crate) struct Cache<K, V> {
    ttl: SignedDuration,
    entries: Mutex<HashMap<K, (V, Timestamp)>>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new(ttl: Duration) -> Self {
        let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
        Self { ttl, entries: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, (_, until)| now < *until);
            if entries.len() >= CAPACITY {
                entries.clear();
            }
        }
        let until = now.saturating_add(self.ttl).unwrap_or(now);
        entries.insert(key, (value, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_believed_until_they_expire() {
        let cache = Cache::new(Duration::from_mins(1));
        let start = Timestamp::UNIX_EPOCH;
        cache.put("key", 1, start);
        assert_eq!(cache.get(&"key", Timestamp::from_second(59).expect("in range")), Some(1));
        assert_eq!(cache.get(&"key", Timestamp::from_second(60).expect("in range")), None);
        assert_eq!(cache.get(&"other", start), None);
    }
}
