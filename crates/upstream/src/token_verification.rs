//! Whether an access token has been revoked since it was signed (token-verification-api).
//!
//! Owns the question and how long an answer is believed: "active" for some seconds, "inactive" never beyond the request
//! that asked. While the check is down, a token that was active a few minutes ago is let in as
//! [`Verdict::ActiveByGrace`], which the caller audits. It does not check signatures.

mod wire;

use crate::breaker::{BreakerConfig, BreakerState};
use crate::cache::Cache;
use crate::config::TokenVerificationConfig;
use crate::error::{System, UpstreamError};
use crate::http::{Credentials, Http, Request};
use crate::trace::Trace;
use runtime::Secret;
use std::time::Duration;
use tokio::time::Instant;

/// What is known about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has not been revoked.
    Active,
    /// The check cannot be asked; the token was active a short while ago. To be audited.
    ActiveByGrace,
    /// It has been revoked, or the check does not know it.
    Inactive,
    /// The check finds the token itself wrong: unreadable, wrongly signed, expired.
    Rejected,
}

impl Verdict {
    /// Whether the bearer may go on.
    pub fn lets_in(self) -> bool {
        matches!(self, Self::Active | Self::ActiveByGrace)
    }
}

/// The token check.
pub struct TokenVerification {
    http: Http,
    grace: Duration,
    active: Cache<String, ()>,
}

impl TokenVerification {
    pub(crate) fn new(config: TokenVerificationConfig, breaker: BreakerConfig) -> Result<Self, reqwest::Error> {
        let TokenVerificationConfig { endpoint, cache_ttl, grace } = config;
        let http = Http::new(System::TokenVerification, endpoint, breaker)?;
        Ok(Self { http, grace, active: Cache::new(cache_ttl) })
    }

    /// The verdict on a token whose `jti` is this, from memory when it is recent enough.
    ///
    /// # Errors
    /// The check cannot be asked and the token has not been active within the grace.
    pub async fn check(&self, trace: &Trace, jti: &str, token: &Secret) -> Result<Verdict, UpstreamError> {
        let key = jti.to_owned();
        if self.active.fresh(&key, Instant::now()).is_some() {
            return Ok(Verdict::Active);
        }
        match self.verify(trace, token).await {
            Ok(Verdict::Active) => {
                self.active.keep(key, (), Instant::now());
                Ok(Verdict::Active)
            }
            Ok(verdict) => {
                self.active.forget(&key);
                Ok(verdict)
            }
            Err(error) if error.is_outage() && self.active.within(&key, Instant::now(), self.grace).is_some() => {
                Ok(Verdict::ActiveByGrace)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks, past the memory.
    pub async fn verify(&self, trace: &Trace, token: &Secret) -> Result<Verdict, UpstreamError> {
        let request = Request::ask("verify", &["token", "verify"]);
        match self.http.call(trace, Credentials::Bearer(token), request).await {
            Ok(answer) => {
                let wire::Verification { active } = answer.json()?;
                Ok(if active { Verdict::Active } else { Verdict::Inactive })
            }
            Err(error) if matches!(error.status(), Some(400 | 401)) => Ok(Verdict::Rejected),
            Err(error) => Err(error),
        }
    }

    /// Drops what is remembered about a token, when its session ends here.
    pub fn forget(&self, jti: &str) {
        self.active.forget(&jti.to_owned());
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.http.breaker_state()
    }
}
