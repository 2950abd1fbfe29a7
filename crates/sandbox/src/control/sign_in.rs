//! Sign-in from behind: tokens without a browser, users that change, keys that rotate, tokens that are revoked.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bad, done, strict};
use crate::auth::{keys, mint};
use crate::sandbox::Sandbox;
use crate::users::Change;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Whose {
    username: Option<String>,
    client_id: Option<String>,
}

/// A signed access token, as sign-in would give it.
pub(super) async fn token(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let minted = match strict(&body)? {
        Whose { username: Some(username), client_id: None } => {
            mint::for_user(&sandbox, &username, "interventions-web", None)
        }
        Whose { username: None, client_id: Some(client) } => mint::for_client(&sandbox, &client, None),
        _ => return Err(Bad::new("give either `username` or `clientId`")),
    };
    let minted = minted.map_err(|error| Bad::new(error.to_string()))?;
    Ok(Json(json!({
        "access_token": minted.access_token,
        "accessToken": minted.access_token,
        "expiresIn": minted.expires_in,
        "jti": minted.claims.jti,
    })))
}

/// Every user, as the directory holds them now.
pub(super) async fn users(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.read(|state| json!(state.users.list())))
}

/// Changes what is given about one user.
pub(super) async fn change_user(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let change: Change = strict(&body)?;
    let username = change.username.clone();
    if sandbox.write(|state| state.users.change(change)) {
        Ok(done())
    } else {
        Err(Bad::new(format!("unknown username `{username}`")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rotation {
    /// Old keys leave the key set, so that tokens signed with them stop being good.
    #[serde(default)]
    drop_old: bool,
}

/// Signs with a new key from now on.
pub(super) async fn rotate_key(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Rotation { drop_old } = strict(&body)?;
    let (seed, last) = sandbox.read(|state| (state.seed(), state.auth.keys.last().map(|key| key.kid.clone())));
    let number = last.and_then(|kid| kid.rsplit('-').next()?.parse::<u64>().ok()).map_or(0, |number| number + 1);
    let key = keys::generate(seed, number).map_err(|error| Bad::new(error.to_string()))?;
    let kid = key.kid.clone();
    sandbox.write(|state| {
        if drop_old {
            state.auth.keys.clear();
        }
        state.auth.keys.push(key);
    });
    Ok(Json(json!({ "kid": kid })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skew {
    seconds: i64,
}

/// Times in new tokens are off by so many seconds.
pub(super) async fn skew(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    let Skew { seconds } = strict(&body)?;
    sandbox.write(|state| state.auth.skew_seconds = seconds);
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    username: Option<String>,
    jti: Option<String>,
}

/// Ends a user's sessions with all their tokens, or revokes one token.
pub(super) async fn revoke(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Bad> {
    match strict(&body)? {
        Revoked { username: Some(username), jti: None } => {
            let known = sandbox.read(|state| state.users.find(&username).map(|user| user.username.clone()));
            let name = known.ok_or_else(|| Bad::new(format!("unknown username `{username}`")))?;
            sandbox.write(|state| {
                state.auth.end_sessions(&name);
                state.verification.revoke_user(&name);
            });
        }
        Revoked { username: None, jti: Some(jti) } => sandbox.write(|state| state.verification.revoke(&jti)),
        _ => return Err(Bad::new("give either `username` or `jti`")),
    }
    Ok(done())
}

/// The token check forgets every token, as when its store is lost.
pub(super) async fn forget(State(sandbox): State<Sandbox>) -> Json<Value> {
    sandbox.write(|state| state.verification.forget_all());
    done()
}
