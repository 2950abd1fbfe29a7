//! Making tokens: the claims, the registration with the token check, the signature.

use jsonwebtoken::{Algorithm, Header, encode};
use serde::{Deserialize, Serialize};

use super::KeyError;
use crate::cast;
use crate::sandbox::Sandbox;
use crate::state::State;
use crate::users::Directory;

/// The claims of an access token. `aud` and `iat` are not used in this ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The username, or the client id of a client's own token.
    pub sub: String,
    /// The username; absent from a client's own token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The user's stable id; absent from a client's own token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `auth`, `delius`, `nomis`, or `none` for a client.
    pub auth_source: String,
    /// The user's display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Roles, each with `ROLE_`.
    #[serde(default)]
    pub authorities: Vec<String>,
    /// `read` and `write`.
    pub scope: Vec<String>,
    /// The client that the token was issued to.
    pub client_id: String,
    /// The issuer.
    pub iss: String,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// The token's own id.
    pub jti: String,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The cast has no such client.
    #[error("unknown client `{0}`")]
    UnknownClient(String),
    /// The directory has no such user.
    #[error("unknown user `{0}`")]
    UnknownUser(String),
    /// There is no usable signing key.
    #[error("the token could not be signed")]
    Signature(#[from] KeyError),
}

/// A new token and what is said beside it.
pub(crate) struct Minted {
    pub(crate) access_token: String,
    pub(crate) expires_in: i64,
    pub(crate) claims: Claims,
}

/// A token for a user who signed in through `client_id`; without a session it gets one of its own.
pub(crate) fn for_user(
    sandbox: &Sandbox,
    username: &str,
    client_id: &str,
    session: Option<&str>,
) -> Result<Minted, MintError> {
    let client = cast::client(client_id).ok_or_else(|| MintError::UnknownClient(client_id.to_owned()))?;
    let user = sandbox
        .read(|state| state.users.find(username).cloned())
        .ok_or_else(|| MintError::UnknownUser(username.to_owned()))?;
    let claims = Claims {
        sub: user.username.clone(),
        user_name: Some(user.username.clone()),
        user_id: (!user.lacks_user_id_claim).then(|| user.user_id.clone()),
        auth_source: user.auth_source.clone(),
        name: Some(user.name()),
        authorities: Directory::authorities(&user),
        ..unsigned(client.id)
    };
    mint(sandbox, claims, client.access_seconds, session)
}

/// A client's own token, perhaps in the name of a user.
pub(crate) fn for_client(sandbox: &Sandbox, client_id: &str, on_behalf: Option<&str>) -> Result<Minted, MintError> {
    let client = cast::client(client_id).ok_or_else(|| MintError::UnknownClient(client_id.to_owned()))?;
    let claims = Claims {
        sub: on_behalf.unwrap_or(client.id).to_owned(),
        user_name: on_behalf.map(ToOwned::to_owned),
        authorities: client.authorities.iter().map(|role| (*role).to_owned()).collect(),
        ..unsigned(client.id)
    };
    mint(sandbox, claims, client.access_seconds, None)
}

fn unsigned(client_id: &str) -> Claims {
    Claims {
        sub: String::new(),
        user_name: None,
        user_id: None,
        auth_source: "none".to_owned(),
        name: None,
        authorities: Vec::new(),
        scope: vec!["read".to_owned(), "write".to_owned()],
        client_id: client_id.to_owned(),
        iss: String::new(),
        exp: 0,
        jti: String::new(),
    }
}

fn mint(sandbox: &Sandbox, claims: Claims, seconds: i64, session: Option<&str>) -> Result<Minted, MintError> {
    let issuer = sandbox.issuer();
    let (key, claims) = sandbox.write(|state: &mut State| {
        let now = state.now();
        let jti = state.next_id().to_string();
        let exp = now.as_second() + seconds + state.auth.skew_seconds;
        let session = session.map_or_else(|| format!("token:{jti}"), ToOwned::to_owned);
        state.verification.register(&jti, &claims.sub, &session, now);
        (state.auth.keys.last().cloned(), Claims { iss: issuer, exp, jti, ..claims })
    });
    let missing = || KeyError::Token(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat.into());
    let pair = sandbox.keys().pair(&key.ok_or_else(missing)?)?;
    let header = Header { kid: Some(pair.kid.clone()), ..Header::new(Algorithm::RS256) };
    let access_token = encode(&header, &claims, &pair.signing).map_err(KeyError::Token)?;
    Ok(Minted { access_token, expires_in: seconds, claims })
}
