//! The list of secure children's homes (prison-api).
//!
//! Owns the list and how long it is kept; an old list is better than none.

mod wire;

use crate::auth::Service;
use crate::breaker::BreakerState;
use crate::cache::Cache;
use crate::error::UpstreamError;
use crate::http::Request;
use crate::trace::Trace;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A secure children's home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecureHome {
    /// Agency id.
    pub id: String,
    /// For people; the longer of the two names where there is one.
    pub name: String,
}

/// The prison API.
pub struct PrisonApi {
    service: Service,
    list: Cache<(), Arc<[SecureHome]>>,
}

impl PrisonApi {
    pub(crate) fn new(service: Service, ttl: Duration) -> Self {
        Self { service, list: Cache::new(ttl) }
    }

    /// The homes in use. When the API is down, the last list goes on being given.
    pub async fn secure_homes(&self, trace: &Trace) -> Result<Arc<[SecureHome]>, UpstreamError> {
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

    async fn fetch(&self, trace: &Trace) -> Result<Arc<[SecureHome]>, UpstreamError> {
        let active = [("activeOnly", "true")];
        let path = ["api", "agencies", "type", "SCH"];
        let answer = self.service.call(trace, Request::get("secure homes", &path).query(&active)).await?;
        let list: Vec<wire::Agency> = answer.json()?;
        Ok(list.into_iter().map(Into::into).collect())
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.service.breaker_state()
    }
}
