//! Addresses of our own that other systems and readers of e-mails are given.

use domain::appointment::Slot;
use domain::{ActionPlanId, AppointmentId, CaseNoteId, EndOfServiceReportId, ReferralId};

/// The public bases, without a trailing slash.
#[derive(Clone, Debug)]
pub struct Links {
    /// Of the REST API, for `detailUrl`.
    pub api: String,
    /// Of the pages, for people.
    pub ui: String,
}

impl Links {
    pub(crate) fn sent_referral(&self, id: ReferralId) -> String {
        format!("{}/sent-referral/{id}", self.api)
    }

    pub(crate) fn action_plan(&self, id: ActionPlanId) -> String {
        format!("{}/action-plan/{id}", self.api)
    }

    pub(crate) fn report(&self, id: EndOfServiceReportId) -> String {
        format!("{}/end-of-service-report/{id}", self.api)
    }

    pub(crate) fn slot(&self, referral: ReferralId, slot: Slot) -> String {
        match slot {
            Slot::Assessment(_) => format!("{}/sent-referral/{referral}/supplier-assessment", self.api),
            Slot::Session(_, number) => format!("{}/referral/{referral}/sessions/{number}", self.api),
        }
    }

    pub(crate) fn provider_details(&self, id: ReferralId) -> String {
        format!("{}/service-provider/referrals/{id}/details", self.ui)
    }

    pub(crate) fn provider_progress(&self, id: ReferralId) -> String {
        format!("{}/service-provider/referrals/{id}/progress", self.ui)
    }

    pub(crate) fn provider_plan(&self, id: ReferralId) -> String {
        format!("{}/service-provider/referrals/{id}/action-plan", self.ui)
    }

    pub(crate) fn provider_case_note(&self, id: CaseNoteId) -> String {
        format!("{}/service-provider/case-note/{id}", self.ui)
    }

    pub(crate) fn practitioner_details(&self, id: ReferralId) -> String {
        format!("{}/probation-practitioner/referrals/{id}/details", self.ui)
    }

    pub(crate) fn practitioner_progress(&self, id: ReferralId) -> String {
        format!("{}/probation-practitioner/referrals/{id}/progress", self.ui)
    }

    pub(crate) fn practitioner_plan(&self, id: ReferralId) -> String {
        format!("{}/probation-practitioner/referrals/{id}/action-plan", self.ui)
    }

    pub(crate) fn practitioner_report(&self, id: EndOfServiceReportId) -> String {
        format!("{}/probation-practitioner/end-of-service-report/{id}", self.ui)
    }

    pub(crate) fn practitioner_case_note(&self, id: CaseNoteId) -> String {
        format!("{}/probation-practitioner/case-note/{id}", self.ui)
    }

    pub(crate) fn operations(&self, id: ReferralId) -> String {
        format!("{}/operations/referrals/{id}", self.ui)
    }

    /// The page that shows an appointment's feedback.
    pub(crate) fn practitioner_feedback(&self, referral: ReferralId, slot: Slot, appointment: AppointmentId) -> String {
        match slot {
            Slot::Assessment(_) => format!(
                "{}/probation-practitioner/referrals/{referral}/supplier-assessment/post-assessment-feedback",
                self.ui
            ),
            Slot::Session(_, number) => format!(
                "{}/probation-practitioner/referrals/{referral}/session/{number}/appointment/{appointment}/post-session-feedback",
                self.ui
            ),
        }
    }

    /// The page that a note in Delius about an appointment leads to.
    pub(crate) fn practitioner_slot(&self, referral: ReferralId, slot: Slot) -> String {
        match slot {
            Slot::Assessment(_) => {
                format!("{}/probation-practitioner/referrals/{referral}/supplier-assessment", self.ui)
            }
            Slot::Session(..) => self.practitioner_progress(referral),
        }
    }
}
