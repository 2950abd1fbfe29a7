//! Waits briefly for the first attempt at an effect, holding no database connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::EffectId;
use runtime::Tasks;
use store::{Heard, Listener, Store};
use tokio::sync::oneshot;

type Waiters = Arc<Mutex<HashMap<EffectId, Vec<oneshot::Sender<()>>>>>;

/// Hears from the database which effects were attempted, and wakes whoever waits for one.
pub(crate) struct SettledEffects(Waiters);

impl SettledEffects {
    /// Starts listening; one connection for the whole process.
    pub(crate) fn listen(store: &Store, tasks: &Tasks) -> Self {
        let waiters = Waiters::default();
        let woken = Arc::clone(&waiters);
        let stop = tasks.shutdown().wait();
        let store = store.clone();
        tasks.spawn(async move {
            let hearing = async {
                let mut settled = listener(&store).await;
                loop {
                    let mut waiters = match settled.next().await {
                        Heard::Notified(payload) => {
                            let Ok(id) = payload.parse::<EffectId>() else { continue };
                            woken.lock().unwrap_or_else(PoisonError::into_inner).remove(&id).unwrap_or_default()
                        }
                        // Something may have been missed: everybody looks for themselves.
                        Heard::Reconnected => {
                            let mut waiting = woken.lock().unwrap_or_else(PoisonError::into_inner);
                            waiting.drain().flat_map(|(_, waiters)| waiters).collect()
                        }
                    };
                    for waiter in waiters.drain(..) {
                        // Nobody waits any more: that is what the deadline is for.
                        let _ = waiter.send(());
                    }
                }
            };
            tokio::select! {
                () = stop => {}
                () = hearing => {}
            }
        });
        Self(waiters)
    }

    /// Registers interest. Look at the effect once afterwards: an attempt made before is not announced again.
    pub(crate) fn expect(&self, id: EffectId) -> Expected {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().push(sender);
        Expected { id, receiver, waiters: Arc::clone(&self.0) }
    }
}

/// A listener, however long the database takes to be there.
async fn listener(store: &Store) -> Listener {
    loop {
        match store.listen(store::outbox::SETTLED_CHANNEL).await {
            Ok(listener) => return listener,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot hear of settled effects yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// An effect that somebody waits for.
pub(crate) struct Expected {
    id: EffectId,
    receiver: oneshot::Receiver<()>,
    waiters: Waiters,
}

impl Expected {
    /// Waits for the first attempt, or until the time is up.
    pub(crate) async fn wait(mut self, limit: Duration) {
        let _ = tokio::time::timeout(limit, &mut self.receiver).await;
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.receiver.close();
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = waiters.get_mut(&self.id) {
            waiting.retain(|waiter| !waiter.is_closed());
            if waiting.is_empty() {
                waiters.remove(&self.id);
            }
        }
    }
}
