//! The token endpoint: client authentication by Basic, and the three grants.
//!
//! What is asked comes as a form, in the address, or partly in each, as the real one takes it: scripts send no body.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use jiff::ToSpan;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Refresh;
use super::mint::{self, Minted};
use crate::cast::{self, Client, Grant};
use crate::sandbox::Sandbox;

#[derive(Default)]
struct Asked {
    grant_type: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
    username: Option<String>,
}

impl Asked {
    /// Reads what the body says, and besides what the address says.
    fn read(body: &[u8], query: Option<&str>) -> Result<Self, Denied> {
        let mut asked = Self::default();
        for part in [body, query.unwrap_or_default().as_bytes()] {
            let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(part).map_err(|_| Denied::Malformed)?;
            for (name, value) in pairs {
                let field = match name.as_str() {
                    "grant_type" => &mut asked.grant_type,
                    "code" => &mut asked.code,
                    "redirect_uri" => &mut asked.redirect_uri,
                    "code_verifier" => &mut asked.code_verifier,
                    "refresh_token" => &mut asked.refresh_token,
                    "username" => &mut asked.username,
                    _ => continue,
                };
                field.get_or_insert(value);
            }
        }
        Ok(asked)
    }
}

/// Why no token is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denied {
    /// The client did not prove who it is.
    Client,
    /// The client may not use this grant.
    Unauthorised,
    /// Code, verifier or refresh token are unknown, used, expired or for somebody else.
    Grant(&'static str),
    /// No such grant type.
    UnsupportedGrant,
    /// Not written as a form is.
    Malformed,
    /// The token could not be signed.
    Signature,
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let (status, error, told) = match self {
            Self::Client => (StatusCode::UNAUTHORIZED, "invalid_client", "Bad client credentials"),
            Self::Unauthorised => (StatusCode::BAD_REQUEST, "unauthorized_client", "Unauthorized grant type"),
            Self::Grant(told) => (StatusCode::BAD_REQUEST, "invalid_grant", told),
            Self::UnsupportedGrant => (StatusCode::BAD_REQUEST, "unsupported_grant_type", "Unsupported grant type"),
            Self::Malformed => (StatusCode::BAD_REQUEST, "invalid_request", "The request is no form"),
            Self::Signature => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The token could not be signed"),
        };
        let mut response = (status, Json(json!({ "error": error, "error_description": told }))).into_response();
        if self == Self::Client {
            let challenge = http::HeaderValue::from_static(r#"Basic realm="sandbox sign-in""#);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

pub(super) async fn grant(
    State(sandbox): State<Sandbox>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = Asked::read(&body, query.as_deref());
    match asked.and_then(|asked| decide(&sandbox, &headers, &asked)) {
        Ok(body) => ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response(),
        Err(denied) => denied.into_response(),
    }
}

fn decide(sandbox: &Sandbox, headers: &HeaderMap, asked: &Asked) -> Result<Value, Denied> {
    let client = authenticated(headers).ok_or(Denied::Client)?;
    let needs = |grant| if client.grant == grant { Ok(()) } else { Err(Denied::Unauthorised) };
    match asked.grant_type.as_deref().unwrap_or_default() {
        "client_credentials" => {
            needs(Grant::ClientCredentials)?;
            let minted =
                mint::for_client(sandbox, client.id, asked.username.as_deref().filter(|name| !name.is_empty()))
                    .map_err(|_| Denied::Signature)?;
            Ok(told(&minted, None))
        }
        "authorization_code" => {
            needs(Grant::AuthorisationCode)?;
            exchange(sandbox, client, asked)
        }
        "refresh_token" => {
            needs(Grant::AuthorisationCode)?;
            refresh(sandbox, client, asked)
        }
        _ => Err(Denied::UnsupportedGrant),
    }
}

fn authenticated(headers: &HeaderMap) -> Option<&'static Client> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    cast::client(id).filter(|client| client.secret == secret)
}

fn exchange(sandbox: &Sandbox, client: &Client, asked: &Asked) -> Result<Value, Denied> {
    let code = asked.code.as_deref().ok_or(Denied::Grant("No code was sent"))?;
    // A code is spent by the first attempt, whether it succeeds or not.
    let (code, now) = sandbox.write(|state| (state.auth.codes.remove(code), state.now()));
    let code = code.filter(|code| code.expires_at > now).ok_or(Denied::Grant("Invalid authorization code"))?;
    if code.client_id != client.id || asked.redirect_uri.as_deref() != Some(code.redirect_uri.as_str()) {
        return Err(Denied::Grant("The code was issued for another client or address"));
    }
    if let Some(challenge) = &code.challenge {
        let verifier = asked.code_verifier.as_deref().unwrap_or_default();
        if &URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) != challenge {
            return Err(Denied::Grant("The code verifier does not match the challenge"));
        }
    }
    let minted = mint::for_user(sandbox, &code.username, client.id, Some(&code.session))
        .map_err(|_| Denied::Grant("The user is gone"))?;
    let refresh = sandbox.write(|state| {
        let token = format!("{}.{}", state.next_id().simple(), state.next_id().simple());
        let expires_at = now.saturating_add(client.refresh_seconds.seconds()).unwrap_or(now);
        let kept = Refresh {
            client_id: client.id.to_owned(),
            username: code.username.clone(),
            session: code.session.clone(),
            expires_at,
        };
        state.auth.refresh.insert(token.clone(), kept);
        token
    });
    Ok(told(&minted, Some(&refresh)))
}

fn refresh(sandbox: &Sandbox, client: &Client, asked: &Asked) -> Result<Value, Denied> {
    let token = asked.refresh_token.as_deref().ok_or(Denied::Grant("No refresh token was sent"))?;
    let kept = sandbox
        .read(|state| {
            let kept = state.auth.refresh.get(token).filter(|kept| kept.expires_at > state.now())?;
            let usable = state.users.find(&kept.username).is_some_and(|user| user.enabled && !user.locked);
            usable.then(|| kept.clone())
        })
        .filter(|kept| kept.client_id == client.id)
        .ok_or(Denied::Grant("Invalid refresh token"))?;
    let minted = mint::for_user(sandbox, &kept.username, client.id, Some(&kept.session))
        .map_err(|_| Denied::Grant("The user is gone"))?;
    Ok(told(&minted, Some(token)))
}

/// The answer: the token, and the user's claims beside it.
fn told(minted: &Minted, refresh: Option<&str>) -> Value {
    let claims = &minted.claims;
    let mut body = json!({
        "access_token": minted.access_token,
        "token_type": "bearer",
        "expires_in": minted.expires_in,
        "scope": claims.scope.join(" "),
        "sub": claims.sub,
        "auth_source": claims.auth_source,
        "jti": claims.jti,
        "iss": claims.iss,
    });
    let beside = [
        ("user_name", claims.user_name.as_deref()),
        ("user_id", claims.user_id.as_deref()),
        ("name", claims.name.as_deref()),
        ("refresh_token", refresh),
    ];
    for (name, value) in beside {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    body
}
