//! Appointments: the supplier assessment's and the delivery sessions'. One row of history each; the newest that
//! Delius has not refused is the current one.

mod answer;
mod book;
mod check;

use jiff::{SignedDuration, Timestamp};

pub use self::answer::BookingAnswer;
use crate::feedback::{Attended, Feedback, HistoricFeedback, SessionFeedback};
use crate::{AppointmentId, DeliverySessionId, SupplierAssessmentId, User};

spelled_enum! {
    /// Whether the person comes alone.
    pub enum SessionType {
        /// Alone; the default, and the only one for an assessment.
        OneToOne = "ONE_TO_ONE",
        /// With others.
        Group = "GROUP",
    }
}

spelled_enum! {
    /// How the appointment is held.
    pub enum DeliveryType {
        /// By telephone.
        PhoneCall = "PHONE_CALL",
        /// By video.
        VideoCall = "VIDEO_CALL",
        /// In a probation office, named by its Delius code.
        ProbationOffice = "IN_PERSON_MEETING_PROBATION_OFFICE",
        /// Anywhere else, by address.
        OtherPlace = "IN_PERSON_MEETING_OTHER",
    }
}

/// An address; the postcode is stored without white space, in upper case.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// First line; never blank.
    pub first_line: String,
    /// Second line.
    pub second_line: Option<String>,
    /// Town or city.
    pub town_or_city: Option<String>,
    /// County.
    pub county: Option<String>,
    /// Postcode, for example `AB12CD`.
    pub postcode: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(***)")
    }
}

/// How and where an appointment is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// By telephone.
    PhoneCall,
    /// By video.
    VideoCall,
    /// In the probation office with this Delius code (at most 7 characters).
    ProbationOffice(String),
    /// At this address.
    OtherPlace(Address),
}

impl Delivery {
    /// The kind, without its place.
    pub fn delivery_type(&self) -> DeliveryType {
        match self {
            Self::PhoneCall => DeliveryType::PhoneCall,
            Self::VideoCall => DeliveryType::VideoCall,
            Self::ProbationOffice(_) => DeliveryType::ProbationOffice,
            Self::OtherPlace(_) => DeliveryType::OtherPlace,
        }
    }

    /// The office's code, for a probation office.
    pub fn office_code(&self) -> Option<&str> {
        match self {
            Self::ProbationOffice(code) => Some(code),
            Self::PhoneCall | Self::VideoCall | Self::OtherPlace(_) => None,
        }
    }

    /// The address, for any other place.
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::OtherPlace(address) => Some(address),
            Self::PhoneCall | Self::VideoCall | Self::ProbationOffice(_) => None,
        }
    }
}

/// What Delius has said about an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// Asked for the first time; not ours to show yet, the earlier appointment stays current.
    Proposed,
    /// Taken before Delius answered: ours, not yet confirmed.
    Unconfirmed,
    /// Delius holds it under this contact id. Older rows may be confirmed without one.
    Confirmed(Option<i64>),
    /// Delius refused it at once because of a clash; it was never ours. Kept as evidence only.
    Refused,
    /// Delius refused it after we had taken it; another time must be chosen.
    Clash,
}

impl Booking {
    /// Whether the appointment was ever ours: proposals and refused ones are not.
    pub fn is_ours(self) -> bool {
        !matches!(self, Self::Proposed | Self::Refused)
    }

    /// The Delius contact's id, once known.
    pub fn delius_id(self) -> Option<i64> {
        match self {
            Self::Confirmed(id) => id,
            Self::Proposed | Self::Unconfirmed | Self::Refused | Self::Clash => None,
        }
    }
}

/// What an appointment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The supplier assessment; does not count towards RAR days.
    Assessment(SupplierAssessmentId),
    /// A delivery session, by number from 1; counts towards RAR days.
    Session(DeliverySessionId, u32),
}

/// One appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// Its id, also in its URN; allocated once, before anybody is told.
    pub id: AppointmentId,
    /// When it starts.
    pub time: Timestamp,
    /// How long it lasts, in minutes.
    pub duration_minutes: u32,
    /// How and where.
    pub delivery: Delivery,
    /// Alone or with others.
    pub session_type: SessionType,
    /// When it was booked.
    pub created_at: Timestamp,
    /// Who booked it.
    pub created_by: User,
    /// What Delius has said about it.
    pub booking: Booking,
    /// The appointment of the same slot that was current when this one was booked; superseded once this one is taken,
    /// whether it had been missed or not.
    pub replaces: Option<AppointmentId>,
    /// The later appointment that replaced it, once that was taken.
    pub superseded_by: Option<AppointmentId>,
    /// Who asked for the change that superseded it.
    pub reschedule_requested_by: Option<String>,
    /// Why.
    pub rescheduled_reason: Option<String>,
    /// Marked by a past clean-up as not real; excluded from every count.
    pub stale: bool,
    /// What happened at it.
    pub feedback: Feedback,
}

impl Appointment {
    /// When it is meant to end.
    pub fn end(&self) -> Timestamp {
        let lasts = SignedDuration::from_mins(i64::from(self.duration_minutes));
        self.time.saturating_add(lasts).unwrap_or(self.time)
    }

    /// Whether nobody could keep both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.time < other.end() && other.time < self.end()
    }
}

/// An address as it was typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AddressInput {
    /// First line.
    pub first_line: Option<String>,
    /// Second line.
    pub second_line: Option<String>,
    /// Town or city.
    pub town_or_city: Option<String>,
    /// County.
    pub county: Option<String>,
    /// Postcode, in any case and spacing.
    pub postcode: Option<String>,
}

impl std::fmt::Debug for AddressInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressInput(***)")
    }
}

/// Attendance as it was typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttendanceInput {
    /// Whether the person attended.
    pub attended: Option<Attended>,
    /// Whether the session happened.
    pub did_session_happen: Option<bool>,
}

/// A wish to book an appointment, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingRequest {
    /// When it is to start.
    pub time: Timestamp,
    /// Minutes.
    pub duration_minutes: i32,
    /// How it is to be held.
    pub delivery_type: DeliveryType,
    /// Alone or with others; alone when not said.
    pub session_type: Option<SessionType>,
    /// Where, for any other place.
    pub address: Option<AddressInput>,
    /// Where, for a probation office.
    pub office_code: Option<String>,
    /// Who asked for the change, when this reschedules.
    pub reschedule_requested_by: Option<String>,
    /// Why, when this reschedules.
    pub rescheduled_reason: Option<String>,
    /// What happened, when the time has passed.
    pub attendance: Option<AttendanceInput>,
    /// What there is to say about it, when the time has passed.
    pub session_feedback: Option<SessionFeedback>,
}

/// A checked wish to book an appointment; made from a [`BookingRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedBooking {
    /// When it starts.
    pub time: Timestamp,
    /// Minutes.
    pub duration_minutes: u32,
    /// How and where.
    pub delivery: Delivery,
    /// Alone or with others.
    pub session_type: SessionType,
    /// Who asked for the change, when this reschedules.
    pub reschedule_requested_by: Option<String>,
    /// Why, when this reschedules.
    pub rescheduled_reason: Option<String>,
    /// What happened, when the time has passed.
    pub feedback: Option<HistoricFeedback>,
}

/// The newest appointment that is ours, stale ones apart. Of two booked at the same instant, the one not superseded.
pub fn current(history: &[Appointment]) -> Option<&Appointment> {
    history
        .iter()
        .filter(|appointment| appointment.booking.is_ours() && !appointment.stale)
        .max_by_key(|appointment| (appointment.created_at, appointment.superseded_by.is_none(), appointment.id))
}
