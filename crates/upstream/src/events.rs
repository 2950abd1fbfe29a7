//! Domain events: publishing to the topic that other services listen to (AWS SNS).
//!
//! Owns one `Publish` with the one attribute that subscribers filter by. The message is made elsewhere. Retries are
//! switched off: the relay repeats, and it counts its attempts. The sandbox speaks the same call, so there is one path.

use crate::breaker::{BreakerConfig, BreakerState};
use crate::config::EventsConfig;
use crate::error::{AnswerText, Kind, Refusal, System, UpstreamError};
use crate::http::{CORRELATION_ID, TRACEPARENT};
use crate::limit::Gate;
use crate::trace::Trace;
use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_sdk_sns::Client;
use aws_sdk_sns::config::Region;
use aws_sdk_sns::config::http::HttpResponse;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use std::error::Error;
use std::io;
use std::time::Duration;
use url::{Host, Url};

const OPERATION: &str = "publish";

/// The topic took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The topic's id of the message.
    pub message_id: String,
}

/// The topic of domain events.
pub struct Events {
    client: Client,
    topic_arn: String,
    patience: Duration,
    gate: Gate,
}

impl Events {
    pub(crate) async fn new(config: EventsConfig, breaker: BreakerConfig) -> Self {
        crate::install_crypto();
        let EventsConfig { region, endpoint_url, topic_arn, credentials, connect_timeout, timeout, max_concurrency } =
            config;
        let plain = endpoint_url.as_ref().is_some_and(|url| url.scheme() == "http");
        let http = aws_smithy_http_client::Builder::new();
        let http =
            if plain { http.build_http() } else { http.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https() };
        let timeouts = TimeoutConfig::builder().connect_timeout(connect_timeout).operation_timeout(timeout).build();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region))
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some((id, secret)) = credentials {
            loader = loader.credentials_provider(Credentials::new(id, secret.expose(), None, None, "configuration"));
        } else if endpoint_url.as_ref().is_some_and(is_stand_in) {
            loader = loader.credentials_provider(Credentials::new("sandbox", "sandbox", None, None, "stand-in"));
        }
        if let Some(url) = &endpoint_url {
            loader = loader.endpoint_url(url.as_str());
        }
        let client = Client::new(&Box::pin(loader.load()).await);
        Self { client, topic_arn, patience: timeout, gate: Gate::new(System::Events, max_concurrency, breaker) }
    }

    /// Publishes one message under its type. At most 256 KiB; delivered to subscribers at least once, in no order.
    pub async fn publish(
        &self,
        trace: &Trace,
        event_type: &str,
        message_json: &str,
    ) -> Result<Published, UpstreamError> {
        self.gate.observe(OPERATION, self.gated(trace, event_type, message_json)).await
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.gate.state()
    }

    async fn gated(&self, trace: &Trace, event_type: &str, message_json: &str) -> Result<Published, UpstreamError> {
        let pass = self.gate.enter(OPERATION, self.patience).await?;
        let result = self.send(trace, event_type, message_json).await;
        pass.settle(&result);
        result
    }

    async fn send(&self, trace: &Trace, event_type: &str, message_json: &str) -> Result<Published, UpstreamError> {
        let attribute =
            MessageAttributeValue::builder().data_type("String").string_value(event_type).build().map_err(|error| {
                error_of(Kind::Unsendable { at: "the event's type is not an attribute" }).because(error)
            })?;
        let publication = self
            .client
            .publish()
            .topic_arn(&self.topic_arn)
            .message(message_json)
            .message_attributes("eventType", attribute);
        let headers = [(TRACEPARENT, trace.parent_of_call()), (CORRELATION_ID, trace.correlation_id.clone())];
        let publication = publication.customize().mutate_request(move |request| {
            for (name, value) in &headers {
                if let Some(value) = value {
                    // A value that cannot be a header is left out: it is not worth the event.
                    let _ = request.headers_mut().try_insert(name.as_str().to_owned(), value.clone());
                }
            }
        });
        // The SDK's futures are large; they must not swell every caller's.
        let answer = Box::pin(publication.send()).await.map_err(|error| error_of(kind(&error)))?;
        let missing = || error_of(Kind::Malformed { at: "no message id".to_owned() });
        Ok(Published { message_id: answer.message_id.ok_or_else(missing)? })
    }
}

fn error_of(kind: Kind) -> UpstreamError {
    UpstreamError::new(System::Events, OPERATION, kind)
}

/// A plain or loopback address is a stand-in's, which checks no signature; any other gets the real credentials.
fn is_stand_in(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    loopback || url.scheme() == "http"
}

/// The SDK's own error text may quote the message, so only its kind goes on.
fn kind(error: &SdkError<PublishError, HttpResponse>) -> Kind {
    match error {
        SdkError::ConstructionFailure(_) => Kind::Unsendable { at: "the request cannot be built or signed" },
        SdkError::TimeoutError(_) => Kind::Timeout,
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(connector) if connector.is_user() => Kind::Unsendable { at: "the request is not valid HTTP" },
            Some(connector) => Kind::Unreachable { sent: !refused_connection(connector) },
            None => Kind::Unreachable { sent: true },
        },
        SdkError::ServiceError(failure) => {
            let raw = failure.raw();
            refused(raw, failure.err().code())
        }
        SdkError::ResponseError(failure) => refused(failure.raw(), None),
        _ => Kind::Unreachable { sent: true },
    }
}

fn refused(raw: &HttpResponse, code: Option<&str>) -> Kind {
    let status = raw.status().as_u16();
    if (200..300).contains(&status) {
        return Kind::Malformed { at: "the answer to a publication".to_owned() };
    }
    let body = raw.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    Kind::Refused(Box::new(Refusal {
        status,
        code: code.map(str::to_owned),
        user_message: None,
        body: AnswerText::new(&body),
        retry_after: None,
    }))
}

/// Whether the connection itself was refused, in which case nothing was sent.
fn refused_connection(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return matches!(io.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable);
        }
        next = error.source();
    }
    false
}
