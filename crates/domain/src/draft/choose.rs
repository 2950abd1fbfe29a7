//! Complexity levels, desired outcomes and the redacted risk of a draft: each replaced as a whole.

use jiff::Timestamp;

use super::{DraftDetails, DraftReferral, DraftRisk, DraftState, RedactedRisk};
use crate::catalogue::{Intervention, ServiceCategory};
use crate::person::PersonDetails;
use crate::referral::{Location, Needs, Practitioner, Selection};
use crate::validation::TEXT_MAX;
use crate::{ComplexityLevelId, Crn, DesiredOutcomeId, FieldErrors, ReferralId, Refused, User};

impl DraftReferral {
    /// Begins a draft. The only service category of a contract is chosen already.
    pub fn begin(id: ReferralId, crn: Crn, intervention: Intervention, by: &User, now: Timestamp) -> Self {
        let mut selection = Selection::default();
        if let [only] = intervention.contract.service_categories.as_slice() {
            selection.service_categories.insert(*only);
        }
        Self {
            id,
            version: 0,
            created_at: now,
            created_by: by.clone(),
            changed_at: now,
            crn,
            person: PersonDetails::default(),
            intervention,
            relevant_sentence_id: None,
            details: DraftDetails::default(),
            needs: Needs::default(),
            selection,
            location: Location::default(),
            already_know_prison_name: None,
            allocated_community_pp: None,
            has_valid_delius_pp_details: None,
            has_main_point_of_contact: None,
            practitioner: Practitioner::default(),
            risk: DraftRisk::default(),
            state: DraftState::Editing,
        }
    }

    /// Chooses the complexity level of one selected category.
    ///
    /// # Errors
    /// Sending or sent; the category is not selected; the level is not one of its own.
    pub fn choose_complexity(
        &self,
        category: &ServiceCategory,
        level: ComplexityLevelId,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        self.ensure_editing()?;
        self.ensure_selected(category)?;
        if category.complexity_levels.iter().all(|own| own.id != level) {
            return Err(Refused::Bad(format!(
                "complexity level {level} is not one of service category {}",
                category.id
            )));
        }
        let mut changed = self.changed_at(now);
        changed.selection.complexity_levels.insert(category.id, level);
        Ok(changed)
    }

    /// Chooses the desired outcomes of one selected category, in place of those chosen before.
    ///
    /// # Errors
    /// Sending or sent; none given; the category is not selected; an outcome is not one of its own, or not offered on
    /// the contract.
    pub fn choose_outcomes(
        &self,
        category: &ServiceCategory,
        outcomes: &[DesiredOutcomeId],
        now: Timestamp,
    ) -> Result<Self, Refused> {
        self.ensure_editing()?;
        if outcomes.is_empty() {
            return Err(Refused::Bad("desired outcomes cannot be empty".to_owned()));
        }
        self.ensure_selected(category)?;
        let contract = &self.intervention.contract.reference;
        for outcome in outcomes {
            let Some(own) = category.desired_outcomes.iter().find(|own| own.id == *outcome) else {
                let id = category.id;
                return Err(Refused::Bad(format!("desired outcome {outcome} is not one of service category {id}")));
            };
            if !own.is_offered_on(contract) {
                return Err(Refused::Bad(format!("desired outcome {outcome} is not offered on contract {contract}")));
            }
        }
        let mut changed = self.changed_at(now);
        changed.selection.desired_outcomes.insert(category.id, outcomes.iter().copied().collect());
        Ok(changed)
    }

    /// Replaces the redacted risk assessment.
    ///
    /// # Errors
    /// Sending or sent; a text is too long.
    pub fn redact_risk(&self, risk: RedactedRisk, by: &User, now: Timestamp) -> Result<Self, Refused> {
        self.ensure_editing()?;
        let mut errors = FieldErrors::default();
        for (field, text) in [
            ("riskSummaryWhoIsAtRisk", &risk.who_is_at_risk),
            ("riskSummaryNatureOfRisk", &risk.nature_of_risk),
            ("riskSummaryRiskImminence", &risk.risk_imminence),
            ("riskToSelfSuicide", &risk.suicide),
            ("riskToSelfSelfHarm", &risk.self_harm),
            ("riskToSelfHostelSetting", &risk.hostel_setting),
            ("riskToSelfVulnerability", &risk.vulnerability),
            ("additionalInformation", &risk.additional_information),
        ] {
            errors.limit(text.as_deref(), field, TEXT_MAX);
        }
        errors.into_result()?;
        let mut changed = self.changed_at(now);
        changed.risk.redacted = Some((risk, now, by.clone()));
        Ok(changed)
    }

    /// A draft is changed only while it is being written.
    pub(super) fn ensure_editing(&self) -> Result<(), Refused> {
        match self.state {
            DraftState::Editing => Ok(()),
            DraftState::Sending(_) => Err(Refused::Conflict("the referral is being sent")),
            DraftState::Sent => Err(Refused::Conflict("the referral was already sent")),
        }
    }

    /// A copy that is about to be changed.
    pub(super) fn changed_at(&self, now: Timestamp) -> Self {
        Self { changed_at: now, ..self.clone() }
    }

    fn ensure_selected(&self, category: &ServiceCategory) -> Result<(), Refused> {
        if self.selection.service_categories.is_empty() {
            return Err(Refused::Bad("no service categories have been selected".to_owned()));
        }
        if !self.selection.service_categories.contains(&category.id) {
            return Err(Refused::Bad(format!("service category {} has not been selected", category.id)));
        }
        Ok(())
    }
}
