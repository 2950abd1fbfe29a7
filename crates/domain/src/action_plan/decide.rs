//! Decisions about action plans: a plan is drafted, submitted and at once approved by this service; only older plans
//! wait for a practitioner. Approval makes the delivery sessions that are still missing. Plans never shrink.

use jiff::Timestamp;

use super::{ACTIVITY_MAX, ActionPlan, Activity, PlanState};
use crate::feedback::{Attended, Stamp};
use crate::validation::is_blank;
use crate::{ActionPlanId, ActivityId, DeliverySessionId, ErrorCode, Fact, FieldErrors, Referral, Refused, User};

const SESSIONS: &str = "numberOfSessions";

impl Referral {
    /// Begins a plan, with what is known of it.
    ///
    /// # Errors
    /// Concluded; too few sessions; an activity blank or too long.
    pub fn draft_plan(
        &self,
        id: ActionPlanId,
        sessions: Option<i32>,
        activities: Vec<Activity>,
        by: &User,
        now: Timestamp,
    ) -> Result<Vec<Fact>, Refused> {
        self.ensure_open()?;
        let mut errors = FieldErrors::default();
        let number_of_sessions = self.check_sessions(sessions, &mut errors);
        for (index, activity) in activities.iter().enumerate() {
            check_activity(&activity.description, &format!("activities[{index}].description"), &mut errors);
        }
        errors.into_result()?;
        let created_by = by.clone();
        let state = PlanState::Draft;
        Ok(vec![Fact::PlanDrafted(ActionPlan {
            id,
            number_of_sessions,
            activities,
            created_at: now,
            created_by,
            state,
        })])
    }

    /// Sets the number of sessions of a draft plan, adds an activity, or both.
    ///
    /// # Errors
    /// No such draft; concluded; too few sessions; the activity blank or too long.
    pub fn change_plan(
        &self,
        plan: ActionPlanId,
        sessions: Option<i32>,
        new_activity: Option<Activity>,
    ) -> Result<Vec<Fact>, Refused> {
        self.unsubmitted_plan(plan)?;
        self.ensure_open()?;
        let mut errors = FieldErrors::default();
        let sessions = self.check_sessions(sessions, &mut errors);
        if let Some(activity) = &new_activity {
            check_activity(&activity.description, "newActivity.description", &mut errors);
        }
        errors.into_result()?;
        let sessions = sessions.map(|number| Fact::PlanSessionsSet(plan, number));
        let activity = new_activity.map(|activity| Fact::ActivityAdded(plan, activity));
        Ok(sessions.into_iter().chain(activity).collect())
    }

    /// Rewords an activity of a plan, however far the plan has come. An unknown activity changes nothing, as the
    /// contract has it; so does the same text.
    ///
    /// # Errors
    /// No such plan; concluded; the text blank or too long.
    pub fn reword_activity(
        &self,
        plan: ActionPlanId,
        activity: ActivityId,
        text: String,
    ) -> Result<Vec<Fact>, Refused> {
        let found = self.plan(plan)?;
        self.ensure_open()?;
        let mut errors = FieldErrors::default();
        check_activity(&text, "description", &mut errors);
        errors.into_result()?;
        let changes = found.activities.iter().any(|held| held.id == activity && held.description != text);
        Ok(if changes { vec![Fact::ActivityReworded(plan, activity, text)] } else { Vec::new() })
    }

    /// Submits a draft plan; this service approves it in the same breath.
    ///
    /// # Errors
    /// No such draft; concluded; sessions not set or fewer than approved before; the assessment not attended, or its
    /// feedback not submitted (whether the session happened does not matter here).
    pub fn submit_plan(
        &self,
        plan: ActionPlanId,
        by: &User,
        now: Timestamp,
        new_session_id: impl FnMut() -> DeliverySessionId,
    ) -> Result<Vec<Fact>, Refused> {
        let draft = self.unsubmitted_plan(plan)?;
        self.ensure_open()?;
        let mut errors = FieldErrors::default();
        errors.require(draft.number_of_sessions.is_some(), SESSIONS, ErrorCode::CannotBeEmpty);
        errors.require(!self.would_shrink(draft.number_of_sessions), SESSIONS, ErrorCode::CannotBeReduced);
        let assessed = self
            .current_assessment()
            .and_then(|appointment| appointment.feedback.submitted_attendance())
            .is_some_and(Attended::is_attendance);
        errors.require(assessed, "supplierAssessmentAppointment", ErrorCode::AppointmentMustBeCompleted);
        errors.into_result()?;
        let mut facts = vec![Fact::PlanSubmitted(plan, Stamp { at: now, by: by.clone() })];
        facts.extend(self.approval(draft, User::service(), now, new_session_id));
        Ok(facts)
    }

