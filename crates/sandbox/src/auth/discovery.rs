//! What clients look up before they trust a token: the metadata and the key set; and the health probe.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

pub(super) async fn ping() -> Json<Value> {
    Json(json!({ "status": "UP" }))
}

pub(super) async fn jwks(State(sandbox): State<Sandbox>) -> impl IntoResponse {
    let stored = sandbox.read(|state| state.auth.keys.clone());
    let keys: Vec<Value> = stored
        .iter()
        .filter_map(|key| sandbox.keys().pair(key).ok())
        .map(|pair| {
            json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": pair.kid, "n": pair.modulus, "e": pair.exponent,
            })
        })
        .collect();
    ([(header::CACHE_CONTROL, "max-age=43200, public")], Json(json!({ "keys": keys })))
}

pub(super) async fn metadata(State(sandbox): State<Sandbox>) -> Json<Value> {
    let base = format!("{}/auth", sandbox.config().public_url);
    Json(json!({
        "issuer": sandbox.issuer(),
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "jwks_uri": format!("{base}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
    }))
}
