//! The publish call: keeps the event, queues it for Delius, answers with the message id.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;

use super::Published;
use super::query::{self, Unusable};
use crate::sandbox::Sandbox;

pub(super) async fn publish(State(sandbox): State<Sandbox>, body: Bytes) -> Response {
    let Ok(pairs) = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body) else {
        return query::error_answer(StatusCode::BAD_REQUEST, "InvalidParameter", "the body is not a form");
    };
    let call = match query::read(&pairs) {
        Ok(call) => call,
        Err(wrong) => return refused(wrong),
    };
    let message = serde_json::from_str(&call.message).unwrap_or_else(|_| Value::String(call.message.clone()));
    let in_body = || message.get("eventType").and_then(Value::as_str).map(ToOwned::to_owned);
    let event_type = call.attributes.get("eventType").cloned().or_else(in_body);
    let id = sandbox.write(|state| {
        let id = state.next_id().to_string();
        let event =
            Published { id: id.clone(), received_at: state.now(), event_type, message, attributes: call.attributes };
        let delius_listens = state.delius.consumes_events();
        state.topic.accept(event, &call.message, delius_listens);
        id
    });
    sandbox.queued().notify_one();
    query::published(&id)
}

fn refused(wrong: Unusable) -> Response {
    let (status, code, told) = match wrong {
        Unusable::Action => (StatusCode::BAD_REQUEST, "InvalidAction", "only Publish is understood"),
        Unusable::TopicArn => (StatusCode::BAD_REQUEST, "InvalidParameter", "Invalid parameter: TopicArn"),
        Unusable::Message => (StatusCode::BAD_REQUEST, "InvalidParameter", "Invalid parameter: Empty message"),
        Unusable::TooLong => (StatusCode::BAD_REQUEST, "InvalidParameter", "Invalid parameter: Message too long"),
    };
    query::error_answer(status, code, told)
}
