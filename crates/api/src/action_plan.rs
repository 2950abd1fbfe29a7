//! Action plans: a number of sessions and a list of activities.

use app::Error;
use app::referral::Seen;
use domain::access::Operation;
use domain::action_plan::{ActionPlan, Activity, PlanState};
use domain::feedback::Stamp;
use domain::{ActionPlanId, ActivityId, ReferralId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, Created, ok};
use crate::body::{Members, Object};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Body, Id, Ids, Origin};
use crate::wire::AuthUser;

/// Something that is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActionPlanActivity")]
pub(crate) struct WireActivity {
    id: Uuid,
    description: String,
    created_at: Timestamp,
}

impl From<&Activity> for WireActivity {
    fn from(activity: &Activity) -> Self {
        let Activity { id, description, created_at } = activity.clone();
        Self { id: id.0, description, created_at }
    }
}

/// One version of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActionPlan")]
pub(crate) struct WirePlan {
    id: Uuid,
    referral_id: Uuid,
    number_of_sessions: Option<u32>,
    activities: Vec<WireActivity>,
    created_by: AuthUser,
    created_at: Timestamp,
    submitted_by: Option<AuthUser>,
    submitted_at: Option<Timestamp>,
    approved_by: Option<AuthUser>,
    approved_at: Option<Timestamp>,
}

/// Submission and approval, as far as a plan has come.
fn stamps(state: &PlanState) -> (Option<&Stamp>, Option<&Stamp>) {
    match state {
        PlanState::Draft => (None, None),
        PlanState::Submitted(submitted) => (Some(submitted), None),
        PlanState::Approved { submitted, approved } => (Some(submitted), Some(approved)),
    }
}

impl WirePlan {
    /// A plan of this referral.
    pub(crate) fn new(referral_id: ReferralId, plan: &ActionPlan) -> Self {
        let ActionPlan { id, number_of_sessions, activities, created_at, created_by, state } = plan;
        let (submitted, approved) = stamps(state);
        Self {
            id: id.0,
            referral_id: referral_id.0,
            number_of_sessions: *number_of_sessions,
            activities: activities.iter().map(Into::into).collect(),
            created_by: created_by.into(),
            created_at: *created_at,
            submitted_by: submitted.map(|stamp| (&stamp.by).into()),
            submitted_at: submitted.map(|stamp| stamp.at),
            approved_by: approved.map(|stamp| (&stamp.by).into()),
            approved_at: approved.map(|stamp| stamp.at),
        }
    }
}

/// A plan in a list of approved ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ActionPlanSummary")]
pub(crate) struct WirePlanSummary {
    id: Uuid,
    approved_at: Option<Timestamp>,
    submitted_at: Option<Timestamp>,
}

impl From<&ActionPlan> for WirePlanSummary {
    fn from(plan: &ActionPlan) -> Self {
        let (submitted, approved) = stamps(&plan.state);
        Self {
            id: plan.id.0,
            approved_at: approved.map(|stamp| stamp.at),
            submitted_at: submitted.map(|stamp| stamp.at),
        }
    }
}

/// What an activity is to say.
pub(crate) struct ActivityRequest(pub(crate) String);

impl Object for ActivityRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        Some(Self(members.required("description")?))
    }
}

/// A plan to begin.
pub(crate) struct CreateRequest {
    pub(crate) referral_id: ReferralId,
    pub(crate) number_of_sessions: Option<i32>,
    pub(crate) activities: Vec<String>,
}

impl Object for CreateRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let referral_id = members.required("referralId");
        let number_of_sessions = members.optional("numberOfSessions");
        let activities: Option<Vec<ActivityRequest>> = members.list("activities");
        Some(Self {
            referral_id: referral_id?,
            number_of_sessions,
            activities: activities?.into_iter().map(|ActivityRequest(description)| description).collect(),
        })
    }
}

