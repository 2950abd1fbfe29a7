//! The account's API keys, and the check of the short-lived token that a caller signs with one.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::{Deserialize, Serialize};

use super::error_answer;
use crate::auth::guard::bearer;

/// The live key: reaches anyone. For demonstrations only.
pub const NOTIFY_API_KEY: &str =
    "sandbox-live-3f1c2a44-6b0e-4d7d-9a51-0c5be7a10001-8a7d6c52-1e93-4f0a-b6d4-2f9e1c300001";
/// The team key: reaches only addresses of the team. For demonstrations only.
pub const NOTIFY_TEAM_API_KEY: &str =
    "sandbox-team-3f1c2a44-6b0e-4d7d-9a51-0c5be7a10001-8a7d6c52-1e93-4f0a-b6d4-2f9e1c300002";
/// The test key: realistic answers, nothing is sent. For demonstrations only.
pub const NOTIFY_TEST_API_KEY: &str =
    "sandbox-test-3f1c2a44-6b0e-4d7d-9a51-0c5be7a10001-8a7d6c52-1e93-4f0a-b6d4-2f9e1c300003";

/// A token is good this long before and after its time of issue.
const WINDOW_SECONDS: i64 = 30;
/// A service id, a hyphen and a secret.
const TAIL: usize = 73;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyKind {
    /// Reaches anyone.
    Live,
    /// Reaches the team.
    Team,
    /// Reaches nobody.
    Test,
}

const KEYS: [(KeyKind, &str); 3] =
    [(KeyKind::Live, NOTIFY_API_KEY), (KeyKind::Team, NOTIFY_TEAM_API_KEY), (KeyKind::Test, NOTIFY_TEST_API_KEY)];

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: i64,
}

/// The service id and the secret of a key text.
fn parts(key: &str) -> Option<(&str, &str)> {
    let tail = key.get(key.len().checked_sub(TAIL)?..)?;
    Some((tail.get(..36)?, tail.get(37..)?))
}

/// The kind of key that the caller's token was signed with.
pub(super) fn check(headers: &HeaderMap, now: Timestamp) -> Result<KeyKind, Box<Response>> {
    let refused = |status, told: &str| Err(Box::new(error_answer(status, "AuthError", told)));
    let Some(token) = bearer(headers) else {
        return refused(StatusCode::UNAUTHORIZED, "Unauthorized: authentication bearer scheme must be used");
    };
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let signed = KEYS.iter().find_map(|(kind, key)| {
        let (service, secret) = parts(key)?;
        let claims = decode::<Claims>(token, &DecodingKey::from_secret(secret.as_bytes()), &rules).ok()?.claims;
        (claims.iss == service).then_some((*kind, claims.iat))
    });
    match signed {
        None => refused(StatusCode::FORBIDDEN, "Invalid token: signature, api token not found"),
        Some((_, iat)) if (now.as_second() - iat).abs() > WINDOW_SECONDS => {
            refused(StatusCode::FORBIDDEN, "Error: Your system clock must be accurate to within 30 seconds")
        }
        Some((kind, _)) => Ok(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_73_characters_hold_service_and_secret() {
        for (_, key) in KEYS {
            let (service, secret) = parts(key).unwrap();
            assert!(uuid::Uuid::parse_str(service).is_ok());
            assert!(uuid::Uuid::parse_str(secret).is_ok());
        }
        assert_eq!(parts("short"), None);
    }
}
