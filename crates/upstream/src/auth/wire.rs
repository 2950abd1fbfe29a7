//! Shapes of the sign-in system's answers.

use crate::http::null_is_default;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) access_token: String,
    pub(super) expires_in: u64,
    pub(super) refresh_token: Option<String>,
    pub(super) name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct KeySet {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) keys: Vec<Key>,
}

#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) kid: Option<String>,
    pub(super) kty: String,
    #[serde(rename = "use")]
    pub(super) purpose: Option<String>,
    pub(super) n: Option<String>,
    pub(super) e: Option<String>,
}
