//! The provider's plan: a number of sessions and a list of activities.

mod decide;

use jiff::Timestamp;

use crate::feedback::Stamp;
use crate::{ActionPlanId, ActivityId, User};

/// The longest activity, in characters. Our choice: the limit that pages state.
pub const ACTIVITY_MAX: usize = 2500;

/// How far a plan has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanState {
    /// Being written.
    Draft,
    /// Submitted and waiting for approval; only older plans stay here, newer ones are approved at submission.
    Submitted(Stamp),
    /// Approved; the one approved last is in force.
    Approved {
        /// The submission.
        submitted: Stamp,
        /// The approval.
        approved: Stamp,
    },
}

/// Something that is to be done, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Its id.
    pub id: ActivityId,
    /// What is to be done.
    pub description: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// One version of a referral's action plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPlan {
    /// Its id.
    pub id: ActionPlanId,
    /// How many sessions are planned; above zero once set.
    pub number_of_sessions: Option<u32>,
    /// What is to be done, oldest first.
    pub activities: Vec<Activity>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Who began it.
    pub created_by: User,
    /// How far it has come.
    pub state: PlanState,
}

impl ActionPlan {
    /// The submission, once made.
    pub fn submitted(&self) -> Option<&Stamp> {
        match &self.state {
            PlanState::Draft => None,
            PlanState::Submitted(submitted) | PlanState::Approved { submitted, .. } => Some(submitted),
        }
    }

    /// The approval, once given.
    pub fn approved(&self) -> Option<&Stamp> {
        match &self.state {
            PlanState::Draft | PlanState::Submitted(_) => None,
            PlanState::Approved { approved, .. } => Some(approved),
        }
    }
}
