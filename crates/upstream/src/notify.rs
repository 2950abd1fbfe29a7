//! E-mail through GOV.UK Notify's public API, version 2.
//!
//! Owns the protocol: a token per request, sending under our own reference, finding what was sent under it, and what
//! its refusals mean ([`Fault`]). It decides nothing about wording or repeats: Notify has no idempotency key, so after
//! an ambiguous answer the caller looks the reference up before sending again.

mod wire;

use crate::breaker::{BreakerConfig, BreakerState};
use crate::config::NotifyConfig;
use crate::error::{System, UpstreamError};
use crate::http::{Answer, Credentials, Http, Request, found};
use crate::trace::Trace;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use runtime::{Clock, Secret};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// An e-mail to be sent.
#[derive(Clone, Copy)]
pub struct Email<'a> {
    /// Template.
    pub template_id: Uuid,
    /// Recipient.
    pub address: &'a str,
    /// The template's placeholders.
    pub personalisation: &'a Map<String, Value>,
    /// The placeholders that hold what somebody typed, which Notify is to strip of markup.
    pub free_text: &'a [&'a str],
    /// Our own reference, without personal data, by which it is found again.
    pub reference: &'a str,
}

impl fmt::Debug for Email<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("template_id", &self.template_id)
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}

/// Notify has taken an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Notify's id of the e-mail.
    pub id: Uuid,
    /// The version of the template it was made with.
    pub template_version: i64,
}

/// How far an e-mail has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailStatus {
    /// Taken.
    Created,
    /// With the provider, for up to 72 hours.
    Sending,
    /// Delivered.
    Delivered,
    /// The address is bad.
    PermanentFailure,
    /// Mailbox full or message filtered.
    TemporaryFailure,
    /// Not sent at all; send again.
    TechnicalFailure,
    /// A status that this version does not know.
    Other(String),
}

/// An e-mail as Notify keeps it (for 7 days by default). Its text and address are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentEmail {
    /// Notify's id.
    pub id: Uuid,
    /// Our reference.
    pub reference: Option<String>,
    /// How far it has got.
    pub status: EmailStatus,
    /// When Notify took it.
    pub created_at: Option<Timestamp>,
    /// When its delivery ended, either way.
    pub completed_at: Option<Timestamp>,
    /// The version of the template it was made with.
    pub template_version: i64,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its id.
    pub id: Uuid,
    /// Name among its editors.
    pub name: Option<String>,
    /// Current version.
    pub version: i64,
    /// The placeholders that must be filled.
    pub placeholders: BTreeSet<String>,
}

/// What a failure of Notify means for what is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The address or a field is wrong; the same message will never be taken.
    Invalid,
    /// Template, placeholders or key kind are wrong; somebody must mend the configuration.
    Configuration,
    /// Our key or our clock is wrong: stop sending, raise the alarm, try later.
    Authentication,
    /// No such message or template.
    NotFound,
    /// Too many in the last minute.
    RateLimit,
    /// Too many today: hold until midnight UTC.
    DailyLimit,
    /// Notify's own fault, or no proper answer.
    Outage,
}

