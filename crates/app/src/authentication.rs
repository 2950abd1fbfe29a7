//! Who calls: reads the bearer token, checks signature, issuer, expiry and revocation, and makes the context.

use std::collections::BTreeSet;

use domain::access::{Caller, Role};
use domain::{AuthSource, User};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use runtime::Secret;
use serde::Deserialize;
use upstream::Trace;
use upstream::token_verification::Verdict;

use crate::version::Versions;
use crate::{App, Correlation, OpCtx};

/// Why a token does not let its bearer in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// There is no bearer token.
    #[error("no bearer token")]
    Missing,
    /// The token is not one of ours: malformed, wrongly signed, from another issuer, or not RS256.
    #[error("the token is not valid")]
    Invalid,
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
    /// The token was revoked, or is not known to the verification service.
    #[error("the token was revoked")]
    Revoked,
    /// Keys or verification cannot be had, so nobody can be let in.
    #[error("the token cannot be checked at the moment")]
    Unavailable,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    client_id: Option<String>,
    user_name: Option<String>,
    user_id: Option<String>,
    auth_source: Option<String>,
    name: Option<String>,
    #[serde(default)]
    authorities: Vec<String>,
    jti: Option<String>,
    exp: i64,
}

impl App {
    /// Lets a caller in by their bearer token (without the word `Bearer`).
    pub async fn authenticate(
        &self,
        bearer: Option<&str>,
        correlation: Correlation,
    ) -> Result<OpCtx, AuthenticationError> {
        let now = self.0.clock.now();
        let token = bearer.filter(|text| !text.is_empty()).ok_or(AuthenticationError::Missing)?;
        let trace = Trace::correlated(correlation.id.clone());
        let claims = self.verified_claims(token, &trace).await?;
        if claims.exp <= now.as_second() {
            return Err(AuthenticationError::Expired);
        }
        let token_id = claims.jti.clone().ok_or(AuthenticationError::Invalid)?;
        let token = Secret::new(token);
        let verdict = match &self.0.upstreams.token_verification {
            Some(verification) => verification.check(&trace, &token_id, &token).await,
            None => Ok(Verdict::Active),
        };
        let verdict = verdict.map_err(|_| AuthenticationError::Unavailable)?;
        if !verdict.lets_in() {
            return Err(AuthenticationError::Revoked);
        }
        let display_name = claims.name.clone();
        let mut caller = caller(claims);
        if let Caller::User { user, .. } = &mut caller {
            *user = self.canonical_user(user).await?;
        }
        let ctx = OpCtx {
            app: self.clone(),
            caller,
            now,
            correlation,
            token,
            token_id,
            display_name,
            once: None,
            versions: Versions::default(),
        };
        if verdict == Verdict::ActiveByGrace {
            self.record_grace(&ctx).await?;
        }
        Ok(ctx)
    }

    /// Lets nobody in on yesterday's word without writing it down.
    async fn record_grace(&self, ctx: &OpCtx) -> Result<(), AuthenticationError> {
        grace().increment(1);
        ctx.record("letInByGrace", "token", ctx.token_id.clone()).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a token let in by grace could not be recorded");
            AuthenticationError::Unavailable
        })
    }

    async fn verified_claims(&self, token: &str, trace: &Trace) -> Result<Claims, AuthenticationError> {
        let header = decode_header(token).map_err(|_| AuthenticationError::Invalid)?;
        if header.alg != Algorithm::RS256 {
            return Err(AuthenticationError::Invalid);
        }
        let kid = header.kid.ok_or(AuthenticationError::Invalid)?;
        let auth = &self.0.upstreams.auth;
        let key = auth
            .signing_key(trace, &kid)
            .await
            .map_err(|_| AuthenticationError::Unavailable)?
            .ok_or(AuthenticationError::Invalid)?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[auth.issuer()]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        // The ecosystem's tokens carry no audience; expiry is compared with the operation's own instant.
        validation.validate_aud = false;
        validation.validate_exp = false;
        decode::<Claims>(token, &key.key, &validation).map(|data| data.claims).map_err(|_| AuthenticationError::Invalid)
    }

    /// Remembers a user at first sight; a new id with a known name is an alias, so ownership follows the person.
    async fn canonical_user(&self, user: &User) -> Result<User, AuthenticationError> {
        let now = self.0.clock.now();
        if let Some(known) = self.0.known_users.get(user, now) {
            return Ok(known);
        }
        let remembered = async {
            let mut work = self.0.store.begin().await?;
            let known = store::user::remember(&mut work, user).await?;
            work.commit().await?;
            Ok::<_, store::StoreError>(known)
        };
        let known = remembered.await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a user could not be remembered");
            AuthenticationError::Unavailable
        })?;
        self.0.known_users.put(user.clone(), known.clone(), now);
        Ok(known)
    }
}

/// Makes the counter that an alert watches, so that the first to be let in by grace is seen as an increase.
pub(crate) fn count_from_nought() {
    grace().increment(0);
}

fn grace() -> metrics::Counter {
    metrics::counter!("tokens_let_in_by_grace_total")
}

fn caller(claims: Claims) -> Caller {
    let roles: BTreeSet<Role> = claims.authorities.iter().filter_map(|text| Role::from_text(text)).collect();
    match (claims.user_id, claims.user_name, claims.auth_source) {
        (Some(id), Some(username), Some(source)) => {
            Caller::User { user: User { id, source: AuthSource::from_text(&source), username }, roles }
        }
        (id, username, source) => {
            let missing_claims =
                [("user_id", id.is_none()), ("user_name", username.is_none()), ("auth_source", source.is_none())];
            let client_id = claims.client_id.unwrap_or_default();
            Caller::Client {
                is_machine: claims.sub.as_deref() == Some(client_id.as_str()) && !client_id.is_empty(),
                client_id,
                roles,
                missing_claims: missing_claims.into_iter().filter(|(_, gone)| *gone).map(|(name, _)| name).collect(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn the_first_to_be_let_in_by_grace_is_an_increase() {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, count_from_nought);
        let page = recorder.handle().render();
        assert!(page.contains("tokens_let_in_by_grace_total 0"), "{page}");
    }
}
