//! Moving a referral to another contract: the decision, and what is left on the referral to say so.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::case_note::CaseNote;
use crate::catalogue::Intervention;
use crate::{CaseNoteId, Fact, Referral, Refused, ServiceCategoryId, User};

impl Referral {
    /// Moves the referral to another contract and leaves a note that says so. Nothing happens when it is there
    /// already, so that a transfer may be repeated.
    ///
    /// # Errors
    /// The other contract buys another kind of service (Delius files the activity under the kind), or does not cover
    /// a service category that was chosen.
    pub fn transfer(
        &self,
        to: &Intervention,
        note: CaseNoteId,
        by: &User,
        now: Timestamp,
    ) -> Result<Vec<Fact>, Refused> {
        if self.intervention.id == to.id {
            return Ok(Vec::new());
        }
        if self.intervention.contract.contract_type.id != to.contract.contract_type.id {
            return Err(Refused::Conflict("the other contract is of another type"));
        }
        let covered: BTreeSet<ServiceCategoryId> = to.contract.service_categories.iter().copied().collect();
        if !self.selection.service_categories.is_subset(&covered) {
            return Err(Refused::Conflict("the other contract does not cover every chosen service category"));
        }
        let (from, to_reference) = (&self.intervention.contract.reference, &to.contract.reference);
        let note = CaseNote {
            id: note,
            referral_id: self.id,
            subject: "Case transferred".to_owned(),
            body: format!("This case was moved from contract {from} to contract {to_reference}."),
            sent_at: now,
            sent_by: by.clone(),
        };
        let transferred = Fact::Transferred(Box::new(to.clone()));
        Ok(vec![transferred, Fact::CaseNoteAdded { note, tell_practitioner: false }])
    }
}
