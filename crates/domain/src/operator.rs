//! What operators of this product may do: look for a referral, see where its messages stand, hold and move them.
//!
//! Not operations of the REST contract: they are reached by pages and commands only. One role opens all of them, and
//! only to a person, so that every act has somebody's name; `tests/it/operator_access.txt` is the whole table.

use crate::access::{Caller, Refusal, Role};

spelled_enum! {
    /// Something that an operator does, by the name that the audit keeps.
    pub enum OperatorAction {
        /// Look for referrals by what somebody quotes.
        FindReferral = "operatorFindReferral",
        /// See every effect of a referral with its attempts.
        ReadLedger = "operatorReadLedger",
        /// See how much waits for each system.
        ReadQueues = "operatorReadQueues",
        /// Stop delivering to a system.
        PauseSystem = "operatorPauseSystem",
        /// Deliver to it again.
        ResumeSystem = "operatorResumeSystem",
        /// Have an effect tried again now.
        RetryEffect = "operatorRetryEffect",
        /// Let a line go on without an effect.
        SkipEffect = "operatorSkipEffect",
        /// See what sending a window again would do.
        PreviewReplay = "operatorPreviewReplay",
        /// Send a window again.
        Replay = "operatorReplay",
        /// See why somebody can or cannot see a referral.
        ExplainAccess = "operatorExplainAccess",
        /// See a discrepancy with its evidence.
        ReadDiscrepancy = "operatorReadDiscrepancy",
        /// Compare a referral with Delius now.
        Compare = "operatorCompare",
        /// Have a discrepancy repaired now.
        Repair = "operatorRepair",
        /// Put a referral under the case number that the person has after a merge.
        FollowMerge = "operatorFollowMerge",
        /// Choose what becomes of a referral that Delius takes no updates about.
        ChooseForReferral = "operatorChooseForReferral",
    }
}

impl OperatorAction {
    /// Whether it changes something, and so needs a reason.
    pub fn changes(self) -> bool {
        match self {
            Self::FindReferral
            | Self::ReadLedger
            | Self::ReadQueues
            | Self::PreviewReplay
            | Self::ExplainAccess
            | Self::ReadDiscrepancy => false,
            Self::PauseSystem
            | Self::ResumeSystem
            | Self::RetryEffect
            | Self::SkipEffect
            | Self::Replay
            | Self::Compare
            | Self::Repair
            | Self::FollowMerge
            | Self::ChooseForReferral => true,
        }
    }
}

/// Whether the caller may do it: a person with the operators' role.
///
/// # Errors
/// [`Refusal::Role`] without the role, [`Refusal::Claims`] for a machine or a token that names no person.
pub fn admit_operator(_: OperatorAction, caller: &Caller) -> Result<(), Refusal> {
    if !caller.roles().contains(&Role::Operator) {
        return Err(Refusal::Role);
    }
    match caller {
        Caller::User { .. } => Ok(()),
        Caller::Client { missing_claims, .. } => Err(Refusal::Claims(missing_claims.clone())),
    }
}
