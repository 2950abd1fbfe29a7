//! Which statements a reading runs, as the driver reports them. One subscriber serves the whole process, so that tests
//! that run at the same time cannot switch each other's reports off; each test's thread keeps its own.

use std::cell::RefCell;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Statements;

struct Statement(String);

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" if !value.is_empty() => value.trim().clone_into(&mut self.0),
            "summary" if self.0.is_empty() => value.clone_into(&mut self.0),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut statement = Statement(String::new());
            event.record(&mut statement);
            SEEN.with_borrow_mut(|seen| seen.push(statement.0));
        }
    }
}

/// What a reading answers, and the statements that it runs on this thread, in order.
pub(crate) async fn statements<T>(reading: impl Future<Output = T>) -> (T, Vec<String>) {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Statements);
        tracing::subscriber::set_global_default(subscriber).expect("nothing else subscribes in these tests");
    });
    SEEN.take();
    let answer = reading.await;
    let seen = SEEN.take();
    assert!(!seen.is_empty(), "the driver reports its statements");
    (answer, seen)
}
