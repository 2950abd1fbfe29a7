//! Background tasks that shutdown waits for, and the signal that asks them to stop.

use std::future::Future;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Asks everything to stop. Cloning shares it; children of a cancelled one are cancelled too.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// A fresh signal, not yet given.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the signal; giving it twice is harmless.
    pub fn trigger(&self) {
        self.0.cancel();
    }

    /// Whether the signal was given.
    pub fn is_triggered(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Completes when the signal is given; owned, so that it may outlive the borrow.
    pub fn wait(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.clone().cancelled_owned()
    }

    /// A signal of its own that also ends when this one does.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }
}

/// Spawns background tasks and waits for all of them at the end.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    shutdown: Shutdown,
}

impl Tasks {
    /// No task yet; they are expected to watch `shutdown`.
    pub fn new(shutdown: Shutdown) -> Self {
        Self { tracker: TaskTracker::new(), shutdown }
    }

    /// The signal that the tasks watch.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Runs a task until it ends of itself; it should end soon after the shutdown signal.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// Asks every task to stop and waits until the last one has.
    pub async fn stop(self) {
        self.shutdown.trigger();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
