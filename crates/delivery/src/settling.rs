//! Writes outcomes down, as many in one transaction as are ready together: whoever has the pen writes for all who wait
//! for it. Each outcome has its own fence; one that cannot be written keeps no other from being written.

use std::mem;
use std::sync::{Mutex, PoisonError};

use store::outbox::Settlement;
use store::{Store, StoreError};
use tokio::sync::oneshot;

/// What came of a settlement: whether its fence held.
type Written = Result<bool, StoreError>;

/// The pen. One for each relay.
#[derive(Default)]
pub(crate) struct Pen {
    ready: Mutex<Vec<(Settlement, oneshot::Sender<Written>)>>,
    turn: tokio::sync::Mutex<()>,
}

impl Pen {
    /// Writes an outcome down, and those that others have ready; false when this one's fence was lost.
    ///
    /// # Errors
    /// The database's, or that of whoever wrote for us and was cut off.
    pub(crate) async fn settle(&self, store: &Store, settlement: Settlement) -> Written {
        let (told, hears) = oneshot::channel();
        {
            let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            // Left behind by an attempt that was cut off while it waited for the pen.
            ready.retain(|(left, _)| left.id != settlement.id);
            ready.push((settlement, told));
        }
        let turn = self.turn.lock().await;
        // Empty when somebody has written ours already.
        let batch = mem::take(&mut *self.ready.lock().unwrap_or_else(PoisonError::into_inner));
        write(store, batch).await;
        drop(turn);
        hears.await.unwrap_or_else(|cut_off| Err(StoreError::Unavailable(Box::new(cut_off))))
    }
}

async fn write(store: &Store, batch: Vec<(Settlement, oneshot::Sender<Written>)>) {
    let (settlements, tellers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    if settlements.is_empty() {
        return;
    }
    let written = together(store, &settlements).await;
    for (settlement, told) in settlements.iter().zip(tellers) {
        let outcome = match &written {
            Ok(written) => Ok(written.contains(&settlement.id)),
            Err(_) => together(store, std::slice::from_ref(settlement)).await.map(|written| !written.is_empty()),
        };
        // Nobody waits any more: the lease of the attempt is over.
        let _ = told.send(outcome);
    }
}

async fn together(
    store: &Store,
    settlements: &[Settlement],
) -> Result<std::collections::BTreeSet<domain::EffectId>, StoreError> {
    let mut db = store.connection().await?;
    store::outbox::settle_all(&mut db, settlements).await
}
