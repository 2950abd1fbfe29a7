//! Hands spans to a collector over OTLP (HTTP, protobuf), with the HTTP client and the TLS stack that everything uses.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::HttpError;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use runtime::telemetry::Traces;
use tokio::runtime::Handle;

use crate::config::TraceConfig;

/// How long a collector may take over one batch.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts handing over spans. `runtime` makes the calls; it must outlive the traces.
pub(crate) fn start(config: &TraceConfig, runtime: Handle) -> anyhow::Result<Traces> {
    let client = reqwest::Client::builder()
        .user_agent("interventions")
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .context("no HTTP client for traces")?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Courier { client, runtime })
        .with_endpoint(format!("{}/v1/traces", config.endpoint.as_str().trim_end_matches('/')))
        .build()
        .context("traces cannot be exported")?;
    Ok(Traces::to(exporter, config.share))
}

/// Carries one batch. It is asked from a thread of the exporter's own, where no call could be made.
#[derive(Debug)]
struct Courier {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait::async_trait]
impl opentelemetry_http::HttpClient for Courier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let response = client.execute(reqwest::Request::try_from(request)?).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut answer = Response::builder().status(status).body(response.bytes().await?)?;
            *answer.headers_mut() = headers;
            Ok::<_, HttpError>(answer)
        });
        sent.await?
    }
}
