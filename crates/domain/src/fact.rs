//! Facts: everything that can happen to a sent referral. Decided by [`crate::Referral`], written down by the store,
//! told to other systems by delivery. A fact is past; it is never refused.

use crate::action_plan::{ActionPlan, Activity};
use crate::amendment::{Amended, Change};
use crate::appointment::{Appointment, Delivery, SessionType, Slot};
use crate::case_note::CaseNote;
use crate::catalogue::Intervention;
use crate::end_of_service_report::{EndOfServiceReport, ReportOutcome};
use crate::ending::{ConcludedState, Conclusion, EndRequest};
use crate::feedback::{Attendance, SessionFeedback, Stamp};
use crate::referral::Assignment;
use crate::{ActionPlanId, ActivityId, AppointmentId, DeliverySessionId, EndOfServiceReportId};

/// Something that happened to one referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The draft was sent: the referral exists. (The referral itself carries what was sent.)
    Sent,
    /// A caseworker was assigned; earlier assignments are superseded.
    Assigned(Assignment),
    /// What was sent was amended.
    Amended {
        /// The amended part as it is now, as a whole.
        part: Box<Amended>,
        /// What differs, for the change log: one entry for each field. Empty when no field differs that the log knows.
        changes: Vec<Change>,
        /// Whether the provider is e-mailed.
        tell_provider: bool,
    },
    /// An appointment was proposed; Delius is asked.
    AppointmentProposed {
        /// What it is for.
        slot: Slot,
        /// The appointment; `booking` is `Proposed`, `replaces` says what it would supersede.
        appointment: Box<Appointment>,
        /// Who asked for the change, if it replaces one; kept on the replaced appointment, and taken off it again
        /// when the proposal is refused.
        reschedule_requested_by: Option<String>,
        /// Why, if it replaces one; likewise.
        rescheduled_reason: Option<String>,
    },
    /// The proposal became current and superseded what it replaces. Without a Delius id it is not yet confirmed.
    AppointmentTaken {
        /// Which.
        appointment: AppointmentId,
        /// Whether Delius has answered, and with which contact id.
        confirmed: Option<i64>,
    },
    /// Delius confirmed an appointment that had been taken before it answered.
    AppointmentConfirmed {
        /// Which.
        appointment: AppointmentId,
        /// The Delius contact's id.
        delius_id: i64,
    },
    /// Delius refused a proposal because of a clash: it is dropped, the earlier appointment stays current.
    AppointmentRefused(AppointmentId),
    /// Delius refused an appointment that had been taken: another time must be chosen.
    AppointmentClashed(AppointmentId),
    /// How or where an appointment is held changed, at the same time, length and office: nothing to tell Delius.
    DeliveryChanged {
        /// Which.
        appointment: AppointmentId,
        /// How and where, now.
        delivery: Delivery,
        /// Alone or with others, now.
        session_type: SessionType,
    },
    /// Attendance was recorded, or recorded differently.
    AttendanceRecorded {
        /// Which appointment.
        appointment: AppointmentId,
        /// What was recorded.
        attendance: Attendance,
        /// Whether session feedback recorded before no longer fits and is cleared, all of it.
        clears_session_feedback: bool,
    },
    /// Session feedback was recorded; replaces what was recorded before.
    SessionFeedbackRecorded {
        /// Which appointment.
        appointment: AppointmentId,
        /// What was recorded.
        feedback: Box<SessionFeedback>,
        /// When and by whom.
        recorded: Stamp,
    },
    /// The feedback was submitted: from now on it stands.
    FeedbackSubmitted {
        /// Which appointment.
        appointment: AppointmentId,
        /// What it was for.
        slot: Slot,
        /// When and by whom.
        submitted: Stamp,
    },
    /// A delivery session was held for the first time (attended, feedback submitted).
    FirstSessionHeld,
    /// A plan was begun.
    PlanDrafted(ActionPlan),
    /// The number of sessions of a draft plan was set.
    PlanSessionsSet(ActionPlanId, u32),
    /// An activity was added to a draft plan.
    ActivityAdded(ActionPlanId, Activity),
    /// An activity was reworded.
    ActivityReworded(ActionPlanId, ActivityId, String),
    /// A plan was submitted.
    PlanSubmitted(ActionPlanId, Stamp),
    /// A plan was approved and is in force.
    PlanApproved(ActionPlanId, Stamp),
    /// Delivery sessions were made, unscheduled: their ids and numbers.
    SessionsMade(Vec<(DeliverySessionId, u32)>),
    /// The end of service report was begun.
    ReportBegun(EndOfServiceReport),
    /// The report's further information was set.
    ReportInformationSet(EndOfServiceReportId, String),
    /// The report's entry for one outcome was set.
    ReportOutcomeSet(EndOfServiceReportId, ReportOutcome),
    /// The report was submitted.
    ReportSubmitted(EndOfServiceReportId, Stamp),
    /// An end was requested.
    EndRequested(EndRequest),
    /// The referral was concluded.
    Concluded(Conclusion),
    /// The end is to be announced: once after a conclusion, and again when a report follows a withdrawal.
    Ended(ConcludedState),
    /// The referral was moved to another contract's intervention.
    Transferred(Box<Intervention>),
    /// A case note was added. `tell_practitioner` is false when the writer asked for no e-mail.
    CaseNoteAdded {
        /// The note.
        note: CaseNote,
        /// Whether the practitioner is e-mailed.
        tell_practitioner: bool,
    },
}

impl Fact {
    /// The fact's name in the ledger and in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Assigned(_) => "assigned",
            Self::Amended { .. } => "amended",
            Self::AppointmentProposed { .. } => "appointment-proposed",
            Self::AppointmentTaken { .. } => "appointment-taken",
            Self::AppointmentConfirmed { .. } => "appointment-confirmed",
            Self::AppointmentRefused(_) => "appointment-refused",
            Self::AppointmentClashed(_) => "appointment-clashed",
            Self::DeliveryChanged { .. } => "delivery-changed",
            Self::AttendanceRecorded { .. } => "attendance-recorded",
            Self::SessionFeedbackRecorded { .. } => "session-feedback-recorded",
            Self::FeedbackSubmitted { .. } => "feedback-submitted",
            Self::FirstSessionHeld => "first-session-held",
            Self::PlanDrafted(_) => "plan-drafted",
            Self::PlanSessionsSet(..) => "plan-sessions-set",
            Self::ActivityAdded(..) => "activity-added",
            Self::ActivityReworded(..) => "activity-reworded",
            Self::PlanSubmitted(..) => "plan-submitted",
            Self::PlanApproved(..) => "plan-approved",
            Self::SessionsMade(_) => "sessions-made",
            Self::ReportBegun(_) => "report-begun",
            Self::ReportInformationSet(..) => "report-information-set",
            Self::ReportOutcomeSet(..) => "report-outcome-set",
            Self::ReportSubmitted(..) => "report-submitted",
            Self::EndRequested(_) => "end-requested",
            Self::Concluded(_) => "concluded",
            Self::Ended(_) => "ended",
            Self::Transferred(_) => "transferred",
            Self::CaseNoteAdded { .. } => "case-note-added",
        }
    }
}
