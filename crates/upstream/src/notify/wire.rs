//! Shapes of Notify's public API, and their translation.
//!
//! Unknown fields are refused there, so nothing empty is sent.

use crate::http::null_is_default;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Serialize)]
pub(super) struct Claims<'a> {
    pub(super) iss: &'a str,
    /// Seconds since 1970, UTC.
    pub(super) iat: i64,
}

#[derive(Serialize)]
pub(super) struct NewEmail<'a> {
    email_address: &'a str,
    template_id: Uuid,
    #[serde(skip_serializing_if = "Map::is_empty")]
    personalisation: &'a Map<String, Value>,
    reference: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sanitise_content_for: &'a [&'a str],
}

#[derive(Deserialize)]
pub(super) struct Accepted {
    id: Uuid,
    template: TemplateReference,
}

#[derive(Deserialize)]
struct TemplateReference {
    version: i64,
}

#[derive(Deserialize)]
pub(super) struct Notifications {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) notifications: Vec<Notification>,
}

#[derive(Deserialize)]
pub(super) struct Notification {
    id: Uuid,
    reference: Option<String>,
    status: String,
    template: TemplateReference,
    created_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(super) struct Template {
    id: Uuid,
    name: Option<String>,
    version: i64,
    #[serde(default, deserialize_with = "null_is_default")]
    personalisation: BTreeMap<String, Placeholder>,
}

#[derive(Deserialize)]
struct Placeholder {
    #[serde(default = "required")]
    required: bool,
}

fn required() -> bool {
    true
}

impl<'a> From<&super::Email<'a>> for NewEmail<'a> {
    fn from(email: &super::Email<'a>) -> Self {
        let super::Email { template_id, address, personalisation, free_text, reference } = *email;
        Self { email_address: address, template_id, personalisation, reference, sanitise_content_for: free_text }
    }
}

impl From<Accepted> for super::Accepted {
    fn from(accepted: Accepted) -> Self {
        let Accepted { id, template: TemplateReference { version } } = accepted;
        Self { id, template_version: version }
    }
}

impl From<Notification> for super::SentEmail {
    fn from(notification: Notification) -> Self {
        let Notification { id, reference, status, template, created_at, completed_at } = notification;
        let TemplateReference { version } = template;
        Self { id, reference, status: status.into(), created_at, completed_at, template_version: version }
    }
}

impl From<String> for super::EmailStatus {
    fn from(status: String) -> Self {
        match status.as_str() {
            "created" => Self::Created,
            "sending" => Self::Sending,
            "delivered" => Self::Delivered,
            "permanent-failure" => Self::PermanentFailure,
            "temporary-failure" => Self::TemporaryFailure,
            "technical-failure" => Self::TechnicalFailure,
            _ => Self::Other(status),
        }
    }
}

impl From<Template> for super::Template {
    fn from(template: Template) -> Self {
        let Template { id, name, version, personalisation } = template;
        let placeholders =
            personalisation.into_iter().filter(|(_, placeholder)| placeholder.required).map(|(name, _)| name).collect();
        Self { id, name, version, placeholders }
    }
}
