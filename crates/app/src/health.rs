//! Whether the service can do its work.

use crate::App;

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
    /// Looks now. Other systems are not asked: their outage delays their own messages and nothing else.
    pub async fn health(&self) -> Health {
        Health { database: self.store().is_alive().await }
    }
}
