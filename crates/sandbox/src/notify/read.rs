//! Reading back: one e-mail, e-mails by reference, the templates with their placeholders.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Email, error_answer, keys};
use crate::config::NotifyTemplate;
use crate::sandbox::Sandbox;

/// E-mails on one page of the list.
const PAGE: usize = 250;
/// The cast's templates never change.
const TEMPLATE_MADE: &str = "2026-01-05T09:00:00.000000Z";

pub(super) async fn one(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(response) = keys::check(&headers, sandbox.now()) {
        return *response;
    }
    if Uuid::parse_str(&id).is_err() {
        return error_answer(StatusCode::BAD_REQUEST, "ValidationError", "notification_id is not a valid UUID");
    }
    let found = sandbox.read(|state| state.notify.emails.iter().find(|email| email.id == id).cloned());
    match found {
        Some(email) => Json(shown(&sandbox, &email)).into_response(),
        None => error_answer(StatusCode::NOT_FOUND, "NoResultFound", "No result found"),
    }
}

#[derive(Deserialize)]
pub(super) struct Wish {
    reference: Option<String>,
    status: Option<String>,
    template_type: Option<String>,
    older_than: Option<String>,
}

/// Newest first.
pub(super) async fn list(State(sandbox): State<Sandbox>, headers: HeaderMap, Query(wish): Query<Wish>) -> Response {
    if let Err(response) = keys::check(&headers, sandbox.now()) {
        return *response;
    }
    let other_type = wish.template_type.as_deref().is_some_and(|kind| kind != "email");
    let emails: Vec<Email> = sandbox.read(|state| {
        let newest_first = state.notify.emails.iter().rev();
        let from: Box<dyn Iterator<Item = &Email>> = match &wish.older_than {
            Some(id) => Box::new(newest_first.skip_while(move |email| &email.id != id).skip(1)),
            None => Box::new(newest_first),
        };
        from.filter(|email| !other_type && wish.reference.as_ref().is_none_or(|r| email.reference.as_ref() == Some(r)))
            .filter(|email| wish.status.as_deref().is_none_or(|status| email.status.name() == status))
            .take(PAGE)
            .cloned()
            .collect()
    });
    let base = format!("{}/notify/v2/notifications", sandbox.config().public_url);
    let notifications: Vec<Value> = emails.iter().map(|email| shown(&sandbox, email)).collect();
    Json(json!({ "notifications": notifications, "links": { "current": base } })).into_response()
}

pub(super) async fn templates(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    if let Err(response) = keys::check(&headers, sandbox.now()) {
        return *response;
    }
    let shown: Vec<Value> = sandbox.config().notify_templates.0.iter().map(template_shown).collect();
    Json(json!({ "templates": shown })).into_response()
}

pub(super) async fn template(State(sandbox): State<Sandbox>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(response) = keys::check(&headers, sandbox.now()) {
        return *response;
    }
    match sandbox.config().notify_templates.0.iter().find(|template| template.id == id) {
        Some(template) => Json(template_shown(template)).into_response(),
        None => error_answer(StatusCode::NOT_FOUND, "NoResultFound", "No result found"),
    }
}

fn template_shown(template: &NotifyTemplate) -> Value {
    let placeholders: Map<String, Value> =
        template.placeholders.iter().map(|name| (name.clone(), json!({ "required": true }))).collect();
    json!({
        "id": template.id,
        "name": template.purpose,
        "type": "email",
        "created_at": TEMPLATE_MADE,
        "updated_at": null,
        "created_by": "sandbox@sandbox.example",
        "version": 1,
        "subject": template.subject,
        "body": template.body,
        "letter_contact_block": null,
        "personalisation": placeholders,
    })
}

fn shown(sandbox: &Sandbox, email: &Email) -> Value {
    let uri = format!("{}/notify/v2/template/{}", sandbox.config().public_url, email.template_id);
    json!({
        "id": email.id,
        "reference": email.reference,
        "email_address": email.email_address,
        "type": "email",
        "status": email.status.name(),
        "template": { "id": email.template_id, "version": 1, "uri": uri },
        "subject": email.subject,
        "body": email.body,
        "created_at": email.received_at,
        "created_by_name": null,
        "sent_at": email.completed_at,
        "completed_at": email.completed_at,
        "scheduled_for": null,
        "is_cost_data_ready": true,
        "cost_in_pounds": 0.0,
        "cost_details": {},
    })
}
