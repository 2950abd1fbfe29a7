//! The performance report that providers ask for.

use domain::access::Operation;
use domain::calendar::day_of;
use domain::performance_report::ReportPeriod;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use store::performance_report::ReportRequest;

use crate::{Error, OpCtx};

/// For how long a request stands for the same one, made again.
const SAME: SignedDuration = SignedDuration::from_mins(10);

/// Asks for the report on the contracts that the caller works for now. It is queued; whoever asks for the same within
/// ten minutes asks once.
///
/// # Errors
/// [`Error::AccessError`] for somebody who works for no contract, [`Error::Fields`] for days that no report can cover.
pub async fn request(ctx: &OpCtx, from: Date, to: Date) -> Result<(), Error> {
    ctx.admit(Operation::RequestPerformanceReport)?;
    let scope = ctx.provider_scope().await?;
    let period = ReportPeriod::new(from, to, day_of(ctx.now)).map_err(Error::Fields)?;
    if ctx.is_repetition() {
        return Ok(());
    }
    let by = ctx.actor();
    let asked = ReportRequest { id: ctx.made_id(), by: &by, at: ctx.now, contracts: &scope.contracts, period };
    let since = ctx.now.saturating_sub(SAME).unwrap_or(Timestamp::MIN);
    let mut work = ctx.begin().await?;
    let is_new = store::performance_report::ask(&mut work, &asked, since).await?;
    work.commit().await?;
    tracing::info!(actor.id = %by.id, outcome = if is_new { "queued" } else { "known" }, "a performance report was asked for");
    Ok(())
}
