//! The catalogue: the same for everybody who may sign in.

use domain::access::Operation;
use domain::catalogue::{InterventionEntry, PccRegion, Reason, ServiceCategory};
use domain::{InterventionId, ServiceCategoryId};
pub use store::catalogue::CatalogueFilter;

use crate::{Error, OpCtx};

/// Interventions that take referrals now and match every given filter.
pub async fn search(ctx: &OpCtx, filter: CatalogueFilter) -> Result<Vec<InterventionEntry>, Error> {
    ctx.admit(Operation::SearchInterventions)?;
    let mut db = ctx.app.store().connection().await?;
    Ok(store::catalogue::search(&mut db, &filter, domain::calendar::day_of(ctx.now), ctx.now).await?)
}

/// The interventions of the caller's contracts, ended ones too.
pub async fn mine(ctx: &OpCtx) -> Result<Vec<InterventionEntry>, Error> {
    ctx.admit(Operation::ListMyInterventions)?;
    let scope = ctx.provider_scope().await?;
    let mut db = ctx.app.store().connection().await?;
    Ok(store::catalogue::entries_of_contracts(&mut db, &scope.contracts).await?)
}

/// One intervention.
///
/// # Errors
/// [`Error::Gone`] when asked to check and the contract takes no referrals any more.
pub async fn get(ctx: &OpCtx, id: InterventionId, check_end_date: bool) -> Result<InterventionEntry, Error> {
    ctx.admit(Operation::GetIntervention)?;
    let mut db = ctx.app.store().connection().await?;
    let entry = store::catalogue::get_entry(&mut db, id).await?.ok_or_else(|| Error::not_found("intervention", id))?;
    let ended = entry.intervention.contract.referral_end_at.is_some_and(|end| end < ctx.now);
    if check_end_date && ended {
        return Err(Error::Gone("the contract takes no referrals any more".to_owned()));
    }
    Ok(entry)
}

/// Every PCC region, by name.
pub async fn pcc_regions(ctx: &OpCtx) -> Result<Vec<PccRegion>, Error> {
    ctx.admit(Operation::ListPccRegions)?;
    let mut db = ctx.app.store().connection().await?;
    Ok(store::catalogue::pcc_regions(&mut db).await?)
}

/// A service category with every outcome, deprecated ones too.
pub async fn category(ctx: &OpCtx, id: ServiceCategoryId) -> Result<ServiceCategory, Error> {
    find_category(ctx, Operation::GetServiceCategory, id).await
}

/// A service category with the outcomes that are offered on a contract.
pub async fn category_for_contract(
    ctx: &OpCtx,
    id: ServiceCategoryId,
    contract_reference: &str,
) -> Result<ServiceCategory, Error> {
    let mut category = find_category(ctx, Operation::GetServiceCategoryForContract, id).await?;
    category.desired_outcomes.retain(|outcome| outcome.is_offered_on(contract_reference));
    Ok(category)
}

async fn find_category(ctx: &OpCtx, operation: Operation, id: ServiceCategoryId) -> Result<ServiceCategory, Error> {
    ctx.admit(operation)?;
    let mut db = ctx.app.store().connection().await?;
    let category = store::catalogue::find_category(&mut db, id).await?;
    category.ok_or_else(|| Error::not_found("service category", id))
}

/// The older cancellation reasons.
pub async fn cancellation_reasons(ctx: &OpCtx) -> Result<Vec<Reason>, Error> {
    ctx.admit(Operation::ListCancellationReasons)?;
    let mut db = ctx.app.store().connection().await?;
    Ok(store::catalogue::cancellation_reasons(&mut db).await?)
}

/// The withdrawal reasons.
pub async fn withdrawal_reasons(ctx: &OpCtx) -> Result<Vec<Reason>, Error> {
    ctx.admit(Operation::ListWithdrawalReasons)?;
    let mut db = ctx.app.store().connection().await?;
    Ok(store::catalogue::withdrawal_reasons(&mut db).await?)
}
