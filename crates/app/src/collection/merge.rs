//! Following a person who was merged into another case in Delius.

use domain::access::Operation;
use domain::collection::DiscrepancyKind;
use domain::operator::OperatorAction;
use domain::{Crn, ErrorCode, FieldErrors, Referral, ReferralId, ReferralUrn};
use store::discrepancy::Settled;

use super::{Standing, is_operator, read_standing, release};
use crate::{Error, OpCtx};

/// Puts a referral under the case number that the person has now: everything goes out with it from then on, what waits
/// included. The former number is kept. Made again with the same number, it changes nothing.
///
/// Whoever says so is not simply believed: Delius must know the number and, where activities can be seen, hold the
/// referral's activity under it.
///
/// # Errors
/// [`Error::Fields`] for want of a reason or a number that cannot be one, [`Error::Conflict`] where Delius does not
/// hold the activity under that number, or the number was changed meanwhile.
pub async fn follow_merge(ctx: &OpCtx, id: ReferralId, to: Crn, why: String) -> Result<Standing, Error> {
    let mut db = ctx.app.store().connection().await?;
    let referral = store::referral::find(&mut db, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    drop(db);
    if !is_operator(ctx) {
        // The former number finds nobody any more, so that seeing the person is decided by the present one.
        ctx.admit(Operation::WithdrawReferral)?;
        ctx.may_see_case(&to).await?;
    }
    if why.trim().is_empty() {
        return Err(Error::Fields(FieldErrors::one("why", ErrorCode::CannotBeEmpty)));
    }
    if referral.crn == to {
        return read_standing(&ctx.app, id, true).await;
    }
    let delius = &ctx.app.upstreams().delius;
    let seen = delius.read_activity(&ctx.trace(), &to, id, referral.sentence.id).await?;
    let urn = ReferralUrn(id).to_string();
    let is_there = seen
        .containers
        .as_ref()
        .is_none_or(|containers| containers.iter().any(|container| container.urn == urn && !container.deleted));
    if !seen.person_is_known || !is_there {
        return Err(Error::Conflict("Delius does not hold this referral's activity under that case number".to_owned()));
    }
    let mut work = ctx.app.store().begin().await?;
    let locked = store::referral::lock(&mut work, id).await?.ok_or_else(|| Error::not_found("referral", id))?;
    let by = ctx.actor();
    let numbers = (&referral.crn, &to);
    if !store::collection::change_case_number(&mut work, locked.id, numbers, &by, why.trim(), ctx.now).await? {
        return Err(Error::Conflict("the case number was changed meanwhile; look again".to_owned()));
    }
    ctx.record_operators_act(&mut work, OperatorAction::FollowMerge, id, &why).await?;
    for found in store::discrepancy::list_open_of(&mut work, id).await? {
        if found.finding.kind == DiscrepancyKind::PersonMismatch {
            let (by, why) = (Some(by.clone()), Some(why.trim().to_owned()));
            let settled = Settled { at: ctx.now, how: "follow-merge".to_owned(), by, why };
            store::discrepancy::settle(&mut work, found.id, &settled).await?;
            let line = store::collection::find(&mut work, id).await?;
            if line.is_some_and(|line| line.discrepancy == Some(found.id)) {
                let followed = Referral { crn: to.clone(), ..locked.clone() };
                release(&ctx.app, &mut work, &followed, found.finding.kind, &ctx.cause()).await?;
            }
        }
    }
    work.commit().await?;
    tracing::info!(referral.id = %id, actor.id = %by.id, "a referral follows a merge in Delius");
    read_standing(&ctx.app, id, true).await
}
