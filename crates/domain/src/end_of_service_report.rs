//! The end of service report: what was achieved, outcome by outcome. Its submission normally concludes the referral.

use jiff::Timestamp;

use crate::feedback::Stamp;
use crate::{DesiredOutcomeId, EndOfServiceReportId, User};

spelled_enum! {
    /// How far a desired outcome was achieved.
    pub enum AchievementLevel {
        /// Wholly.
        Achieved = "ACHIEVED",
        /// In part.
        PartiallyAchieved = "PARTIALLY_ACHIEVED",
        /// Not at all.
        NotAchieved = "NOT_ACHIEVED",
    }
}

/// What was achieved of one desired outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportOutcome {
    /// The outcome.
    pub desired_outcome: DesiredOutcomeId,
    /// How far it was achieved.
    pub achievement: AchievementLevel,
    /// How the person progressed.
    pub progression_comments: Option<String>,
    /// What remains to be done.
    pub additional_task_comments: Option<String>,
}

/// The report of one referral; there is at most one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndOfServiceReport {
    /// Its id.
    pub id: EndOfServiceReportId,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Who began it.
    pub created_by: User,
    /// Anything else.
    pub further_information: Option<String>,
    /// One entry for each desired outcome written about, in order of outcome id.
    pub outcomes: Vec<ReportOutcome>,
    /// The submission, once made.
    pub submitted: Option<Stamp>,
}
