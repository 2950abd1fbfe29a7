//! Checking tokens, as each protected system does: ours, unspoilt, in time, with the role.

use http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use super::mint::Claims;
use crate::refusal::Refusal;
use crate::sandbox::Sandbox;

/// The text after `Bearer `.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Admits a caller with a good token that carries one of `roles`; any good token when none is asked for.
pub(crate) fn authorise(sandbox: &Sandbox, headers: &HeaderMap, roles: &[&str]) -> Result<Claims, Refusal> {
    let token = bearer(headers).ok_or(Refusal::NoToken)?;
    let claims = check(sandbox, token).ok_or(Refusal::BadToken)?;
    if roles.is_empty() || claims.authorities.iter().any(|held| roles.contains(&held.as_str())) {
        Ok(claims)
    } else {
        Err(Refusal::MissingRole)
    }
}

/// The claims of a token that this sandbox signed with a key it still holds, and that is in time by its clock.
pub(crate) fn check(sandbox: &Sandbox, token: &str) -> Option<Claims> {
    let kid = decode_header(token).ok()?.kid?;
    let (stored, now) = sandbox.read(|state| {
        let key = state.auth.keys.iter().find(|key| key.kid == kid).cloned();
        (key, state.now())
    });
    let pair = sandbox.keys().pair(&stored?).ok()?;
    let mut rules = Validation::new(Algorithm::RS256);
    // The expiry is compared with the sandbox's own clock below.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let claims = decode::<Claims>(token, &pair.checking, &rules).ok()?.claims;
    (claims.iss == sandbox.issuer() && claims.exp > now.as_second()).then_some(claims)
}
