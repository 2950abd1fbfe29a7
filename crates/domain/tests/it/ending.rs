//! Delivery state, withdrawal, the older end request, the nightly rule, assignment and case notes.

use domain::case_note::CaseNote;
use domain::ending::{ConcludedState, DeliveryState, EndReason, EndRequest, EndState, WithdrawalState};
use domain::feedback::Attended;
use domain::{CaseNoteId, EndOfServiceReportId, Fact, Refused};
use uuid::Uuid;

use crate::build::{Story, faults, names, practitioner, provider};

fn delivered(planned: i32, sessions: &[Attended]) -> Story {
    (1..)
        .zip(sessions)
        .fold(Story::sent().assessed().planned(planned), |story, (number, attended)| story.session(number, *attended))
}

#[test]
fn delivery_stands_as_the_table_says() {
    use Attended::{No, Yes};
    use ConcludedState::{Cancelled, Completed, PrematurelyEnded};
    assert_eq!(Story::sent().assessed().referral.delivery_state(), DeliveryState::NotDeliveringYet);
    for (sessions, state, concluded) in [
        (&[][..], DeliveryState::MissingFirstSubstantiveAppointment, Cancelled),
        (&[No], DeliveryState::MissingFirstSubstantiveAppointment, Cancelled),
        (&[No, No], DeliveryState::MissingFirstSubstantiveAppointment, Cancelled),
        (&[Yes], DeliveryState::InProgress, PrematurelyEnded),
        (&[No, Yes], DeliveryState::Completed, Completed),
        (&[Yes, Yes], DeliveryState::Completed, Completed),
    ] {
        let story = delivered(2, sessions);
        assert_eq!(story.referral.delivery_state(), state, "{sessions:?}");
        let story = story.withdrawn(WithdrawalState::PreIca);
        assert_eq!(story.referral.conclusion.and_then(|end| end.state), Some(concluded), "{sessions:?}");
    }
}

#[test]
fn a_missed_session_held_later_counts_once() {
    let mut story = delivered(1, &[Attended::No]);
    assert_eq!(story.referral.attendance_counts().missed, 1);
    let id = story.book_session(1);
    story.report_on(id, Attended::Yes);
    let counts = story.referral.attendance_counts();
    assert_eq!((counts.recorded, counts.attended, counts.missed, counts.ever_attended), (1, 1, 0, 1));
    assert_eq!(story.referral.delivery_state(), DeliveryState::Completed);
}

#[test]
fn a_withdrawal_would_come_as_the_table_says_and_then_reads_as_requested() {
    use Attended::{No, Yes};
    use WithdrawalState::{CloseEarly, PostIca, PreIca};
    for (planned, sessions, expected) in [
        (2, &[][..], PreIca),
        (2, &[No], PreIca),
        (2, &[Yes], CloseEarly),
        (1, &[Yes], PostIca),
        (2, &[Yes, No], PostIca),
        (2, &[Yes, Yes], CloseEarly),
    ] {
        let story = delivered(planned, sessions);
        assert_eq!(story.referral.withdrawal_state(), expected, "{sessions:?} of {planned}");
        for requested in WithdrawalState::ALL {
            let withdrawn = story.clone().withdrawn(*requested);
            assert_eq!(withdrawn.referral.withdrawal_state(), *requested);
        }
    }
}

#[test]
fn a_withdrawal_concludes_at_once_and_only_once() {
    let story = delivered(2, &[Attended::Yes]).withdrawn(WithdrawalState::PostIca);
    assert_eq!(story.referral.end_state(), Some(EndState::Cancelled));
    let again = |story: &Story| {
        let (code, state) = ("MOV".to_owned(), WithdrawalState::PreIca);
        story.referral.withdraw(code, String::new(), state, &practitioner(), story.now)
    };
    assert_eq!(again(&story), Err(Refused::Conflict("this referral is concluded")));
    let end = story.referral.end("MOV".to_owned(), String::new(), None, &practitioner(), story.now);
    assert!(matches!(end, Err(Refused::Conflict(_))));
    let facts = again(&Story::sent()).expect("open");
    assert_eq!(names(&facts), "EndRequested Concluded Ended");
    assert_eq!(
        story.referral.assign(provider(), &provider(), story.now),
        Err(Refused::Conflict("this referral is concluded"))
    );
}

