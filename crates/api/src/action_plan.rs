//! Action plans: a number of sessions and a list of activities.

use domain::action_plan::{ActionPlan, Activity, PlanState};
use domain::{ReferralId, feedback::Stamp};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::body::{Members, Object};
use crate::wire::AuthUser;

/// Something that is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
