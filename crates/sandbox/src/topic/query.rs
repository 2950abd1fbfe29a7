//! The query protocol: a form in, a small piece of XML out.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::page::html::escape;

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
/// The protocol wants one for each answer; nothing reads it.
const REQUEST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A publish call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publish {
    pub(crate) topic_arn: String,
    pub(crate) message: String,
    /// Attributes of type String, by name.
    pub(crate) attributes: BTreeMap<String, String>,
}

/// Why a form is not a publish call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// Another action of the topic service.
    Action,
    /// `TopicArn` is absent or empty.
    TopicArn,
    /// `Message` is absent or empty.
    Message,
    /// Larger than 256 KiB.
    TooLong,
}

/// Reads the pairs of a form.
pub(crate) fn read(pairs: &[(String, String)]) -> Result<Publish, Unusable> {
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if value("Action") != Some("Publish") {
        return Err(Unusable::Action);
    }
    let topic_arn = value("TopicArn").filter(|arn| !arn.is_empty()).ok_or(Unusable::TopicArn)?.to_owned();
    let message = value("Message").filter(|text| !text.is_empty()).ok_or(Unusable::Message)?.to_owned();
    if message.len() > 256 * 1024 {
        return Err(Unusable::TooLong);
    }
    let mut attributes = BTreeMap::new();
    for n in 1.. {
        let prefix = format!("MessageAttributes.entry.{n}");
        let Some(name) = value(&format!("{prefix}.Name")) else { break };
        if let Some(text) = value(&format!("{prefix}.Value.StringValue")) {
            attributes.insert(name.to_owned(), text.to_owned());
        }
    }
    Ok(Publish { topic_arn, message, attributes })
}

/// The answer to a publish call.
pub(crate) fn published(message_id: &str) -> Response {
    xml(
        StatusCode::OK,
        &format!(
            "<PublishResponse xmlns=\"{NAMESPACE}\"><PublishResult><MessageId>{message_id}</MessageId></PublishResult>\
             <ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></PublishResponse>"
        ),
    )
}

/// An error in the protocol's shape.
pub(crate) fn error_answer(status: StatusCode, code: &str, told: &str) -> Response {
    let side = if status.is_server_error() { "Receiver" } else { "Sender" };
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{side}</Type><Code>{code}</Code>\
             <Message>{told}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>",
            told = escape(told),
        ),
    )
}

fn xml(status: StatusCode, body: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/xml")], body.to_owned()).into_response()
}
