//! The list of prisons (prison-register), asked without a token.
//!
//! Owns the list and how long it is kept; an old list is better than none.

mod wire;

use crate::breaker::{BreakerConfig, BreakerState};
use crate::cache::Cache;
use crate::config::Endpoint;
use crate::error::{System, UpstreamError};
use crate::http::{Credentials, Http, Request};
use crate::trace::Trace;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A prison that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prison {
    /// Three letters.
    pub id: String,
    /// For people.
    pub name: String,
}

/// The register of prisons.
pub struct PrisonRegister {
    http: Http,
    list: Cache<(), Arc<[Prison]>>,
}

impl PrisonRegister {
    pub(crate) fn new(endpoint: Endpoint, ttl: Duration, breaker: BreakerConfig) -> Result<Self, reqwest::Error> {
        Ok(Self { http: Http::new(System::PrisonRegister, endpoint, breaker)?, list: Cache::new(ttl) })
    }

    /// The prisons in use. When the register is down, the last list goes on being given.
    pub async fn prisons(&self, trace: &Trace) -> Result<Arc<[Prison]>, UpstreamError> {
        if let Some(list) = self.list.fresh(&(), Instant::now()) {
            return Ok(list);
        }
        match self.fetch(trace).await {
            Ok(list) => {
                self.list.keep((), Arc::clone(&list), Instant::now());
                Ok(list)
            }
            Err(error) => self.list.stale(&()).ok_or(error),
        }
    }

    async fn fetch(&self, trace: &Trace) -> Result<Arc<[Prison]>, UpstreamError> {
        let active = [("active", "true")];
        let request = Request::get("prisons", &["prisons", "names"]).query(&active);
        let list: Vec<wire::Prison> = self.http.call(trace, Credentials::None, request).await?.json()?;
        Ok(list.into_iter().map(Into::into).collect())
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.http.breaker_state()
    }
}
