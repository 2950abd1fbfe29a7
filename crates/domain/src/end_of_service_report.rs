//! The end of service report: what was achieved, outcome by outcome. Its submission normally concludes the referral.

use jiff::Timestamp;

use crate::ending::Conclusion;
use crate::feedback::Stamp;
use crate::validation::TEXT_MAX;
use crate::{DesiredOutcomeId, EndOfServiceReportId, ErrorCode, Fact, FieldErrors, Referral, Refused, User};

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

impl Referral {
    /// Begins the report; nothing happens when there is one.
    ///
    /// # Errors
    /// None is due: sessions are still to come and no end was requested, or nothing was delivered.
    pub fn begin_report(&self, id: EndOfServiceReportId, by: &User, now: Timestamp) -> Result<Vec<Fact>, Refused> {
        if self.report.is_some() {
            return Ok(Vec::new());
        }
        if !self.report_is_due() {
            return Err(Refused::Conflict("no end of service report is due on this referral"));
        }
        Ok(vec![Fact::ReportBegun(EndOfServiceReport {
            id,
            created_at: now,
            created_by: by.clone(),
            further_information: None,
            outcomes: Vec::new(),
            submitted: None,
        })])
    }

    /// Sets the further information, the entry of one outcome, or both; what is not given stays. A report that is
    /// still owed after a withdrawal is written on a concluded referral.
    ///
    /// # Errors
    /// No such report; submitted already; the outcome is not one that was asked for; a text is too long.
    pub fn change_report(
        &self,
        report: EndOfServiceReportId,
        further_information: Option<String>,
        outcome: Option<ReportOutcome>,
    ) -> Result<Vec<Fact>, Refused> {
        self.unsubmitted_report(report)?;
        let mut errors = FieldErrors::default();
        errors.limit(further_information.as_deref(), "furtherInformation", TEXT_MAX);
        if let Some(outcome) = &outcome {
            errors.limit(outcome.progression_comments.as_deref(), "outcome.progressionComments", TEXT_MAX);
            errors.limit(outcome.additional_task_comments.as_deref(), "outcome.additionalTaskComments", TEXT_MAX);
            if !self.selected_outcomes().contains(&outcome.desired_outcome) {
                let id = outcome.desired_outcome;
                return Err(Refused::Missing(format!("desired outcome {id} is not one of this referral")));
            }
        }
        errors.into_result()?;
        let information = further_information.map(|text| Fact::ReportInformationSet(report, text));
        let outcome = outcome.map(|outcome| Fact::ReportOutcomeSet(report, outcome));
        Ok(information.into_iter().chain(outcome).collect())
    }

    /// Submits the report. Concludes the referral unless a withdrawal has, and announces the end.
    ///
    /// # Errors
    /// No such report; submitted already; no longer due, because sessions were added since; an outcome that was asked
    /// for has no entry.
    pub fn submit_report(&self, report: EndOfServiceReportId, by: &User, now: Timestamp) -> Result<Vec<Fact>, Refused> {
        let written = self.unsubmitted_report(report)?;
        if !self.calls_for_report() {
            return Err(Refused::Conflict("the end of service report is not due while sessions are still to come"));
        }
        let complete = self
            .selected_outcomes()
            .iter()
            .all(|selected| written.outcomes.iter().any(|entry| entry.desired_outcome == *selected));
        if !complete {
            return Err(FieldErrors::one("outcomes", ErrorCode::CannotBeEmpty).into());
        }
        let state = self.final_state();
        let mut facts = vec![Fact::ReportSubmitted(report, Stamp { at: now, by: by.clone() })];
        if !self.is_concluded() {
            facts.push(Fact::Concluded(Conclusion { at: now, state: Some(state) }));
        }
        facts.push(Fact::Ended(state));
        Ok(facts)
    }

    fn unsubmitted_report(&self, id: EndOfServiceReportId) -> Result<&EndOfServiceReport, Refused> {
        let report = self
            .report
            .as_ref()
            .filter(|report| report.id == id)
            .ok_or_else(|| Refused::Missing(format!("no end of service report {id} on this referral")))?;
        match report.submitted {
            Some(_) => Err(Refused::Conflict("the end of service report was already submitted")),
            None => Ok(report),
        }
    }
}
