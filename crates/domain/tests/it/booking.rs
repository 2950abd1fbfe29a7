//! Booking, rescheduling and Delius's answers, for the assessment and the sessions alike.

use domain::appointment::{Booking, BookingAnswer, BookingRequest, DeliveryType, SessionType};
use domain::ending::{ReferralStatus, WithdrawalState};
use domain::feedback::Attended;
use domain::{AppointmentId, Fact, Refused};
use jiff::Timestamp;

use crate::build::{Story, a_call, a_group, faults, minutes_after, names, provider, said, sent_at, with_feedback};

/// Books in the assessment (`None`) or a session.
fn book(story: &mut Story, session: Option<u32>, wish: &BookingRequest) -> (AppointmentId, Result<Vec<Fact>, Refused>) {
    let id = AppointmentId(story.id());
    let facts = match session {
        None => story.referral.schedule_assessment(wish, &provider(), story.now, id),
        Some(number) => story.referral.schedule_session(number, wish, &provider(), story.now, id),
    };
    if facts.is_ok() {
        story.take(facts.clone());
    }
    (id, facts)
}

/// A story in which neither the assessment nor the session has an appointment that stands in the way.
fn slots() -> [(Story, Option<u32>); 2] {
    [(Story::sent(), None), (Story::sent().assessed().planned(2), Some(1))]
}

#[test]
fn a_booking_is_proposed_and_becomes_current_with_the_answer() {
    for (mut story, slot) in slots() {
        let time = minutes_after(story.now, 60);
        let (id, facts) = book(&mut story, slot, &a_call(time));
        assert_eq!(names(&facts.expect("free")), "AppointmentProposed");
        assert_eq!(story.appointment(id).booking, Booking::Proposed);
        let before = story.referral.clone();
        assert_eq!(names(&story.answer(BookingAnswer::Booked(7))), "AppointmentTaken");
        assert_eq!(story.appointment(id).booking, Booking::Confirmed(Some(7)));
        let mut late = story.clone();
        late.referral = before;
        late.answer(BookingAnswer::NotYet);
        assert_eq!(late.appointment(id).booking, Booking::Unconfirmed);
        late.take(Ok(late.referral.take_booking(id, BookingAnswer::Booked(8), late.now)));
        assert_eq!(late.appointment(id).booking, Booking::Confirmed(Some(8)));
    }
}

#[test]
fn the_last_to_book_is_current_even_when_its_clock_is_behind() {
    for (mut story, slot) in slots() {
        let time = minutes_after(story.now, 60);
        let mut booked = Vec::new();
        for hour in 0..3 {
            let (id, facts) = book(&mut story, slot, &a_call(minutes_after(time, 60 * hour)));
            facts.expect("free");
            booked.push(id);
            story.now = minutes_after(story.now, -1);
        }
        story.answer(BookingAnswer::NotYet);
        let superseded: Vec<_> = booked.iter().map(|id| story.appointment(*id).superseded_by).collect();
        assert_eq!(superseded, [Some(booked[1]), Some(booked[2]), None]);
    }
}

#[test]
fn answers_settle_a_booking_once() {
    use BookingAnswer::{Booked, Clash, NotYet};
    for (answers, facts) in [
        (vec![Booked(1), Booked(1), Clash, NotYet], "AppointmentTaken"),
        (vec![Clash, Booked(1), NotYet], "AppointmentRefused"),
        (vec![NotYet, NotYet, Booked(1), Clash], "AppointmentTaken AppointmentConfirmed"),
        (vec![NotYet, Clash, Booked(1)], "AppointmentTaken AppointmentClashed"),
    ] {
        let mut story = Story::sent();
        let time = minutes_after(story.now, 60);
        let (id, _) = book(&mut story, None, &a_call(time));
        let mut told = Vec::new();
        for answer in answers {
            told.extend(story.take(Ok(story.referral.take_booking(id, answer, story.now))));
        }
        assert_eq!(names(&told), facts);
        let unknown = AppointmentId(story.id());
        assert_eq!(story.referral.take_booking(unknown, Booked(1), story.now), Vec::new());
    }
}

