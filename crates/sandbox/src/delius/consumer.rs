//! Delius's consumer of our events.

use crate::sandbox::Sandbox;

/// Reads events for ever and acknowledges each.
pub async fn run(sandbox: Sandbox) {
    loop {
        let delivery = sandbox.next_event().await;
        if let Err(error) = sandbox.acknowledge_event(&delivery) {
            tracing::error!(error = &error as &dyn std::error::Error, "the sandbox's state could not be saved");
        }
    }
}
