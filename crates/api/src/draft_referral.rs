//! Draft referrals: the view of a half-made referral, which a sent one nests as well, and what can be done with it.

mod request;

use std::collections::BTreeMap;

use domain::draft::{DraftDetails, RedactedRisk};
use domain::referral::{Location, LocationType, Needs, Practitioner, Selection};
use domain::{ComplexityLevelId, Crn, DesiredOutcomeId, DraftReferral, Referral, ReferralId, ServiceCategoryId};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, Created, ok};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Body, Id, Origin};
use crate::sent_referral::WireReferral;
use crate::wire::{ServiceProvider, ServiceUser};
use crate::word::Word;

pub(crate) use self::request::{ComplexityRequest, CreateRequest, OutcomesRequest, PatchRequest, RiskRequest};

/// The complexity level that was chosen for one service category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReferralComplexityLevel")]
pub(crate) struct WireComplexityLevel {
    service_category_id: Uuid,
    complexity_level_id: Uuid,
}

/// The outcomes that were chosen for one service category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SelectedDesiredOutcomes")]
pub(crate) struct WireDesiredOutcomes {
    service_category_id: Uuid,
    desired_outcomes_ids: Vec<Uuid>,
}

/// What a referral says, whether it is still a draft or nested in a sent one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SentReferralFields")]
pub(crate) struct ReferralFields {
    id: Uuid,
    created_at: Timestamp,
    completion_deadline: Option<Date>,
    service_category_ids: Option<Vec<Uuid>>,
    complexity_levels: Option<Vec<WireComplexityLevel>>,
    further_information: Option<String>,
    additional_needs_information: Option<String>,
    accessibility_needs: Option<String>,
    needs_interpreter: Option<bool>,
    interpreter_language: Option<String>,
    has_additional_responsibilities: Option<bool>,
    when_unavailable: Option<String>,
    maximum_enforceable_days: Option<i32>,
    desired_outcomes: Option<Vec<WireDesiredOutcomes>>,
    service_user: ServiceUser,
    service_provider: ServiceProvider,
    relevant_sentence_id: Option<i64>,
    intervention_id: Uuid,
    contract_type_name: String,
    person_current_location_type: Option<Word<LocationType>>,
    already_know_prison_name: Option<bool>,
    person_custody_prison_id: Option<String>,
    has_expected_release_date: Option<bool>,
    expected_release_date: Option<Date>,
    expected_release_date_missing_reason: Option<String>,
    #[serde(rename = "ndeliusPPName")]
    ndelius_pp_name: Option<String>,
    #[serde(rename = "ndeliusPPEmailAddress")]
    ndelius_pp_email_address: Option<String>,
    #[serde(rename = "ndeliusPDU")]
    ndelius_pdu: Option<String>,
    ndelius_phone_number: Option<String>,
    ndelius_team_phone_number: Option<String>,
    pp_name: Option<String>,
    pp_email_address: Option<String>,
    pp_pdu: Option<String>,
    pp_probation_office: Option<String>,
    pp_establishment: Option<String>,
    pp_phone_number: Option<String>,
    pp_team_phone_number: Option<String>,
    #[serde(rename = "hasValidDeliusPPDetails")]
    has_valid_delius_pp_details: Option<bool>,
    has_main_point_of_contact_details: Option<bool>,
    #[serde(rename = "isReferralReleasingIn12Weeks")]
    is_referral_releasing_in_12_weeks: Option<bool>,
    role_or_job_title: Option<String>,
    pp_location_type: Option<String>,
    #[serde(rename = "allocatedCommunityPP")]
    allocated_community_pp: Option<bool>,
    reason_for_referral: Option<String>,
    reason_for_referral_further_information: Option<String>,
    expected_probation_office: Option<String>,
    #[serde(rename = "expectedProbationOfficeUnKnownReason")]
    expected_probation_office_unknown_reason: Option<String>,
    reason_for_referral_creation_before_allocation: Option<String>,
    dynamic_framework_contract_reference: String,
}

