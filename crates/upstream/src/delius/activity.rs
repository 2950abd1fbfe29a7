//! What we tell Delius: that a referral has started, what becomes of its appointments, and that it has ended.
//!
//! Owns the port's write shapes. They hold our own ids, from which Delius makes the references it finds things by.
//! Ends, outcomes of feedback and notes reach Delius through our events; only where it does not read them are they
//! called in, through the older API.

use super::adapter::Operation;
use domain::ending::ConcludedState;
use domain::feedback::{Attended, NoSessionReason};
use domain::{AppointmentId, ReferralId, ReferralReference};
use jiff::Timestamp;
use std::fmt;

/// A referral that has been sent.
#[derive(Clone, PartialEq, Eq)]
pub struct StartReferral {
    /// Our referral.
    pub referral_id: ReferralId,
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
    pub id: AppointmentId,
    /// Our referral.
    pub referral_id: ReferralId,
    /// The referral's reference for people.
    pub referral_reference: ReferralReference,
    /// The relevant sentence.
    pub sentence_id: Option<i64>,
    /// Contract type's code, such as `ACC`.
    pub contract_type: String,
    /// When the referral was sent.
    pub referral_started_at: Timestamp,
    /// Whether this books, moves to another time or moves to another place.
    pub operation: Operation,
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
    pub previous_id: Option<AppointmentId>,
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
            .field("operation", &self.operation)
            .field("previous_id", &self.previous_id)
            .field("delius_id", &self.delius_id)
            .finish_non_exhaustive()
    }
}

/// How an appointment went, told by a call.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordOutcome {
    /// The appointment.
    pub delius_id: DeliusContactId,
    /// How it went.
    pub outcome: SessionOutcome,
    /// Text that Delius adds to the appointment.
    pub notes: String,
}

impl fmt::Debug for RecordOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordOutcome").field("delius_id", &self.delius_id).finish_non_exhaustive()
    }
}

/// The end of a referral, told by a call.
#[derive(Clone, PartialEq, Eq)]
pub struct EndReferral {
    /// Our referral.
    pub referral_id: ReferralId,
    /// Contract type's code, such as `ACC`.
    pub contract_type: String,
    /// When it was sent.
    pub started_at: Timestamp,
    /// The relevant sentence.
    pub sentence_id: i64,
    /// When it ended.
    pub ended_at: Timestamp,
    /// In which state.
    pub state: ConcludedState,
    /// Text that Delius adds to the activity.
    pub notes: String,
}

impl fmt::Debug for EndReferral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndReferral").field("referral_id", &self.referral_id).finish_non_exhaustive()
    }
}

/// A note on the activity, told by a call. Delius tells notes apart by their second.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// Our referral.
    pub referral_id: ReferralId,
    /// Contract type's code, such as `ACC`.
    pub contract_type: String,
    /// When the referral was sent.
    pub referral_started_at: Timestamp,
    /// The relevant sentence.
    pub sentence_id: i64,
    /// When what it tells of happened.
    pub at: Timestamp,
    /// The note.
    pub text: String,
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").field("referral_id", &self.referral_id).field("at", &self.at).finish_non_exhaustive()
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

/// How a session went. A session that did not happen although the person came always has a reason: Delius cannot
/// record it otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionOutcome {
    /// It took place.
    Happened {
        /// Whether the person came.
        attended: Attended,
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

impl SessionOutcome {
    /// The outcome that feedback amounts to; `None` for the one combination that Delius cannot record: the person came,
    /// nothing took place, and nobody said why.
    pub fn of(
        attended: Attended,
        did_session_happen: Option<bool>,
        reason: Option<NoSessionReason>,
        behaviour_notified: bool,
    ) -> Option<Self> {
        match (did_session_happen, attended) {
            (Some(true), attended) => Some(Self::Happened { attended, behaviour_notified }),
            (_, Attended::No) => Some(Self::NotAttended),
            (_, Attended::Yes) => reason.map(|reason| Self::DidNotHappen { late: false, reason }),
            (_, Attended::Late) => reason.map(|reason| Self::DidNotHappen { late: true, reason }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feedback_without_a_needed_reason_is_no_outcome() {
        for attended in [Attended::Yes, Attended::Late] {
            for happened in [None, Some(false)] {
                assert_eq!(SessionOutcome::of(attended, happened, None, true), None);
                let late = attended == Attended::Late;
                let reason = NoSessionReason::Logistics;
                let outcome = SessionOutcome::of(attended, happened, Some(reason), true);
                assert_eq!(outcome, Some(SessionOutcome::DidNotHappen { late, reason }));
            }
        }
        assert_eq!(SessionOutcome::of(Attended::No, None, None, true), Some(SessionOutcome::NotAttended));
        for attended in [Attended::Yes, Attended::Late, Attended::No] {
            let outcome = SessionOutcome::of(attended, Some(true), None, true);
            assert_eq!(outcome, Some(SessionOutcome::Happened { attended, behaviour_notified: true }));
        }
    }
}
