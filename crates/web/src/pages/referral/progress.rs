//! PM-01 and SM-10: how a referral is getting on. Sessions are those of the plan that was approved last.

mod clock;

use axum::extract::{Path, Query};
use axum::response::Response;
use domain::access::UserType;
use domain::action_plan::{ActionPlan, PlanState};
use domain::ending::{ConcludedState, EndReason, EndState};
use domain::{Referral, User};
use jiff::Timestamp;
use serde::Serialize;

use self::clock::Clock;
use super::appointment::{Line, Tag};
use super::standing::{Block, block};
use super::{Banner, Part, check, read};
use crate::frame::Section;
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::when;

/// G `/probation-practitioner/referrals/{id}/progress`.
pub(crate) async fn practitioner(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<check::Query>,
) -> Result<Response, Trouble> {
    show(&visitor, UserType::Practitioner, &id, &query).await
}

/// G `/service-provider/referrals/{id}/progress`.
pub(crate) async fn provider(
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<check::Query>,
) -> Result<Response, Trouble> {
    show(&visitor, UserType::Provider, &id, &query).await
}

async fn show(visitor: &Visitor, side: UserType, id: &str, query: &check::Query) -> Result<Response, Trouble> {
    let referral = read(visitor, side, id).await?;
    let delius = block(visitor, side, Part::Progress, (&referral, query)).await?;
    visitor.page(&ProgressView::of(&referral, side, delius, visitor.ctx().now()))
}

/// That a referral has ended, or that an end was asked for.
#[derive(Debug, Serialize)]
struct Ended {
    lines: Vec<String>,
    /// Name and value of what was given as the reason.
    reasons: Vec<(&'static str, String)>,
}

impl Ended {
    fn of(referral: &Referral) -> Option<Self> {
        let text = &TEXT.progress;
        let mut lines = Vec::new();
        if let Some(conclusion) = &referral.conclusion {
            lines.push(fill(text.ended_on, &[("date", &when::day(conclusion.at))]));
            let how = match (conclusion.state, referral.end_state()) {
                (Some(ConcludedState::Completed), _) | (None, Some(EndState::Completed)) => text.ended_completed,
                (Some(ConcludedState::Cancelled), _) | (None, Some(EndState::Cancelled)) => text.ended_cancelled,
                (Some(ConcludedState::PrematurelyEnded) | None, _) => text.ended_early,
            };
            lines.push(how.to_owned());
        }
        let mut reasons = Vec::new();
        if let Some(request) = &referral.end_request {
            lines.push(fill(text.end_asked, &[("date", &when::day(request.at))]));
            let (reason, comments) = match &request.reason {
                Some(EndReason::Cancellation { description, comments, .. }) => {
                    (Some(description.clone()), comments.clone())
                }
                Some(EndReason::Withdrawal { comments, .. }) => (None, Some(comments.clone())),
                None => (None, None),
            };
            reasons.extend(reason.map(|reason| (text.reason, reason)));
            reasons.extend(comments.filter(|said| !said.trim().is_empty()).map(|said| (text.comments, said)));
        }
        if lines.is_empty() {
            return None;
        }
        if referral.report_is_due() {
            lines.push(text.report_owed.to_owned());
        }
        Some(Self { lines, reasons })
    }
}

/// A version of the action plan.
#[derive(Debug, Serialize)]
struct Plan {
    version: String,
    status: Tag,
    submitted: String,
    approved: String,
}

impl Plan {
    fn of(index: usize, plan: &ActionPlan) -> Self {
        let text = &TEXT.statuses;
        let status = match plan.state {
            PlanState::Draft => Tag { text: text.plan_draft, colour: "grey" },
            PlanState::Submitted(_) => Tag { text: text.plan_awaiting, colour: "red" },
            PlanState::Approved { .. } => Tag { text: text.plan_approved, colour: "green" },
        };
        let on = |at: Option<Timestamp>| at.map_or(TEXT.progress.none.to_owned(), when::short_day);
        Self {
            version: (index + 1).to_string(),
            status,
            submitted: on(plan.submitted().map(|stamp| stamp.at)),
            approved: on(plan.approved().map(|stamp| stamp.at)),
        }
    }
}

/// A session.
#[derive(Debug, Serialize)]
struct Session {
    name: String,
    line: Line,
}

/// The progress page.
#[derive(Debug, Serialize)]
pub(crate) struct ProgressView {
    banner: Banner,
    received: &'static str,
    received_on: String,
    service: String,
    provider: String,
    caseworker: Option<String>,
    ended: Option<Ended>,
    /// How Delius stands with it.
    delius: Block,
    clocks: Vec<Clock>,
    /// None while nobody could arrange it.
    assessment: Option<Line>,
    plans: Vec<Plan>,
    no_plan: &'static str,
    sessions: Vec<Session>,
    report: String,
}

impl ProgressView {
    fn of(referral: &Referral, side: UserType, delius: Block, now: Timestamp) -> Self {
        let text = &TEXT.progress;
        let is_provider = side == UserType::Provider;
        let has_assessment = referral.assignee().is_some() || !referral.assessment.appointments.is_empty();
        Self {
            banner: Banner::of(referral, side, Part::Progress),
            received: if is_provider { text.received } else { text.sent },
            received_on: when::day(referral.sent_at),
            service: referral.intervention.title.clone(),
            provider: referral.intervention.contract.prime_provider.name.clone(),
            caseworker: referral.assignee().map(|User { username, .. }| username.clone()),
            ended: Ended::of(referral),
            delius,
            clocks: if is_provider { clock::running(referral, now) } else { Vec::new() },
            assessment: has_assessment.then(|| Line::of(&referral.assessment.appointments, now)),
            // Drafts are the provider's own affair.
            plans: referral
                .plans
                .iter()
                .enumerate()
                .filter(|(_, plan)| is_provider || plan.submitted().is_some())
                .map(|(index, plan)| Plan::of(index, plan))
                .collect(),
            no_plan: if is_provider { text.plan_none_yet } else { text.plan_none },
            sessions: referral
                .sessions
                .iter()
                .map(|session| Session {
                    name: fill(text.session_number, &[("number", &session.number.to_string())]),
                    line: Line::of(&session.appointments, now),
                })
                .collect(),
            report: match &referral.report {
                Some(report) => match &report.submitted {
                    Some(stamp) => fill(text.report_submitted, &[("date", &when::day(stamp.at))]),
                    None if is_provider => text.report_draft.to_owned(),
                    None => text.report_due.to_owned(),
                },
                None if referral.report_is_due() => text.report_due.to_owned(),
                None => text.report_none.to_owned(),
            },
        }
    }
}

impl View for ProgressView {
    const TEMPLATE: &'static str = "pages/referral/progress.html";

