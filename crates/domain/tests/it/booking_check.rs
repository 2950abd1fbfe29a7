//! What a wish to book must say, row by row.

use domain::appointment::{AddressInput, AttendanceInput, BookingRequest, Delivery, DeliveryType, SessionType};
use domain::feedback::{Attended, NoSessionReason, SessionFeedback};
use jiff::Timestamp;

use crate::build::{a_call, at, full_feedback, minutes_after, said, sent_at, with_feedback};

fn checked(wish: &BookingRequest, now: Timestamp) -> String {
    match wish.check(sent_at(), now) {
        Ok(_) => "fine".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

fn tomorrow() -> Timestamp {
    minutes_after(sent_at(), 24 * 60)
}

fn in_office(code: Option<&str>) -> BookingRequest {
    BookingRequest {
        delivery_type: DeliveryType::ProbationOffice,
        office_code: code.map(str::to_owned),
        ..a_call(tomorrow())
    }
}

fn elsewhere(first_line: Option<&str>, postcode: Option<&str>) -> BookingRequest {
    let address = AddressInput {
        first_line: first_line.map(str::to_owned),
        postcode: postcode.map(str::to_owned),
        ..AddressInput::default()
    };
    BookingRequest { delivery_type: DeliveryType::OtherPlace, address: Some(address), ..a_call(tomorrow()) }
}

#[test]
fn the_place_must_fit_the_method() {
    let nowhere = BookingRequest { address: None, ..elsewhere(None, None) };
    for (wish, expected) in [
        (a_call(tomorrow()), "fine"),
        (in_office(Some("CRSEXTL")), "fine"),
        (in_office(None), "npsOfficeCode CANNOT_BE_EMPTY"),
        (in_office(Some("  ")), "npsOfficeCode CANNOT_BE_EMPTY"),
        (in_office(Some("CRSEXTLX")), "npsOfficeCode INVALID_LENGTH"),
        (nowhere, "appointmentDeliveryAddress CANNOT_BE_EMPTY"),
        (elsewhere(Some("1 High Street"), Some("SY4 0RE")), "fine"),
        (
            elsewhere(Some(" "), None),
            "appointmentDeliveryAddress.firstAddressLine CANNOT_BE_EMPTY, \
             appointmentDeliveryAddress.postCode CANNOT_BE_EMPTY",
        ),
        (elsewhere(None, Some("SY40RE")), "appointmentDeliveryAddress.firstAddressLine CANNOT_BE_EMPTY"),
        (BookingRequest { duration_minutes: 0, ..a_call(tomorrow()) }, "durationInMinutes CANNOT_BE_NEGATIVE_OR_ZERO"),
        (BookingRequest { duration_minutes: -5, ..a_call(tomorrow()) }, "durationInMinutes CANNOT_BE_NEGATIVE_OR_ZERO"),
        (
            BookingRequest { rescheduled_reason: Some("x".repeat(4001)), ..a_call(tomorrow()) },
            "rescheduledReason INVALID_LENGTH",
        ),
    ] {
        assert_eq!(checked(&wish, sent_at()), expected, "{wish:?}");
    }
}

#[test]
fn postcodes_are_taken_in_any_case_and_spacing_and_kept_without() {
    for good in ["m1 1ae", "B33 8TH", "cr2 6xh", " dn551pt ", "W1A 0AX", "EC1A 1BB", "s Y 4 0 r e"] {
        let booking = elsewhere(Some("1"), Some(good)).check(sent_at(), sent_at()).expect(good);
        let Delivery::OtherPlace(address) = booking.delivery else { panic!("another place") };
        assert!(
            address.postcode.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()),
            "{good}"
        );
    }
    for bad in ["ABC1 1AA", "1A 1AA", "A 1AA", "AA1 1A", "AA111 1AA", "AA1 AAA", "AA1-1AA", "É1 1AA", "1", "AA1AA 1AA"]
    {
        let expected = "appointmentDeliveryAddress.postCode INVALID_FORMAT";
        assert_eq!(checked(&elsewhere(Some("1"), Some(bad)), sent_at()), expected, "{bad}");
    }
}

#[test]
fn the_window_runs_over_whole_london_days_from_the_sending_to_six_months_ahead() {
    let early = "appointmentTime APPOINTMENT_TIME_BEFORE_REFERRAL_START_DATE";
    let late = "appointmentTime APPOINTMENT_TIME_TOO_FAR_IN_FUTURE";
    for (time, expected) in [
        ("2026-05-31T22:59:59Z", early),
        ("2026-05-31T23:00:00Z", "fine"),
        ("2026-12-01T23:59:59Z", "fine"),
        ("2026-12-02T00:00:00Z", late),
    ] {
        let wish = with_feedback_if_past(at(time));
        assert_eq!(checked(&wish, sent_at()), expected, "{time}");
    }
}

fn with_feedback_if_past(time: Timestamp) -> BookingRequest {
    if time < at("2026-05-31T23:00:00Z") { with_feedback(a_call(time), Attended::Yes) } else { a_call(time) }
}

#[test]
fn days_that_have_passed_need_feedback_and_what_is_to_come_can_have_none() {
    let now = at("2026-06-02T12:00:00Z");
    let missing = "attendanceFeedback.didSessionHappen CANNOT_BE_EMPTY";
    for (time, feedback, expected) in [
        ("2026-06-01T22:59:59Z", false, missing),
        ("2026-06-01T22:59:59Z", true, "fine"),
        ("2026-06-01T23:00:00Z", false, "fine"),
        ("2026-06-02T11:00:00Z", false, "fine"),
        ("2026-06-02T11:00:00Z", true, "fine"),
        ("2026-06-02T13:00:00Z", false, "fine"),
        ("2026-06-02T13:00:00Z", true, "attendanceFeedback.attended INVALID_VALUE"),
    ] {
        let call = a_call(at(time));
        let wish = if feedback { with_feedback(call, Attended::Yes) } else { call };
        assert_eq!(checked(&wish, now), expected, "{time} {feedback}");
        assert_eq!(
            wish.check(sent_at(), now).is_ok_and(|booking| booking.feedback.is_some()),
            feedback && expected == "fine"
        );
    }
}

#[test]
fn feedback_with_a_booking_must_be_whole() {
    let none = SessionFeedback::default();
    let text = || Some("words".to_owned());
    let full = full_feedback();
    let late = SessionFeedback { late: Some(false), ..none.clone() };
    let told = SessionFeedback {
        late: Some(true),
        notify_of_behaviour: Some(true),
        notify_of_concerns: Some(true),
        session_summary: text(),
        session_response: Some(" ".to_owned()),
        session_concerns: Some("\t".to_owned()),
        ..none.clone()
    };
    let reason =
        |reason| SessionFeedback { no_session_reason: Some(reason), notify_of_concerns: Some(false), ..none.clone() };
    let absent_told = SessionFeedback {
        no_attendance_information: text(),
        notify_of_behaviour: Some(true),
        notify_of_concerns: Some(true),
        ..none.clone()
    };
    for (attended, happened, session, expected) in [
        (None, None, &full, "attendanceFeedback.didSessionHappen CANNOT_BE_EMPTY"),
        (Some(Attended::Yes), None, &full, "attendanceFeedback.didSessionHappen CANNOT_BE_EMPTY"),
        (None, Some(true), &full, "attendanceFeedback.attended CANNOT_BE_EMPTY"),
        (Some(Attended::No), Some(true), &none, "attendanceFeedback.attended INVALID_VALUE"),
        (Some(Attended::Late), Some(true), &none, "attendanceFeedback.attended INVALID_VALUE"),
        (Some(Attended::Yes), Some(true), &full, ""),
        (Some(Attended::Yes), Some(true), &none, "late CANNOT_BE_EMPTY"),
        (
            Some(Attended::Yes),
            Some(true),
            &late,
            "sessionSummary CANNOT_BE_EMPTY, sessionResponse CANNOT_BE_EMPTY, \
             notifyProbationPractitionerOfBehaviour CANNOT_BE_EMPTY, \
             notifyProbationPractitionerOfConcerns CANNOT_BE_EMPTY",
        ),
        (
            Some(Attended::Yes),
            Some(true),
            &told,
            "lateReason CANNOT_BE_EMPTY, sessionResponse CANNOT_BE_EMPTY, sessionBehaviour CANNOT_BE_EMPTY, \
             sessionConcerns CANNOT_BE_EMPTY",
        ),
        (
            Some(Attended::Yes),
            Some(false),
            &none,
            "noSessionReasonType CANNOT_BE_EMPTY, notifyProbationPractitionerOfConcerns CANNOT_BE_EMPTY",
        ),
        (
            Some(Attended::Yes),
            Some(false),
            &reason(NoSessionReason::PopAcceptable),
            "noSessionReasonPopAcceptable CANNOT_BE_EMPTY",
        ),
        (
            Some(Attended::Yes),
            Some(false),
            &reason(NoSessionReason::PopUnacceptable),
            "noSessionReasonPopUnacceptable CANNOT_BE_EMPTY",
        ),
        (
            Some(Attended::Yes),
            Some(false),
            &reason(NoSessionReason::Logistics),
            "noSessionReasonLogistics CANNOT_BE_EMPTY",
        ),
        (
            Some(Attended::No),
            Some(false),
            &none,
            "noAttendanceInformation CANNOT_BE_EMPTY, notifyProbationPractitionerOfConcerns CANNOT_BE_EMPTY",
        ),
        (Some(Attended::No), Some(false), &absent_told, "sessionBehaviour CANNOT_BE_EMPTY"),
        (Some(Attended::Late), Some(false), &none, "noSessionReasonType CANNOT_BE_EMPTY"),
        (Some(Attended::Late), Some(false), &reason(NoSessionReason::Logistics), ""),
    ] {
        let attendance = Some(AttendanceInput { attended, did_session_happen: happened });
        let wish = BookingRequest { attendance, session_feedback: Some(session.clone()), ..a_call(sent_at()) };
        let found = checked(&wish, tomorrow()).replace("sessionFeedback.", "");
        let expected = if expected.is_empty() { "fine" } else { expected };
        assert_eq!(found, expected, "{attended:?} {happened:?}");
    }
}

#[test]
fn one_to_one_is_meant_when_nothing_is_said() {
    let booking = a_call(tomorrow()).check(sent_at(), sent_at()).expect("a fine wish");
    assert_eq!(booking.session_type, SessionType::OneToOne);
    assert_eq!(said(Attended::Yes, true).attended, Some(Attended::Yes));
}
