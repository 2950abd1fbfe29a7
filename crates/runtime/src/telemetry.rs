//! Log lines, metrics, and spans for whoever collects traces.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanExporter};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use crate::Tasks;

/// Upper bounds, in seconds, of how long a request took: ours, and those to other systems.
const REQUEST_BUCKETS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// Upper bounds, in seconds, of how long an effect waited: from at once to a day.
const AGE_BUCKETS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0];
/// How often samples are put into their buckets, so that memory stays bounded when nobody reads the page.
const UPKEEP: Duration = Duration::from_secs(5);

/// Whose spans are exported: ours. Those of libraries may carry addresses, and addresses carry case numbers.
const TRACED: &[&str] = &["api", "web", "app", "delivery", "upstream"];
/// How long the last spans may take to be handed over at the end.
const FAREWELL: Duration = Duration::from_secs(5);

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For people at a terminal.
    Text,
}

/// Spans on their way to a collector.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Hands spans to `exporter`, in batches, from a thread of its own. Of the traces that begin here, `share` (0 to 1)
    /// is recorded; of those that began elsewhere, what was decided there.
    pub fn to(exporter: impl SpanExporter + 'static, share: f64) -> Self {
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share)));
        let resource = Resource::builder_empty().with_service_name("interventions").build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_sampler(sampler);
        Self(provider.with_resource(resource).build())
    }

    /// Hands over what is left. Blocks for a few seconds at most.
    pub fn finish(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FAREWELL) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the last spans were not handed over");
        }
    }
}

/// Starts logging to standard error, and recording spans where there are `traces`. `filter` is a level or a list of
/// `target=level`; it concerns log lines alone.
pub fn start_logging(format: LogFormat, filter: &str, traces: Option<&Traces>) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(true).with_span_list(false).with_filter(filter).boxed()
        }
        LogFormat::Text => lines.with_target(false).compact().with_filter(filter).boxed(),
    };
    // A second start, as in tests, leaves the first as it is.
    let _ = tracing_subscriber::registry().with(lines).with(traces.map(recording)).try_init();
}

fn recording<S: Subscriber + for<'span> LookupSpan<'span>>(traces: &Traces) -> impl Layer<S> {
    tracing_opentelemetry::layer()
        .with_tracer(traces.0.tracer("interventions"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(is_traced))
}

/// Spans only: log lines have a place of their own, and their texts stay there.
fn is_traced(what: &Metadata<'_>) -> bool {
    let origin = what.target().split("::").next().unwrap_or_default();
    what.is_span() && *what.level() <= Level::INFO && TRACED.contains(&origin)
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

/// Which of our two servers was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The REST API.
    Api,
    /// The pages.
    Web,
}

impl Server {
    fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Web => "web",
        }
    }
}

/// Counts one request and how long it took. `route` is the template, never the path: paths name people.
pub fn count_request(server: Server, method: &str, route: String, status: u16, took: Duration) {
    metrics::histogram!(
        "http_server_requests_seconds",
        "server" => server.name(), "method" => known_method(method), "route" => route, "status" => status.to_string()
    )
    .record(took.as_secs_f64());
}

/// The method's name, or one name for all that nobody offers: callers must not be able to make metrics.
pub fn known_method(method: &str) -> &'static str {
    let known = ["GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS", "DELETE"];
    known.into_iter().find(|name| *name == method).unwrap_or("OTHER")
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