    /// Approves an older plan that waits for a practitioner.
    ///
    /// # Errors
    /// No such plan; concluded; not submitted, approved already, not the latest of those that wait, or fewer sessions
    /// than the plan in force.
    pub fn approve_plan(
        &self,
        plan: ActionPlanId,
        by: &User,
        now: Timestamp,
        new_session_id: impl FnMut() -> DeliverySessionId,
    ) -> Result<Vec<Fact>, Refused> {
        let found = self.plan(plan)?;
        self.ensure_open()?;
        match &found.state {
            PlanState::Draft => return Err(Refused::Unmet("the action plan has not been submitted")),
            PlanState::Approved { .. } => return Err(Refused::Unmet("the action plan was already approved")),
            PlanState::Submitted(_) => {}
        }
        let latest = self
            .plans
            .iter()
            .filter_map(|waiting| match &waiting.state {
                PlanState::Submitted(submitted) => Some((submitted.at, waiting.id)),
                PlanState::Draft | PlanState::Approved { .. } => None,
            })
            .max();
        if latest.is_some_and(|(_, id)| id != plan) {
            return Err(Refused::Unmet("a later action plan was submitted"));
        }
        if found.number_of_sessions.is_none() || self.would_shrink(found.number_of_sessions) {
            return Err(Refused::Unmet("the action plan has fewer sessions than the one in force"));
        }
        Ok(self.approval(found, by.clone(), now, new_session_id))
    }

    /// The approval, and the sessions that it makes: those after the ones there are, up to the planned number.
    fn approval(
        &self,
        plan: &ActionPlan,
        by: User,
        now: Timestamp,
        mut new_session_id: impl FnMut() -> DeliverySessionId,
    ) -> Vec<Fact> {
        let made = self.sessions.iter().map(|session| session.number).max().unwrap_or(0);
        let planned = plan.number_of_sessions.unwrap_or(0);
        let missing: Vec<_> = (made + 1..=planned).map(|number| (new_session_id(), number)).collect();
        let mut facts = vec![Fact::PlanApproved(plan.id, Stamp { at: now, by })];
        if !missing.is_empty() {
            facts.push(Fact::SessionsMade(missing));
        }
        facts
    }

    fn plan(&self, id: ActionPlanId) -> Result<&ActionPlan, Refused> {
        self.plans
            .iter()
            .find(|plan| plan.id == id)
            .ok_or_else(|| Refused::Missing(format!("no action plan {id} on this referral")))
    }

    fn unsubmitted_plan(&self, id: ActionPlanId) -> Result<&ActionPlan, Refused> {
        self.plan(id).ok().filter(|plan| plan.state == PlanState::Draft).ok_or_else(|| {
            Refused::Missing(format!("no action plan {id} on this referral that has not been submitted"))
        })
    }

    /// Whether fewer sessions would be planned than some approved plan had.
    fn would_shrink(&self, sessions: Option<u32>) -> bool {
        let approved = self.plans.iter().filter(|plan| plan.approved().is_some());
        let floor = approved.filter_map(|plan| plan.number_of_sessions).max();
        sessions.zip(floor).is_some_and(|(sessions, floor)| sessions < floor)
    }

    fn check_sessions(&self, sessions: Option<i32>, errors: &mut FieldErrors) -> Option<u32> {
        let number = u32::try_from(sessions?).ok().filter(|number| *number > 0);
        errors.require(number.is_some(), SESSIONS, ErrorCode::CannotBeNegativeOrZero);
        errors.require(!self.would_shrink(number), SESSIONS, ErrorCode::CannotBeReduced);
        number
    }
}

fn check_activity(text: &str, field: &str, errors: &mut FieldErrors) {
    errors.require(!is_blank(Some(text)), field, ErrorCode::CannotBeEmpty);
    errors.limit(Some(text), field, ACTIVITY_MAX);
}
