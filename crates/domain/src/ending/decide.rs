//! Decisions that end a referral: withdrawal, the older end request, and the nightly rule that finishes what an end
//! request left open. A referral is concluded once; the first time is kept.

use jiff::Timestamp;

use super::{COMMENTS_MAX, ConcludedState, Conclusion, EndReason, EndRequest, WithdrawalState};
use crate::validation::TEXT_MAX;
use crate::{Fact, FieldErrors, Referral, Refused, User};

impl Referral {
    /// Withdraws the referral, or closes it early. Concludes it at once; a report that is then due may still follow.
    /// `code` is one of the withdrawal reasons; the caller has looked.
    ///
    /// # Errors
    /// Concluded already, an end requested before, or the comments are too long.
    pub fn withdraw(
        &self,
        code: String,
        comments: String,
        state: WithdrawalState,
        by: &User,
        now: Timestamp,
    ) -> Result<Vec<Fact>, Refused> {
        self.ensure_no_end()?;
        check_comments(Some(&comments), COMMENTS_MAX)?;
        let concluded = self.delivery_state().concluded_state();
        Ok(vec![
            requested(EndReason::Withdrawal { code, comments, state }, by, now),
            Fact::Concluded(Conclusion { at: now, state: Some(concluded) }),
            Fact::Ended(concluded),
        ])
    }

    /// Requests an end in the older way: concluded at once where nothing was delivered, and otherwise when the report
    /// that is due has been submitted. `code` and `description` are one of the cancellation reasons.
    ///
    /// # Errors
    /// Concluded already, an end requested before, or the comments are too long.
    pub fn end(
        &self,
        code: String,
        description: String,
        comments: Option<String>,
        by: &User,
        now: Timestamp,
    ) -> Result<Vec<Fact>, Refused> {
        self.ensure_no_end()?;
        check_comments(comments.as_deref(), TEXT_MAX)?;
        let mut facts = vec![requested(EndReason::Cancellation { code, description, comments }, by, now)];
        facts.extend(self.conclusion_if_eligible(now));
        facts.push(Fact::Ended(self.final_state()));
        Ok(facts)
    }

    /// The nightly rule: a referral whose end was requested and that owes no report, by the state of its delivery, is
    /// concluded; a report that was begun and never became due does not hold it up.
    pub fn conclude_if_due(&self, now: Timestamp) -> Vec<Fact> {
        let conclusion = if self.end_request.is_some() { self.conclusion_if_eligible(now) } else { None };
        conclusion.into_iter().flat_map(|conclusion| [conclusion, Fact::Ended(self.final_state())]).collect()
    }

    /// Whether an end that has just been decided is the first to be announced. A request announces one, and so does
    /// what then follows later: the report that was due, or the conclusion by the nightly rule.
    pub(crate) fn ends_for_the_first_time(&self) -> bool {
        let Some(request) = &self.end_request else { return true };
        let report_submitted = self.report.as_ref().is_some_and(|report| report.submitted.is_some());
        !report_submitted && self.conclusion.is_none_or(|conclusion| conclusion.at == request.at)
    }

    /// The state in which the referral was concluded, or would be now.
    pub(crate) fn final_state(&self) -> ConcludedState {
        self.conclusion
            .and_then(|conclusion| conclusion.state)
            .unwrap_or_else(|| self.delivery_state().concluded_state())
    }

    /// The conclusion, unless there was one or a report is still owed.
    fn conclusion_if_eligible(&self, now: Timestamp) -> Option<Fact> {
        let state = self.delivery_state();
        let report_submitted = self.report.as_ref().is_some_and(|report| report.submitted.is_some());
        let waits = state.requires_report() && !report_submitted;
        (!self.is_concluded() && !waits)
            .then(|| Fact::Concluded(Conclusion { at: now, state: Some(state.concluded_state()) }))
    }

    fn ensure_no_end(&self) -> Result<(), Refused> {
        self.ensure_open()?;
        if self.end_request.is_some() {
            return Err(Refused::Conflict("an end to this referral was already requested"));
        }
        Ok(())
    }
}

fn requested(reason: EndReason, by: &User, now: Timestamp) -> Fact {
    Fact::EndRequested(EndRequest { at: now, by: by.clone(), reason: Some(reason) })
}

fn check_comments(comments: Option<&str>, max: usize) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    errors.limit(comments, "comments", max);
    errors.into_result()
}
