//! Attendance, session feedback and their submission.

use domain::appointment::{AttendanceInput, BookingAnswer};
use domain::ending::{ReferralStatus, WithdrawalState};
use domain::feedback::{Attendance, Attended, NoSessionReason, SessionFeedback, Stamp};
use domain::{AppointmentId, Fact, Refused};

use crate::build::{Story, a_call, faults, full_feedback, minutes_after, names, provider, said};

/// A session whose time has come.
fn begun() -> (Story, AppointmentId) {
    let mut story = Story::sent().assessed().planned(2);
    let id = story.book_session(1);
    story.pass(120);
    (story, id)
}

fn attend(story: &Story, id: AppointmentId, input: AttendanceInput) -> Result<Vec<Fact>, Refused> {
    story.referral.record_attendance(id, input, &provider(), story.now)
}

fn speak(story: &Story, id: AppointmentId, feedback: SessionFeedback) -> Result<Vec<Fact>, Refused> {
    story.referral.record_session_feedback(id, feedback, &provider(), story.now)
}

fn submit(story: &Story, id: AppointmentId) -> Result<Vec<Fact>, Refused> {
    story.referral.submit_feedback(id, &provider(), story.now)
}

#[test]
fn an_answer_that_was_not_given_means_that_the_session_did_not_happen() {
    let (story, id) = begun();
    let input = AttendanceInput { attended: Some(Attended::Yes), did_session_happen: None };
    let facts = attend(&story, id, input).expect("begun");
    assert!(matches!(
        &facts[..],
        [Fact::AttendanceRecorded { attendance: Attendance { did_session_happen: Some(false), .. }, .. }]
    ));
    assert_eq!(faults(attend(&story, id, AttendanceInput::default())), "attended CANNOT_BE_EMPTY");
}

#[test]
fn what_is_to_come_cannot_be_reported_on() {
    let mut story = Story::sent().assessed().planned(1);
    let id = story.book_session(1);
    assert!(matches!(attend(&story, id, said(Attended::Yes, true)), Err(Refused::Bad(_))));
    assert!(matches!(submit(&story, id), Err(Refused::Bad(_))));
    assert!(speak(&story, id, full_feedback()).is_ok());
    let mut story = Story::sent();
    let id = story.book_assessment();
    assert!(matches!(submit(&story, id), Err(Refused::NotReady(_))));
}

#[test]
fn changing_the_answer_clears_the_whole_set_and_only_then() {
    use Attended::{Late, No, Yes};
    for (before, legacy, after, clears) in [
        ((Yes, true), false, (Yes, true), false),
        ((Yes, true), false, (Late, true), false),
        ((Yes, true), false, (Yes, false), true),
        ((No, false), false, (No, false), false),
        ((No, false), false, (Yes, false), true),
        ((No, false), false, (Yes, true), true),
        ((Yes, false), true, (Yes, true), false),
        ((No, false), true, (No, false), true),
    ] {
        let (mut story, id) = begun();
        let did_session_happen = (!legacy).then_some(before.1);
        let recorded = Stamp { at: story.now, by: provider() };
        let attendance = Attendance { attended: before.0, did_session_happen, recorded };
        story.referral.apply(&Fact::AttendanceRecorded { appointment: id, attendance, clears_session_feedback: false });
        story.take(speak(&story, id, full_feedback()));
        story.take(attend(&story, id, said(after.0, after.1)));
        let kept = story.appointment(id).feedback.session.is_some();
        assert_eq!(kept, !clears, "{before:?} {legacy} {after:?}");
    }
}

#[test]
fn texts_have_a_limit() {
    let (story, id) = begun();
    let feedback = SessionFeedback { session_summary: Some("x".repeat(4001)), ..full_feedback() };
    assert_eq!(faults(speak(&story, id, feedback)), "sessionSummary INVALID_LENGTH");
}

#[test]
fn delius_always_finds_an_outcome() {
    use Attended::{Late, No, Yes};
    let reason = SessionFeedback { no_session_reason: Some(NoSessionReason::Logistics), ..SessionFeedback::default() };
    for (attended, happened, session, ready) in [
        (Yes, true, None, true),
        (No, false, None, true),
        (No, true, None, true),
        (Yes, false, None, false),
        (Late, false, None, false),
        (Yes, false, Some(SessionFeedback::default()), false),
        (Yes, false, Some(reason.clone()), true),
        (Late, false, Some(reason), true),
    ] {
        let (mut story, id) = begun();
        assert!(matches!(submit(&story, id), Err(Refused::NotReady(_))), "no attendance yet");
        story.take(attend(&story, id, said(attended, happened)));
        if let Some(session) = session {
            story.take(speak(&story, id, session));
        }
        let submitted = submit(&story, id);
        assert_eq!(submitted.is_ok(), ready, "{attended} {happened}");
        assert!(ready || matches!(submitted, Err(Refused::NotReady(_))));
    }
}

#[test]
fn the_first_session_attended_is_marked_and_the_assessment_is_not() {
    let (mut story, id) = begun();
    assert_eq!(names(&story.report_on(id, Attended::Yes)), "FeedbackSubmitted FirstSessionHeld");
    assert_eq!(story.referral.status, ReferralStatus::PostIca);
    let second = story.book_session(2);
    assert_eq!(names(&story.report_on(second, Attended::Yes)), "FeedbackSubmitted");
    let mut missed = Story::sent().assessed().planned(1);
    assert_eq!(missed.referral.status, ReferralStatus::PreIca);
    let id = missed.book_session(1);
    assert_eq!(names(&missed.report_on(id, Attended::No)), "FeedbackSubmitted");
}

#[test]
fn submitted_feedback_stands() {
    let (mut story, id) = begun();
    story.report_on(id, Attended::No);
    let stands = Err(Refused::Conflict("the appointment's feedback was already submitted"));
    assert_eq!(attend(&story, id, said(Attended::Yes, true)), stands);
    assert_eq!(speak(&story, id, full_feedback()), stands);
    assert_eq!(submit(&story, id), stands);
}

#[test]
fn feedback_is_given_on_the_current_appointment_of_an_open_referral() {
    let (mut story, id) = begun();
    let other = AppointmentId(story.id());
    let wish = a_call(minutes_after(story.now, 60));
    story.take(story.referral.schedule_session(1, &wish, &provider(), story.now, other));
    assert!(matches!(attend(&story, other, said(Attended::No, false)), Err(Refused::Missing(_))), "only proposed");
    assert!(matches!(attend(&story, id, said(Attended::No, false)), Err(Refused::Conflict(_))), "being moved");
    story.answer(BookingAnswer::Booked(1));
    assert!(matches!(attend(&story, id, said(Attended::No, false)), Err(Refused::Conflict(_))), "superseded");
    story.pass(120);
    assert!(attend(&story, other, said(Attended::No, false)).is_ok());
    let closed = story.withdrawn(WithdrawalState::PreIca);
    assert!(matches!(attend(&closed, other, said(Attended::No, false)), Err(Refused::Conflict(_))));
}