#[test]
fn another_time_supersedes_and_a_refused_one_changes_nothing() {
    for (mut story, slot) in slots() {
        let first = if slot.is_none() { story.book_assessment() } else { story.book_session(1) };
        let before = story.referral.clone();
        let later = BookingRequest {
            reschedule_requested_by: Some("Service Provider".to_owned()),
            rescheduled_reason: Some("illness".to_owned()),
            ..a_call(minutes_after(story.now, 180))
        };
        let (second, _) = book(&mut story, slot, &later);
        assert_eq!(story.appointment(first).superseded_by, None);
        let mut refused = story.clone();
        refused.answer(BookingAnswer::Clash);
        assert_eq!(refused.appointment(first), before.appointment(first).expect("the first").1);
        story.answer(BookingAnswer::Booked(9));
        let replaced = story.appointment(first);
        assert_eq!(replaced.superseded_by, Some(second));
        assert_eq!(replaced.rescheduled_reason.as_deref(), Some("illness"));
        assert_eq!(replaced.reschedule_requested_by.as_deref(), Some("Service Provider"));
        assert_eq!(story.referral.moves(second).map(|moved| moved.id), Some(first));
        assert_eq!(story.appointment(second).created_by, provider());
    }
}

#[test]
fn a_missed_appointment_is_superseded_by_a_further_one_and_keeps_its_contact() {
    for (mut story, slot) in slots() {
        let missed = if slot.is_none() { story.book_assessment() } else { story.book_session(1) };
        story.report_on(missed, Attended::No);
        let time = minutes_after(story.now, 60);
        let (further, facts) = book(&mut story, slot, &a_call(time));
        assert_eq!(names(&facts.expect("it did not happen")), "AppointmentProposed");
        story.answer(BookingAnswer::Booked(9));
        assert_eq!(story.appointment(missed).superseded_by, Some(further));
        assert_eq!(story.referral.moves(further), None);
    }
}

#[test]
fn an_appointment_overlaps_one_that_was_reported_on_early_until_that_one_would_have_ended() {
    for (mut story, slot) in slots() {
        let long = BookingRequest { duration_minutes: 180, ..a_call(minutes_after(story.now, 60)) };
        let (missed, _) = book(&mut story, slot, &long);
        story.answer(BookingAnswer::Booked(9));
        story.report_on(missed, Attended::No);
        let (reported, end) = (story.now, story.appointment(missed).end());
        let overlaps = |start: Timestamp, since: Timestamp| {
            let mut story = story.clone();
            let (id, facts) = book(&mut story, slot, &a_call(start));
            facts.expect("it was missed");
            assert!(!story.referral.overlaps_one_reported_since(missed, since), "there is no word on the other yet");
            story.referral.overlaps_one_reported_since(id, since)
        };
        assert!(overlaps(minutes_after(end, -1), reported));
        assert!(!overlaps(end, reported));
        assert!(!overlaps(minutes_after(end, -1), minutes_after(reported, 1)), "it was reported on before that");
    }
}

#[test]
fn nothing_is_booked_once_the_session_happened() {
    for (mut story, slot) in slots() {
        let held = if slot.is_none() { story.book_assessment() } else { story.book_session(1) };
        story.report_on(held, Attended::Yes);
        let wish = a_call(minutes_after(story.now, 60));
        assert!(matches!(book(&mut story, slot, &wish).1, Err(Refused::Conflict(_))));
    }
}

