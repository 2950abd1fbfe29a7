//! Booking and rescheduling, for the assessment and for delivery sessions alike.
//!
//! One rule for both: what is booked supersedes what was current, once Delius has answered or nobody waits for it any
//! longer; nothing may be booked once the session happened; and the same time, length and office are no new booking.

use jiff::{SignedDuration, Timestamp};

use super::{Appointment, Booking, BookingAnswer, BookingRequest, CheckedBooking, SessionType, Slot, current};
use crate::feedback::{Attendance, Feedback, HistoricFeedback, Stamp};
use crate::{AppointmentId, ErrorCode, Fact, FieldErrors, Referral, Refused, User};

impl Referral {
    /// The current appointment of the supplier assessment.
    pub fn current_assessment(&self) -> Option<&Appointment> {
        current(&self.assessment.appointments)
    }

    /// Books the supplier assessment: the first appointment, a further one when the session did not happen, or
    /// another time for the one that is planned. Always one-to-one.
    ///
    /// # Errors
    /// Concluded; fields at fault; the session happened.
    pub fn schedule_assessment(
        &self,
        wish: &BookingRequest,
        by: &User,
        now: Timestamp,
        new_id: AppointmentId,
    ) -> Result<Vec<Fact>, Refused> {
        let booking = self.check_booking(wish, now)?;
        self.settled(|settled| {
            let earlier = settled.current_assessment();
            let held = earlier.is_some_and(|earlier| earlier.feedback.session_happened() == Some(true));
            if held && !earlier.is_some_and(|earlier| repeats(earlier, &booking)) {
                return Err(Refused::Conflict("the supplier assessment has taken place"));
            }
            Ok(settled.book(Slot::Assessment(settled.assessment.id), earlier, one_to_one(booking), by, now, new_id))
        })
    }

    /// Books a further appointment of the supplier assessment after one that did not bring a session about. Feedback
    /// has its own calls, so a day that has passed is refused. Always one-to-one.
    ///
    /// # Errors
    /// Concluded; fields at fault; earlier than the current appointment; its feedback not submitted; the session
    /// happened.
    pub fn schedule_further_assessment(
        &self,
        wish: &BookingRequest,
        by: &User,
        now: Timestamp,
        new_id: AppointmentId,
    ) -> Result<Vec<Fact>, Refused> {
        let booking = self.check_booking(wish, now)?;
        if booking.feedback.is_some() {
            return Err(FieldErrors::one("appointmentTime", ErrorCode::InvalidValue).into());
        }
        self.settled(|settled| {
            let earlier = settled.current_assessment();
            if let Some(earlier) = earlier {
                if booking.time < earlier.time {
                    return Err(Refused::Conflict("the time is before the current appointment's"));
                }
                if earlier.feedback.submitted.is_none() {
                    return Err(Refused::Unmet("the current appointment's feedback has not been submitted"));
                }
                if earlier.feedback.session_happened() != Some(false) {
                    return Err(Refused::Conflict("the supplier assessment has taken place"));
                }
            }
            Ok(settled.book(Slot::Assessment(settled.assessment.id), earlier, one_to_one(booking), by, now, new_id))
        })
    }

    /// Moves the current appointment of the supplier assessment, named by its id.
    ///
    /// # Errors
    /// No appointment yet; concluded; fields at fault; not one-to-one; not the current appointment; its feedback
    /// submitted.
    pub fn reschedule_assessment(
        &self,
        current: AppointmentId,
        wish: &BookingRequest,
        by: &User,
        now: Timestamp,
        new_id: AppointmentId,
    ) -> Result<Vec<Fact>, Refused> {
        let booking = self.check_booking(wish, now)?;
        if booking.session_type != SessionType::OneToOne {
            return Err(Refused::Unmet("a supplier assessment is one-to-one"));
        }
        self.settled(|settled| {
            let Some(earlier) = settled.current_assessment() else {
                return Err(Refused::Missing("no supplier assessment appointment on this referral".to_owned()));
            };
            if earlier.id != current {
                return Err(Refused::Unmet("not the current appointment of the supplier assessment"));
            }
            if earlier.feedback.submitted.is_some() && !repeats(earlier, &booking) {
                return Err(Refused::Conflict("the appointment's feedback was already submitted"));
            }
            Ok(settled.book(Slot::Assessment(settled.assessment.id), Some(earlier), booking, by, now, new_id))
        })
    }