/// A draft, and the form in which a withdrawn referral nests its fields: with the free risk text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DraftReferral")]
pub(crate) struct WireDraft {
    #[serde(flatten)]
    fields: ReferralFields,
    additional_risk_information: Option<String>,
}

/// The parts that a draft and a sent referral hold alike, and those that each works out in its own way.
struct Parts<'a> {
    id: Uuid,
    created_at: Timestamp,
    crn: &'a Crn,
    person: &'a domain::person::PersonDetails,
    intervention: &'a domain::catalogue::Intervention,
    relevant_sentence_id: Option<i64>,
    details: DraftDetails,
    needs: &'a Needs,
    selection: &'a Selection,
    location: &'a Location,
    practitioner: &'a Practitioner,
    already_know_prison_name: Option<bool>,
    allocated_community_pp: Option<bool>,
    has_valid_delius_pp_details: Option<bool>,
    has_main_point_of_contact: Option<bool>,
}

impl From<Parts<'_>> for ReferralFields {
    fn from(parts: Parts<'_>) -> Self {
        let DraftDetails {
            completion_deadline,
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_further_information,
            reason_for_referral_before_allocation,
        } = parts.details;
        let Needs {
            additional_needs_information,
            accessibility_needs,
            needs_interpreter,
            interpreter_language,
            has_additional_responsibilities,
            when_unavailable,
        } = parts.needs.clone();
        let Location {
            location_type,
            prison_id,
            expected_release_date,
            expected_release_date_missing_reason,
            releasing_in_12_weeks,
            expected_probation_office,
            expected_probation_office_unknown_reason,
        } = parts.location.clone();
        let Practitioner {
            ndelius_name,
            ndelius_email,
            ndelius_pdu,
            ndelius_phone,
            ndelius_team_phone,
            name,
            email,
            pdu,
            phone,
            team_phone,
            probation_office,
            role_or_job_title,
            establishment,
        } = parts.practitioner.clone();
        let Selection { service_categories, complexity_levels, desired_outcomes } = parts.selection;
        Self {
            id: parts.id,
            created_at: parts.created_at,
            completion_deadline,
            service_category_ids: filled(service_categories.iter().map(|id| id.0).collect()),
            complexity_levels: wire_levels(complexity_levels),
            further_information,
            additional_needs_information,
            accessibility_needs,
            needs_interpreter,
            interpreter_language,
            has_additional_responsibilities,
            when_unavailable,
            maximum_enforceable_days,
            desired_outcomes: wire_outcomes(desired_outcomes),
            service_user: ServiceUser::new(parts.crn, parts.person),
            service_provider: (&parts.intervention.contract.prime_provider).into(),
            relevant_sentence_id: parts.relevant_sentence_id,
            intervention_id: parts.intervention.id.0,
            contract_type_name: parts.intervention.contract.contract_type.name.clone(),
            person_current_location_type: location_type.map(Word),
            already_know_prison_name: parts.already_know_prison_name,
            person_custody_prison_id: prison_id,
            has_expected_release_date: None,
            expected_release_date,
            expected_release_date_missing_reason,
            ndelius_pp_name: ndelius_name,
            ndelius_pp_email_address: ndelius_email,
            ndelius_pdu,
            ndelius_phone_number: ndelius_phone,
            ndelius_team_phone_number: ndelius_team_phone,
            pp_name: name,
            pp_email_address: email,
            pp_pdu: pdu,
            pp_probation_office: probation_office,
            pp_establishment: establishment,
            pp_phone_number: phone,
            pp_team_phone_number: team_phone,
            has_valid_delius_pp_details: parts.has_valid_delius_pp_details,
            has_main_point_of_contact_details: parts.has_main_point_of_contact,
            is_referral_releasing_in_12_weeks: releasing_in_12_weeks,
            role_or_job_title,
            pp_location_type: None,
            allocated_community_pp: parts.allocated_community_pp,
            reason_for_referral,
            reason_for_referral_further_information,
            expected_probation_office,
            expected_probation_office_unknown_reason,
            reason_for_referral_creation_before_allocation: reason_for_referral_before_allocation,
            dynamic_framework_contract_reference: parts.intervention.contract.reference.clone(),
        }
    }
}

