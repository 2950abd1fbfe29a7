//! Action plans.

use domain::access::Operation;
use domain::action_plan::Activity;
use domain::{ActionPlanId, ActivityId, DeliverySessionId, ReferralId};

use crate::referral::{Seen, authorised_change, referral_of_plan};
use crate::{Error, OpCtx};

/// Begins a plan.
pub async fn create(
    ctx: &OpCtx,
    referral: ReferralId,
    sessions: Option<i32>,
    activities: Vec<String>,
) -> Result<(Seen, ActionPlanId), Error> {
    let id = ActionPlanId(ctx.made_id());
    let by = ctx.actor();
    let activities = activities.into_iter().map(|description| new_activity(ctx, description)).collect();
    let seen = authorised_change(ctx, Operation::CreateDraftActionPlan, referral, |referral| {
        referral.draft_plan(id, sessions, activities, &by, ctx.now)
    })
    .await;
    match seen {
        // The contract answers 400, not 404, for a referral named in a body.
        Err(Error::NotFound(message)) => Err(Error::Bad(message)),
        other => Ok((other?, id)),
    }
}

/// Sets the number of sessions and adds an activity, as far as given.
pub async fn change(
    ctx: &OpCtx,
    id: ActionPlanId,
    sessions: Option<i32>,
    activity: Option<String>,
) -> Result<(Seen, ActionPlanId), Error> {
    let operation = Operation::UpdateDraftActionPlan;
    let referral = referral_of_plan(ctx, operation, id).await?;
    let activity = activity.map(|description| new_activity(ctx, description));
    let decide = |referral: &domain::Referral| referral.change_plan(id, sessions, activity);
    Ok((authorised_change(ctx, operation, referral, decide).await?, id))
}

/// Submits a plan, which approves it and makes its sessions.
pub async fn submit(ctx: &OpCtx, id: ActionPlanId) -> Result<(Seen, ActionPlanId), Error> {
    let operation = Operation::SubmitActionPlan;
    let referral = referral_of_plan(ctx, operation, id).await?;
    let by = ctx.actor();
    let seen = authorised_change(ctx, operation, referral, |referral| {
        referral.submit_plan(id, &by, ctx.now, || DeliverySessionId(ctx.app.ids().uuid()))
    })
    .await?;
    Ok((seen, id))
}

/// Approves an older plan that was submitted without being approved.
pub async fn approve(ctx: &OpCtx, id: ActionPlanId) -> Result<(Seen, ActionPlanId), Error> {
    let operation = Operation::ApproveActionPlan;
    let referral = referral_of_plan(ctx, operation, id).await?;
    let by = ctx.actor();
    let seen = authorised_change(ctx, operation, referral, |referral| {
        referral.approve_plan(id, &by, ctx.now, || DeliverySessionId(ctx.app.ids().uuid()))
    })
    .await?;
    Ok((seen, id))
}

/// Rewords an activity; an unknown one changes nothing.
pub async fn reword(
    ctx: &OpCtx,
    id: ActionPlanId,
    activity: ActivityId,
    description: String,
) -> Result<(Seen, ActionPlanId), Error> {
    let operation = Operation::UpdateActionPlanActivity;
    let referral = referral_of_plan(ctx, operation, id).await?;
    let decide = |referral: &domain::Referral| referral.reword_activity(id, activity, description);
    Ok((authorised_change(ctx, operation, referral, decide).await?, id))
}

fn new_activity(ctx: &OpCtx, description: String) -> Activity {
    Activity { id: ActivityId(ctx.app.ids().uuid()), description, created_at: ctx.now }
}