#[test]
fn comments_have_their_limits() {
    let story = Story::sent();
    for (length, fits) in [(2500, true), (2501, false)] {
        let (code, state) = ("MOV".to_owned(), WithdrawalState::PreIca);
        let result = story.referral.withdraw(code, "é".repeat(length), state, &practitioner(), story.now);
        assert_eq!(result.is_ok(), fits);
        assert!(fits || faults(result) == "comments INVALID_LENGTH");
    }
}

#[test]
fn the_older_end_request_concludes_where_nothing_was_delivered() {
    let mut story = delivered(2, &[Attended::No]);
    let end = story.referral.end("MOV".to_owned(), "moved".to_owned(), None, &practitioner(), story.now);
    assert_eq!(names(&story.take(end)), "EndRequested Concluded Ended");
    let waiting = delivered(2, &[Attended::Yes]);
    let mut story = waiting.clone();
    story.take(story.referral.end("MOV".to_owned(), "moved".to_owned(), None, &practitioner(), story.now));
    let (code, state) = ("MOV".to_owned(), WithdrawalState::PreIca);
    let then = story.referral.withdraw(code, String::new(), state, &practitioner(), story.now);
    assert_eq!(then, Err(Refused::Conflict("an end to this referral was already requested")));
}

#[test]
fn the_nightly_rule_finishes_older_requests_whose_report_is_not_owed() {
    let requested = |story: &Story| {
        let reason =
            EndReason::Cancellation { code: "MOV".to_owned(), description: "moved".to_owned(), comments: None };
        Fact::EndRequested(EndRequest { at: story.now, by: practitioner(), reason: Some(reason) })
    };
    for (sessions, concluded) in [(&[][..], true), (&[Attended::No], true), (&[Attended::Yes], false)] {
        let mut story = delivered(2, sessions);
        assert_eq!(story.referral.conclude_if_due(story.now), Vec::new(), "no end requested");
        story.referral.apply(&requested(&story));
        let facts = story.referral.conclude_if_due(story.now);
        assert_eq!(names(&facts), if concluded { "Concluded Ended" } else { "" }, "{sessions:?}");
        story.take(Ok(facts));
        assert_eq!(story.referral.conclude_if_due(story.now), Vec::new(), "once");
    }
    let mut story = delivered(2, &[]);
    story.referral.apply(&requested(&story));
    let report = domain::end_of_service_report::EndOfServiceReport {
        id: EndOfServiceReportId(Uuid::from_u128(1)),
        created_at: story.now,
        created_by: provider(),
        further_information: None,
        outcomes: Vec::new(),
        submitted: None,
    };
    story.referral.apply(&Fact::ReportBegun(report));
    assert_eq!(names(&story.referral.conclude_if_due(story.now)), "Concluded Ended", "a draft report holds nothing up");
}

#[test]
fn the_newest_assignment_counts_and_the_same_person_may_be_assigned_again() {
    let mut story = Story::sent();
    for user in [provider(), practitioner(), practitioner()] {
        story.pass(1);
        story.take(story.referral.assign(user, &provider(), story.now));
    }
    assert_eq!(story.referral.assignments.len(), 3);
    assert_eq!(story.referral.assignee(), Some(&practitioner()));
}

#[test]
fn case_notes_say_something_and_may_follow_the_conclusion() {
    let story = Story::sent().withdrawn(WithdrawalState::PreIca);
    let note = |subject: &str, body: &str| CaseNote {
        id: CaseNoteId(Uuid::from_u128(1)),
        referral_id: story.referral.id,
        subject: subject.to_owned(),
        body: body.to_owned(),
        sent_at: story.now,
        sent_by: provider(),
    };
    let add = |subject: &str, body: &str| story.referral.add_case_note(note(subject, body), true);
    assert_eq!(names(&add("moved", "to Leeds").expect("allowed")), "CaseNoteAdded");
    assert_eq!(faults(add(" ", "\n")), "subject CANNOT_BE_EMPTY, body CANNOT_BE_EMPTY");
    assert_eq!(faults(add(&"x".repeat(256), &"x".repeat(10_001))), "subject INVALID_LENGTH, body INVALID_LENGTH");
}
