//! The service's own access token (client credentials), shared by all clients that need one.
//!
//! Owns: one fetch at a time however many wait for it, renewal at 80 % of its life while the old one goes on being
//! used, and one forced renewal when a system answers 401. [`Service`] is a client that calls with it.

use super::wire;
use crate::breaker::BreakerState;
use crate::config::ClientCredentials;
use crate::error::{Kind, UpstreamError};
use crate::http::{Answer, Credentials, Http, Request};
use crate::trace::Trace;
use runtime::Secret;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A token this close to its end is not used any more: it must outlive the call it is sent with.
const LAST_USE_BEFORE_END: Duration = Duration::from_secs(5);

/// An access token of this service.
#[derive(Debug, Clone)]
pub struct ServiceToken {
    /// The token's text.
    pub text: Secret,
    renew_at: Instant,
    last_use: Instant,
}

/// Keeps the service's access token.
pub struct ClientTokens {
    http: Arc<Http>,
    client: ClientCredentials,
    current: Mutex<Option<ServiceToken>>,
    /// Held by whoever fetches; remembers the last failure for those who waited for it.
    flight: tokio::sync::Mutex<Option<(Instant, UpstreamError)>>,
}

impl ClientTokens {
    pub(super) fn new(http: Arc<Http>, client: ClientCredentials) -> Self {
        Self { http, client, current: Mutex::new(None), flight: tokio::sync::Mutex::new(None) }
    }

    /// A token that is good for now.
    ///
    /// # Errors
    /// Sign-in's failure, when there is no token that can still be used.
    pub async fn get(&self, trace: &Trace) -> Result<ServiceToken, UpstreamError> {
        let now = Instant::now();
        match self.current() {
            Some(token) if now < token.renew_at => Ok(token),
            Some(token) if now < token.last_use => {
                // One caller renews, the others go on with what there is, and so does everyone if renewal fails.
                let Ok(mut flight) = self.flight.try_lock() else { return Ok(token) };
                Ok(self.fetch(trace, &mut flight).await.unwrap_or(token))
            }
            _ => self.fetch_once(trace, now, None).await,
        }
    }

    /// Another token than `refused`, which a system answered 401 to.
    ///
    /// # Errors
    /// Sign-in's failure.
    pub async fn renew(&self, trace: &Trace, refused: &ServiceToken) -> Result<ServiceToken, UpstreamError> {
        self.fetch_once(trace, Instant::now(), Some(refused)).await
    }

    async fn fetch_once(
        &self,
        trace: &Trace,
        asked_at: Instant,
        refused: Option<&ServiceToken>,
    ) -> Result<ServiceToken, UpstreamError> {
        let mut flight = self.flight.lock().await;
        // Somebody may have fetched, or failed to, while we waited.
        if let Some(token) = self.current()
            && Instant::now() < token.renew_at
            && refused.is_none_or(|refused| refused.text != token.text)
        {
            return Ok(token);
        }
        if let Some((failed_at, error)) = &*flight
            && *failed_at > asked_at
        {
            return Err(error.clone());
        }
        self.fetch(trace, &mut flight).await
    }

    async fn fetch(
        &self,
        trace: &Trace,
        last_failure: &mut Option<(Instant, UpstreamError)>,
    ) -> Result<ServiceToken, UpstreamError> {
        let credentials = Credentials::Basic { id: &self.client.id, secret: &self.client.secret };
        let request = Request::ask("service token", &["oauth", "token"]).form(&[("grant_type", "client_credentials")]);
        let asked_at = Instant::now();
        let result = self.http.call(trace, credentials, request).await.and_then(|answer| answer.json());
        match result {
            Ok(wire::TokenAnswer { access_token, expires_in, refresh_token: _, name: _ }) => {
                let life = Duration::from_secs(expires_in);
                let last_use = asked_at + life.saturating_sub(LAST_USE_BEFORE_END);
                let renew_at = (asked_at + life.mul_f64(0.8)).min(last_use);
                let token = ServiceToken { text: Secret::new(access_token), renew_at, last_use };
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
                *last_failure = None;
                Ok(token)
            }
            Err(error) => {
                *last_failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn current(&self) -> Option<ServiceToken> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A system that is called with the service's own token.
pub(crate) struct Service {
    http: Http,
    tokens: Arc<ClientTokens>,
}

impl Service {
    pub(crate) fn new(http: Http, tokens: Arc<ClientTokens>) -> Self {
        Self { http, tokens }
    }

    /// Makes the call; a 401 is answered with one more attempt under a new token, since a refused token means that
    /// nothing was carried out.
    pub(crate) async fn call(&self, trace: &Trace, request: Request<'_>) -> Result<Answer, UpstreamError> {
        let operation = request.operation;
        let no_token = |reason| self.http.error(operation, Kind::NoToken(Box::new(reason)));
        let token = self.tokens.get(trace).await.map_err(no_token)?;
        match self.http.call(trace, Credentials::Bearer(&token.text), request.clone()).await {
            Err(error) if error.status() == Some(401) => {
                let token = self.tokens.renew(trace, &token).await.map_err(no_token)?;
                self.http.call(trace, Credentials::Bearer(&token.text), request).await
            }
            result => result,
        }
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    pub(crate) fn breaker_state(&self) -> BreakerState {
        self.http.breaker_state()
    }
}
