//! What a wish to book must say before it is looked at: a place that fits the method, a time within the window, and,
//! for a day that has passed, what happened. Days are London days and every bound is inclusive; blank text is no text.

use jiff::Timestamp;

use super::{
    Address, AddressInput, AttendanceInput, BookingRequest, CheckedBooking, Delivery, DeliveryType, SessionType,
};
use crate::calendar::{day_of, six_months_after};
use crate::feedback::{Attended, HistoricFeedback, NoSessionReason, SessionFeedback};
use crate::validation::{LINE_MAX, TEXT_MAX, is_blank};
use crate::{ErrorCode, FieldErrors};

/// The longest office code, in characters; Delius's own limit.
const OFFICE_CODE_MAX: usize = 7;

impl BookingRequest {
    /// Checks the wish against a referral sent at `sent_at`. All faults are found; those about feedback end where the
    /// next would depend on what is missing.
    ///
    /// # Errors
    /// Every fault, in the order of the members.
    pub fn check(&self, sent_at: Timestamp, now: Timestamp) -> Result<CheckedBooking, FieldErrors> {
        let mut errors = FieldErrors::default();
        let duration = u32::try_from(self.duration_minutes).ok().filter(|minutes| *minutes > 0);
        errors.require(duration.is_some(), "durationInMinutes", ErrorCode::CannotBeNegativeOrZero);
        let delivery = self.check_delivery(&mut errors);
        let day = day_of(self.time);
        let too_early = day < day_of(sent_at);
        errors.require(!too_early, "appointmentTime", ErrorCode::AppointmentTimeBeforeReferralStartDate);
        let too_late = day > six_months_after(day_of(now));
        errors.require(!too_late, "appointmentTime", ErrorCode::AppointmentTimeTooFarInFuture);
        errors.limit(self.reschedule_requested_by.as_deref(), "rescheduleRequestedBy", LINE_MAX);
        errors.limit(self.rescheduled_reason.as_deref(), "rescheduledReason", TEXT_MAX);
        let feedback = self.check_feedback(now, &mut errors);
        let (Some(duration_minutes), Some(delivery), true) = (duration, delivery, errors.0.is_empty()) else {
            return Err(errors);
        };
        Ok(CheckedBooking {
            time: self.time,
            duration_minutes,
            delivery,
            session_type: self.session_type.unwrap_or(SessionType::OneToOne),
            reschedule_requested_by: self.reschedule_requested_by.clone(),
            rescheduled_reason: self.rescheduled_reason.clone(),
            feedback,
        })
    }

    fn check_delivery(&self, errors: &mut FieldErrors) -> Option<Delivery> {
        match self.delivery_type {
            DeliveryType::PhoneCall => Some(Delivery::PhoneCall),
            DeliveryType::VideoCall => Some(Delivery::VideoCall),
            DeliveryType::ProbationOffice => {
                let code = self.office_code.as_deref().unwrap_or_default().trim();
                errors.require(!code.is_empty(), "npsOfficeCode", ErrorCode::CannotBeEmpty);
                errors.limit(Some(code), "npsOfficeCode", OFFICE_CODE_MAX);
                Some(Delivery::ProbationOffice(code.to_owned()))
            }
            DeliveryType::OtherPlace => {
                let Some(address) = &self.address else {
                    errors.add("appointmentDeliveryAddress", ErrorCode::CannotBeEmpty);
                    return None;
                };
                Some(Delivery::OtherPlace(check_address(address, errors)))
            }
        }
    }

    /// The feedback that comes with the booking. A day that has passed needs it; earlier today it may be given; what
    /// has not begun cannot have any.
    fn check_feedback(&self, now: Timestamp, errors: &mut FieldErrors) -> Option<HistoricFeedback> {
        let AttendanceInput { attended, did_session_happen } = self.attendance.unwrap_or_default();
        let is_given = attended.is_some() || did_session_happen.is_some();
        if self.time > now {
            errors.require(!is_given, "attendanceFeedback.attended", ErrorCode::InvalidValue);
            return None;
        }
        if !is_given && day_of(self.time) == day_of(now) {
            return None;
        }
        let Some(did_session_happen) = did_session_happen else {
            errors.add("attendanceFeedback.didSessionHappen", ErrorCode::CannotBeEmpty);
            return None;
        };
        let Some(attended) = attended else {
            errors.add("attendanceFeedback.attended", ErrorCode::CannotBeEmpty);
            return None;
        };
        let session = self.session_feedback.clone().unwrap_or_default();
        session.check_lengths("sessionFeedback.", errors);
        match (did_session_happen, attended) {
            (true, Attended::Yes) => require_held(&session, errors),
            (true, Attended::Late | Attended::No) => {
                errors.add("attendanceFeedback.attended", ErrorCode::InvalidValue);
            }
            (false, Attended::Yes) => require_attended_without_session(&session, errors),
            // Delius refuses attendance without a session and without a reason, however late it was.
            (false, Attended::Late) => {
                let reason = session.no_session_reason.is_some();
                errors.require(reason, "sessionFeedback.noSessionReasonType", ErrorCode::CannotBeEmpty);
            }
            (false, Attended::No) => {
                require_text(session.no_attendance_information.as_deref(), "noAttendanceInformation", errors);
                require_concerns_flag(&session, errors);
                require_behaviour_text(&session, errors);
            }
        }
        Some(HistoricFeedback { attended, did_session_happen, session })
    }
}

