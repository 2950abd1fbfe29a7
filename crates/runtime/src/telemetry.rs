//! Log lines and metrics.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::Tasks;

/// Upper bounds, in seconds, of how long a request took: ours, and those to other systems.
const REQUEST_BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// Upper bounds, in seconds, of how long an effect waited: from at once to a day.
const AGE_BUCKETS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0];
/// How often samples are put into their buckets, so that memory stays bounded when nobody reads the page.
const UPKEEP: Duration = Duration::from_secs(5);

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For people at a terminal.
    Text,
}

/// Starts logging to standard error. `filter` is a level or a list of `target=level`.
pub fn start_logging(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, as in tests, leaves the first as it is.
    let _ = match format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
        LogFormat::Text => builder.with_target(false).compact().try_init(),
    };
}

/// Starts counting; the handle renders the Prometheus page. A second start in one process gets a page of its own that
/// stays empty.
pub fn start_metrics() -> PrometheusHandle {
    let age = Matcher::Full("effect_age_seconds".to_owned());
    let requests = Matcher::Suffix("_seconds".to_owned());
    // Fails only on an empty list of bounds.
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(age, AGE_BUCKETS)
        .and_then(|builder| builder.set_buckets_for_metric(requests, REQUEST_BUCKETS))
        .unwrap_or_default();
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    let _ = metrics::set_global_recorder(recorder);
    handle
}

/// Keeps the memory of the counted samples bounded until shutdown, whether anybody reads the page or not.
pub fn keep_metrics(handle: PrometheusHandle, tasks: &Tasks) {
    let stop = tasks.shutdown().clone();
    tasks.spawn(async move {
        while !stop.is_triggered() {
            handle.run_upkeep();
            tokio::select! {
                () = stop.wait() => {}
                () = tokio::time::sleep(UPKEEP) => {}
            }
        }
    });
}
