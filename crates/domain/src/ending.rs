//! How a referral ends: requests to end it, and the state in which it is concluded.

mod decide;

use jiff::Timestamp;

use crate::feedback::Attended;
use crate::{Referral, User};

spelled_enum! {
    /// The state in which a referral is concluded; also announced as `deliveryState`.
    pub enum ConcludedState {
        /// Nothing was delivered.
        Cancelled = "CANCELLED",
        /// Some sessions were delivered.
        PrematurelyEnded = "PREMATURELY_ENDED",
        /// Every planned session was recorded.
        Completed = "COMPLETED",
    }
}

spelled_enum! {
    /// When in the referral's life it is withdrawn, relative to the first delivery session held.
    pub enum WithdrawalState {
        /// Before the first delivery session was held.
        PreIca = "PRE_ICA_WITHDRAWAL",
        /// After it.
        PostIca = "POST_ICA_WITHDRAWAL",
        /// After it, closing the referral early.
        CloseEarly = "POST_ICA_CLOSE_REFERRAL_EARLY",
    }
}

spelled_enum! {
    /// Whether a delivery session has ever been held.
    pub enum ReferralStatus {
        /// Not yet.
        PreIca = "PRE_ICA",
        /// Yes; never set back.
        PostIca = "POST_ICA",
    }
}

spelled_enum! {
    /// Where delivery stands; worked out from sessions and appointments, never stored.
    pub enum DeliveryState {
        /// No plan is approved.
        NotDeliveringYet = "NOT_DELIVERING_YET",
        /// No session was ever attended.
        MissingFirstSubstantiveAppointment = "MISSING_FIRST_SUBSTANTIVE_APPOINTMENT",
        /// Some sessions are still to come.
        InProgress = "IN_PROGRESS",
        /// Every planned session was recorded.
        Completed = "COMPLETED",
    }
}

impl DeliveryState {
    /// Whether ending now calls for an end of service report.
    pub fn requires_report(self) -> bool {
        matches!(self, Self::InProgress | Self::Completed)
    }

    /// Whether delivery is still going on.
    pub fn is_in_progress(self) -> bool {
        !matches!(self, Self::Completed)
    }

    /// The state in which a referral concluded now is concluded.
    pub fn concluded_state(self) -> ConcludedState {
        match self {
            Self::NotDeliveringYet | Self::MissingFirstSubstantiveAppointment => ConcludedState::Cancelled,
            Self::InProgress => ConcludedState::PrematurelyEnded,
            Self::Completed => ConcludedState::Completed,
        }
    }
}

spelled_enum! {
    /// How a concluded referral is reported to have ended.
    pub enum EndState {
        /// An end was requested and no report was begun.
        Cancelled = "cancelled",
        /// An end was requested and a report was begun.
        Ended = "ended",
        /// No end was requested.
        Completed = "completed",
    }
}

/// The longest comment on a withdrawal, in characters.
pub const COMMENTS_MAX: usize = 2500;

/// Why an end was requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// A withdrawal or early closure.
    Withdrawal {
        /// A code of the withdrawal reasons.
        code: String,
        /// Free text, possibly empty.
        comments: String,
        /// The state as the requester gave it.
        state: WithdrawalState,
    },
    /// A cancellation of the older kind; only read from older records and the older end request.
    Cancellation {
        /// A code of the cancellation reasons.
        code: String,
        /// What the code means, in words.
        description: String,
        /// Free text.
        comments: Option<String>,
    },
}

/// A request to end a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndRequest {
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: User,
    /// Why. A few old records have none.
    pub reason: Option<EndReason>,
}

/// The conclusion: after it no more work is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// When.
    pub at: Timestamp,
    /// In which state; old records do not say.
    pub state: Option<ConcludedState>,
}

/// How often delivery sessions were recorded, attended and missed; stale appointments and the assessment left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttendanceCounts {
    /// Recorded and not superseded.
    pub recorded: usize,
    /// Attended (or attended late) and not superseded.
    pub attended: usize,
    /// Missed and not superseded.
    pub missed: usize,
    /// Attended (or attended late), superseded or not.
    pub ever_attended: usize,
}

impl Referral {
    /// Counts the delivery sessions' submitted feedback.
    pub fn attendance_counts(&self) -> AttendanceCounts {
        let mut counts = AttendanceCounts::default();
        for appointment in self.sessions.iter().flat_map(|session| &session.appointments) {
            let Some(attended) = appointment.feedback.submitted_attendance() else { continue };
            if appointment.stale || !appointment.booking.is_ours() {
                continue;
            }
            counts.ever_attended += usize::from(attended.is_attendance());
            if appointment.superseded_by.is_none() {
                counts.recorded += 1;
                counts.attended += usize::from(attended.is_attendance());
                counts.missed += usize::from(attended == Attended::No);
            }
        }
        counts
    }

    /// Where delivery stands.
    pub fn delivery_state(&self) -> DeliveryState {
        let Some(plan) = self.approved_plan() else { return DeliveryState::NotDeliveringYet };
        let counts = self.attendance_counts();
        let planned = plan.number_of_sessions.and_then(|number| usize::try_from(number).ok());
        if counts.ever_attended == 0 {
            DeliveryState::MissingFirstSubstantiveAppointment
        } else if planned == Some(counts.recorded) {
            DeliveryState::Completed
        } else {
            DeliveryState::InProgress
        }
    }

    /// Whether the provider owes an end of service report and has not begun one.
    pub fn report_is_due(&self) -> bool {
        self.report.is_none() && self.calls_for_report()
    }

    /// Whether things are such that an end of service report is called for, begun or not.
    pub(crate) fn calls_for_report(&self) -> bool {
        let state = self.delivery_state();
        state.requires_report() && (!state.is_in_progress() || self.end_request.is_some())
    }

    /// When in its life a withdrawal would come: as requested once it was, worked out before that.
    pub fn withdrawal_state(&self) -> WithdrawalState {
        if let Some(EndRequest { reason: Some(EndReason::Withdrawal { state, .. }), .. }) = &self.end_request {
            return *state;
        }
        match self.attendance_counts().attended {
            0 => WithdrawalState::PreIca,
            1 if self.report_is_due() => WithdrawalState::PostIca,
            _ => WithdrawalState::CloseEarly,
        }
    }

    /// How a concluded referral ended; none while it is open.
    pub fn end_state(&self) -> Option<EndState> {
        self.conclusion?;
        Some(match (&self.end_request, &self.report) {
            (None, _) => EndState::Completed,
            (Some(_), None) => EndState::Cancelled,
            (Some(_), Some(_)) => EndState::Ended,
        })
    }
}
