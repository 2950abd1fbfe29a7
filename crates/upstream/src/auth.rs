//! Sign-in (hmpps-auth): addresses for the browser, codes and refresh tokens for tokens, signing keys, service tokens.
//!
//! Owns the OAuth 2 exchanges. It does not judge tokens: issuer, expiry and roles are checked by the application with
//! the key given by [`Auth::signing_key`]. Access tokens are RS256; there is no id token and no audience.

mod client_tokens;
mod keys;
mod wire;

pub(crate) use client_tokens::Service;
pub use client_tokens::{ClientTokens, ServiceToken};
pub use keys::SigningKey;

use crate::breaker::{BreakerConfig, BreakerState};
use crate::config::AuthConfig;
use crate::error::{System, UpstreamError};
use crate::http::{Credentials, Http, Request};
use crate::trace::Trace;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use runtime::Secret;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// What a browser is sent to the sign-in page with.
#[derive(Debug, Clone)]
pub struct AuthoriseRequest<'a> {
    /// Where the browser comes back; registered for the client.
    pub redirect_uri: &'a str,
    /// Unguessable text that must come back with the code.
    pub state: &'a str,
    /// [`code_challenge`] of the verifier that is kept for the exchange.
    pub code_challenge: &'a str,
}

/// What sign-in answers to a code or a refresh token.
#[derive(Debug, Clone)]
pub struct SignInTokens {
    /// The user's access token, not yet checked.
    pub access_token: Secret,
    /// Present for clients that may refresh.
    pub refresh_token: Option<Secret>,
    /// Life of the access token from now.
    pub expires_in: Duration,
    /// Display name, which some installations strip from the token and send only here.
    pub name: Option<String>,
}

/// The sign-in system.
pub struct Auth {
    http: Arc<Http>,
    config: AuthConfig,
    keys: keys::Keys,
    client_tokens: Arc<ClientTokens>,
}

impl Auth {
    pub(crate) fn new(config: AuthConfig, breaker: BreakerConfig) -> Result<Self, reqwest::Error> {
        let http = Arc::new(Http::new(System::Auth, config.endpoint.clone(), breaker)?);
        let keys = match &config.jwks_url {
            None => keys::Keys::new(Arc::clone(&http), &[".well-known", "jwks.json"], config.jwks_max_age),
            Some(url) => {
                let mut endpoint = config.endpoint.clone();
                endpoint.base_url = url.clone();
                let http = Arc::new(Http::new(System::Auth, endpoint, breaker)?);
                keys::Keys::new(http, &[], config.jwks_max_age)
            }
        };
        let client_tokens = Arc::new(ClientTokens::new(Arc::clone(&http), config.api_client.clone()));
        Ok(Self { http, config, keys, client_tokens })
    }

    /// The address that starts a sign-in.
    pub fn authorise_url(&self, request: &AuthoriseRequest<'_>) -> Url {
        let mut url = self.page(&["oauth", "authorize"]);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.login_client.id)
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("state", request.state)
            .append_pair("code_challenge", request.code_challenge)
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// The address that ends the sign-in system's own session, then sends the browser to `redirect_uri`, which must be
    /// registered for the client.
    pub fn sign_out_url(&self, redirect_uri: &str) -> Url {
        let mut url = self.page(&[&self.config.sign_out_path]);
        url.query_pairs_mut()
            .append_pair("client_id", &self.config.login_client.id)
            .append_pair("redirect_uri", redirect_uri);
        url
    }

    /// Turns the code that came back into tokens. Codes work once, so this is never repeated.
    pub async fn exchange_code(
        &self,
        trace: &Trace,
        code: &str,
        verifier: &Secret,
        redirect_uri: &str,
    ) -> Result<SignInTokens, UpstreamError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        self.tokens(trace, "exchange code", &form).await
    }

    /// Turns a refresh token into a new access token. The refresh token itself stays good unless a new one comes back.
    pub async fn refresh(&self, trace: &Trace, refresh_token: &Secret) -> Result<SignInTokens, UpstreamError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        self.tokens(trace, "refresh", &form).await
    }

    /// The key of this id, or `None` when sign-in knows no such key.
    pub async fn signing_key(&self, trace: &Trace, kid: &str) -> Result<Option<SigningKey>, UpstreamError> {
        self.keys.find(trace, kid).await
    }

    /// All signing keys as they are now, past the cache.
    pub async fn signing_keys(&self, trace: &Trace) -> Result<Vec<SigningKey>, UpstreamError> {
        self.keys.fetch_all(trace).await
    }

    /// What `iss` must be.
    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// The service's own tokens.
    pub fn client_tokens(&self) -> &Arc<ClientTokens> {
        &self.client_tokens
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.http.breaker_state()
    }

    async fn tokens(
        &self,
        trace: &Trace,
        operation: &'static str,
        form: &[(&str, &str)],
    ) -> Result<SignInTokens, UpstreamError> {
        let client = &self.config.login_client;
        let credentials = Credentials::Basic { id: &client.id, secret: &client.secret };
        let request = Request::write(operation, Method::POST, &["oauth", "token"]).form(form);
        let answer: wire::TokenAnswer = self.http.call(trace, credentials, request).await?.json()?;
        Ok(SignInTokens {
            access_token: Secret::new(answer.access_token),
            refresh_token: answer.refresh_token.map(Secret::new),
            expires_in: Duration::from_secs(answer.expires_in),
            name: answer.name,
        })
    }

    fn page(&self, path: &[&str]) -> Url {
        let mut url = self.config.public_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

/// The `S256` challenge of a PKCE verifier (43 to 128 characters of the unreserved set, made by the caller).
pub fn code_challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standards_example() {
        // RFC 7636, appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
