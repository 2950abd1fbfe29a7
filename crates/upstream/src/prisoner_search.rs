//! Where someone is held and when they are to be released (prisoner-search).
//!
//! Owns one look-up by prison number. It is enrichment: the index runs behind its source, every field may be missing,
//! and nothing that matters may wait for it.

mod wire;

use crate::auth::Service;
use crate::breaker::BreakerState;
use crate::cache::Cache;
use crate::error::UpstreamError;
use crate::http::{Request, found};
use crate::trace::Trace;
use domain::NomsNumber;
use jiff::civil::Date;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// A person in prison, or released from it.
#[derive(Clone, PartialEq, Eq)]
pub struct Prisoner {
    /// Prison number.
    pub noms_number: NomsNumber,
    /// Three letters; `OUT` when released, `TRN` in transfer.
    pub prison_id: Option<String>,
    /// For people.
    pub prison_name: Option<String>,
    /// Such as `ACTIVE IN`.
    pub status: Option<String>,
    /// `IN`, `OUT` or `TRN`.
    pub in_out_status: Option<String>,
    /// Release dates.
    pub release: ReleaseDates,
}

/// The dates that may end someone's time in prison.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ReleaseDates {
    /// The release date that counts.
    pub release: Option<Date>,
    /// Confirmed.
    pub confirmed: Option<Date>,
    /// Without detention and training order.
    pub non_dto: Option<Date>,
    /// Automatic.
    pub automatic: Option<Date>,
    /// After recall.
    pub post_recall: Option<Date>,
    /// Conditional.
    pub conditional: Option<Date>,
    /// Parole, as it took place.
    pub actual_parole: Option<Date>,
    /// Discharge.
    pub discharge: Option<Date>,
}

impl fmt::Debug for Prisoner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prisoner(***)")
    }
}

impl fmt::Debug for ReleaseDates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReleaseDates(***)")
    }
}

/// The search index.
pub struct PrisonerSearch {
    service: Service,
    records: Cache<NomsNumber, Option<Prisoner>>,
}

impl PrisonerSearch {
    pub(crate) fn new(service: Service, cache_ttl: Duration) -> Self {
        Self { service, records: Cache::new(cache_ttl) }
    }

    /// The person of this prison number, at most the time to live old; `None` when there is none.
    pub async fn prisoner(&self, trace: &Trace, noms_number: &NomsNumber) -> Result<Option<Prisoner>, UpstreamError> {
        if let Some(record) = self.records.fresh(noms_number, Instant::now()) {
            return Ok(record);
        }
        let path = ["prisoner", noms_number.as_str()];
        let record = match found(self.service.call(trace, Request::get("prisoner", &path)).await)? {
            Some(answer) => Some(answer.json::<wire::Prisoner>()?.named(noms_number)),
            None => None,
        };
        self.records.keep(noms_number.clone(), record.clone(), Instant::now());
        Ok(record)
    }

    /// What the circuit breaker is doing.
    pub fn breaker_state(&self) -> BreakerState {
        self.service.breaker_state()
    }
}
