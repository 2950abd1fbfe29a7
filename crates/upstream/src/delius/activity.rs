//! What we tell Delius: that a referral has started, and what becomes of its appointments.
//!
//! Owns the port's write shapes. They hold our own ids, from which Delius makes the references it finds things by.
//! Ends, outcomes of feedback and notes reach Delius through our events instead.

use jiff::Timestamp;
use std::fmt;
use uuid::Uuid;

/// A referral that has been sent.
#[derive(Clone, PartialEq, Eq)]
pub struct StartReferral {
    /// Our referral.
    pub referral_id: Uuid,
    /// When it was sent.
    pub started_at: Timestamp,
    /// Contract type's code, such as `ACC`.
    pub contract_type: String,
    /// The relevant sentence.
    pub sentence_id: i64,
    /// Text that Delius shows with the activity.
    pub notes: String,
}

impl fmt::Debug for StartReferral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartReferral").field("referral_id", &self.referral_id).finish_non_exhaustive()
    }
}

/// An appointment as it should be in Delius.
#[derive(Clone, PartialEq, Eq)]
pub struct PutAppointment {
    /// Our appointment, allocated once and kept before the first attempt.
    pub id: Uuid,
    /// Our referral.
    pub referral_id: Uuid,
    /// The referral's reference for people.
    pub referral_reference: String,
    /// The relevant sentence.
    pub sentence_id: Option<i64>,
    /// Start.
    pub start: Timestamp,
    /// Length in minutes.
    pub duration_in_minutes: u32,
    /// Text that Delius adds to the appointment.
    pub notes: Option<String>,
    /// Delius's code of the office, 7 characters.
    pub office_location_code: Option<String>,
    /// True for sessions, false for the first assessment.
    pub counts_towards_rar: bool,
    /// How it went, for an appointment recorded after the event.
    pub outcome: Option<SessionOutcome>,
    /// The appointment that this one replaces.
    pub previous_id: Option<Uuid>,
    /// The id that Delius gave for the appointment being replaced or updated; to be sent whenever it is known.
    pub delius_id: Option<DeliusContactId>,
    /// Who asked for the move; absent or `Service Provider` counts as the provider, anything else as the person.
    pub reschedule_requested_by: Option<String>,
}

impl fmt::Debug for PutAppointment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutAppointment")
            .field("id", &self.id)
            .field("referral_id", &self.referral_id)
            .field("previous_id", &self.previous_id)
            .field("delius_id", &self.delius_id)
            .finish_non_exhaustive()
    }
}

/// The id by which Delius knows an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliusContactId(pub i64);

impl fmt::Display for DeliusContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether the person came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// On time.
    Attended,
    /// Late.
    Late,
    /// Not at all.
    Absent,
}

/// How a session went. A session that did not happen although the person came always has a reason: Delius cannot
/// record it otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionOutcome {
    /// It took place.
    Happened {
        /// Whether the person came.
        attendance: Attendance,
        /// Whether the practitioner is to be told of poor behaviour, which counts as failing to comply.
        behaviour_notified: bool,
    },
    /// The person did not come.
    NotAttended,
    /// The person came, and it did not take place.
    DidNotHappen {
        /// Whether the person came late.
        late: bool,
        /// Why not.
        reason: NoSessionReason,
    },
}

/// Why a session did not happen although the person came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSessionReason {
    /// The service could not hold it.
    Logistics,
    /// The person's reason is accepted.
    PersonAcceptable,
    /// The person's reason is not accepted.
    PersonUnacceptable,
}
