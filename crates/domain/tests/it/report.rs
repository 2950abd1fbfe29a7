//! The end of service report: when it is owed, what it must hold, and what its submission brings about.

use domain::ending::{ConcludedState, WithdrawalState};
use domain::feedback::Attended;
use domain::{DesiredOutcomeId, EndOfServiceReportId, Refused};
use uuid::Uuid;

use crate::build::{OUTCOMES, Story, an_entry, faults, names, practitioner, provider};

/// Two sessions planned, reported on as told.
fn delivered(sessions: &[Attended]) -> Story {
    (1..)
        .zip(sessions)
        .fold(Story::sent().assessed().planned(2), |story, (number, attended)| story.session(number, *attended))
}

#[test]
fn a_report_is_owed_as_the_table_says() {
    use Attended::{No, Yes};
    for (sessions, open, ended) in [
        (&[][..], false, false),
        (&[No], false, false),
        (&[No, No], false, false),
        (&[Yes], false, true),
        (&[Yes, Yes], true, true),
        (&[Yes, No], true, true),
        (&[No, Yes], true, true),
    ] {
        let mut story = delivered(sessions);
        assert_eq!(story.referral.report_is_due(), open, "{sessions:?}");
        let id = EndOfServiceReportId(story.id());
        let begun = story.referral.begin_report(id, &provider(), story.now);
        assert_eq!(begun.is_ok(), open);
        assert!(open || matches!(begun, Err(Refused::Conflict(_))));
        let withdrawn = story.withdrawn(WithdrawalState::PostIca);
        assert_eq!(withdrawn.referral.report_is_due(), ended, "{sessions:?}");
        assert_eq!(withdrawn.referral.begin_report(id, &provider(), withdrawn.now).is_ok(), ended);
    }
}

#[test]
fn a_report_is_begun_once() {
    let mut story = delivered(&[Attended::Yes, Attended::Yes]);
    story.write_report();
    assert!(!story.referral.report_is_due());
    let other = EndOfServiceReportId(story.id());
    assert_eq!(story.referral.begin_report(other, &provider(), story.now), Ok(Vec::new()));
    assert!(matches!(story.referral.submit_report(other, &provider(), story.now), Err(Refused::Missing(_))));
}

#[test]
fn only_outcomes_that_were_asked_for_are_written_about_and_all_of_them() {
    let mut story = delivered(&[Attended::Yes, Attended::Yes]);
    let id = EndOfServiceReportId(story.id());
    story.take(story.referral.begin_report(id, &provider(), story.now));
    for foreign in [OUTCOMES[2], DesiredOutcomeId(Uuid::from_u128(1))] {
        let refused = story.referral.change_report(id, None, Some(an_entry(foreign)));
        assert!(matches!(refused, Err(Refused::Missing(_))));
    }
    let long = story.referral.change_report(id, Some("x".repeat(4001)), None);
    assert_eq!(faults(long), "furtherInformation INVALID_LENGTH");
    story.take(story.referral.change_report(id, Some("more".to_owned()), Some(an_entry(OUTCOMES[0]))));
    story.take(story.referral.change_report(id, None, Some(an_entry(OUTCOMES[0]))));
    let report = story.referral.report.clone().expect("begun");
    assert_eq!((report.outcomes.len(), report.further_information.as_deref()), (1, Some("more")));
    assert_eq!(faults(story.referral.submit_report(id, &provider(), story.now)), "outcomes CANNOT_BE_EMPTY");
    story.take(story.referral.change_report(id, None, Some(an_entry(OUTCOMES[1]))));
    let facts = story.take(story.referral.submit_report(id, &provider(), story.now));
    assert_eq!(names(&facts), "ReportSubmitted Concluded Ended");
    assert_eq!(story.referral.conclusion.and_then(|end| end.state), Some(ConcludedState::Completed));
    let twice = Err(Refused::Conflict("the end of service report was already submitted"));
    assert_eq!(story.referral.submit_report(id, &provider(), story.now), twice);
    assert_eq!(story.referral.change_report(id, Some(String::new()), None), twice);
}

#[test]
fn a_report_after_a_withdrawal_announces_itself_and_the_end_and_moves_nothing() {
    let mut story = delivered(&[Attended::Yes]).withdrawn(WithdrawalState::PostIca);
    let concluded = story.referral.conclusion;
    let id = story.write_report();
    let facts = story.take(story.referral.submit_report(id, &provider(), story.now));
    assert_eq!(names(&facts), "ReportSubmitted Ended");
    assert_eq!(story.referral.conclusion, concluded);
    assert_eq!(facts.last(), Some(&domain::Fact::Ended(ConcludedState::PrematurelyEnded)));
}

#[test]
fn the_older_end_request_waits_for_the_report_it_calls_for() {
    let mut story = delivered(&[Attended::Yes]);
    let end = story.referral.end("MOV".to_owned(), "moved".to_owned(), None, &practitioner(), story.now);
    assert_eq!(names(&story.take(end)), "EndRequested Ended");
    assert!(!story.referral.is_concluded());
    let id = story.write_report();
    let facts = story.take(story.referral.submit_report(id, &provider(), story.now));
    assert_eq!(names(&facts), "ReportSubmitted Concluded Ended");
    assert_eq!(story.referral.conclusion.and_then(|end| end.state), Some(ConcludedState::PrematurelyEnded));
}

#[test]
fn a_report_cannot_end_a_referral_whose_plan_grew_since() {
    let mut story = delivered(&[Attended::Yes, Attended::Yes]);
    let id = story.write_report();
    let story = story.planned(3);
    assert!(matches!(story.referral.submit_report(id, &provider(), story.now), Err(Refused::Conflict(_))));
}
