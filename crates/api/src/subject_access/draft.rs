//! Drafts that were not sent.

use app::subject_access::Export;
use domain::DraftReferral;
use domain::draft::{DraftDetails, RedactedRisk};
use domain::referral::LocationType;
use schemars::JsonSchema;
use serde::Serialize;

use super::choice::{SarCategory, SarContract, SarPerson, SarPractitioner, categories};
use super::text::{day, or_empty, time};
use crate::word::Word;

/// A draft.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarDraftReferral")]
pub(super) struct SarDraft {
    created_at: Option<String>,
    accessibility_needs: String,
    additional_needs_information: String,
    when_unavailable: String,
    interpreting_language: Option<String>,
    needs_interpreter: bool,
    has_additional_responsibilities: Option<bool>,
    draft_supplementary_risk: Option<String>,
    draft_supplementary_risk_updated_at: Option<String>,
    person_current_location_type: Option<Word<LocationType>>,
    person_custody_prison_id: Option<String>,
    person_expected_release_date: Option<String>,
    person_expected_release_date_missing_reason: Option<String>,
    referral_releasing_12_weeks: Option<bool>,
    already_know_prison_name: Option<bool>,
    allocated_community_pp: Option<bool>,
    valid_delius_pp_details: Option<bool>,
    has_main_point_of_contact_details: Option<bool>,
    role_job_title: Option<String>,
    service_user_crn: Option<String>,
    expected_probation_office: Option<String>,
    expected_probation_office_unknown_reason: Option<String>,
    contract: Option<SarContract>,
    person: SarPerson,
    service_categories: Vec<SarCategory>,
    probation_practitioner_details: SarPractitioner,
    referral_details: SarDraftDetails,
    oasys_risk_information: Option<SarRisk>,
}

/// What is said about the referral itself.
#[derive(Debug, Serialize, JsonSchema)]
struct SarDraftDetails {
    completion_deadline: Option<String>,
    further_information: Option<String>,
    maximum_enforceable_days: Option<i32>,
    reason_for_referral: Option<String>,
    reason_for_referral_before_allocation: Option<String>,
    reason_for_referral_further_information: Option<String>,
}

impl From<&DraftDetails> for SarDraftDetails {
    fn from(details: &DraftDetails) -> Self {
        let DraftDetails {
            completion_deadline,
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_further_information,
            reason_for_referral_before_allocation,
        } = details.clone();
        Self {
            completion_deadline: completion_deadline.map(day),
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_before_allocation,
            reason_for_referral_further_information,
        }
    }
}

/// The edited risk assessment.
#[derive(Debug, Serialize, JsonSchema)]
struct SarRisk {
    updated_at: String,
    risk_summary_who_is_at_risk: Option<String>,
    risk_summary_nature_of_risk: Option<String>,
    risk_summary_risk_imminence: Option<String>,
    risk_to_self_suicide: Option<String>,
    risk_to_self_self_harm: Option<String>,
    risk_to_self_hostel_setting: Option<String>,
    risk_to_self_vulnerability: Option<String>,
    additional_information: Option<String>,
}

impl SarDraft {
    /// The draft, as half-finished as it is.
    pub(super) fn new(draft: &DraftReferral, export: &Export) -> Self {
        let (needs, location) = (draft.needs.clone(), draft.location.clone());
        let intervention = draft.intervention.id;
        let risk = draft.risk.redacted.as_ref().map(|(risk, updated_at, _)| {
            let RedactedRisk {
                who_is_at_risk,
                nature_of_risk,
                risk_imminence,
                suicide,
                self_harm,
                hostel_setting,
                vulnerability,
                additional_information,
            } = risk.clone();
            SarRisk {
                updated_at: time(*updated_at),
                risk_summary_who_is_at_risk: who_is_at_risk,
                risk_summary_nature_of_risk: nature_of_risk,
                risk_summary_risk_imminence: risk_imminence,
                risk_to_self_suicide: suicide,
                risk_to_self_self_harm: self_harm,
                risk_to_self_hostel_setting: hostel_setting,
                risk_to_self_vulnerability: vulnerability,
                additional_information,
            }
        });
        Self {
            created_at: Some(time(draft.created_at)),
            accessibility_needs: or_empty(needs.accessibility_needs.as_ref()),
            additional_needs_information: or_empty(needs.additional_needs_information.as_ref()),
            when_unavailable: or_empty(needs.when_unavailable.as_ref()),
            interpreting_language: needs.interpreter_language,
            needs_interpreter: needs.needs_interpreter.unwrap_or_default(),
            has_additional_responsibilities: needs.has_additional_responsibilities,
            draft_supplementary_risk: draft.risk.free_text.as_ref().map(|(text, _)| text.clone()),
            draft_supplementary_risk_updated_at: draft.risk.free_text.as_ref().map(|(_, at)| time(*at)),
            person_current_location_type: location.location_type.map(Word),
            person_custody_prison_id: location.prison_id,
            person_expected_release_date: location.expected_release_date.map(day),
            person_expected_release_date_missing_reason: location.expected_release_date_missing_reason,
            referral_releasing_12_weeks: location.releasing_in_12_weeks,
            already_know_prison_name: draft.already_know_prison_name,
            allocated_community_pp: draft.allocated_community_pp,
            valid_delius_pp_details: draft.has_valid_delius_pp_details,
            has_main_point_of_contact_details: draft.has_main_point_of_contact,
            role_job_title: draft.practitioner.role_or_job_title.clone(),
            service_user_crn: Some(draft.crn.as_str().to_owned()),
            expected_probation_office: location.expected_probation_office,
            expected_probation_office_unknown_reason: location.expected_probation_office_unknown_reason,
            contract: SarContract::of(intervention, export),
            person: (&draft.person).into(),
            service_categories: categories(&draft.selection, intervention, export),
            probation_practitioner_details: (&draft.practitioner).into(),
            referral_details: (&draft.details).into(),
            oasys_risk_information: risk,
        }
    }
}
