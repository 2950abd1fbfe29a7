//! How a protected system turns a caller away: 401 without a good token, 403 without the role.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// Why a caller was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No bearer token was sent.
    #[error("no bearer token was sent")]
    NoToken,
    /// The token is not one of ours, is malformed, or has expired.
    #[error("the bearer token is malformed, expired or not from this issuer")]
    BadToken,
    /// The token is good but carries none of the roles that the operation asks for.
    #[error("the token carries none of the required roles")]
    MissingRole,
}

impl Refusal {
    /// 401 or 403.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::MissingRole => StatusCode::FORBIDDEN,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let told = match self {
            Self::MissingRole => "Access is denied",
            Self::NoToken | Self::BadToken => "Authentication is required",
        };
        let body = json!({
            "status": status.as_u16(),
            "message": told,
            "userMessage": told,
            "developerMessage": self.to_string(),
        });
        let mut response = (status, Json(body)).into_response();
        let challenge = match self {
            Self::NoToken => Some("Bearer"),
            Self::BadToken => Some(r#"Bearer error="invalid_token""#),
            Self::MissingRole => Some(r#"Bearer error="insufficient_scope""#),
        };
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// An error answer in the shape that most of the stood-in services share.
pub(crate) fn error(status: StatusCode, told: &str) -> Response {
    let body = json!({ "status": status.as_u16(), "userMessage": told, "developerMessage": told });
    (status, Json(body)).into_response()
}
