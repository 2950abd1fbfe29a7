//! Whether the service can do its work.

use std::time::Duration;

use crate::App;

/// How long an answer is believed.
pub(crate) const BELIEVED_FOR: Duration = Duration::from_secs(2);

/// The state of what the service needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The database answers.
    pub database: bool,
}

impl Health {
    /// Everything that the service cannot do without is there.
    pub fn is_up(self) -> bool {
        self.database
    }
}

impl App {
    /// Looks, unless somebody looked within the last two seconds: probes must not be a load. Other systems are not
    /// asked: their outage delays their own messages and nothing else.
    pub async fn health(&self) -> Health {
        let now = self.clock().now();
        if let Some(known) = self.0.health.get(&(), now) {
            return known;
        }
        let health = Health { database: self.store().is_alive().await };
        self.0.health.put((), health, now);
        health
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use runtime::{Clock, Ids, Shutdown, Tasks};
    use testkit::TestDatabase;
    use upstream::Upstreams;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn health_is_looked_at_every_two_seconds_at_most() {
        upstream::install_crypto();
        let database = TestDatabase::create().await;
        let clock = Clock::fixed("2031-02-03T04:05:06Z".parse().expect("it is there"));
        let nobody = upstream::Config::sandbox(&"http://127.0.0.1:9".parse().expect("it is there"));
        let upstreams = Upstreams::new(nobody, clock.clone()).await.expect("it is there");
        let tasks = Tasks::new(Shutdown::new());
        let store = database.store.clone();
        let app = App::new(store.clone(), upstreams, clock.clone(), Ids::seeded(1), crate::Settings::default(), &tasks);
        assert!(app.health().await.is_up());
        store.close().await;
        clock.advance(SignedDuration::from_millis(1_999));
        assert!(app.health().await.is_up(), "somebody looked a moment ago");
        clock.advance(SignedDuration::from_millis(1));
        assert!(!app.health().await.is_up());
        tasks.stop().await;
    }
}
