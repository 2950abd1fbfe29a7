//! What happened at an appointment: attendance, the feedback about the session, and its submission.

mod record;

use jiff::Timestamp;

use crate::User;

spelled_enum! {
    /// Whether the person attended. The wire writes it in lower case, the database and Delius in upper case.
    pub enum Attended {
        /// Attended, lateness apart.
        Yes = "YES",
        /// Attended late; only in older records, newer ones say so in the session feedback.
        Late = "LATE",
        /// Did not attend.
        No = "NO",
    }
}

impl Attended {
    /// Attended at all, late or not.
    pub fn is_attendance(self) -> bool {
        matches!(self, Self::Yes | Self::Late)
    }
}

spelled_enum! {
    /// Why the person attended and yet no session took place.
    pub enum NoSessionReason {
        /// Something about the person, with an acceptable reason.
        PopAcceptable = "POP_ACCEPTABLE",
        /// Something about the person, without an acceptable reason.
        PopUnacceptable = "POP_UNACCEPTABLE",
        /// The provider could not hold it.
        Logistics = "LOGISTICS",
    }
}

/// When something was done, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: User,
}

/// The first step: whether the person attended, and whether the session happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Whether the person attended.
    pub attended: Attended,
    /// Whether the substance was delivered. Older records were never asked.
    pub did_session_happen: Option<bool>,
    /// When and by whom it was recorded.
    pub recorded: Stamp,
}

/// The second step: what there is to say about the session. Every part is optional when recorded on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFeedback {
    /// Whether the person was late.
    pub late: Option<bool>,
    /// Why.
    pub late_reason: Option<String>,
    /// What is planned next.
    pub future_session_plans: Option<String>,
    /// How contact was attempted when the person did not attend.
    pub no_attendance_information: Option<String>,
    /// Why no session took place though the person attended.
    pub no_session_reason: Option<NoSessionReason>,
    /// The text for an acceptable reason.
    pub no_session_reason_pop_acceptable: Option<String>,
    /// The text for an unacceptable reason.
    pub no_session_reason_pop_unacceptable: Option<String>,
    /// The text for a reason of the provider's.
    pub no_session_reason_logistics: Option<String>,
    /// What was done.
    pub session_summary: Option<String>,
    /// How the person responded.
    pub session_response: Option<String>,
    /// Concerns, in words.
    pub session_concerns: Option<String>,
    /// Poor behaviour, in words.
    pub session_behaviour: Option<String>,
    /// Whether the probation practitioner is to be told of the behaviour.
    pub notify_of_behaviour: Option<bool>,
    /// Whether the probation practitioner is to be told of the concerns.
    pub notify_of_concerns: Option<bool>,
}

/// Texts that only records from before 2023 hold. They are shown, never written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LegacyFeedback {
    /// Additional information about the attendance.
    pub additional_attendance_information: Option<String>,
    /// Why attendance failed.
    pub attendance_failure_information: Option<String>,
    /// Behaviour, in words.
    pub attendance_behaviour: Option<String>,
    /// The older single flag.
    pub notify_of_attendance_behaviour: Option<bool>,
}

/// The feedback of one appointment. Once submitted it never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The first step, once recorded.
    pub attendance: Option<Attendance>,
    /// The second step, once recorded, with when and by whom.
    pub session: Option<(SessionFeedback, Stamp)>,
    /// The third step, once done.
    pub submitted: Option<Stamp>,
    /// What older records hold besides.
    pub legacy: LegacyFeedback,
}

impl Feedback {
    /// Whether the substance was delivered, as far as a submitted or draft attendance tells: as recorded, and for
    /// older records (never asked) by attendance.
    pub fn session_happened(&self) -> Option<bool> {
        let attendance = self.attendance.as_ref()?;
        Some(attendance.did_session_happen.unwrap_or_else(|| attendance.attended.is_attendance()))
    }

    /// Attendance once the feedback is submitted; before that it does not count.
    pub fn submitted_attendance(&self) -> Option<Attended> {
        self.submitted.as_ref()?;
        self.attendance.as_ref().map(|attendance| attendance.attended)
    }
}

/// Feedback given together with a booking in the past: all three steps at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoricFeedback {
    /// Whether the person attended.
    pub attended: Attended,
    /// Whether the session happened.
    pub did_session_happen: bool,
    /// What there is to say about it.
    pub session: SessionFeedback,
}