    /// Books a delivery session by its number, or another time for it, or a further one when it did not happen.
    ///
    /// # Errors
    /// No such session; concluded; fields at fault; the session happened.
    pub fn schedule_session(
        &self,
        number: u32,
        wish: &BookingRequest,
        by: &User,
        now: Timestamp,
        new_id: AppointmentId,
    ) -> Result<Vec<Fact>, Refused> {
        if self.session(number).is_none() {
            return Err(Refused::Missing(format!("no session {number} on this referral")));
        }
        let booking = self.check_booking(wish, now)?;
        self.settled(|settled| {
            let Some(session) = settled.session(number) else { return Ok(Vec::new()) };
            let earlier = current(&session.appointments);
            let held = earlier.is_some_and(|earlier| {
                earlier.feedback.submitted.is_some() && earlier.feedback.session_happened() != Some(false)
            });
            if held && !earlier.is_some_and(|earlier| repeats(earlier, &booking)) {
                return Err(Refused::Conflict("the session's feedback was already submitted"));
            }
            Ok(settled.book(Slot::Session(session.id, number), earlier, booking, by, now, new_id))
        })
    }

    fn check_booking(&self, wish: &BookingRequest, now: Timestamp) -> Result<CheckedBooking, Refused> {
        self.ensure_open()?;
        Ok(wish.check(self.sent_at, now)?)
    }

    /// Decides on the referral as it is once proposals that a crash left behind are taken, unconfirmed; their facts
    /// come first.
    fn settled(&self, decide: impl FnOnce(&Self) -> Result<Vec<Fact>, Refused>) -> Result<Vec<Fact>, Refused> {
        let mut settled = self.clone();
        let mut facts = Vec::new();
        let proposals: Vec<_> = self
            .appointments()
            .filter(|(_, appointment)| appointment.booking == Booking::Proposed)
            .map(|(_, appointment)| (appointment.id, appointment.created_at))
            .collect();
        for (id, proposed_at) in proposals {
            for fact in settled.take_booking(id, BookingAnswer::NotYet, proposed_at) {
                settled.apply(&fact);
                facts.push(fact);
            }
        }
        facts.extend(decide(&settled)?);
        Ok(facts)
    }

    /// The facts of a booking that the slot's rules allow.
    fn book(
        &self,
        slot: Slot,
        earlier: Option<&Appointment>,
        booking: CheckedBooking,
        by: &User,
        now: Timestamp,
        id: AppointmentId,
    ) -> Vec<Fact> {
        if let Some(earlier) = earlier.filter(|earlier| is_same_slot(earlier, &booking)) {
            if repeats(earlier, &booking) {
                return Vec::new();
            }
            if earlier.feedback.submitted.is_none() && earlier.booking != Booking::Clash {
                return self.keep(slot, earlier, booking, by, now);
            }
        }
        let stamp = Stamp { at: now, by: by.clone() };
        let CheckedBooking {
            time,
            duration_minutes,
            delivery,
            session_type,
            reschedule_requested_by,
            rescheduled_reason,
            feedback,
        } = booking;
        let is_submitted = feedback.is_some();
        let appointment = Appointment {
            id,
            time,
            duration_minutes,
            delivery,
            session_type,
            created_at: self.created_next(slot, now),
            created_by: by.clone(),
            booking: Booking::Proposed,
            replaces: earlier.map(|earlier| earlier.id),
            superseded_by: None,
            reschedule_requested_by: None,
            rescheduled_reason: None,
            stale: false,
            feedback: feedback.map(|feedback| complete(feedback, &stamp)).unwrap_or_default(),
        };
        let mut facts = vec![Fact::AppointmentProposed {
            slot,
            appointment: Box::new(appointment),
            reschedule_requested_by,
            rescheduled_reason,
        }];
        if is_submitted {
            facts.push(Fact::FeedbackSubmitted { appointment: id, slot, submitted: stamp });
        }
        facts
    }

