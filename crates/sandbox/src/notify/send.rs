//! Accepting an e-mail: key, shape, template, recipient and limits, in the order in which the real service looks.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::keys::{self, KeyKind};
use super::templates::filled;
use super::{Account, Email, Status, error_answer};
use crate::config::NotifyTemplate;
use crate::sandbox::Sandbox;

/// The largest text that is accepted.
const LONGEST: usize = 2 * 1024 * 1024;
/// Validated, answered, not kept.
const SIMULATED: [&str; 3] = ["simulate-delivered", "simulate-delivered-2", "simulate-delivered-3"];
/// Whom the team key reaches, by domain.
const TEAM_DOMAINS: [&str; 2] = ["@probation.example", "@provider.example"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    email_address: String,
    template_id: String,
    #[serde(default)]
    personalisation: Map<String, Value>,
    reference: Option<String>,
    email_reply_to_id: Option<String>,
    one_click_unsubscribe_url: Option<String>,
    #[serde(default)]
    sanitise_content_for: Vec<String>,
}

/// Why an e-mail is not accepted.
enum Wrong {
    Validation(String),
    Request(String),
    TooManyInAMinute(u32),
    TooManyToday(u32),
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        match self {
            Self::Validation(told) => error_answer(StatusCode::BAD_REQUEST, "ValidationError", &told),
            Self::Request(told) => error_answer(StatusCode::BAD_REQUEST, "BadRequestError", &told),
            Self::TooManyInAMinute(limit) => error_answer(
                StatusCode::TOO_MANY_REQUESTS,
                "RateLimitError",
                &format!("Exceeded rate limit for key type of {limit} requests per 60 seconds"),
            ),
            Self::TooManyToday(limit) => error_answer(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequestsError",
                &format!("Exceeded send limits ({limit}) for today"),
            ),
        }
    }
}

pub(super) async fn send(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let key = match keys::check(&headers, sandbox.now()) {
        Ok(key) => key,
        Err(response) => return *response,
    };
    match accept(&sandbox, key, &body) {
        Ok(answer) => (StatusCode::CREATED, Json(answer)).into_response(),
        Err(wrong) => wrong.into_response(),
    }
}

fn accept(sandbox: &Sandbox, key: KeyKind, body: &[u8]) -> Result<Value, Wrong> {
    let sent: Sent = serde_json::from_slice(body).map_err(|error| Wrong::Validation(error.to_string()))?;
    let address = sent.email_address.trim();
    let (local, _) = address
        .split_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.is_empty() && !address.contains(' '))
        .ok_or_else(|| Wrong::Validation("email_address Not a valid email address".to_owned()))?;
    if Uuid::parse_str(&sent.template_id).is_err() {
        return Err(Wrong::Validation("template_id is not a valid UUID".to_owned()));
    }
    if sent.one_click_unsubscribe_url.as_ref().is_some_and(|url| !url.starts_with("https://")) {
        return Err(Wrong::Validation("one_click_unsubscribe_url is not a valid https url".to_owned()));
    }
    if sent.email_reply_to_id.is_some() {
        return Err(Wrong::Request("email_reply_to_id does not exist in the account".to_owned()));
    }
    let templates = &sandbox.config().notify_templates.0;
    let template = templates
        .iter()
        .find(|template| template.id == sent.template_id)
        .ok_or_else(|| Wrong::Request("Template not found".to_owned()))?;
    complete(template, &sent.personalisation)?;
    if key == KeyKind::Team && !TEAM_DOMAINS.iter().any(|domain| address.ends_with(domain)) {
        return Err(Wrong::Request("Can't send to this recipient using a team-only API key".to_owned()));
    }
    let subject = filled(&template.subject, &sent.personalisation);
    let text = filled(&template.body, &sent.personalisation);
    if text.len() > LONGEST {
        return Err(Wrong::Request("Content for template is too big".to_owned()));
    }
    let simulated = SIMULATED.contains(&local);
    let sanitised: Map<String, Value> = sent
        .sanitise_content_for
        .iter()
        .filter_map(|name| sent.personalisation.get(name).map(|value| (name.clone(), value.clone())))
        .collect();
    let id = sandbox.write(|state| {
        let now = state.now();
        state.notify.count(key, now)?;
        let id = state.next_id().to_string();
        if !simulated {
            state.notify.emails.push(Email {
                id: id.clone(),
                received_at: now,
                template_id: template.id.clone(),
                email_address: address.to_owned(),
                personalisation: sent.personalisation,
                reference: sent.reference.clone(),
                subject: subject.clone(),
                body: text.clone(),
                key,
                status: Status::Created,
                completed_at: None,
                receipt_tries: 0,
                receipt_done: false,
            });
        }
        Ok(id)
    })?;
    sandbox.mailed().notify_one();
    let base = format!("{}/notify/v2", sandbox.config().public_url);
    let mut content = json!({ "subject": subject, "body": text, "from_email": "interventions@sandbox.example" });
    if let Some(url) = sent.one_click_unsubscribe_url {
        content["one_click_unsubscribe_url"] = url.into();
    }
    Ok(json!({
        "id": id,
        "reference": sent.reference,
        "content": content,
        "uri": format!("{base}/notifications/{id}"),
        "template": { "id": template.id, "version": 1, "uri": format!("{base}/template/{}", template.id) },
        "scheduled_for": null,
        "sanitised_content": sanitised,
    }))
}

/// Every placeholder must have a value; values are text, numbers or lists of text.
fn complete(template: &NotifyTemplate, values: &Map<String, Value>) -> Result<(), Wrong> {
    let given: BTreeSet<&str> =
        values.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str()).collect();
    let missing: Vec<&str> =
        template.placeholders.iter().map(String::as_str).filter(|name| !given.contains(name)).collect();
    if !missing.is_empty() {
        return Err(Wrong::Request(format!("Missing personalisation: {}", missing.join(", "))));
    }
    if let Some((name, _)) = values.iter().find(|(_, value)| value.is_object()) {
        return Err(Wrong::Validation(format!("personalisation {name} is not a string, number or list")));
    }
    Ok(())
}

impl Account {
    /// Counts one e-mail against both limits.
    fn count(&mut self, key: KeyKind, now: Timestamp) -> Result<(), Wrong> {
        let day = now.to_string().chars().take(10).collect::<String>();
        let today = self.today.entry(key).or_default();
        if today.0 != day {
            *today = (day, 0);
        }
        let recent = self.last_minute.entry(key).or_default();
        recent.retain(|at| now.duration_since(*at) < SignedDuration::from_mins(1));
        if recent.len() >= usize::try_from(self.limits.per_minute).unwrap_or(usize::MAX) {
            return Err(Wrong::TooManyInAMinute(self.limits.per_minute));
        }
        if today.1 >= self.limits.per_day {
            return Err(Wrong::TooManyToday(self.limits.per_day));
        }
        today.1 += 1;
        recent.push(now);
        Ok(())
    }
}
