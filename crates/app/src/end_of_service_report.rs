//! The end of service report.

use domain::access::Operation;
use domain::end_of_service_report::ReportOutcome;
use domain::{EndOfServiceReportId, ReferralId};

use crate::referral::{Seen, authorised_change, referral_of_report};
use crate::{Error, OpCtx};

/// Begins the report, or finds the one that was begun.
pub async fn begin(ctx: &OpCtx, referral: ReferralId) -> Result<Seen, Error> {
    let id = EndOfServiceReportId(ctx.app.ids().uuid());
    let by = ctx.actor();
    let seen = authorised_change(ctx, Operation::CreateEndOfServiceReport, referral, |referral| {
        referral.begin_report(id, &by, ctx.now)
    })
    .await;
    match seen {
        // The contract answers 400, not 404, for a referral named in a body.
        Err(Error::NotFound(message)) => Err(Error::Bad(message)),
        other => other,
    }
}

/// Sets the further information and one outcome's entry, as far as given.
pub async fn change(
    ctx: &OpCtx,
    id: EndOfServiceReportId,
    further_information: Option<String>,
    outcome: Option<ReportOutcome>,
) -> Result<Seen, Error> {
    let operation = Operation::UpdateEndOfServiceReport;
    let referral = referral_of_report(ctx, operation, id).await?;
    authorised_change(ctx, operation, referral, |referral| referral.change_report(id, further_information, outcome))
        .await
}

/// Submits the report, which concludes the referral.
pub async fn submit(ctx: &OpCtx, id: EndOfServiceReportId) -> Result<Seen, Error> {
    let operation = Operation::SubmitEndOfServiceReport;
    let referral = referral_of_report(ctx, operation, id).await?;
    let by = ctx.actor();
    authorised_change(ctx, operation, referral, |referral| referral.submit_report(id, &by, ctx.now)).await
}
