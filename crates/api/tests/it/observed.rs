//! What the product says about itself while the tests of this binary run: every log line, every metric, and how many
//! SQL statements each request ran.

use std::collections::HashMap;
use std::fmt::Debug;
use std::io::Write;
use std::sync::{LazyLock, Mutex, OnceLock};

use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

/// Our own lines at their most talkative, those of libraries at debug. Statements are counted, not kept: they hold no
/// values, and there are very many.
const KEPT: &str = "debug,sqlx=info,api=trace,app=trace,delivery=trace,domain=trace,store=trace,upstream=trace";

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static STATEMENTS: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);
static METRICS: OnceLock<metrics_exporter_prometheus::PrometheusHandle> = OnceLock::new();

/// Begins to watch; the first call counts. Called before anything of the product starts.
pub(crate) fn watch() {
    METRICS.get_or_init(|| {
        let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(Kept);
        let count = Count.with_filter(
            Targets::new().with_target("sqlx::query", tracing::Level::TRACE).with_target("api", tracing::Level::INFO),
        );
        Registry::default().with(lines.with_filter(EnvFilter::new(KEPT))).with(count).init();
        runtime::telemetry::start_metrics()
    });
}

/// Every log line so far.
pub(crate) fn log() -> String {
    String::from_utf8(LOG.lock().unwrap().clone()).expect("log lines are text")
}

/// Every metric as it stands.
pub(crate) fn metrics() -> String {
    METRICS.get().expect("watching has begun").render()
}

/// How many statements the request with this correlation id ran so far.
pub(crate) fn statements(correlation: &str) -> usize {
    STATEMENTS.lock().unwrap().get(correlation).copied().unwrap_or(0)
}

/// Keeps the lines in memory.
struct Kept;

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Counts the driver's line about each statement for the request in whose span it stands.
struct Count;

struct RequestId(String);

#[derive(Default)]
struct FindRequestId(Option<String>);

impl tracing::field::Visit for FindRequestId {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        if field.name() == "request.id" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Count {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, id: &tracing::Id, ctx: Context<'_, S>) {
        let mut found = FindRequestId::default();
        attributes.record(&mut found);
        if let (Some(id), Some(span)) = (found.0, ctx.span(id)) {
            span.extensions_mut().insert(RequestId(id));
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, ctx: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let request = ctx
            .event_scope(event)
            .and_then(|mut spans| spans.find_map(|span| span.extensions().get::<RequestId>().map(|id| id.0.clone())));
        if let Some(id) = request {
            *STATEMENTS.lock().unwrap().entry(id).or_default() += 1;
        }
    }
}
