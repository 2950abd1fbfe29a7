//! `sandbox`: the stand-ins of every external system.

use anyhow::Context;
use runtime::Shutdown;

use crate::config::SandboxConfig;
use crate::service::bind;
use crate::stop_on_signal;

/// Runs the stand-ins until told to stop.
pub(crate) async fn run(config: SandboxConfig, shutdown: Shutdown) -> anyhow::Result<()> {
    let listener = bind(config.listen).await?;
    let ui = config.ui_url.trim_end_matches('/');
    let sandbox = sandbox::Sandbox::open(sandbox::Config {
        state_file: config.state,
        public_url: config.url,
        redirect_uris: vec![format!("{ui}/sign-in/callback"), format!("{ui}/login/callback")],
        ..sandbox::Config::default()
    })
    .await?;
    tracing::info!(sandbox = %config.listen, "standing in");
    let stopping = shutdown.clone();
    sandbox.serve(listener, async move { stop_on_signal(stopping).await }).await.context("the sandbox could not serve")
}
