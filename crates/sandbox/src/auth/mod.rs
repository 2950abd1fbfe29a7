//! The sign-in service: authorisation code with PKCE, client credentials, refresh, keys, metadata and sign-out.
//!
//! It issues tokens and remembers codes, sessions and refresh tokens. What a user may do is not decided here, nor whether
//! a token was revoked: that is [`crate::verification`], which is told of every token issued.

mod address;
mod authorize;
mod discovery;
pub(crate) mod guard;
pub(crate) mod keys;
pub(crate) mod mint;
mod sign_out;
mod token;

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::keys::KeyRing;
pub use self::keys::{KeyError, StoredKey};
pub use self::mint::{Claims, MintError};
use crate::sandbox::Sandbox;
use crate::users;

/// What sign-in remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Auth {
    /// Every key that tokens may be signed with; the last one signs.
    pub(crate) keys: Vec<StoredKey>,
    /// Authorisation codes not yet exchanged.
    codes: BTreeMap<String, Code>,
    /// Refresh tokens; they are reused, not rotated.
    refresh: BTreeMap<String, Refresh>,
    /// Sign-in sessions by their cookie.
    sessions: BTreeMap<String, Session>,
    /// Seconds by which the times in tokens are off; the clock itself is right.
    pub(crate) skew_seconds: i64,
}

/// A code on its way from the browser to the client.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Code {
    client_id: String,
    redirect_uri: String,
    username: String,
    session: String,
    /// The S256 challenge, when the client sent one.
    challenge: Option<String>,
    expires_at: Timestamp,
}

/// What a refresh token stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refresh {
    client_id: String,
    username: String,
    session: String,
    expires_at: Timestamp,
}

/// A browser that signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Session {
    username: String,
    expires_at: Timestamp,
}

impl Auth {
    /// Forgets what is past its time.
    fn tidy(&mut self, now: Timestamp) {
        self.codes.retain(|_, code| code.expires_at > now);
        self.refresh.retain(|_, refresh| refresh.expires_at > now);
        self.sessions.retain(|_, session| session.expires_at > now);
    }

    /// Ends every session of a user; codes and refresh tokens go with them.
    pub(crate) fn end_sessions(&mut self, username: &str) {
        self.codes.retain(|_, code| code.username != username);
        self.refresh.retain(|_, refresh| refresh.username != username);
        self.sessions.retain(|_, session| session.username != username);
    }
}

/// Everything below `/auth`.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/oauth/authorize", get(authorize::show).post(authorize::submit))
        .route("/oauth/token", post(token::grant))
        .route("/sign-out", get(sign_out::sign_out))
        .route("/logout", get(sign_out::sign_out))
        .route("/sign-in", get(sign_out::own_page))
        .route("/health/ping", get(discovery::ping))
        .route("/.well-known/jwks.json", get(discovery::jwks))
        .route("/issuer/.well-known/openid-configuration", get(discovery::metadata))
        .route("/issuer/.well-known/oauth-authorization-server", get(discovery::metadata))
        .with_state(sandbox.clone())
        .nest("/api", users::old_router(sandbox))
}
