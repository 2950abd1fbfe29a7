//! What the provider is to do by when: the first assessment within ten working days of receipt, the first plan within
//! five of the assessment, feedback on the day, the report within five of an early end.

use domain::appointment::{Appointment, current};
use domain::calendar::{day_of, working_days_after};
use domain::{Referral, appointment};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::pages::referral::appointment::{NEEDS_FEEDBACK, status};
use crate::text::{TEXT, fill};
use crate::when;

const ASSESSMENT_WORKING_DAYS: u32 = 10;
const PLAN_WORKING_DAYS: u32 = 5;
const REPORT_WORKING_DAYS: u32 = 5;

/// Something that is due.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Clock {
    what: String,
    due: String,
    is_overdue: bool,
}

impl Clock {
    fn new(what: String, due: Date, today: Date) -> Self {
        let text = &TEXT.progress;
        let date = when::date(due);
        let days = (due - today).get_days();
        let count = |days: i32| match days {
            1 => text.one_day.to_owned(),
            many => fill(text.many_days, &[("days", &many.to_string())]),
        };
        let due = match days {
            0 => fill(text.due_today, &[("date", &date)]),
            late if late < 0 => fill(text.overdue_by, &[("days", &count(-late)), ("date", &date)]),
            left => fill(text.days_left, &[("days", &count(left)), ("date", &date)]),
        };
        Self { what, due, is_overdue: days < 0 }
    }
}

/// When a meeting with feedback was held; none while that is still to come.
fn held(history: &[Appointment]) -> Option<&Appointment> {
    current(history)
        .filter(|latest| latest.feedback.submitted.is_some() && latest.feedback.session_happened() == Some(true))
}

/// Everything that is due on a referral, the earliest first.
pub(super) fn running(referral: &Referral, now: Timestamp) -> Vec<Clock> {
    let text = &TEXT.progress;
    let today = day_of(now);
    let mut due: Vec<(Date, String)> = Vec::new();
    if let Some(request) = &referral.end_request {
        if referral.report.as_ref().is_none_or(|report| report.submitted.is_none())
            && (referral.report.is_some() || referral.report_is_due())
        {
            due.push((working_days_after(day_of(request.at), REPORT_WORKING_DAYS), text.clock_report.to_owned()));
        }
    } else if !referral.is_concluded() {
        let assessed = held(&referral.assessment.appointments);
        let has_plan = referral.plans.iter().any(|plan| plan.submitted().is_some());
        match assessed {
            None => {
                let by = working_days_after(day_of(referral.sent_at), ASSESSMENT_WORKING_DAYS);
                due.push((by, text.clock_assessment.to_owned()));
            }
            Some(meeting) if !has_plan => {
                let by = working_days_after(day_of(meeting.time), PLAN_WORKING_DAYS);
                due.push((by, text.clock_plan.to_owned()));
            }
            Some(_) => {}
        }
        let slots = std::iter::once(referral.assessment.appointments.as_slice())
            .chain(referral.sessions.iter().map(|session| session.appointments.as_slice()));
        for open in slots.filter_map(appointment::current).filter(|latest| status(latest, now) == NEEDS_FEEDBACK) {
            let day = day_of(open.time);
            due.push((day, fill(text.clock_feedback, &[("date", &when::date(day))])));
        }
    }
    due.sort();
    due.into_iter().map(|(day, what)| Clock::new(what, day, today)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::pages::referral::sample::{at, bare, ended, under_way};

    #[test]
    fn days_are_counted_on_both_sides_of_today() {
        let due = |on| Clock::new("Plan".to_owned(), on, date(2026, 6, 10)).due;
        assert_eq!(due(date(2026, 6, 10)), "due today, 10 June 2026");
        assert_eq!(due(date(2026, 6, 11)), "1 day left, due on 11 June 2026");
        assert_eq!(due(date(2026, 7, 10)), "30 days left, due on 10 July 2026");
        assert_eq!(due(date(2026, 6, 7)), "3 days overdue, was due on 7 June 2026");
    }

    #[test]
    fn a_new_referral_waits_for_its_first_meeting() {
        let clocks = running(&bare(), at("2026-06-02T12:00:00Z"));
        assert_eq!(clocks.len(), 1);
        assert_eq!(clocks[0].what, TEXT.progress.clock_assessment);
        assert_eq!(clocks[0].due, "13 days left, due on 15 June 2026");
    }

    #[test]
    fn feedback_is_due_on_the_day() {
        let clocks = running(&under_way(), at("2026-07-10T12:00:00Z"));
        assert_eq!(clocks.len(), 1, "{clocks:?}");
        assert!(clocks[0].is_overdue && clocks[0].due.contains("9 July 2026"), "{clocks:?}");
    }

    #[test]
    fn a_referral_that_ended_early_owes_its_report() {
        let clocks = running(&ended(), at("2026-07-10T12:00:00Z"));
        assert_eq!(clocks.iter().map(|clock| clock.what.as_str()).collect::<Vec<_>>(), [TEXT.progress.clock_report]);
        assert_eq!(clocks[0].due, "5 days left, due on 15 July 2026");
    }
}
