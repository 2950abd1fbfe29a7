//! Traces: a click, the calls made while the user waits, and what the worker does later are one trace, here and in the
//! other systems; and a collector gets its spans.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use reqwest::Method;
use runtime::{Shutdown, Tasks};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::product::Product;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CRN: &str = "X100005";

#[tokio::test(flavor = "multi_thread")]
async fn a_click_and_everything_that_follows_from_it_are_one_trace() {
    let collector = Collector::start().await;
    let product = Product::start_with(&[("RAM_OTLP_ENDPOINT", &collector.url)]).await;
    let referral = send_traced(&product).await;
    product.settled(&referral).await;

    let carried = calls_of_the_trace(&product).await;
    for call in ["PUT /probation-case/", "POST /v2/notifications/email", "POST /"] {
        assert!(carried.iter().any(|(path, _)| path.starts_with(call)), "{call}: {carried:?}");
    }
    for (path, traceparent) in &carried {
        let parent = traceparent.split('-').nth(2).unwrap();
        assert_ne!(parent, "b7ad6b7169203331", "{path} names a span of ours as its parent");
    }
    let spans = ["request", "change", "effect", "upstream call"];
    product
        .eventually("the collector has a span of each kind of the trace", async || {
            spans.iter().all(|name| collector.has(name)).then_some(())
        })
        .await;
    assert!(!collector.holds(CRN.as_bytes()), "a span says whom it is about");
    collector.stop.trigger();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_calls_carry_the_trace_that_came_in() {
    let product = Product::start().await;
    let referral = send_traced(&product).await;
    product.settled(&referral).await;
    let carried = calls_of_the_trace(&product).await;
    assert!(carried.iter().any(|(path, _)| path.starts_with("PUT /probation-case/")), "{carried:?}");
    // Nobody named a trace when the draft was made: one was begun.
    let log = product.look("requests?system=delius").await;
    let calls = log.as_array().or_else(|| log["requests"].as_array()).unwrap();
    assert!(calls.iter().all(|call| call["traceparent"].is_string()), "{log}");
}

/// A referral that was sent in a request with a trace of its own.
async fn send_traced(product: &Product) -> String {
    let practitioner = product.actor("PRACTITIONER_1").await;
    let draft = product.a_complete_draft(&practitioner, CRN).await;
    let traceparent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let path = format!("/draft-referral/{draft}/send");
    let sent = practitioner.call_with(Method::POST, &path, &[("traceparent", &traceparent)], json!({})).await;
    sent.expect(201)["id"].as_str().unwrap().to_owned()
}

/// What other systems were called with in the trace: method and path, and the header.
async fn calls_of_the_trace(product: &Product) -> Vec<(String, String)> {
    let log = product.look("requests").await;
    let calls = log.as_array().or_else(|| log["requests"].as_array()).unwrap();
    let text = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
    calls
        .iter()
        .map(|call| (format!("{} {}", text(call, "method"), text(call, "path")), text(call, "traceparent")))
        .filter(|(_, traceparent)| traceparent.contains(TRACE))
        .collect()
}

/// Stands in for a collector: keeps what it is sent.
struct Collector {
    url: String,
    batches: Arc<Mutex<Vec<Bytes>>>,
    stop: Shutdown,
}

impl Collector {
    async fn start() -> Self {
        let batches: Arc<Mutex<Vec<Bytes>>> = Arc::default();
        let kept = Arc::clone(&batches);
        let take = async move |body: Bytes| kept.lock().unwrap().push(body);
        let router = Router::new().route("/v1/traces", post(take));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = Shutdown::new();
        let ended = stop.wait();
        Tasks::new(stop.clone()).spawn(async move {
            axum::serve(listener, router).with_graceful_shutdown(ended).await.unwrap();
        });
        Self { url, batches, stop }
    }

    /// Whether a span of this name came in a span message that names the trace. Ids and names stand in the encoding as
    /// they are; a span begins with its trace's id, and its name follows within its two ids and some tags.
    fn has(&self, name: &str) -> bool {
        let id: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&TRACE[2 * at..2 * at + 2], 16).unwrap()).collect();
        let batches = self.batches.lock().unwrap();
        batches.iter().any(|batch| {
            let starts = (0..batch.len()).filter(|at| batch[*at..].starts_with(&id));
            starts.into_iter().any(|at| contains(&batch[at..batch.len().min(at + 64)], name.as_bytes()))
        })
    }

    fn holds(&self, text: &[u8]) -> bool {
        self.batches.lock().unwrap().iter().any(|batch| contains(batch, text))
    }
}

fn contains(batch: &[u8], text: &[u8]) -> bool {
    batch.windows(text.len()).any(|window| window == text)
}
