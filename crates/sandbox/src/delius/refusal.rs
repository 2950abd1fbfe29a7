//! Why Delius did not do what it was asked.
//!
//! Owns the closed lists of refusals and the status each one has over HTTP; refuses to word them for people: Delius has
//! no machine-readable error code, so a client may rely on the status alone.

use thiserror::Error;

/// A call that was not carried out; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    #[error("person not found")]
    NoSuchCase,
    #[error("event {0} not found")]
    NoSuchEvent(i64),
    #[error("sentence not found for event {0}")]
    NoSuchSentence(i64),
    #[error("no active community manager found")]
    NoCommunityManager,
    #[error("user not found")]
    NoSuchUser,
    #[error("referral {0} not found")]
    NoSuchReferral(String),
    #[error("appointment {0} not found")]
    NoSuchContact(String),
    #[error("office location {0} not found")]
    NoSuchOffice(String),
    #[error("cannot find an open NSI for referral {0}")]
    ClosedReferral(String),
    #[error("appointment in the past has no outcome")]
    PastWithoutOutcome,
    #[error("appointment conflicts with an existing one")]
    Clash,
    #[error("several live NSIs carry the reference {0}")]
    SeveralReferrals(String),
    #[error("several live NSIs carry this reference: {0}")]
    SeveralReferralsRead(String),
    #[error("several live contacts carry the reference {0}")]
    SeveralContacts(String),
    #[error("contract type {0} is not mapped to an NSI type")]
    UnmappedContractType(String),
    #[error("contract type {0} is not mapped to an NSI type")]
    RefusedContractType(String),
    #[error("no outcome for this attendance")]
    NoOutcomeRule,
    #[error("between 1 and 500 case numbers are needed")]
    BatchSize,
    #[error("size of the batch must be between 1 and 500")]
    RefusedBatchSize,
    #[error("appointment does not end after it starts, on the same day")]
    ImpossibleTimes,
    #[error("cannot find NSI for referral")]
    NoOpenNsi,
    #[error("several NSIs match the referral")]
    SeveralNsisMatch,
    #[error("several referral requirements on sentence {0}")]
    SeveralRequirements(i64),
    #[error("unknown outcome {0}")]
    UnknownOutcome(String),
    #[error("unknown end type")]
    UnknownEndType,
}

impl Refusal {
    /// The HTTP status of this refusal.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::NoSuchCase
            | Self::NoSuchEvent(_)
            | Self::NoSuchSentence(_)
            | Self::NoCommunityManager
            | Self::NoSuchUser
            | Self::NoSuchReferral(_)
            | Self::NoSuchContact(_)
            | Self::NoSuchOffice(_) => 404,
            Self::ClosedReferral(_)
            | Self::PastWithoutOutcome
            | Self::RefusedContractType(_)
            | Self::RefusedBatchSize
            | Self::ImpossibleTimes
            | Self::NoOpenNsi
            | Self::SeveralNsisMatch
            | Self::SeveralRequirements(_)
            | Self::UnknownOutcome(_)
            | Self::UnknownEndType => 400,
            Self::Clash | Self::SeveralReferralsRead(_) => 409,
            Self::SeveralReferrals(_)
            | Self::SeveralContacts(_)
            | Self::UnmappedContractType(_)
            | Self::NoOutcomeRule
            | Self::BatchSize => 500,
        }
    }
}

/// An event that was not carried out; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum EventRefusal {
    /// Delius cannot process it and says so to nobody: acknowledged, with a telemetry record.
    #[error("rejected: {0}")]
    Rejected(Rejection),
    /// Anything else: delivered again, then a dead letter.
    #[error("failed: {0}")]
    Failed(Failure),
}

/// Business reasons for which an event is acknowledged and gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Rejection {
    #[error("NSI soft deleted")]
    NsiSoftDeleted,
    #[error("reason for a missing NSI cannot be determined")]
    NsiMissing,
    #[error("NSI is closed")]
    NsiClosed,
    #[error("event is not active or is deleted")]
    EventTerminated,
    #[error("appointment deleted")]
    AppointmentDeleted,
    #[error("appointment cannot be found")]
    AppointmentMissing,
}

/// Reasons for which an event is delivered again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Failure {
    #[error("several live records carry one reference")]
    SeveralMatches,
    #[error("no outcome for this attendance")]
    NoOutcomeRule,
    #[error("message lacks {0}")]
    Lacking(&'static str),
    #[error("message cannot be read")]
    Unreadable,
    #[error("unknown delivery state")]
    UnknownDeliveryState,
    #[error("answer to the call-back lacks {0}")]
    AnswerLacking(&'static str),
    #[error("answer to the call-back cannot be read")]
    AnswerUnreadable,
    #[error("call-back answered {0}")]
    CallBackStatus(u16),
    #[error("call-back could not be made")]
    CallBackUnreachable,
}

impl From<Rejection> for EventRefusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Failure> for EventRefusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