#[test]
fn the_same_time_length_and_office_are_no_new_booking() {
    for (mut story, slot) in slots() {
        let first = if slot.is_none() { story.book_assessment() } else { story.book_session(1) };
        let time = story.appointment(first).time;
        assert_eq!(book(&mut story, slot, &a_call(time)).1, Ok(Vec::new()));
        let video = BookingRequest { delivery_type: DeliveryType::VideoCall, ..a_call(time) };
        assert_eq!(names(&book(&mut story, slot, &video).1.expect("no new booking")), "DeliveryChanged");
        let office = BookingRequest {
            delivery_type: DeliveryType::ProbationOffice,
            office_code: Some("LEEDS".to_owned()),
            ..a_call(time)
        };
        assert_eq!(names(&book(&mut story, slot, &office).1.expect("a new place")), "AppointmentProposed");
    }
}

#[test]
fn feedback_given_with_the_same_time_is_recorded_and_submitted() {
    for (mut story, slot) in slots() {
        let first = if slot.is_none() { story.book_assessment() } else { story.book_session(1) };
        let time = story.appointment(first).time;
        story.pass(48 * 60);
        let wish = with_feedback(a_call(time), Attended::Yes);
        let facts = names(&book(&mut story, slot, &wish).1.expect("not submitted yet"));
        let expected = "AttendanceRecorded SessionFeedbackRecorded FeedbackSubmitted";
        let status = if slot.is_some() { " FirstSessionHeld" } else { "" };
        assert_eq!(facts, format!("{expected}{status}"));
        assert_eq!(book(&mut story, slot, &wish).1, Ok(Vec::new()), "sent twice");
    }
}

#[test]
fn a_booking_of_the_past_carries_its_feedback_and_a_refused_one_counts_for_nothing() {
    let mut story = Story::sent().assessed().planned(1);
    let time = story.now;
    story.pass(48 * 60);
    let (id, facts) = book(&mut story, Some(1), &with_feedback(a_call(time), Attended::Yes));
    assert_eq!(names(&facts.expect("whole")), "AppointmentProposed FeedbackSubmitted");
    assert!(story.appointment(id).feedback.submitted.is_some());
    assert_eq!(story.referral.attendance_counts().recorded, 0, "only proposed");
    let mut refused = story.clone();
    assert_eq!(names(&refused.answer(BookingAnswer::Clash)), "AppointmentRefused");
    assert_eq!(refused.referral.attendance_counts().ever_attended, 0);
    assert_eq!(refused.referral.status, ReferralStatus::PreIca);
    let mut missed = refused.clone();
    book(&mut missed, Some(1), &with_feedback(a_call(time), Attended::No)).1.expect("whole");
    assert_eq!(names(&missed.answer(BookingAnswer::NotYet)), "AppointmentTaken");
    assert_eq!(names(&story.answer(BookingAnswer::NotYet)), "AppointmentTaken FirstSessionHeld");
    assert_eq!((story.referral.status, story.referral.attendance_counts().recorded), (ReferralStatus::PostIca, 1));
}

#[test]
fn a_proposal_left_behind_is_taken_before_the_next_booking() {
    let mut story = Story::sent();
    let (left, _) = book(&mut story, None, &a_call(minutes_after(sent_at(), 60)));
    story.pass(5);
    let mut again = story.clone();
    let same = book(&mut again, None, &a_call(minutes_after(sent_at(), 60))).1.expect("the same wish");
    assert_eq!(names(&same), "AppointmentTaken");
    let (next, facts) = book(&mut story, None, &a_call(minutes_after(sent_at(), 120)));
    assert_eq!(names(&facts.expect("free")), "AppointmentTaken AppointmentProposed");
    story.answer(BookingAnswer::Booked(5));
    assert_eq!(story.appointment(left).superseded_by, Some(next));
    let late = story.referral.take_booking(left, BookingAnswer::Booked(4), story.now);
    assert_eq!(names(&late), "AppointmentConfirmed");
}

#[test]
fn after_a_clash_the_same_time_is_asked_for_again_and_the_earlier_contact_is_moved() {
    let mut story = Story::sent();
    let first = story.book_assessment();
    let time = minutes_after(story.now, 300);
    let (clashed, _) = book(&mut story, None, &a_call(time));
    story.answer(BookingAnswer::NotYet);
    story.take(Ok(story.referral.take_booking(clashed, BookingAnswer::Clash, story.now)));
    story.pass(1);
    let (again, facts) = book(&mut story, None, &a_call(time));
    assert_eq!(names(&facts.expect("asked again")), "AppointmentProposed");
    assert_eq!(story.referral.moves(again).map(|moved| moved.id), Some(first));
}

