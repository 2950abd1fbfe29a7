//! Action plans: numbers, activities, submission and approval.

use domain::action_plan::{ActionPlan, Activity, PlanState};
use domain::ending::WithdrawalState;
use domain::feedback::{Attended, Stamp};
use domain::{ActionPlanId, ActivityId, DeliverySessionId, Fact, Refused, User};
use uuid::Uuid;

use crate::build::{Story, an_activity, faults, names, practitioner, provider};

fn draft(story: &mut Story, sessions: Option<i32>) -> ActionPlanId {
    story.pass(1);
    let id = ActionPlanId(story.id());
    story.take(story.referral.draft_plan(id, sessions, vec![an_activity(1)], &provider(), story.now));
    id
}

#[test]
fn sessions_are_above_zero_and_never_fewer_than_approved() {
    let mut story = Story::sent().assessed().planned(3);
    let id = ActionPlanId(story.id());
    let begin = |story: &Story, sessions| story.referral.draft_plan(id, sessions, Vec::new(), &provider(), story.now);
    for (sessions, expected) in [
        (Some(0), "numberOfSessions CANNOT_BE_NEGATIVE_OR_ZERO"),
        (Some(-1), "numberOfSessions CANNOT_BE_NEGATIVE_OR_ZERO"),
        (Some(2), "numberOfSessions CANNOT_BE_REDUCED"),
    ] {
        assert_eq!(faults(begin(&story, sessions)), expected);
    }
    assert!(begin(&story, Some(3)).is_ok());
    let plan = draft(&mut story, None);
    let reduced = story.referral.change_plan(plan, Some(2), Some(an_activity(2)));
    assert_eq!(faults(reduced), "numberOfSessions CANNOT_BE_REDUCED");
    let facts = story.referral.change_plan(plan, Some(4), Some(an_activity(2))).expect("a draft");
    assert_eq!(names(&facts), "PlanSessionsSet ActivityAdded");
}

#[test]
fn activities_say_something_and_not_too_much() {
    let mut story = Story::sent();
    let plan = draft(&mut story, None);
    let worded = |text: &str| Activity { description: text.to_owned(), ..an_activity(2) };
    let add = |story: &Story, text: &str| story.referral.change_plan(plan, None, Some(worded(text)));
    assert_eq!(faults(add(&story, " ")), "newActivity.description CANNOT_BE_EMPTY");
    assert_eq!(faults(add(&story, &"x".repeat(2501))), "newActivity.description INVALID_LENGTH");
    assert!(add(&story, &"x".repeat(2500)).is_ok());
    let id = ActionPlanId(story.id());
    let several = vec![worded("one"), worded("")];
    let refused = story.referral.draft_plan(id, None, several, &provider(), story.now);
    assert_eq!(faults(refused), "activities[1].description CANNOT_BE_EMPTY");
}

#[test]
fn activities_are_reworded_in_every_state_and_unknown_ones_are_let_be() {
    let mut story = Story::sent().assessed().planned(1);
    let plan = story.referral.plans[0].id;
    let activity = story.referral.plans[0].activities[0].id;
    let reword = |story: &Story, activity, text: &str| story.referral.reword_activity(plan, activity, text.to_owned());
    assert_eq!(reword(&story, ActivityId(Uuid::from_u128(77)), "new"), Ok(Vec::new()));
    assert_eq!(faults(reword(&story, activity, "")), "description CANNOT_BE_EMPTY");
    story.take(reword(&story, activity, "new"));
    assert_eq!(story.referral.plans[0].activities[0].description, "new");
    let unknown = ActionPlanId(story.id());
    let refused = story.referral.reword_activity(unknown, activity, "new".to_owned());
    assert!(matches!(refused, Err(Refused::Missing(_))));
}

#[test]
fn submission_needs_sessions_and_an_attended_assessment() {
    let assessment = "supplierAssessmentAppointment APPOINTMENT_MUST_BE_COMPLETED";
    let mut story = Story::sent();
    let plan = draft(&mut story, None);
    assert_eq!(faults(story.submit(plan)), format!("numberOfSessions CANNOT_BE_EMPTY, {assessment}"));
    let id = story.book_assessment();
    let plan = draft(&mut story, Some(1));
    assert_eq!(faults(story.submit(plan)), assessment);
    let mut missed = story.clone();
    missed.report_on(id, Attended::No);
    assert_eq!(faults(missed.submit(plan)), assessment);
    story.report_on(id, Attended::Late);
    assert!(story.submit(plan).is_ok(), "attended, though the session did not happen");
}

#[test]
fn submission_approves_and_makes_the_sessions_that_are_missing() {
    let mut story = Story::sent().assessed();
    let plan = draft(&mut story, Some(2));
    let facts = story.submit(plan).expect("complete");
    assert_eq!(names(&facts), "PlanSubmitted PlanApproved SessionsMade");
    let approved = story.referral.approved_plan().and_then(ActionPlan::approved).expect("approved");
    assert_eq!(approved.by, User::service());
    let again = draft(&mut story, Some(2));
    assert_eq!(names(&story.submit(again).expect("the same number")), "PlanSubmitted PlanApproved");
    let more = draft(&mut story, Some(4));
    story.submit(more).expect("more sessions");
    let numbers: Vec<_> = story.referral.sessions.iter().map(|session| session.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert!(matches!(story.submit(more), Err(Refused::Missing(_))), "submitted already");
    assert!(matches!(story.referral.change_plan(more, Some(5), None), Err(Refused::Missing(_))));
}

#[test]
fn a_draft_that_was_overtaken_cannot_shrink_the_plan() {
    let mut story = Story::sent().assessed();
    let small = draft(&mut story, Some(1));
    let large = draft(&mut story, Some(3));
    story.submit(large).expect("complete");
    assert_eq!(faults(story.submit(small)), "numberOfSessions CANNOT_BE_REDUCED");
}

#[test]
fn older_plans_are_approved_by_hand_the_latest_first() {
    let mut story = Story::sent().assessed();
    let [first, second] = [draft(&mut story, Some(2)), draft(&mut story, Some(2))];
    let approve = |story: &Story, plan| {
        let id = DeliverySessionId(Uuid::from_u128(5));
        story.referral.approve_plan(plan, &practitioner(), story.now, || id)
    };
    assert!(matches!(approve(&story, first), Err(Refused::Unmet(_))), "not submitted");
    for plan in [first, second] {
        story.pass(1);
        let stamp = Stamp { at: story.now, by: provider() };
        story.referral.apply(&Fact::PlanSubmitted(plan, stamp));
    }
    assert!(matches!(approve(&story, first), Err(Refused::Unmet(_))), "not the latest");
    let facts = approve(&story, second).expect("the latest");
    assert_eq!(names(&facts), "PlanApproved SessionsMade");
    story.take(Ok(facts));
    assert!(matches!(approve(&story, second), Err(Refused::Unmet(_))), "approved");
    assert!(matches!(story.referral.plans[1].state, PlanState::Approved { .. }));
    assert!(matches!(approve(&story, ActionPlanId(Uuid::from_u128(9))), Err(Refused::Missing(_))));
}

#[test]
fn a_concluded_referral_takes_no_plan() {
    let mut story = Story::sent().assessed();
    let plan = draft(&mut story, Some(1));
    let mut closed = story.withdrawn(WithdrawalState::PreIca);
    assert!(matches!(closed.submit(plan), Err(Refused::Conflict(_))));
    assert!(matches!(closed.referral.change_plan(plan, Some(2), None), Err(Refused::Conflict(_))));
}
