//! Decisions about feedback: attendance, then what there is to say, then submission, after which it stands. Feedback is
//! given on the current appointment of a slot only.

use jiff::Timestamp;

use super::{Attendance, Attended, Feedback, SessionFeedback, Stamp};
use crate::appointment::{Appointment, AttendanceInput, Slot};
use crate::validation::TEXT_MAX;
use crate::{AppointmentId, ErrorCode, Fact, FieldErrors, Referral, Refused, User};

impl SessionFeedback {
    /// Finds texts that are too long; `prefix` comes before the field's name.
    pub(crate) fn check_lengths(&self, prefix: &str, errors: &mut FieldErrors) {
        for (field, text) in [
            ("lateReason", &self.late_reason),
            ("futureSessionPlans", &self.future_session_plans),
            ("noAttendanceInformation", &self.no_attendance_information),
            ("noSessionReasonPopAcceptable", &self.no_session_reason_pop_acceptable),
            ("noSessionReasonPopUnacceptable", &self.no_session_reason_pop_unacceptable),
            ("noSessionReasonLogistics", &self.no_session_reason_logistics),
            ("sessionSummary", &self.session_summary),
            ("sessionResponse", &self.session_response),
            ("sessionConcerns", &self.session_concerns),
            ("sessionBehaviour", &self.session_behaviour),
        ] {
            errors.limit(text.as_deref(), &format!("{prefix}{field}"), TEXT_MAX);
        }
    }
}

impl Referral {
    /// Records attendance. An answer that was not given about the session is read as no. What was said about the
    /// session is cleared, all of it, when it no longer fits.
    ///
    /// # Errors
    /// No such appointment; concluded; submitted or rescheduled; attendance not said; the appointment is to come.
    pub fn record_attendance(
        &self,
        appointment: AppointmentId,
        attendance: AttendanceInput,
        by: &User,
        now: Timestamp,
    ) -> Result<Vec<Fact>, Refused> {
        let (_, held) = self.open_for_feedback(appointment)?;
        let Some(attended) = attendance.attended else {
            return Err(FieldErrors::one("attended", ErrorCode::CannotBeEmpty).into());
        };
        ensure_begun(held, now)?;
        let did_session_happen = Some(attendance.did_session_happen.unwrap_or(false));
        let attendance = Attendance { attended, did_session_happen, recorded: Stamp { at: now, by: by.clone() } };
        let clears_session_feedback = held.feedback.session.is_some() && is_overtaken(&held.feedback, &attendance);
        Ok(vec![Fact::AttendanceRecorded { appointment, attendance, clears_session_feedback }])
    }

    /// Records what there is to say about the session, in place of what was said before.
    ///
    /// # Errors
    /// No such appointment; concluded; submitted or rescheduled; a text is too long.
    pub fn record_session_feedback(
        &self,
        appointment: AppointmentId,
        feedback: SessionFeedback,
        by: &User,
        now: Timestamp,
    ) -> Result<Vec<Fact>, Refused> {
        self.open_for_feedback(appointment)?;
        let mut errors = FieldErrors::default();
        feedback.check_lengths("", &mut errors);
        errors.into_result()?;
        let recorded = Stamp { at: now, by: by.clone() };
        Ok(vec![Fact::SessionFeedbackRecorded { appointment, feedback: Box::new(feedback), recorded }])
    }

    /// Submits the feedback. What there is to say about the session need not have been recorded, but for the reason
    /// when the person came and no session took place: Delius has no outcome for that without one.
    ///
    /// # Errors
    /// No such appointment; concluded; submitted or rescheduled; a session that is to come; attendance, or that
    /// reason, not recorded.
    pub fn submit_feedback(&self, appointment: AppointmentId, by: &User, now: Timestamp) -> Result<Vec<Fact>, Refused> {
        let (slot, held) = self.open_for_feedback(appointment)?;
        if let Slot::Session(..) = slot {
            ensure_begun(held, now)?;
        }
        let Some(attendance) = &held.feedback.attendance else {
            return Err(Refused::NotReady("attendance has not been recorded"));
        };
        let needs_reason = attendance.attended.is_attendance() && attendance.did_session_happen != Some(true);
        let reason = held.feedback.session.as_ref().and_then(|(session, _)| session.no_session_reason);
        if needs_reason && reason.is_none() {
            return Err(Refused::NotReady(
                "the person attended and the session did not happen: the reason has not been recorded",
            ));
        }
        let submitted = Stamp { at: now, by: by.clone() };
        let mut facts = vec![Fact::FeedbackSubmitted { appointment, slot, submitted }];
        facts.extend(self.first_held(slot, &held.feedback));
        Ok(facts)
    }

    fn open_for_feedback(&self, id: AppointmentId) -> Result<(Slot, &Appointment), Refused> {
        let (slot, held) = self
            .appointment(id)
            .filter(|(_, held)| held.booking.is_ours())
            .ok_or_else(|| Refused::Missing(format!("no appointment {id} on this referral")))?;
        self.ensure_open()?;
        if held.feedback.submitted.is_some() {
            return Err(Refused::Conflict("the appointment's feedback was already submitted"));
        }
        if held.superseded_by.is_some() {
            return Err(Refused::Conflict("the appointment was rescheduled"));
        }
        let is_moving =
            |other: &Appointment| other.booking == crate::appointment::Booking::Proposed && other.replaces == Some(id);
        if self.appointments().any(|(_, other)| is_moving(other)) {
            return Err(Refused::Conflict("the appointment is being rescheduled"));
        }
        Ok((slot, held))
    }
}

fn ensure_begun(appointment: &Appointment, now: Timestamp) -> Result<(), Refused> {
    if appointment.time > now {
        return Err(Refused::Bad("the appointment is in the future".to_owned()));
    }
    Ok(())
}

/// Whether what was said about the session no longer fits: whether it happened is answered otherwise, or it still did
/// not and attendance is. Older records, where the person came and nobody asked, keep what they hold.
fn is_overtaken(feedback: &Feedback, now: &Attendance) -> bool {
    let Some(before) = &feedback.attendance else { return true };
    if before.did_session_happen.is_none() && before.attended == Attended::Yes {
        return false;
    }
    before.did_session_happen != now.did_session_happen
        || (now.did_session_happen == Some(false) && before.attended != now.attended)
}
