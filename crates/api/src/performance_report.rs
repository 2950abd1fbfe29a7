//! The performance report that providers ask for.

use jiff::civil::Date;

use crate::answer::Queued;
use crate::body::{Members, Object};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::Body;

/// The days that the report is to cover, both included.
pub(crate) struct PerformanceReportRequest {
    pub(crate) from: Date,
    pub(crate) to: Date,
}

impl Object for PerformanceReportRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (from, to) = (members.required("fromDate"), members.required("toDate"));
        Some(Self { from: from?, to: to? })
    }
}

/// `POST /reports/service-provider/performance`.
pub(crate) async fn request(
    Caller(ctx): Caller,
    Body(PerformanceReportRequest { from, to }): Body<PerformanceReportRequest>,
) -> Result<Queued, Failure> {
    app::performance_report::request(&ctx, from, to).await?;
    Ok(Queued)
}
