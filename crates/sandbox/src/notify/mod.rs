//! E-mail: the account of the product, its templates, what it accepted, and what became of it.
//!
//! Nothing leaves the process. Accepted e-mails are shown in an inbox page and through `/control/emails`.

mod inbox;
pub(crate) mod keys;
mod read;
pub(crate) mod receipts;
mod send;
pub(crate) mod templates;

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use self::keys::KeyKind;
use crate::sandbox::Sandbox;

/// The account: what was accepted, how much it may still send, how receipts behave.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Account {
    pub(crate) emails: Vec<Email>,
    pub(crate) limits: Limits,
    pub(crate) receipts: Receipts,
    /// When each key accepted e-mails: the times of the last minute.
    last_minute: BTreeMap<KeyKind, Vec<Timestamp>>,
    /// How many each key accepted on which day.
    today: BTreeMap<KeyKind, (String, u32)>,
}

/// How much a key may send.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(crate) struct Limits {
    /// In any 60 seconds.
    pub(crate) per_minute: u32,
    /// On one UTC day.
    pub(crate) per_day: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_minute: 3000, per_day: 250_000 }
    }
}

/// What happens to the receipt of an e-mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReceiptMode {
    /// It comes once, at once.
    #[default]
    Prompt,
    /// E-mails stay `sending` and no receipt comes, until the mode changes.
    Held,
    /// It comes twice.
    Duplicate,
    /// The status is reached, but no receipt comes.
    Missing,
}

/// Where receipts go and how they behave.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Receipts {
    /// The address to call; `None`: no receipts are sent.
    pub(crate) url: Option<String>,
    /// The bearer token that the receiver chose.
    pub(crate) token: Option<String>,
    pub(crate) mode: ReceiptMode,
}

/// One accepted e-mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Email {
    pub(crate) id: String,
    pub(crate) received_at: Timestamp,
    pub(crate) template_id: String,
    pub(crate) email_address: String,
    pub(crate) personalisation: Map<String, Value>,
    pub(crate) reference: Option<String>,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) key: KeyKind,
    pub(crate) status: Status,
    pub(crate) completed_at: Option<Timestamp>,
    /// How often the receipt was tried; at most six times.
    pub(crate) receipt_tries: u32,
    /// No further receipt is due.
    pub(crate) receipt_done: bool,
}

/// Where an e-mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// Accepted.
    Created,
    /// On its way.
    Sending,
    /// Arrived.
    Delivered,
    /// There is no such address.
    PermanentFailure,
    /// The mailbox does not take it now.
    TemporaryFailure,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::PermanentFailure => "permanent-failure",
            Self::TemporaryFailure => "temporary-failure",
        }
    }
}

/// Everything below `/notify`.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/v2/notifications/email", post(send::send))
        .route("/v2/notifications", get(read::list))
        .route("/v2/notifications/{id}", get(read::one))
        .route("/v2/templates", get(read::templates))
        .route("/v2/template/{id}", get(read::template))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}", get(inbox::one))
        .with_state(sandbox)
}

/// An error in this API's shape.
fn error_answer(status: StatusCode, error: &str, told: &str) -> Response {
    let body = json!({ "status_code": status.as_u16(), "errors": [{ "error": error, "message": told }] });
    (status, Json(body)).into_response()
}
