//! Case lists.

use std::collections::BTreeSet;

use domain::Crn;
use domain::access::{Operation, UserType};
use store::dashboard::DashboardScope;
pub use store::dashboard::{DashboardFilter, DashboardPage, DashboardRow, Direction, SortKey};

use crate::{Error, OpCtx};

/// One page (from 1) of the caller's case list. Cases that the caller may not see are left out and not counted.
pub async fn page(
    ctx: &OpCtx,
    filter: DashboardFilter,
    sort: Vec<(SortKey, Direction)>,
    page: u32,
    size: u32,
) -> Result<DashboardPage, Error> {
    ctx.admit(Operation::ListSentReferralSummaries)?;
    let scope = scope(ctx).await?;
    let hidden = match &scope {
        DashboardScope::Contracts(_) => BTreeSet::new(),
        DashboardScope::Practitioner { user, crns } => {
            let mut db = ctx.app.store().connection().await?;
            let people = store::dashboard::crns(&mut db, user, crns).await?;
            drop(db);
            ctx.hidden_cases(people).await?
        }
    };
    let hidden_crns = hidden.into_iter().map(|crn| crn.0).collect();
    let filter = DashboardFilter { hidden_crns, ..filter };
    let mut db = ctx.app.store().connection().await?;
    Ok(store::dashboard::page(&mut db, &scope, &filter, &sort, page, size).await?)
}

/// Whose referrals are listed. When Delius cannot say which cases a practitioner manages, those that they made remain.
async fn scope(ctx: &OpCtx) -> Result<DashboardScope, Error> {
    if ctx.caller.user_type() == Some(UserType::Provider) {
        return Ok(DashboardScope::Contracts(ctx.provider_scope().await?.contracts));
    }
    let user = ctx.actor();
    let crns = match ctx.app.upstreams().delius.managed_cases(&ctx.trace(), &user.username).await {
        Ok(cases) => cases.into_iter().map(|case| case.crn.0).collect(),
        Err(error) => {
            tracing::warn!(outcome = error.outcome(), "managed cases could not be read; listing own referrals only");
            Vec::new()
        }
    };
    Ok(DashboardScope::Practitioner { user, crns })
}

impl OpCtx {
    /// Which of these people the caller may not see. Fails closed: an error is an error, a missing answer hides.
    pub(crate) async fn hidden_cases(&self, crns: BTreeSet<Crn>) -> Result<BTreeSet<Crn>, Error> {
        let Some(user) = self.caller.user() else { return Ok(crns) };
        if crns.is_empty() {
            return Ok(crns);
        }
        let asked: Vec<Crn> = crns.iter().cloned().collect();
        let answers = self.app.upstreams().delius.case_access(&self.trace(), &user.username, &asked).await?;
        let open: BTreeSet<Crn> =
            answers.into_iter().filter(upstream::delius::CaseAccess::is_open).map(|answer| answer.crn).collect();
        Ok(crns.difference(&open).cloned().collect())
    }
}