/// A selection with nothing in it is null on the wire, never an empty list.
fn filled<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn wire_levels(levels: &BTreeMap<ServiceCategoryId, ComplexityLevelId>) -> Option<Vec<WireComplexityLevel>> {
    let wire = |(category, level): (&ServiceCategoryId, &ComplexityLevelId)| WireComplexityLevel {
        service_category_id: category.0,
        complexity_level_id: level.0,
    };
    filled(levels.iter().map(wire).collect())
}

fn wire_outcomes(
    outcomes: &BTreeMap<ServiceCategoryId, std::collections::BTreeSet<DesiredOutcomeId>>,
) -> Option<Vec<WireDesiredOutcomes>> {
    let chosen = outcomes.iter().filter(|(_, ids)| !ids.is_empty());
    let wire = chosen.map(|(category, ids)| WireDesiredOutcomes {
        service_category_id: category.0,
        desired_outcomes_ids: ids.iter().map(|id| id.0).collect(),
    });
    filled(wire.collect())
}

impl From<&DraftReferral> for WireDraft {
    fn from(draft: &DraftReferral) -> Self {
        let DraftReferral {
            id,
            version: _,
            created_at,
            created_by: _,
            changed_at: _,
            crn,
            person,
            intervention,
            relevant_sentence_id,
            details,
            needs,
            selection,
            location,
            already_know_prison_name,
            allocated_community_pp,
            has_valid_delius_pp_details,
            has_main_point_of_contact,
            practitioner,
            risk,
            state: _,
        } = draft;
        let fields = Parts {
            id: id.0,
            created_at: *created_at,
            crn,
            person,
            intervention,
            relevant_sentence_id: *relevant_sentence_id,
            details: details.clone(),
            needs,
            selection,
            location,
            practitioner,
            already_know_prison_name: *already_know_prison_name,
            allocated_community_pp: *allocated_community_pp,
            has_valid_delius_pp_details: *has_valid_delius_pp_details,
            has_main_point_of_contact: *has_main_point_of_contact,
        };
        Self {
            fields: fields.into(),
            additional_risk_information: risk.free_text.as_ref().map(|(text, _)| text.clone()),
        }
    }
}

impl From<&Referral> for ReferralFields {
    fn from(referral: &Referral) -> Self {
        let details = referral.details.as_ref().map_or_else(DraftDetails::default, |details| DraftDetails {
            completion_deadline: details.completion_deadline,
            further_information: details.further_information.clone(),
            maximum_enforceable_days: details.maximum_enforceable_days,
            reason_for_referral: details.reason_for_referral.clone(),
            reason_for_referral_further_information: details.reason_for_referral_further_information.clone(),
            reason_for_referral_before_allocation: details.reason_for_referral_before_allocation.clone(),
        });
        let known_to_delius = &referral.practitioner;
        let has_valid_delius_pp_details = known_to_delius.ndelius_name.is_some()
            || known_to_delius.ndelius_email.is_some()
            || known_to_delius.ndelius_pdu.is_some();
        Parts {
            id: referral.id.0,
            created_at: referral.created_at,
            crn: &referral.crn,
            person: &referral.person,
            intervention: &referral.intervention,
            relevant_sentence_id: Some(referral.sentence.id),
            details,
            needs: &referral.needs,
            selection: &referral.selection,
            location: &referral.location,
            practitioner: &referral.practitioner,
            already_know_prison_name: None,
            allocated_community_pp: Some(referral.location.releasing_in_12_weeks == Some(false)),
            has_valid_delius_pp_details: Some(has_valid_delius_pp_details),
            has_main_point_of_contact: referral.has_main_point_of_contact,
        }
        .into()
    }
}

impl WireDraft {
    /// A sent referral in the form that the answer to a withdrawal nests: the risk text is there, and null.
    pub(crate) fn of_sent(referral: &Referral) -> Self {
        Self { fields: referral.into(), additional_risk_information: None }
    }
}