/// What is to change about a plan; absent and null both leave it alone.
pub(crate) struct UpdateRequest {
    pub(crate) number_of_sessions: Option<i32>,
    pub(crate) new_activity: Option<String>,
}

impl Object for UpdateRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let number_of_sessions = members.optional("numberOfSessions");
        let new_activity: Option<ActivityRequest> = members.optional("newActivity");
        Some(Self { number_of_sessions, new_activity: new_activity.map(|ActivityRequest(description)| description) })
    }
}

/// The plan of a referral that was just read or changed by its id.
fn plan_of(seen: &Seen, id: ActionPlanId) -> Result<WirePlan, Failure> {
    let plan = seen.plans.iter().find(|plan| plan.id == id).ok_or_else(Failure::unexpected)?;
    Ok(WirePlan::new(seen.id, plan))
}

/// `POST /draft-action-plan`.
pub(crate) async fn create(
    Caller(ctx): Caller,
    origin: Origin,
    Body(CreateRequest { referral_id, number_of_sessions, activities }): Body<CreateRequest>,
) -> Result<Created<WirePlan>, Failure> {
    let (seen, id) = app::action_plan::create(&ctx, referral_id, number_of_sessions, activities).await?;
    Ok(Created { location: origin.address(&format!("/draft-action-plan/{id}")), shape: plan_of(&seen, id)? })
}

/// `PATCH /draft-action-plan/{id}`.
pub(crate) async fn change(
    Caller(ctx): Caller,
    Id(id): Id<ActionPlanId>,
    Body(UpdateRequest { number_of_sessions, new_activity }): Body<UpdateRequest>,
) -> Answer<WirePlan> {
    let (seen, id) = app::action_plan::change(&ctx, id, number_of_sessions, new_activity).await?;
    ok(plan_of(&seen, id)?)
}

/// `POST /draft-action-plan/{id}/submit`: a body is not read. `Location` is the address that was called with
/// `/action-plan/{id}` behind it, as the contract has it; the plan is read at `/action-plan/{id}`.
pub(crate) async fn submit(
    Caller(ctx): Caller,
    origin: Origin,
    Id(id): Id<ActionPlanId>,
) -> Result<Created<WirePlan>, Failure> {
    let (seen, id) = app::action_plan::submit(&ctx, id).await?;
    let nested = format!("/draft-action-plan/{id}/submit/action-plan/{id}");
    Ok(Created { location: origin.address(&nested), shape: plan_of(&seen, id)? })
}

/// `GET /action-plan/{id}`.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id<ActionPlanId>) -> Answer<WirePlan> {
    ok(plan_of(&app::referral::of_plan(&ctx, Operation::GetActionPlan, id).await?, id)?)
}

/// `PATCH /action-plan/{actionPlanId}/activities/{activityId}`.
pub(crate) async fn reword(
    Caller(ctx): Caller,
    Ids(id, activity): Ids<ActionPlanId, ActivityId>,
    Body(ActivityRequest(description)): Body<ActivityRequest>,
) -> Answer<WirePlan> {
    let (seen, id) = app::action_plan::reword(&ctx, id, activity, description).await?;
    ok(plan_of(&seen, id)?)
}

/// `POST /action-plan/{id}/approve`: a body is not read.
pub(crate) async fn approve(Caller(ctx): Caller, Id(id): Id<ActionPlanId>) -> Answer<WirePlan> {
    let (seen, id) = app::action_plan::approve(&ctx, id).await?;
    ok(plan_of(&seen, id)?)
}

/// `GET /sent-referral/{id}/approved-action-plans`: an unknown referral has none.
pub(crate) async fn list_approved(Caller(ctx): Caller, Id(id): Id<ReferralId>) -> Answer<Vec<WirePlanSummary>> {
    match app::referral::get(&ctx, Operation::ListApprovedActionPlans, id).await {
        Ok(seen) => ok(seen.plans.iter().filter(|plan| plan.approved().is_some()).map(Into::into).collect()),
        Err(Error::NotFound(_)) => ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
