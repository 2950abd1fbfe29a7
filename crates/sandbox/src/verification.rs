//! The token check: which access tokens are still good, by their own id and by the session that they belong to.
//!
//! Sign-in tells it of every token; signing out revokes a whole session. A token that it never heard of, or heard of more
//! than a day ago, is inactive however well it is signed.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::dangerous::insecure_decode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::{Claims, guard};
use crate::refusal::{Refusal, error};
use crate::sandbox::Sandbox;

/// How long an entry lives.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// What sign-in carries when it registers and revokes.
const REGISTRAR: [&str; 1] = ["ROLE_AUTH_TOKEN_VERIFICATION"];

/// The known tokens.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Verification {
    tokens: BTreeMap<String, Known>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    session: String,
    /// Whose token it is: a username or a client id.
    subject: String,
    at: Timestamp,
}

impl Verification {
    /// Remembers a subject's token as part of a session.
    pub(crate) fn register(&mut self, jti: &str, subject: &str, session: &str, now: Timestamp) {
        self.tokens.retain(|_, known| now.duration_since(known.at) < KEPT);
        let known = Known { session: session.to_owned(), subject: subject.to_owned(), at: now };
        self.tokens.insert(jti.to_owned(), known);
    }

    /// Revokes every token of a subject.
    pub(crate) fn revoke_user(&mut self, subject: &str) {
        self.tokens.retain(|_, known| known.subject != subject);
    }

    /// Whether the token is known and not revoked.
    pub(crate) fn is_active(&self, jti: &str, now: Timestamp) -> bool {
        self.tokens.get(jti).is_some_and(|known| now.duration_since(known.at) < KEPT)
    }

    /// Revokes every token of a session.
    pub(crate) fn revoke_session(&mut self, session: &str) {
        self.tokens.retain(|_, known| known.session != session);
    }

    /// Revokes one token.
    pub(crate) fn revoke(&mut self, jti: &str) {
        self.tokens.remove(jti);
    }

    /// Forgets every token, as when its store is lost.
    pub(crate) fn forget_all(&mut self) {
        self.tokens.clear();
    }
}

/// Everything below `/verification`.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/token/verify", post(verify))
        .route("/token", post(register).delete(revoke))
        .route("/token/refresh", post(refresh))
        .with_state(sandbox)
}

/// 200 says only that the token could be read; the body says whether it is good.
async fn verify(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let in_body = std::str::from_utf8(&body).ok().map(str::trim).filter(|text| !text.is_empty());
    let Some(token) = in_body.or_else(|| guard::bearer(&headers)) else {
        return Refusal::NoToken.into_response();
    };
    let Some(claims) = guard::check(&sandbox, token) else {
        return error(StatusCode::BAD_REQUEST, "The token is malformed, expired or wrongly signed");
    };
    let active = sandbox.read(|state| state.verification.is_active(&claims.jti, state.now()));
    Json(json!({ "active": active })).into_response()
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "authJwtId")]
    session: Option<String>,
    #[serde(rename = "accessJwtId")]
    earlier: Option<String>,
}

/// Registers the token in the body under a session.
async fn register(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Query(named): Query<Named>,
    body: String,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &REGISTRAR)?;
    Ok(registered(&sandbox, named.session, &body))
}

/// Registers the token in the body under the session of an earlier one.
async fn refresh(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Query(named): Query<Named>,
    body: String,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &REGISTRAR)?;
    let earlier = named.earlier.unwrap_or_default();
    let session = sandbox.read(|state| state.verification.tokens.get(&earlier).map(|known| known.session.clone()));
    Ok(registered(&sandbox, session, &body))
}

async fn revoke(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Query(named): Query<Named>,
) -> Result<Response, Refusal> {
    sandbox.authorise_client(&headers, &REGISTRAR)?;
    sandbox.write(|state| state.verification.revoke_session(&named.session.unwrap_or_default()));
    Ok(StatusCode::OK.into_response())
}

fn registered(sandbox: &Sandbox, session: Option<String>, token: &str) -> Response {
    match (session, insecure_decode::<Claims>(token.trim())) {
        (Some(session), Ok(read)) => {
            sandbox.write(|state| {
                let now = state.now();
                state.verification.register(&read.claims.jti, &read.claims.sub, &session, now);
            });
            StatusCode::OK.into_response()
        }
        (None, _) => error(StatusCode::BAD_REQUEST, "No session was named"),
        (_, Err(_)) => error(StatusCode::BAD_REQUEST, "The token cannot be read"),
    }
}
