//! Case lists.

use std::collections::BTreeSet;

use domain::access::{Operation, UserType};
use domain::{Crn, ReferralId};
use store::dashboard::{Boundary, DashboardScope};
pub use store::dashboard::{DashboardFilter, DashboardRow, Direction, ProviderList, ProviderRow, SortKey};

use crate::pages::{ListId, Page, PageAt};
use crate::referral::{Seen, seen_all};
use crate::{Error, OpCtx};

/// The most referrals of the older whole list: each is read with everything that belongs to it.
pub const WHOLE_LIST_MAX: u32 = 100;

/// One page (from 1) of the caller's case list, from where the page before ended if the caller was shown it. Cases that
/// the caller may not see are left out and not counted.
pub async fn page(
    ctx: &OpCtx,
    filter: DashboardFilter,
    sort: Vec<(SortKey, Direction)>,
    page: u32,
    size: u32,
) -> Result<Page<DashboardRow>, Error> {
    ctx.admit(Operation::ListSentReferralSummaries)?;
    let (scope, filter) = visible(ctx, filter).await?;
    let pages = &ctx.app.0.pages;
    let list = ListId::of(ctx, (&scope, &filter, &sort, size));
    let at = pages.find(list, page, size, ctx.now);
    let mut db = ctx.app.store().connection().await?;
    let found = store::dashboard::page(&mut db, &scope, &filter, &sort, &at).await?;
    drop(db);
    pages.show(list, page, found.rows.last().map(|row| Boundary::after(row, &sort)), ctx.now);
    Ok(found)
}

/// The newest [`WHOLE_LIST_MAX`] referrals of the caller's case list, newest first, each whole. Every one of them is
/// recorded as looked at.
pub async fn whole(ctx: &OpCtx, filter: DashboardFilter) -> Result<Vec<Seen>, Error> {
    let operation = Operation::ListSentReferralsLegacy;
    ctx.admit(operation)?;
    let newest_first = [(SortKey::SentAt, Direction::Descending)];
    let (scope, filter) = visible(ctx, filter).await?;
    let mut db = ctx.app.store().connection().await?;
    let first = PageAt::numbered(1, WHOLE_LIST_MAX);
    let page = store::dashboard::page(&mut db, &scope, &filter, &newest_first, &first).await?;
    let ids: Vec<ReferralId> = page.rows.iter().map(|row| row.id).collect();
    let mut referrals = store::referral::find_all(&mut db, &ids).await?;
    drop(db);
    referrals.reverse();
    ctx.record_looks(operation, &referrals).await?;
    seen_all(ctx, referrals).await
}

/// Which of a provider's referrals are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderDashboard {
    /// All of them.
    All,
    /// The caller's own open ones.
    MyCases,
    /// Open ones.
    OpenCases,
    /// Open ones that nobody is assigned to.
    UnassignedCases,
    /// Concluded ones.
    CompletedCases,
}

/// Every referral of the provider's contracts that a dashboard shows, oldest first.
pub async fn provider_list(ctx: &OpCtx, dashboard: ProviderDashboard) -> Result<Vec<ProviderRow>, Error> {
    ctx.admit(Operation::ListServiceProviderSummaries)?;
    let scope = ctx.provider_scope().await?;
    let list = match dashboard {
        ProviderDashboard::All => ProviderList::All,
        ProviderDashboard::MyCases => ProviderList::AssignedTo(ctx.actor().id),
        ProviderDashboard::OpenCases => ProviderList::Open,
        ProviderDashboard::UnassignedCases => ProviderList::Unassigned,
        ProviderDashboard::CompletedCases => ProviderList::Completed,
    };
    let mut db = ctx.app.store().connection().await?;
    Ok(store::dashboard::provider_list(&mut db, &scope.contracts, &list).await?)
}

/// Whose referrals the caller may see, and the filter with those that stay hidden.
async fn visible(ctx: &OpCtx, filter: DashboardFilter) -> Result<(DashboardScope, DashboardFilter), Error> {
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
    Ok((scope, DashboardFilter { hidden_crns, ..filter }))
}

/// Whose referrals are listed. When Delius cannot say which cases a practitioner manages, those that they made remain.
async fn scope(ctx: &OpCtx) -> Result<DashboardScope, Error> {
    if ctx.caller.user_type() == Some(UserType::Provider) {
        return Ok(DashboardScope::Contracts(ctx.provider_scope().await?.contracts));
    }
    let user = ctx.actor();
    let mut crns: Vec<String> = match ctx.app.upstreams().delius.managed_cases(&ctx.trace(), &user.username).await {
        Ok(cases) => cases.into_iter().map(|case| case.crn.0).collect(),
        Err(error) => {
            tracing::warn!(outcome = error.outcome(), "managed cases could not be read; listing own referrals only");
            Vec::new()
        }
    };
    // In one order, whichever Delius names them in: the same cases are the same list.
    crns.sort_unstable();
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
