//! The performance report that providers ask for.

use domain::access::Operation;
use domain::calendar::day_of;
use domain::performance_report::ReportPeriod;
use jiff::civil::Date;

use crate::{Error, OpCtx};

/// Asks for the report on the contracts that the caller works for.
///
/// # Errors
/// [`Error::Fields`] for days that no report can cover. [`Error::NotOffered`] whenever the request itself is good: the
/// report cannot be made yet.
pub async fn request(ctx: &OpCtx, from: Date, to: Date) -> Result<(), Error> {
    ctx.admit(Operation::RequestPerformanceReport)?;
    ctx.provider_scope().await?;
    ReportPeriod::new(from, to, day_of(ctx.now)).map_err(Error::Fields)?;
    Err(Error::NotOffered("the performance report is not available yet; nothing was asked for"))
}
