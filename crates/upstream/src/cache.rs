//! Answers kept for a while.
//!
//! Owns [`Cache`]: bounded, by age, and able to give a stale answer when the system is down and the caller may use it.
//! What may be cached, and for how long, is decided by each system's module.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Beyond this many entries the aged ones go, and if that does not help, all.
const MAX_ENTRIES: usize = 10_000;

pub(crate) struct Cache<K, V> {
    ttl: Duration,
    entries: Mutex<HashMap<K, (Instant, V)>>,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub(crate) fn new(ttl: Duration) -> Self {
        Self { ttl, entries: Mutex::new(HashMap::new()) }
    }

    /// The answer if it is younger than the time to live.
    pub(crate) fn fresh(&self, key: &K, now: Instant) -> Option<V> {
        self.within(key, now, self.ttl)
    }

    /// The answer if it is younger than `age`.
    pub(crate) fn within(&self, key: &K, now: Instant, age: Duration) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, value) = entries.get(key)?;
        (now.duration_since(*at) < age).then(|| value.clone())
    }

    /// The answer whatever its age.
    pub(crate) fn stale(&self, key: &K) -> Option<V> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(|(_, value)| value.clone())
    }

    pub(crate) fn keep(&self, key: K, value: V, now: Instant) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, (at, _)| now.duration_since(*at) < self.ttl);
            if entries.len() >= MAX_ENTRIES {
                entries.clear();
            }
        }
        entries.insert(key, (now, value));
    }

    pub(crate) fn forget(&self, key: &K) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ages_but_stays_for_those_who_may_use_it() {
        let cache = Cache::new(Duration::from_mins(1));
        let now = Instant::now();
        cache.keep("a", 1, now);
        assert_eq!(cache.fresh(&"a", now + Duration::from_secs(59)), Some(1));
        assert_eq!(cache.fresh(&"a", now + Duration::from_mins(1)), None);
        assert_eq!(cache.within(&"a", now + Duration::from_secs(100), Duration::from_mins(5)), Some(1));
        assert_eq!(cache.stale(&"a"), Some(1));
        cache.forget(&"a");
        assert_eq!(cache.stale(&"a"), None);
    }

    #[test]
    fn the_cache_is_bounded() {
        let cache = Cache::new(Duration::from_mins(1));
        let now = Instant::now();
        for key in 0..=MAX_ENTRIES {
            cache.keep(key, key, now);
        }
        assert!(cache.entries.lock().unwrap().len() <= MAX_ENTRIES);
        assert_eq!(cache.fresh(&MAX_ENTRIES, now), Some(MAX_ENTRIES));
    }
}