fn require_held(session: &SessionFeedback, errors: &mut FieldErrors) {
    let Some(late) = session.late else {
        errors.add("sessionFeedback.late", ErrorCode::CannotBeEmpty);
        return;
    };
    if late {
        require_text(session.late_reason.as_deref(), "lateReason", errors);
    }
    require_text(session.session_summary.as_deref(), "sessionSummary", errors);
    require_text(session.session_response.as_deref(), "sessionResponse", errors);
    let behaviour = session.notify_of_behaviour.is_some();
    errors.require(behaviour, "sessionFeedback.notifyProbationPractitionerOfBehaviour", ErrorCode::CannotBeEmpty);
    require_concerns_flag(session, errors);
    require_behaviour_text(session, errors);
    require_concerns_text(session, errors);
}

fn require_attended_without_session(session: &SessionFeedback, errors: &mut FieldErrors) {
    let (text, field) = match session.no_session_reason {
        Some(NoSessionReason::PopAcceptable) => {
            (&session.no_session_reason_pop_acceptable, "noSessionReasonPopAcceptable")
        }
        Some(NoSessionReason::PopUnacceptable) => {
            (&session.no_session_reason_pop_unacceptable, "noSessionReasonPopUnacceptable")
        }
        Some(NoSessionReason::Logistics) => (&session.no_session_reason_logistics, "noSessionReasonLogistics"),
        None => (&None, "noSessionReasonType"),
    };
    require_text(text.as_deref(), field, errors);
    require_concerns_flag(session, errors);
    require_behaviour_text(session, errors);
    require_concerns_text(session, errors);
}

fn require_concerns_flag(session: &SessionFeedback, errors: &mut FieldErrors) {
    let concerns = session.notify_of_concerns.is_some();
    errors.require(concerns, "sessionFeedback.notifyProbationPractitionerOfConcerns", ErrorCode::CannotBeEmpty);
}

fn require_behaviour_text(session: &SessionFeedback, errors: &mut FieldErrors) {
    if session.notify_of_behaviour == Some(true) {
        require_text(session.session_behaviour.as_deref(), "sessionBehaviour", errors);
    }
}

fn require_concerns_text(session: &SessionFeedback, errors: &mut FieldErrors) {
    if session.notify_of_concerns == Some(true) {
        require_text(session.session_concerns.as_deref(), "sessionConcerns", errors);
    }
}

fn require_text(text: Option<&str>, field: &str, errors: &mut FieldErrors) {
    errors.require(!is_blank(text), &format!("sessionFeedback.{field}"), ErrorCode::CannotBeEmpty);
}

fn check_address(address: &AddressInput, errors: &mut FieldErrors) -> Address {
    const FIRST_LINE: &str = "appointmentDeliveryAddress.firstAddressLine";
    const POSTCODE: &str = "appointmentDeliveryAddress.postCode";
    let optional =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let first_line = optional(&address.first_line);
    errors.require(first_line.is_some(), FIRST_LINE, ErrorCode::CannotBeEmpty);
    for (field, line) in [
        ("firstAddressLine", &address.first_line),
        ("secondAddressLine", &address.second_line),
        ("townOrCity", &address.town_or_city),
        ("county", &address.county),
    ] {
        errors.limit(line.as_deref(), &format!("appointmentDeliveryAddress.{field}"), LINE_MAX);
    }
    let postcode = normalised_postcode(address.postcode.as_deref().unwrap_or_default());
    if postcode.is_empty() {
        errors.add(POSTCODE, ErrorCode::CannotBeEmpty);
    } else {
        errors.require(is_postcode(&postcode), POSTCODE, ErrorCode::InvalidFormat);
    }
    Address {
        first_line: first_line.unwrap_or_default(),
        second_line: optional(&address.second_line),
        town_or_city: optional(&address.town_or_city),
        county: optional(&address.county),
        postcode,
    }
}

fn normalised_postcode(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// One or two letters, a digit, perhaps another letter or digit; then a digit and two letters.
fn is_postcode(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((outward, inward)) = bytes.len().checked_sub(3).and_then(|at| bytes.split_at_checked(at)) else {
        return false;
    };
    let district = match outward {
        [a, rest @ ..] if a.is_ascii_uppercase() => match rest {
            [b, rest @ ..] if b.is_ascii_uppercase() => rest,
            _ => rest,
        },
        _ => return false,
    };
    let district_fits = match district {
        [digit] => digit.is_ascii_digit(),
        [digit, more] => digit.is_ascii_digit() && (more.is_ascii_digit() || more.is_ascii_uppercase()),
        _ => false,
    };
    let inward_fits =
        matches!(inward, [digit, a, b] if digit.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase());
    district_fits && inward_fits
}
