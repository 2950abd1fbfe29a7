//! `serve`, `worker` and `migrate`: the service proper.

use anyhow::Context;
use app::App;
use metrics_exporter_prometheus::PrometheusHandle;
use runtime::{Clock, Ids, Shutdown, Tasks};
use store::Store;
use tokio::net::TcpListener;
use upstream::Upstreams;

use crate::build;
use crate::config::ServiceConfig;
use crate::stop_on_signal;

/// Serves the REST API and the pages until told to stop.
pub(crate) async fn serve(config: ServiceConfig, shutdown: Shutdown) -> anyhow::Result<()> {
    let metrics = runtime::telemetry::start_metrics();
    let tasks = Tasks::new(shutdown.clone());
    runtime::telemetry::keep_metrics(metrics.clone(), &tasks);
    let api_listener = bind(config.api_listen).await?;
    let web_listener = bind(config.web_listen).await?;
    let (app, config) = Box::pin(assemble(config, &tasks)).await?;
    delivery::circuit::show(app.clone(), &tasks);
    let api = api::router(app.clone(), api::Settings { build: build::this(), metrics });
    let web = web::router(
        app,
        web::Settings {
            public_url: config.public_ui_url.clone(),
            session_idle: config.session_idle,
            session_max: config.session_max,
        },
    );
    tracing::info!(api = %config.api_listen, web = %config.web_listen, "serving");
    tasks.spawn(stop_on_signal(shutdown.clone()));
    let api = axum::serve(api_listener, api).with_graceful_shutdown(shutdown.wait());
    let web = axum::serve(web_listener, web).with_graceful_shutdown(shutdown.wait());
    let served = tokio::try_join!(async { api.await }, async { web.await });
    tasks.stop().await;
    served.map(|_| ()).context("serving failed")
}

/// Delivers effects and keeps the schedule of jobs until told to stop; whatever is in flight is finished first.
pub(crate) async fn work(config: ServiceConfig, shutdown: Shutdown) -> anyhow::Result<()> {
    let metrics = runtime::telemetry::start_metrics();
    let tasks = Tasks::new(shutdown.clone());
    runtime::telemetry::keep_metrics(metrics.clone(), &tasks);
    let (app, config) = Box::pin(assemble(config, &tasks)).await?;
    match bind(config.worker_listen).await {
        Ok(listener) => answer_probes(listener, app.clone(), metrics, &tasks),
        // Another worker on this machine has the address. That nobody can look is no reason not to deliver.
        Err(error) => tracing::warn!(error = format!("{error:#}"), "this worker has no page for probes and metrics"),
    }
    config.schedule.spawn(app.clone(), &tasks);
    delivery::watch(app.clone(), config.late_after, &tasks);
    delivery::circuit::show(app.clone(), &tasks);
    delivery::look_again(app.clone(), &tasks);
    delivery::circuit::tell(app.clone(), &tasks);
    delivery::Relay::new(app, config.delivery).spawn(&tasks);
    tracing::info!("delivering");
    stop_on_signal(shutdown).await;
    tasks.stop().await;
    Ok(())
}

/// Health, build and metrics of a process that serves nothing else.
fn answer_probes(listener: TcpListener, app: App, metrics: PrometheusHandle, tasks: &Tasks) {
    let shutdown = tasks.shutdown().clone();
    let probes = api::probes(app, api::Settings { build: build::this(), metrics });
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, probes).with_graceful_shutdown(shutdown.wait()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the page for probes and metrics has ended");
        }
    });
}

/// Brings the database up to date. Safe to run twice, and by two processes at once.
pub(crate) async fn migrate(url: &str, demo_catalogue: bool) -> anyhow::Result<()> {
    let store = Store::connect(url, 2).await.context("the database is not available")?;
    store.migrate().await.context("the database could not be brought up to date")?;
    let mut work = store.begin().await?;
    store::reference::load(&mut work).await.context("reference data could not be loaded")?;
    if demo_catalogue {
        store::catalogue::load_demo(&mut work).await.context("the demo catalogue could not be loaded")?;
    }
    work.commit().await?;
    Ok(())
}

/// Puts the use cases together over the configured database and systems.
pub(crate) async fn assemble(config: ServiceConfig, tasks: &Tasks) -> anyhow::Result<(App, ServiceConfig)> {
    let clock = Clock::system();
    let store = Store::connect(config.database_url.expose(), config.database_connections)
        .await
        .context("the database is not available")?;
    let upstreams = Upstreams::new(config.upstreams.clone(), clock.clone()).await?.with_shadows(tasks);
    let app = App::new(store, upstreams, clock, Ids::random(), config.app.clone(), tasks);
    Ok((app, config))
}

pub(crate) async fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: stop whatever uses the port, or choose another one in the configuration")
    })
}
