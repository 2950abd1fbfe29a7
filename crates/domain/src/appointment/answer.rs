//! What becomes of a proposal: Delius's answer, or its silence, turned into facts. Asking comes first, and whatever the
//! answer, the facts are decided here, so that a late answer and a repeated one do no harm.

use jiff::Timestamp;

use super::{Appointment, Booking, Slot};
use crate::ending::ReferralStatus;
use crate::feedback::{Attended, Feedback};
use crate::{AppointmentId, Fact, Referral};

/// How Delius answered a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingAnswer {
    /// It holds the appointment under this contact id.
    Booked(i64),
    /// The time clashes with another appointment of the person.
    Clash,
    /// There is no answer yet, and nobody waits for it any longer.
    NotYet,
}

impl Referral {
    /// Takes Delius's answer in. A proposal is taken or refused; an appointment that was taken before the answer is
    /// confirmed or found to clash; what is settled stays so, and an unknown appointment changes nothing.
    pub fn take_booking(&self, id: AppointmentId, answer: BookingAnswer, _now: Timestamp) -> Vec<Fact> {
        let Some((slot, appointment)) = self.appointment(id) else { return Vec::new() };
        match (appointment.booking, answer) {
            (Booking::Proposed, BookingAnswer::Booked(delius_id)) => self.taken(slot, appointment, Some(delius_id)),
            (Booking::Proposed, BookingAnswer::NotYet) => self.taken(slot, appointment, None),
            (Booking::Proposed, BookingAnswer::Clash) => vec![Fact::AppointmentRefused(id)],
            (Booking::Unconfirmed, BookingAnswer::Booked(delius_id)) => {
                vec![Fact::AppointmentConfirmed { appointment: id, delius_id }]
            }
            (Booking::Unconfirmed, BookingAnswer::Clash) => vec![Fact::AppointmentClashed(id)],
            (Booking::Unconfirmed, BookingAnswer::NotYet)
            | (Booking::Confirmed(_) | Booking::Refused | Booking::Clash, _) => Vec::new(),
        }
    }

    /// The appointment whose Delius contact an appointment moves: the one that it replaces, behind those that Delius
    /// refused. None when there is nothing to move: a first booking, or one that follows an appointment whose feedback
    /// is submitted, which keeps its contact and its outcome.
    pub fn moves(&self, id: AppointmentId) -> Option<&Appointment> {
        let mut replaced = self.appointment(id)?.1.replaces;
        loop {
            let (_, earlier) = self.appointment(replaced?)?;
            if earlier.feedback.submitted.is_some() {
                return None;
            }
            if !matches!(earlier.booking, Booking::Clash | Booking::Refused) {
                return Some(earlier);
            }
            replaced = earlier.replaces;
        }
    }

    /// The appointment that an appointment stands in for because Delius reported a clash.
    pub fn clashed_before(&self, id: AppointmentId) -> Option<&Appointment> {
        let (_, earlier) = self.appointment(self.appointment(id)?.1.replaces?)?;
        (earlier.booking == Booking::Clash && earlier.feedback.submitted.is_none()).then_some(earlier)
    }

    /// Whether an appointment overlaps another one of the referral whose feedback was submitted at a time or later.
    /// Delius goes on counting that other one as taking the person's time until it has read the feedback.
    pub fn overlaps_one_reported_since(&self, id: AppointmentId, since: Timestamp) -> bool {
        let Some((_, appointment)) = self.appointment(id) else { return false };
        self.appointments().any(|(_, other)| {
            other.id != id
                && other.feedback.submitted.as_ref().is_some_and(|submitted| submitted.at >= since)
                && other.overlaps(appointment)
        })
    }

    fn taken(&self, slot: Slot, appointment: &Appointment, confirmed: Option<i64>) -> Vec<Fact> {
        let mut facts = vec![Fact::AppointmentTaken { appointment: appointment.id, confirmed }];
        if appointment.feedback.submitted.is_some() {
            facts.extend(self.first_held(slot, &appointment.feedback));
        }
        facts
    }

    /// The first delivery session that the person attended; the assessment does not count, nor does whether the
    /// session then happened.
    pub(crate) fn first_held(&self, slot: Slot, feedback: &Feedback) -> Option<Fact> {
        let attended = feedback.attendance.as_ref().is_some_and(|attendance| attendance.attended == Attended::Yes);
        let is_first = self.status == ReferralStatus::PreIca;
        (matches!(slot, Slot::Session(..)) && attended && is_first).then_some(Fact::FirstSessionHeld)
    }
}