impl Fault {
    /// The meaning of an error of this module.
    ///
    /// A 403 is always taken for an authentication fault, whatever its label; the two kinds of 429 differ by label.
    pub fn of(error: &UpstreamError) -> Self {
        let Some(refusal) = error.refusal() else { return Self::Outage };
        match (refusal.status, refusal.code.as_deref()) {
            (400, Some("ValidationError")) => Self::Invalid,
            (401 | 403, _) => Self::Authentication,
            (404, _) => Self::NotFound,
            (429, Some("TooManyRequestsError")) => Self::DailyLimit,
            (429, _) => Self::RateLimit,
            (400..=499, _) => Self::Configuration,
            _ => Self::Outage,
        }
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the e-mail service's key does not end in two ids with a hyphen between them")]
pub struct BadKey;

/// GOV.UK Notify.
pub struct Notify {
    http: Http,
    service_id: String,
    key: EncodingKey,
    clock: Clock,
}

/// Service id, hyphen, secret; what stands before them is the key's name, which may have hyphens too.
const KEY_TAIL: usize = 36 + 1 + 36;

impl Notify {
    pub(crate) fn new(config: NotifyConfig, breaker: BreakerConfig, clock: Clock) -> Result<Self, crate::BuildError> {
        let NotifyConfig { endpoint, api_key } = config;
        let (service_id, secret) = split_key(&api_key)?;
        let http = Http::new(System::Notify, endpoint, breaker)?;
        Ok(Self { http, service_id, key: EncodingKey::from_secret(secret.as_bytes()), clock })
    }

    /// Sends an e-mail.
    pub async fn send(&self, trace: &Trace, email: &Email<'_>) -> Result<Accepted, UpstreamError> {
        let body = wire::NewEmail::from(email);
        let request = Request::write("send e-mail", Method::POST, &["v2", "notifications", "email"]).json(&body);
        let answer = self.call(trace, request).await?;
        Ok(answer.json::<wire::Accepted>()?.into())
    }

    /// The e-mails sent under a reference, newest first; none is an empty list.
    pub async fn find_by_reference(&self, trace: &Trace, reference: &str) -> Result<Vec<SentEmail>, UpstreamError> {
        let query = [("reference", reference), ("template_type", "email")];
        let request = Request::get("find by reference", &["v2", "notifications"]).query(&query);
        let list: wire::Notifications = self.call(trace, request).await?.json()?;
        // The filter is Notify's; that it was applied is checked, since a stranger's message would pass for ours.
        Ok(list
            .notifications
            .into_iter()
            .map(SentEmail::from)
            .filter(|email| email.reference.as_deref() == Some(reference))
            .collect())
    }

    /// One e-mail; `None` when Notify does not know it or keeps it no more.
    pub async fn email(&self, trace: &Trace, id: Uuid) -> Result<Option<SentEmail>, UpstreamError> {
        let id = id.to_string();
        let path = ["v2", "notifications", &id];
        match found(self.call(trace, Request::get("e-mail", &path)).await)? {
            Some(answer) => Ok(Some(answer.json::<wire::Notification>()?.into())),
            None => Ok(None),
        }
    }

    /// The current version of a template; `None` when there is none of this id.
    pub async fn template(&self, trace: &Trace, id: Uuid) -> Result<Option<Template>, UpstreamError> {
        let id = id.to_string();
        let path = ["v2", "template", &id];
        match found(self.call(trace, Request::get("template", &path)).await)? {
            Some(answer) => Ok(Some(answer.json::<wire::Template>()?.into())),
            None => Ok(None),
        }
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.http.breaker_state()
    }

    async fn call(&self, trace: &Trace, request: Request<'_>) -> Result<Answer, UpstreamError> {
        let token = self.token(request.operation)?;
        self.http.call(trace, Credentials::Bearer(&token), request).await
    }

    fn token(&self, operation: &'static str) -> Result<Secret, UpstreamError> {
        let claims = wire::Claims { iss: &self.service_id, iat: self.clock.now().as_second() };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.key).map(Secret::new).map_err(|error| {
            let kind = crate::error::Kind::Unsendable { at: "the token cannot be signed" };
            self.http.error(operation, kind).because(error)
        })
    }
}

fn split_key(key: &Secret) -> Result<(String, String), BadKey> {
    let start = key.expose().len().checked_sub(KEY_TAIL).ok_or(BadKey)?;
    let tail = key.expose().get(start..).ok_or(BadKey)?;
    let (service_id, secret) = (tail.get(..36).ok_or(BadKey)?, tail.get(37..).ok_or(BadKey)?);
    let hyphen = tail.as_bytes().get(36) == Some(&b'-');
    let ids = Uuid::parse_str(service_id).is_ok() && Uuid::parse_str(secret).is_ok();
    if hyphen && ids { Ok((service_id.to_owned(), secret.to_owned())) } else { Err(BadKey) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{AnswerText, Kind, Refusal};

    #[test]
    fn a_key_is_read_from_its_end() {
        let service = "26785a09-ab16-4eb0-8407-a37497a57506";
        let secret = "3d844edf-8d35-48ac-975b-e847b4f122b0";
        for name in ["live", "our-team-key", ""] {
            let key = Secret::new(format!("{name}-{service}-{secret}"));
            assert_eq!(split_key(&key), Ok((service.to_owned(), secret.to_owned())));
        }
    }

    #[test]
    fn a_key_of_another_shape_is_refused() {
        for key in ["", "short", &"x".repeat(80), &"é".repeat(60)] {
            assert_eq!(split_key(&Secret::new(key)), Err(BadKey), "{key}");
        }
    }

    #[test]
    fn refusals_are_told_apart_by_status_and_label() {
        let cases = [
            (400, Some("ValidationError"), Fault::Invalid),
            (400, Some("BadRequestError"), Fault::Configuration),
            (400, None, Fault::Configuration),
            (403, Some("BadRequestError"), Fault::Authentication),
            (403, Some("AuthError"), Fault::Authentication),
            (404, Some("NoResultFound"), Fault::NotFound),
            (429, Some("RateLimitError"), Fault::RateLimit),
            (429, Some("TooManyRequestsError"), Fault::DailyLimit),
            (500, Some("Exception"), Fault::Outage),
        ];
        for (status, code, fault) in cases {
            let refusal = Refusal {
                status,
                code: code.map(str::to_owned),
                user_message: None,
                body: AnswerText::new(""),
                retry_after: None,
            };
            let error = UpstreamError::new(System::Notify, "send e-mail", Kind::Refused(Box::new(refusal)));
            assert_eq!(Fault::of(&error), fault, "{status} {code:?}");
        }
        assert_eq!(Fault::of(&UpstreamError::new(System::Notify, "send e-mail", Kind::Timeout)), Fault::Outage);
    }
}