#[test]
fn an_assessment_is_always_one_to_one() {
    let mut story = Story::sent();
    let time = minutes_after(story.now, 60);
    let (id, _) = book(&mut story, None, &a_group(a_call(time)));
    assert_eq!(story.appointment(id).session_type, SessionType::OneToOne);
    story.answer(BookingAnswer::Booked(1));
    let new_id = AppointmentId(story.id());
    let group = a_group(a_call(minutes_after(story.now, 90)));
    let refused = story.referral.reschedule_assessment(id, &group, &provider(), story.now, new_id);
    assert!(matches!(refused, Err(Refused::Unmet(_))), "{refused:?}");
}

#[test]
fn a_further_assessment_follows_one_that_did_not_happen() {
    let further = |story: &mut Story, minutes| {
        let id = AppointmentId(story.id());
        let wish = a_group(a_call(minutes_after(story.now, minutes)));
        story.referral.schedule_further_assessment(&wish, &provider(), story.now, id)
    };
    let mut story = Story::sent();
    assert_eq!(names(&further(&mut story, 60).expect("the first")), "AppointmentProposed");
    let id = story.book_assessment();
    assert!(matches!(further(&mut story, 30), Err(Refused::Conflict(_))), "before the current one");
    assert!(matches!(further(&mut story, 90), Err(Refused::Unmet(_))), "no feedback yet");
    story.report_on(id, Attended::No);
    assert_eq!(names(&further(&mut story, 60).expect("a further one")), "AppointmentProposed");
    let past = with_feedback(a_call(sent_at()), Attended::Yes);
    story.pass(48 * 60);
    let new_id = AppointmentId(story.id());
    let refused = story.referral.schedule_further_assessment(&past, &provider(), story.now, new_id);
    assert_eq!(faults(refused), "appointmentTime INVALID_VALUE");
    assert!(matches!(further(&mut Story::sent().assessed(), 60), Err(Refused::Conflict(_))));
}

#[test]
fn rescheduling_by_id_names_the_current_appointment() {
    let mut story = Story::sent();
    let reschedule = |story: &mut Story, current| {
        let id = AppointmentId(story.id());
        let wish = a_call(minutes_after(story.now, 200));
        story.referral.reschedule_assessment(current, &wish, &provider(), story.now, id)
    };
    let unknown = AppointmentId(story.id());
    assert!(matches!(reschedule(&mut story, unknown), Err(Refused::Missing(_))));
    let current = story.book_assessment();
    assert!(matches!(reschedule(&mut story, unknown), Err(Refused::Unmet(_))));
    assert_eq!(names(&reschedule(&mut story, current).expect("current")), "AppointmentProposed");
    story.report_on(current, Attended::No);
    assert!(matches!(reschedule(&mut story, current), Err(Refused::Conflict(_))));
}

#[test]
fn sessions_are_booked_by_a_number_that_exists_and_only_while_the_referral_is_open() {
    let mut story = Story::sent().assessed().planned(1);
    let wish = a_call(minutes_after(story.now, 60));
    assert!(matches!(book(&mut story, Some(2), &wish).1, Err(Refused::Missing(_))));
    let mut closed = story.withdrawn(WithdrawalState::PreIca);
    assert!(matches!(book(&mut closed, Some(1), &wish).1, Err(Refused::Conflict(_))));
    assert!(matches!(book(&mut closed, None, &wish).1, Err(Refused::Conflict(_))));
    let id = AppointmentId(closed.id());
    let said = said(Attended::Yes, true);
    assert!(matches!(closed.referral.record_attendance(id, said, &provider(), closed.now), Err(Refused::Missing(_))));
}
