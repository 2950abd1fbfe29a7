//! Delius: the record, its two interfaces and the consumer of our events.

pub mod consumer;

use axum::Router;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cast::{self, Limit};
use crate::sandbox::Sandbox;

/// The Delius record.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Record {}

impl Record {
    /// Whether Delius reads our events.
    pub fn consumes_events(&self) -> bool {
        true
    }

    /// Whether Delius knows a person by this case reference number.
    pub fn knows_person(&self, crn: &str) -> bool {
        cast::case(crn).is_some_and(|case| case.merged_into.is_none())
    }

    /// Why this user may not see this case; `None`: they may.
    pub fn limit_told(&self, crn: &str, username: &str) -> Option<String> {
        let case = cast::case(crn)?;
        case.limits.iter().find_map(|limit| match limit {
            Limit::Excluded(users, told) if users.contains(&username) => Some((*told).to_owned()),
            Limit::Restricted(users, told) if !users.contains(&username) => Some((*told).to_owned()),
            _ => None,
        })
    }

    /// The whole record of a case, for `/control/delius/{crn}` and the index page; `None`: no such person.
    pub fn shown(&self, crn: &str) -> Option<Value> {
        self.knows_person(crn).then(|| serde_json::json!({ "crn": crn, "events": [], "nsis": [], "contacts": [] }))
    }
}

/// Everything below `/delius`.
pub fn router(_sandbox: Sandbox) -> Router {
    Router::new()
}

/// Everything below `/community-api`.
pub fn legacy_router(_sandbox: Sandbox) -> Router {
    Router::new()
}

/// Everything below `/control/delius`.
pub fn control_router(_sandbox: Sandbox) -> Router {
    Router::new()
}
