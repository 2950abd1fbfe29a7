//! Sending a draft: everything is checked and fixed first, then the risk text is handed over outside, then the
//! referral comes to be. A repeat says the same as the first attempt.

use jiff::Timestamp;

use super::{DraftDetails, DraftReferral, DraftRisk, DraftState, Handover, RedactedRisk, Reservation};
use crate::ending::ReferralStatus;
use crate::referral::{Location, LocationType, ReferralDetails, RelevantSentence, SupplierAssessment};
use crate::validation::is_blank;
use crate::{Referral, ReferralDetailsId, ReferralReference, Refused, SupplierAssessmentId, User};

/// What the risk system is given: one form or the other, never both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RiskToHandOver<'a> {
    /// The redacted assessment.
    Redacted {
        /// Its texts.
        risk: &'a RedactedRisk,
        /// When it was last changed.
        at: Timestamp,
        /// By whom.
        by: &'a User,
    },
    /// A single free text.
    FreeText {
        /// The text.
        text: &'a str,
        /// When it was last changed.
        at: Timestamp,
    },
}

impl std::fmt::Debug for RiskToHandOver<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RiskToHandOver(***)")
    }
}

/// Ids for what comes to be with a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewReferralIds {
    /// The first version of its details.
    pub details: ReferralDetailsId,
    /// Its supplier assessment.
    pub assessment: SupplierAssessmentId,
}

impl DraftReferral {
    /// Begins to send: checks what the provider cannot do without, fixes reference number, time and sender, and
    /// freezes the draft. A draft that is being sent keeps what was fixed. `draw` gives a reference number that is
    /// free.
    ///
    /// # Errors
    /// Sent already; the first thing that is missing.
    pub fn start_sending(
        &self,
        by: &User,
        now: Timestamp,
        draw: impl FnOnce() -> ReferralReference,
    ) -> Result<Self, Refused> {
        match self.state {
            DraftState::Sent => return Err(Refused::Conflict("the referral was already sent")),
            DraftState::Sending(_) => return Ok(self.clone()),
            DraftState::Editing => self.ensure_sendable()?,
        }
        let mut sending = self.changed_at(now);
        sending.state = DraftState::Sending(Reservation { reference: draw(), sent_at: now, sent_by: by.clone() });
        Ok(sending)
    }

    /// Makes a draft that is being sent editable again. Only while the risk system holds no record of it; the caller
    /// has asked.
    ///
    /// # Errors
    /// Sent already.
    pub fn stop_sending(&self, now: Timestamp) -> Result<Self, Refused> {
        match self.state {
            DraftState::Sent => Err(Refused::Conflict("the referral was already sent")),
            DraftState::Editing => Ok(self.clone()),
            DraftState::Sending(_) => Ok(Self { state: DraftState::Editing, ..self.changed_at(now) }),
        }
    }

    /// What the risk system is given: the redacted assessment where there is one, else the free text.
    pub fn risk_to_hand_over(&self) -> Option<RiskToHandOver<'_>> {
        match (&self.risk.redacted, &self.risk.free_text) {
            (Some((risk, at, by)), _) => Some(RiskToHandOver::Redacted { risk, at: *at, by }),
            (None, Some((text, at))) => Some(RiskToHandOver::FreeText { text, at: *at }),
            (None, None) => None,
        }
    }

    /// Finishes sending once the risk system has answered: the draft, without any risk text, and the referral, whose
    /// first fact is [`crate::Fact::Sent`].
    ///
    /// # Errors
    /// Not being sent, or sent already.
    pub fn finish_sending(
        &self,
        handover: Handover,
        ids: NewReferralIds,
        now: Timestamp,
    ) -> Result<(Self, Referral), Refused> {
        let reservation = match &self.state {
            DraftState::Sending(reservation) => reservation.clone(),
            DraftState::Editing => return Err(Refused::Conflict("the referral is not being sent")),
            DraftState::Sent => return Err(Refused::Conflict("the referral was already sent")),
        };
        let sentence_id = self.relevant_sentence_id.ok_or(NO_SENTENCE)?;
        let referral = Referral {
            id: self.id,
            version: 0,
            reference: reservation.reference,
            created_at: self.created_at,
            created_by: self.created_by.clone(),
            sent_at: reservation.sent_at,
            sent_by: reservation.sent_by,
            crn: self.crn.clone(),
            person: self.person.clone(),
            intervention: self.intervention.clone(),
            sentence: RelevantSentence { id: sentence_id, expected_end: handover.expected_sentence_end },
            details: Some(self.first_details(ids.details)),
            needs: self.needs.clone(),
            selection: self.selection.clone(),
            location: self.sent_location(),
            practitioner: self.practitioner.clone(),
            supplementary_risk_id: handover.supplementary_risk_id,
            has_main_point_of_contact: self.has_main_point_of_contact,
            assignments: Vec::new(),
            assessment: SupplierAssessment { id: ids.assessment, appointments: Vec::new() },
            plans: Vec::new(),
            sessions: Vec::new(),
            report: None,
            end_request: None,
            conclusion: None,
            status: ReferralStatus::PreIca,
        };
        let draft = Self { risk: DraftRisk::default(), state: DraftState::Sent, ..self.changed_at(now) };
        Ok((draft, referral))
    }

    fn ensure_sendable(&self) -> Result<(), Refused> {
        let location = &self.location;
        let says_when_released = location.releasing_in_12_weeks.is_some()
            || location.expected_release_date.is_some()
            || !is_blank(location.expected_release_date_missing_reason.as_deref());
        if location.location_type == Some(LocationType::Custody) && !says_when_released {
            return Err(Refused::Unmet(
                "a referral from custody needs a release date, why there is none, or whether release is within 12 weeks",
            ));
        }
        if self.risk_to_hand_over().is_none() {
            return Err(Refused::Unmet("a referral needs risk information"));
        }
        if location.location_type.is_none() {
            return Err(Refused::Unmet("a referral needs the person's current location"));
        }
        self.relevant_sentence_id.map(|_| ()).ok_or(NO_SENTENCE)
    }

    fn first_details(&self, id: ReferralDetailsId) -> ReferralDetails {
        let DraftDetails {
            completion_deadline,
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_further_information,
            reason_for_referral_before_allocation,
        } = self.details.clone();
        ReferralDetails {
            id,
            created_at: self.created_at,
            created_by_id: self.created_by.id.clone(),
            reason_for_change: "initial referral details".to_owned(),
            completion_deadline,
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_further_information,
            reason_for_referral_before_allocation,
        }
    }

    /// In custody, the practitioner's office stands in for the office expected after release, unless that is said not
    /// to be known.
    fn sent_location(&self) -> Location {
        let mut location = self.location.clone();
        let is_open =
            location.expected_probation_office.is_none() && location.expected_probation_office_unknown_reason.is_none();
        if location.location_type == Some(LocationType::Custody) && is_open {
            location.expected_probation_office.clone_from(&self.practitioner.probation_office);
        }
        location
    }
}

const NO_SENTENCE: Refused = Refused::Unmet("a referral needs the relevant sentence");