/// The redacted risk assessment of a draft.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DraftOasysRiskInformation")]
pub(crate) struct WireRisk {
    risk_summary_who_is_at_risk: Option<String>,
    risk_summary_nature_of_risk: Option<String>,
    risk_summary_risk_imminence: Option<String>,
    risk_to_self_suicide: Option<String>,
    risk_to_self_self_harm: Option<String>,
    risk_to_self_hostel_setting: Option<String>,
    risk_to_self_vulnerability: Option<String>,
    additional_information: Option<String>,
}

impl From<RedactedRisk> for WireRisk {
    fn from(risk: RedactedRisk) -> Self {
        let RedactedRisk {
            who_is_at_risk,
            nature_of_risk,
            risk_imminence,
            suicide,
            self_harm,
            hostel_setting,
            vulnerability,
            additional_information,
        } = risk;
        Self {
            risk_summary_who_is_at_risk: who_is_at_risk,
            risk_summary_nature_of_risk: nature_of_risk,
            risk_summary_risk_imminence: risk_imminence,
            risk_to_self_suicide: suicide,
            risk_to_self_self_harm: self_harm,
            risk_to_self_hostel_setting: hostel_setting,
            risk_to_self_vulnerability: vulnerability,
            additional_information,
        }
    }
}

/// `POST /draft-referral`.
pub(crate) async fn create(
    Caller(ctx): Caller,
    origin: Origin,
    Body(CreateRequest(crn, intervention)): Body<CreateRequest>,
) -> Result<Created<WireDraft>, Failure> {
    let draft = app::draft::create(&ctx, crn, intervention).await?;
    Ok(Created { location: origin.address(&format!("/draft-referral/{}", draft.id)), shape: (&draft).into() })
}

/// `GET /draft-referrals`.
pub(crate) async fn list(Caller(ctx): Caller) -> Answer<Vec<WireDraft>> {
    ok(app::draft::list(&ctx).await?.iter().map(Into::into).collect())
}

/// `GET /draft-referral/{id}`.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id<ReferralId>) -> Answer<WireDraft> {
    ok((&app::draft::get(&ctx, id).await?).into())
}

/// `PATCH /draft-referral/{id}`.
pub(crate) async fn patch(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(PatchRequest(patch)): Body<PatchRequest>,
) -> Answer<WireDraft> {
    ok((&Box::pin(app::draft::patch(&ctx, id, patch)).await?).into())
}

/// `PATCH /draft-referral/{id}/complexity-level`.
pub(crate) async fn set_complexity_level(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(ComplexityRequest(category, level)): Body<ComplexityRequest>,
) -> Answer<WireDraft> {
    ok((&app::draft::choose_complexity(&ctx, id, category, level).await?).into())
}

/// `PATCH /draft-referral/{id}/desired-outcomes`.
pub(crate) async fn set_desired_outcomes(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(OutcomesRequest(category, outcomes)): Body<OutcomesRequest>,
) -> Answer<WireDraft> {
    ok((&app::draft::choose_outcomes(&ctx, id, category, outcomes).await?).into())
}

/// `GET /draft-referral/{id}/oasys-risk-information`.
pub(crate) async fn get_risk(Caller(ctx): Caller, Id(id): Id<ReferralId>) -> Answer<WireRisk> {
    ok(app::draft::redacted_risk(&ctx, id).await?.into())
}

/// `PATCH /draft-referral/{id}/oasys-risk-information`: replaces all of it, whatever the verb says.
pub(crate) async fn set_risk(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(RiskRequest(risk)): Body<RiskRequest>,
) -> Answer<WireRisk> {
    ok(app::draft::redact_risk(&ctx, id, risk).await?.into())
}

/// `POST /draft-referral/{id}/send`: a body is not read.
pub(crate) async fn send(
    Caller(ctx): Caller,
    origin: Origin,
    Id(id): Id<ReferralId>,
) -> Result<Created<WireReferral<ReferralFields>>, Failure> {
    let seen = Box::pin(app::draft::send(&ctx, id)).await?;
    let location = origin.address(&format!("/sent-referral/{id}"));
    Ok(Created { location, shape: WireReferral::sent(&seen, &seen.outcomes) })
}
