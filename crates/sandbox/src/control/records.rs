//! What the stand-ins received: requests, e-mails, events; and the switches of e-mail and of the queue.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bad, done, strict};
use crate::fault::SYSTEMS;
use crate::notify::keys::NOTIFY_API_KEY;
use crate::notify::{Limits, Receipts};
use crate::requests::Received;
use crate::sandbox::Sandbox;
use crate::topic::Published;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    system: Option<String>,
}

/// Requests received since the process started or was reset, oldest first.
pub(super) async fn requests(State(sandbox): State<Sandbox>, Query(of): Query<Of>) -> Result<Json<Vec<Received>>, Bad> {
    if let Some(system) = of.system.as_deref().filter(|system| !SYSTEMS.contains(system)) {
        return Err(Bad::new(format!("unknown system `{system}`, expected one of {}", SYSTEMS.join(", "))));
    }
    Ok(Json(sandbox.log().list(of.system.as_deref())))
}

pub(super) async fn forget_requests(State(sandbox): State<Sandbox>) -> Json<Value> {
    sandbox.log().clear();
    done()
}

/// E-mails accepted, oldest first.
pub(super) async fn emails(State(sandbox): State<Sandbox>) -> Json<Vec<Value>> {
    Json(sandbox.read(|state| {
        let shown = state.notify.emails.iter().map(|email| {
            json!({
                "id": email.id,
                "receivedAt": email.received_at,
                "templateId": email.template_id,
                "emailAddress": email.email_address,
                "personalisation": email.personalisation,
                "reference": email.reference,
                "status": email.status.name(),
            })
        });
        shown.collect()
    }))
}

/// What a product is configured with to send e-mail: the live key, and the template of each purpose.
pub(super) async fn account(State(sandbox): State<Sandbox>) -> Json<Value> {
    let templates: Vec<Value> = sandbox
        .config()
        .notify_templates
        .0
        .iter()
        .map(|template| json!({ "purpose": template.purpose, "id": template.id }))
        .collect();
    Json(json!({ "apiKey": NOTIFY_API_KEY, "templates": templates }))
}

/// Events published, oldest first.
pub(super) async fn events(State(sandbox): State<Sandbox>) -> Json<Vec<Published>> {
    Json(sandbox.read(|state| state.topic.published().to_vec()))
}

/// What waits in Delius's queue, and its dead letters.
pub(super) async fn queue(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.read(|state| json!({ "waiting": state.topic.queue(), "dead": state.topic.dead_letters() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Redelivery {
    after_ms: u64,
}

/// How long a message that was returned waits before it comes again.
pub(super) async fn redelivery(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Redelivery { after_ms } = strict(&body)?;
    sandbox.write(|state| state.topic.redelivery_ms = after_ms);
    Ok(done())
}

/// Puts the dead letters back into the queue.
pub(super) async fn redrive(State(sandbox): State<Sandbox>) -> Json<Value> {
    let moved = sandbox.write(|state| state.topic.redrive());
    sandbox.queued().notify_one();
    Json(json!({ "moved": moved }))
}

/// How many e-mails a key may send.
pub(super) async fn limits(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let limits: Limits = strict(&body)?;
    sandbox.write(|state| state.notify.limits = limits);
    Ok(done())
}

/// Where receipts go and how they behave.
pub(super) async fn receipts(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let receipts: Receipts = strict(&body)?;
    sandbox.write(|state| state.notify.receipts = receipts);
    sandbox.mailed().notify_one();
    Ok(done())
}
