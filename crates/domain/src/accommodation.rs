//! What the accommodation service may know of a referral: that there is one, and how far it has come.
//!
//! Which category is meant is decided by its id: names are corrected now and then, ids never change.

use uuid::Uuid;

use crate::ServiceCategoryId;

/// The service category of help with a place to live.
pub const ACCOMMODATION: ServiceCategoryId =
    ServiceCategoryId(Uuid::from_u128(0x428e_e70f_3001_4399_95a6_ad25_eaae_de16));

spelled_enum! {
    /// How far a referral for accommodation has come.
    pub enum AccommodationStatus {
        /// Being made; nobody is told of drafts today.
        Draft = "DRAFT",
        /// Sent and neither withdrawn nor completed.
        Live = "LIVE",
        /// Concluded with an end of service report.
        Completed = "COMPLETED",
        /// Withdrawn with a reason and a comment.
        Withdrawn = "WITHDRAWN",
    }
}

/// What decides the status of a sent referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccommodationFacts {
    /// Both the code and the comment of a withdrawal are held.
    pub withdrawn_with_comment: bool,
    /// It is concluded.
    pub concluded: bool,
    /// There is an end of service report, submitted or not.
    pub has_report: bool,
}

impl AccommodationStatus {
    /// The status of a sent referral. A withdrawal comes first, whatever happened after it.
    pub fn of_sent(facts: AccommodationFacts) -> Self {
        match facts {
            AccommodationFacts { withdrawn_with_comment: true, .. } => Self::Withdrawn,
            AccommodationFacts { concluded: true, has_report: true, .. } => Self::Completed,
            AccommodationFacts { .. } => Self::Live,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawal_comes_before_completion_and_a_conclusion_without_report_is_still_live() {
        let status = |withdrawn_with_comment, concluded, has_report| {
            AccommodationStatus::of_sent(AccommodationFacts { withdrawn_with_comment, concluded, has_report })
        };
        assert_eq!(status(true, true, true), AccommodationStatus::Withdrawn);
        assert_eq!(status(false, true, true), AccommodationStatus::Completed);
        assert_eq!(status(false, true, false), AccommodationStatus::Live);
        assert_eq!(status(false, false, true), AccommodationStatus::Live);
    }
}
