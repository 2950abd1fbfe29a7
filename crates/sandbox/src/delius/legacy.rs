//! The legacy interface, below `/community-api`.

use axum::Router;

use crate::sandbox::Sandbox;

/// Everything below `/community-api`.
pub fn legacy_router(_sandbox: Sandbox) -> Router {
    Router::new()
}