    /// When the next appointment of a slot is created: now, but after those that are there. Requests that wait for each
    /// other bring their own instants, clocks of two machines differ, and the newest appointment is the current one.
    fn created_next(&self, slot: Slot, now: Timestamp) -> Timestamp {
        const STEP: SignedDuration = SignedDuration::from_micros(1);
        let history = self.appointments().filter(|(other, _)| *other == slot);
        let newest = history.map(|(_, appointment)| appointment.created_at).max();
        newest.and_then(|newest| newest.checked_add(STEP).ok()).map_or(now, |next| next.max(now))
    }

    /// The same time, length and office: the appointment stays, told how it is held now and what happened at it.
    fn keep(&self, slot: Slot, earlier: &Appointment, booking: CheckedBooking, by: &User, now: Timestamp) -> Vec<Fact> {
        let appointment = earlier.id;
        let mut facts = Vec::new();
        if (&earlier.delivery, earlier.session_type) != (&booking.delivery, booking.session_type) {
            let CheckedBooking { delivery, session_type, .. } = &booking;
            let (delivery, session_type) = (delivery.clone(), *session_type);
            facts.push(Fact::DeliveryChanged { appointment, delivery, session_type });
        }
        if let Some(feedback) = booking.feedback {
            let stamp = Stamp { at: now, by: by.clone() };
            let first_held = {
                let given = complete(feedback.clone(), &stamp);
                self.first_held(slot, &given)
            };
            let HistoricFeedback { attended, did_session_happen, session } = feedback;
            let did_session_happen = Some(did_session_happen);
            facts.push(Fact::AttendanceRecorded {
                appointment,
                attendance: Attendance { attended, did_session_happen, recorded: stamp.clone() },
                clears_session_feedback: earlier.feedback.session.is_some(),
            });
            let recorded = stamp.clone();
            facts.push(Fact::SessionFeedbackRecorded { appointment, feedback: Box::new(session), recorded });
            facts.push(Fact::FeedbackSubmitted { appointment, slot, submitted: stamp });
            facts.extend(first_held);
        }
        facts
    }
}

fn one_to_one(booking: CheckedBooking) -> CheckedBooking {
    CheckedBooking { session_type: SessionType::OneToOne, ..booking }
}

/// What Delius compares too.
fn is_same_slot(earlier: &Appointment, booking: &CheckedBooking) -> bool {
    earlier.time == booking.time
        && earlier.duration_minutes == booking.duration_minutes
        && earlier.delivery.office_code() == booking.delivery.office_code()
}

/// Whether a booking with feedback says again what was submitted: sent twice, not a further appointment.
fn repeats(earlier: &Appointment, booking: &CheckedBooking) -> bool {
    let Some(given) = &booking.feedback else { return false };
    let Feedback { attendance: Some(attendance), session: Some((session, _)), submitted: Some(_), .. } =
        &earlier.feedback
    else {
        return false;
    };
    is_same_slot(earlier, booking)
        && attendance.attended == given.attended
        && attendance.did_session_happen == Some(given.did_session_happen)
        && *session == given.session
}

/// All three steps of feedback at once.
fn complete(feedback: HistoricFeedback, stamp: &Stamp) -> Feedback {
    let HistoricFeedback { attended, did_session_happen, session } = feedback;
    let did_session_happen = Some(did_session_happen);
    Feedback {
        attendance: Some(Attendance { attended, did_session_happen, recorded: stamp.clone() }),
        session: Some((session, stamp.clone())),
        submitted: Some(stamp.clone()),
        ..Feedback::default()
    }
}