    fn title(&self) -> String {
        TEXT.progress.title.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Referrals)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::sample::{at, bare, ended, under_way};
        let now = at("2026-07-10T12:00:00Z");
        [bare(), under_way(), ended()]
            .iter()
            .flat_map(|referral| {
                [UserType::Practitioner, UserType::Provider].map(|side| {
                    let delius = crate::pages::referral::standing::sample(side, Part::Progress, now);
                    Self::of(referral, side, delius, now)
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::referral::sample::{at, bare, draft_plan, ended, under_way};

    fn line(side: UserType) -> Block {
        crate::pages::referral::standing::sample(side, Part::Progress, at("2026-07-10T12:00:00Z"))
    }

    #[test]
    fn practitioners_do_not_see_plans_that_are_still_being_written() {
        let now = at("2026-07-10T12:00:00Z");
        let mut referral = under_way();
        referral.plans.push(draft_plan());
        let seen = |side| ProgressView::of(&referral, side, line(side), now).plans.len();
        assert_eq!((seen(UserType::Practitioner), seen(UserType::Provider)), (1, 2));
    }

    #[test]
    fn an_end_is_told_with_what_is_still_owed() {
        assert!(Ended::of(&bare()).is_none());
        let told = Ended::of(&ended()).unwrap();
        assert!(told.lines.iter().any(|line| line.contains("8 July 2026")), "{told:?}");
        assert_eq!(told.reasons, [(TEXT.progress.comments, "Moved away".to_owned())]);
    }

    #[test]
    fn nothing_is_arranged_before_somebody_is_assigned() {
        let now = at("2026-07-10T12:00:00Z");
        assert!(ProgressView::of(&bare(), UserType::Provider, line(UserType::Provider), now).assessment.is_none());
        assert!(ProgressView::of(&under_way(), UserType::Provider, line(UserType::Provider), now).assessment.is_some());
    }
}
