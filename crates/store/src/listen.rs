//! Wake-ups: what other connections say through LISTEN and NOTIFY. A wake-up may be lost while the connection is
//! down, so listeners look for work after [`Heard::Reconnected`] and on a timer besides.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::{Store, StoreError};

/// A wait between two attempts to reconnect.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// Something for a listener to react to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody notified the channel, with this payload.
    Notified(String),
    /// The connection was lost and is back; notifications may have been missed.
    Reconnected,
}

/// Listens on one channel, on a connection of its own.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Store {
    /// Starts to listen on a channel: `effect_ready` (payload: the system) or `effect_settled` (payload: the effect).
    pub async fn listen(&self, channel: &str) -> Result<Listener, StoreError> {
        let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = own.connect_with(self.options().clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.ignore_pool_close_event(true);
        listener.listen(channel).await?;
        Ok(Listener(listener))
    }
}

impl Listener {
    /// Forgets what was said already, for somebody who is about to look for themselves.
    pub fn forget(&mut self) {
        while self.0.next_buffered().is_some() {}
    }

    /// Waits for the next thing to react to; reconnects for as long as it takes. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Heard {
        let mut down = false;
        loop {
            match self.0.try_recv().await {
                Ok(Some(notification)) => return Heard::Notified(notification.payload().to_owned()),
                Ok(None) => return Heard::Reconnected,
                Err(error) => {
                    if !down {
                        tracing::warn!(error = %error, "the listening connection is lost, reconnecting");
                        down = true;
                    }
                    tokio::time::sleep(RECONNECT_PAUSE).await;
                }
            }
        }
    }
}
