//! The requests that change a draft, as they are sent.

use domain::draft::{ContactPlace, DraftPatch, RedactedRisk};
use domain::referral::Practitioner;
use domain::{ComplexityLevelId, Crn, DesiredOutcomeId, ErrorCode, FieldErrors, InterventionId, ServiceCategoryId};
use serde_json::{Value, json};

use crate::body::{Member, Members, Object};
use crate::wire::ServiceUserUpdate;

/// The number of the case to refer. With anything but letters and digits in it, it names nobody, so nobody is asked
/// about it.
struct CaseNumber(Crn);

impl Member for CaseNumber {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        let crn = String::read(value, path, faults)?;
        match crn.as_bytes() {
            [] => faults.add(path, ErrorCode::CannotBeEmpty),
            crn if crn.iter().all(u8::is_ascii_alphanumeric) => {}
            _ => faults.add(path, ErrorCode::InvalidFormat),
        }
        Some(Self(Crn(crn)))
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9]+$" })
    }
}

/// Whom to refer to what.
pub(crate) struct CreateRequest(pub(crate) Crn, pub(crate) InterventionId);

impl Object for CreateRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (crn, intervention) = (members.required("serviceUserCrn"), members.required("interventionId"));
        let CaseNumber(crn) = crn?;
        Some(Self(crn, intervention?))
    }
}

/// Which of two places the contact's office is; an empty text is neither.
struct ContactPlaceName(Option<ContactPlace>);

impl Member for ContactPlaceName {
    fn read(value: &Value, path: &str, faults: &mut FieldErrors) -> Option<Self> {
        let place = match String::read(value, path, faults)?.as_str() {
            "" => None,
            "establishment" => Some(ContactPlace::Establishment),
            "probation office" => Some(ContactPlace::ProbationOffice),
            _ => {
                faults.add(path, ErrorCode::InvalidValue);
                return None;
            }
        };
        Some(Self(place))
    }

    fn schema() -> Value {
        json!({ "type": "string", "enum": ["establishment", "probation office", ""] })
    }
}

/// Answers to change.
pub(crate) struct PatchRequest(pub(crate) DraftPatch);

impl Object for PatchRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let person: Option<ServiceUserUpdate> = members.optional("serviceUser");
        let place: Option<ContactPlaceName> = members.optional("ppLocationType");
        let contact_place = place.and_then(|ContactPlaceName(place)| place);
        Some(Self(DraftPatch {
            completion_deadline: members.optional("completionDeadline"),
            further_information: members.optional("furtherInformation"),
            maximum_enforceable_days: members.optional("maximumEnforceableDays"),
            reason_for_referral: members.optional("reasonForReferral"),
            reason_for_referral_further_information: members.optional("reasonForReferralFurtherInformation"),
            reason_for_referral_before_allocation: members.optional("reasonForReferralCreationBeforeAllocation"),
            service_category_ids: members.optional("serviceCategoryIds"),
            additional_needs_information: members.optional("additionalNeedsInformation"),
            accessibility_needs: members.optional("accessibilityNeeds"),
            needs_interpreter: members.optional("needsInterpreter"),
            interpreter_language: members.optional("interpreterLanguage"),
            has_additional_responsibilities: members.optional("hasAdditionalResponsibilities"),
            when_unavailable: members.optional("whenUnavailable"),
            additional_risk_information: members.optional("additionalRiskInformation"),
            person: person.map(|ServiceUserUpdate(crn, person)| (crn, person)),
            relevant_sentence_id: members.optional("relevantSentenceId"),
            location_type: members.optional("personCurrentLocationType"),
            already_know_prison_name: members.optional("alreadyKnowPrisonName"),
            prison_id: members.optional("personCustodyPrisonId"),
            has_expected_release_date: members.optional("hasExpectedReleaseDate"),
            expected_release_date: members.optional("expectedReleaseDate"),
            expected_release_date_missing_reason: members.optional("expectedReleaseDateMissingReason"),
            releasing_in_12_weeks: members.optional("isReferralReleasingIn12Weeks"),
            expected_probation_office: members.optional("expectedProbationOffice"),
            expected_probation_office_unknown_reason: members.optional("expectedProbationOfficeUnKnownReason"),
            allocated_community_pp: members.optional("allocatedCommunityPP"),
            has_valid_delius_pp_details: members.optional("hasValidDeliusPPDetails"),
            has_main_point_of_contact: members.optional("hasMainPointOfContactDetails"),
            contact_place,
            practitioner: Practitioner {
                ndelius_name: members.optional("ndeliusPPName"),
                ndelius_email: members.optional("ndeliusPPEmailAddress"),
                ndelius_pdu: members.optional("ndeliusPDU"),
                ndelius_phone: members.optional("ndeliusPhoneNumber"),
                ndelius_team_phone: members.optional("ndeliusTeamPhoneNumber"),
                name: members.optional("ppName"),
                email: members.optional("ppEmailAddress"),
                pdu: members.optional("ppPdu"),
                phone: members.optional("ppPhoneNumber"),
                team_phone: members.optional("ppTeamPhoneNumber"),
                probation_office: members.optional("ppProbationOffice"),
                role_or_job_title: members.optional("roleOrJobTitle"),
                establishment: members.optional("ppEstablishment"),
            },
        }))
    }
}

/// The complexity level of one category.
pub(crate) struct ComplexityRequest(pub(crate) ServiceCategoryId, pub(crate) ComplexityLevelId);

impl Object for ComplexityRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (category, level) = (members.required("serviceCategoryId"), members.required("complexityLevelId"));
        Some(Self(category?, level?))
    }
}

/// The outcomes of one category.
pub(crate) struct OutcomesRequest(pub(crate) ServiceCategoryId, pub(crate) Vec<DesiredOutcomeId>);

impl Object for OutcomesRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (category, outcomes) = (members.required("serviceCategoryId"), members.required("desiredOutcomesIds"));
        Some(Self(category?, outcomes?))
    }
}

/// The redacted risk assessment that replaces the one that is held.
pub(crate) struct RiskRequest(pub(crate) RedactedRisk);

impl Object for RiskRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        Some(Self(RedactedRisk {
            who_is_at_risk: members.optional("riskSummaryWhoIsAtRisk"),
            nature_of_risk: members.optional("riskSummaryNatureOfRisk"),
            risk_imminence: members.optional("riskSummaryRiskImminence"),
            suicide: members.optional("riskToSelfSuicide"),
            self_harm: members.optional("riskToSelfSelfHarm"),
            hostel_setting: members.optional("riskToSelfHostelSetting"),
            vulnerability: members.optional("riskToSelfVulnerability"),
            additional_information: members.optional("additionalInformation"),
        }))
    }
}
