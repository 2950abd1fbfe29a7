//! An appointment in words: its status, and the history of earlier attempts. The table of statuses is one for both sides.

use domain::appointment::{Appointment, Booking, current};
use jiff::Timestamp;
use serde::Serialize;

use crate::text::{TEXT, fill};
use crate::when;

/// A status as a coloured tag. The words alone say it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Tag {
    pub(super) text: &'static str,
    pub(super) colour: &'static str,
}

const fn tag(text: &'static str, colour: &'static str) -> Tag {
    Tag { text, colour }
}

const TEXTS: crate::text::Statuses = crate::text::Statuses::ENGLISH;
pub(super) const NOT_SCHEDULED: Tag = tag(TEXTS.not_scheduled, "grey");
const RESCHEDULED: Tag = tag(TEXTS.rescheduled, "grey");
const COMPLETED: Tag = tag(TEXTS.completed, "green");
const DID_NOT_ATTEND: Tag = tag(TEXTS.did_not_attend, "purple");
const DID_NOT_HAPPEN: Tag = tag(TEXTS.did_not_happen, "yellow");
pub(super) const NEEDS_FEEDBACK: Tag = tag(TEXTS.needs_feedback, "red");
const SCHEDULED: Tag = tag(TEXTS.scheduled, "blue");
const CLASH: Tag = tag(TEXTS.clash, "red");

/// The status of an appointment; the first rule that fits decides.
pub(super) fn status(appointment: &Appointment, now: Timestamp) -> Tag {
    let feedback = &appointment.feedback;
    if appointment.superseded_by.is_some() && feedback.attendance.is_none() {
        return RESCHEDULED;
    }
    if appointment.booking == Booking::Clash {
        return CLASH;
    }
    match (feedback.submitted_attendance(), feedback.session_happened()) {
        (Some(_), Some(true)) => COMPLETED,
        (Some(attended), _) if attended.is_attendance() => DID_NOT_HAPPEN,
        (Some(_), _) => DID_NOT_ATTEND,
        (None, _) if appointment.time <= now => NEEDS_FEEDBACK,
        (None, _) => SCHEDULED,
    }
}

/// One appointment in a table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    /// Day and time; none when nothing is booked.
    day: Option<String>,
    time: Option<String>,
    status: Tag,
    /// What else is to be known of it.
    note: Option<&'static str>,
    /// Attempts that were missed, did not happen or were moved, newest first.
    earlier: Vec<Attempt>,
}

/// An earlier attempt.
#[derive(Clone, Debug, Serialize)]
struct Attempt {
    day: String,
    time: String,
    status: Tag,
}

fn span(appointment: &Appointment) -> String {
    let (start, end) = (when::clock(appointment.time), when::clock(appointment.end()));
    fill(TEXT.progress.minutes, &[("start", &start), ("end", &end)])
}

impl Line {
    /// The line of a slot, from all its appointments.
    pub(super) fn of(history: &[Appointment], now: Timestamp) -> Self {
        let Some(latest) = current(history) else {
            return Self { day: None, time: None, status: NOT_SCHEDULED, note: None, earlier: Vec::new() };
        };
        let mut earlier: Vec<&Appointment> = history
            .iter()
            .filter(|attempt| attempt.id != latest.id && attempt.booking.is_ours() && !attempt.stale)
            .filter(|attempt| [RESCHEDULED, DID_NOT_ATTEND, DID_NOT_HAPPEN].contains(&status(attempt, now)))
            .collect();
        earlier.sort_by_key(|attempt| std::cmp::Reverse((attempt.time, attempt.id)));
        Self {
            day: Some(when::short_day(latest.time)),
            time: Some(span(latest)),
            status: status(latest, now),
            note: (latest.booking == Booking::Unconfirmed).then_some(TEXT.progress.unconfirmed),
            earlier: earlier
                .into_iter()
                .map(|attempt| Attempt {
                    day: when::short_day(attempt.time),
                    time: span(attempt),
                    status: status(attempt, now),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::AppointmentId;
    use domain::feedback::{Attendance, Attended};

    use super::*;
    use crate::pages::referral::sample::{appointment, at, stamp};

    fn with(happened: Option<bool>, attended: Attended) -> Appointment {
        let mut held = appointment(1, "2026-06-01T09:00:00Z");
        held.feedback.attendance = Some(Attendance { attended, did_session_happen: happened, recorded: stamp() });
        held.feedback.submitted = Some(stamp());
        held
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let now = at("2026-06-05T12:00:00Z");
        let booked = |time| appointment(1, time);
        let moved = Appointment {
            superseded_by: Some(AppointmentId(uuid::Uuid::from_u128(2))),
            ..booked("2026-06-01T09:00:00Z")
        };
        let unsubmitted = {
            let mut held = with(Some(true), Attended::Yes);
            held.feedback.submitted = None;
            held
        };
        let clash = Appointment { booking: Booking::Clash, ..booked("2026-06-09T09:00:00Z") };
        for (name, appointment, expected) in [
            ("moved", moved, RESCHEDULED),
            ("held", with(Some(true), Attended::Yes), COMPLETED),
            ("missed", with(Some(false), Attended::No), DID_NOT_ATTEND),
            ("came in vain", with(Some(false), Attended::Yes), DID_NOT_HAPPEN),
            ("older, late", with(None, Attended::Late), COMPLETED),
            ("older, missed", with(None, Attended::No), DID_NOT_ATTEND),
            ("over", booked("2026-06-05T11:59:00Z"), NEEDS_FEEDBACK),
            ("over, unsubmitted", unsubmitted, NEEDS_FEEDBACK),
            ("to come", booked("2026-06-05T12:01:00Z"), SCHEDULED),
            ("clash", clash, CLASH),
        ] {
            assert_eq!(status(&appointment, now), expected, "{name}");
        }
    }

    #[test]
    fn a_slot_shows_its_current_appointment_and_its_failed_attempts() {
        let now = at("2026-06-05T12:00:00Z");
        assert_eq!(Line::of(&[], now).status, NOT_SCHEDULED);
        let mut missed = with(Some(false), Attended::No);
        missed.superseded_by = Some(AppointmentId(uuid::Uuid::from_u128(2)));
        let mut refused = appointment(3, "2026-06-07T09:00:00Z");
        refused.booking = Booking::Refused;
        refused.created_at = at("2026-06-04T09:00:00Z");
        let mut next = appointment(2, "2026-06-08T13:30:00Z");
        next.created_at = at("2026-06-03T09:00:00Z");
        let line = Line::of(&[missed, next, refused], now);
        assert_eq!((line.day.as_deref(), line.time.as_deref()), (Some("8 Jun 2026"), Some("2:30pm to 3:30pm")));
        assert_eq!(line.status, SCHEDULED);
        let earlier: Vec<Tag> = line.earlier.iter().map(|attempt| attempt.status).collect();
        assert_eq!(earlier, [DID_NOT_ATTEND]);
    }
}
