//! Sent referrals with everything that belongs to them.

use app::subject_access::{CustodyDates, Export, HeldChange, HeldNote, HeldReferral};
use domain::action_plan::ActionPlan;
use domain::end_of_service_report::{AchievementLevel, EndOfServiceReport};
use domain::ending::{EndReason, ReferralStatus, WithdrawalState};
use domain::referral::{LocationType, ReferralDetails};
use domain::{Referral, ReferralId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::appointment::SarAppointment;
use super::choice::{SarCategory, SarContract, SarPerson, SarPractitioner, categories};
use super::text::{day, or_empty, time};
use crate::word::Word;

/// A sent referral. Keys after `service_provider_name` are ours.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SarReferral {
    referral_number: Option<String>,
    created_at: Option<String>,
    has_additional_responsibilities: Option<bool>,
    service_user_crn: Option<String>,
    sent_at: String,
    end_requested_at: Option<String>,
    concluded_at: Option<String>,
    /// Always null: no word about risk is kept once a referral is sent.
    draft_supplementary_risk_updated_at: Option<String>,
    withdrawal_comments: Option<String>,
    status: Option<Word<ReferralStatus>>,
    assigned_at: Option<String>,
    accessibility_needs: String,
    additional_needs_information: String,
    when_unavailable: String,
    end_requested_comments: String,
    interpreting_language: Option<String>,
    needs_interpreter: bool,
    relevant_sentence_end_date: Option<String>,
    appointment: Vec<SarAppointment>,
    action_plans: Vec<SarPlan>,
    contract: Option<SarContract>,
    end_of_service_report: Option<SarReport>,
    cancellation_reason: Option<String>,
    case_notes: Vec<SarNote>,
    probation_practitioner_details: Option<SarPractitioner>,
    referral_details: Option<SarDetails>,
    referal_location: Option<SarLocation>,
    service_provider_name: Option<String>,
    person: SarPerson,
    service_categories: Vec<SarCategory>,
    supplier_assessment_appointment: Vec<SarAppointment>,
    referral_details_history: Vec<SarDetails>,
    change_log: Vec<SarChange>,
    withdrawal_reason_code: Option<String>,
    withdrawal_reason: Option<String>,
    withdrawal_state: Option<Word<WithdrawalState>>,
    has_main_point_of_contact_details: Option<bool>,
    unconfirmed_release: SarUnconfirmedRelease,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarActionPlan")]
struct SarPlan {
    number_of_sessions: Option<u32>,
    created_at: Option<String>,
    approved_by: Option<String>,
    action_plan_activities: Vec<SarActivity>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarActionPlanActivity")]
struct SarActivity {
    description: Option<String>,
    #[serde(rename = "createdAt")]
    created_at: Option<String>,
}

impl From<&ActionPlan> for SarPlan {
    fn from(plan: &ActionPlan) -> Self {
        let activities = plan.activities.iter().map(|activity| SarActivity {
            description: Some(activity.description.clone()),
            created_at: Some(time(activity.created_at)),
        });
        Self {
            number_of_sessions: plan.number_of_sessions,
            created_at: Some(time(plan.created_at)),
            approved_by: plan.approved().map(|stamp| stamp.by.username.clone()),
            action_plan_activities: activities.collect(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarEndOfServiceReport")]
struct SarReport {
    end_of_service_outcomes: Vec<SarOutcome>,
    created_at: Option<String>,
    submitted_at: Option<String>,
    further_information: Option<String>,
    submitted_by: Option<String>,
    referral_id: Option<Uuid>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarEndOfServiceOutcome")]
struct SarOutcome {
    desired_outcome: Option<String>,
    progression_comments: String,
    additional_task_comments: String,
    acheivement_level: Option<Word<AchievementLevel>>,
}

impl SarReport {
    fn new(referral: &Referral, report: &EndOfServiceReport, export: &Export) -> Self {
        let entry = export.held.entries.get(&referral.intervention.id);
        let outcomes = report.outcomes.iter().map(|outcome| {
            let mut known = entry.iter().flat_map(|entry| &entry.service_categories).flat_map(|c| &c.desired_outcomes);
            let sought = known.find(|known| known.id == outcome.desired_outcome);
            SarOutcome {
                desired_outcome: sought.map(|sought| sought.description.clone()),
                progression_comments: or_empty(outcome.progression_comments.as_ref()),
                additional_task_comments: or_empty(outcome.additional_task_comments.as_ref()),
                acheivement_level: Some(Word(outcome.achievement)),
            }
        });
        let ReferralId(referral_id) = referral.id;
        Self {
            end_of_service_outcomes: outcomes.collect(),
            created_at: Some(time(report.created_at)),
            submitted_at: report.submitted.as_ref().map(|stamp| time(stamp.at)),
            further_information: report.further_information.clone(),
            submitted_by: report.submitted.as_ref().map(|stamp| stamp.by.username.clone()),
            referral_id: Some(referral_id),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarCaseNote")]
struct SarNote {
    subject: Option<String>,
    body: Option<String>,
    sent_at: Option<String>,
}

impl From<&HeldNote> for SarNote {
    fn from(note: &HeldNote) -> Self {
        let HeldNote { subject, body, sent_at } = note.clone();
        Self { subject: Some(subject), body: Some(body), sent_at: Some(time(sent_at)) }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct SarChange {
    topic: String,
    old_values: Vec<String>,
    new_values: Vec<String>,
    reason_for_change: String,
    changed_at: String,
}

impl From<&HeldChange> for SarChange {
    fn from(change: &HeldChange) -> Self {
        let HeldChange { topic, old_values, new_values, reason, changed_at } = change.clone();
        Self { topic, old_values, new_values, reason_for_change: reason, changed_at: time(changed_at) }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarReferralDetails")]
struct SarDetails {
    created_at: Option<String>,
    reason_for_change: Option<String>,
    completion_deadline: Option<String>,
    further_information: Option<String>,
    maximum_enforceable_days: Option<i32>,
    reason_for_referral: Option<String>,
    reason_for_referral_before_allocation: Option<String>,
    reason_for_referral_further_information: Option<String>,
}

impl From<&ReferralDetails> for SarDetails {
    fn from(details: &ReferralDetails) -> Self {
        let ReferralDetails {
            id: _,
            created_at,
            created_by_id: _,
            reason_for_change,
            completion_deadline,
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_further_information,
            reason_for_referral_before_allocation,
        } = details.clone();
        Self {
            created_at: Some(time(created_at)),
            reason_for_change: Some(reason_for_change),
            completion_deadline: completion_deadline.map(day),
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_before_allocation,
            reason_for_referral_further_information,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SarReferralLocation")]
struct SarLocation {
    referal_id: Uuid,
    r#type: Option<Word<LocationType>>,
    prison_id: Option<String>,
    nomis_prison_id: Option<String>,
    referral_releasing_12_weeks: Option<bool>,
    expected_probation_office: Option<String>,
    expected_probation_office_unknown_reason: Option<String>,
    expected_release_date: Option<String>,
    expected_release_date_missing_reason: Option<String>,
}

/// Release dates that the prison system held when the referral was sent; nobody has confirmed them to us.
#[derive(Debug, Serialize, JsonSchema)]
struct SarUnconfirmedRelease {
    release_date: Option<String>,
    confirmed_release_date: Option<String>,
    non_dto_release_date: Option<String>,
    automatic_release_date: Option<String>,
    post_recall_release_date: Option<String>,
    conditional_release_date: Option<String>,
    actual_parole_date: Option<String>,
    discharge_date: Option<String>,
}

impl From<&CustodyDates> for SarUnconfirmedRelease {
    fn from(dates: &CustodyDates) -> Self {
        let CustodyDates {
            prison_id: _,
            release_date,
            confirmed_release_date,
            non_dto_release_date,
            automatic_release_date,
            post_recall_release_date,
            conditional_release_date,
            actual_parole_date,
            discharge_date,
        } = dates;
        Self {
            release_date: release_date.map(day),
            confirmed_release_date: confirmed_release_date.map(day),
            non_dto_release_date: non_dto_release_date.map(day),
            automatic_release_date: automatic_release_date.map(day),
            post_recall_release_date: post_recall_release_date.map(day),
            conditional_release_date: conditional_release_date.map(day),
            actual_parole_date: actual_parole_date.map(day),
            discharge_date: discharge_date.map(day),
        }
    }
}

/// Why a referral ended, in the keys that say so.
#[derive(Default)]
struct Ending {
    cancellation_reason: Option<String>,
    end_requested_comments: String,
    withdrawal_code: Option<String>,
    withdrawal_reason: Option<String>,
    withdrawal_comments: Option<String>,
    withdrawal_state: Option<Word<WithdrawalState>>,
}

impl Ending {
    fn of(referral: &Referral, export: &Export) -> Self {
        match referral.end_request.as_ref().and_then(|request| request.reason.clone()) {
            None => Self::default(),
            Some(EndReason::Cancellation { code: _, description, comments }) => Self {
                cancellation_reason: Some(description),
                end_requested_comments: comments.unwrap_or_default(),
                ..Self::default()
            },
            Some(EndReason::Withdrawal { code, comments, state }) => {
                let known = export.held.withdrawal_reasons.iter().find(|reason| reason.code == code);
                Self {
                    withdrawal_reason: known.map(|reason| reason.description.clone()),
                    withdrawal_code: Some(code),
                    withdrawal_comments: Some(comments),
                    withdrawal_state: Some(Word(state)),
                    ..Self::default()
                }
            }
        }
    }
}

/// The prime provider, then the subcontractors, as one text.
fn provider_names(referral: &Referral) -> String {
    let contract = &referral.intervention.contract;
    let subcontractors: Vec<&str> = contract.subcontractors.iter().map(|provider| provider.name.as_str()).collect();
    let prime = &contract.prime_provider.name;
    if subcontractors.is_empty() { prime.clone() } else { format!("{prime} {}", subcontractors.join(", ")) }
}

impl SarReferral {
    /// The referral with everything that belongs to it.
    pub(super) fn new(held: &HeldReferral, export: &Export) -> Self {
        let HeldReferral { referral, details, changes, case_notes, custody } = held;
        let (needs, location) = (referral.needs.clone(), referral.location.clone());
        let intervention = referral.intervention.id;
        let ending = Ending::of(referral, export);
        let appointment = |appointment| SarAppointment::new(appointment, &export.offices);
        let of_sessions = referral.sessions.iter().flat_map(|session| &session.appointments);
        Self {
            referral_number: Some(referral.reference.as_str().to_owned()),
            created_at: Some(time(referral.created_at)),
            has_additional_responsibilities: needs.has_additional_responsibilities,
            service_user_crn: Some(referral.crn.as_str().to_owned()),
            sent_at: time(referral.sent_at),
            end_requested_at: referral.end_request.as_ref().map(|request| time(request.at)),
            concluded_at: referral.conclusion.as_ref().map(|conclusion| time(conclusion.at)),
            draft_supplementary_risk_updated_at: None,
            withdrawal_comments: ending.withdrawal_comments,
            status: Some(Word(referral.status)),
            assigned_at: referral.assignments.last().map(|assignment| time(assignment.at)),
            accessibility_needs: or_empty(needs.accessibility_needs.as_ref()),
            additional_needs_information: or_empty(needs.additional_needs_information.as_ref()),
            when_unavailable: or_empty(needs.when_unavailable.as_ref()),
            end_requested_comments: ending.end_requested_comments,
            interpreting_language: needs.interpreter_language,
            needs_interpreter: needs.needs_interpreter.unwrap_or_default(),
            relevant_sentence_end_date: referral.sentence.expected_end.map(day),
            appointment: of_sessions.map(appointment).collect(),
            action_plans: referral.plans.iter().map(Into::into).collect(),
            contract: SarContract::of(intervention, export),
            end_of_service_report: referral.report.as_ref().map(|report| SarReport::new(referral, report, export)),
            cancellation_reason: ending.cancellation_reason,
            case_notes: case_notes.iter().map(Into::into).collect(),
            probation_practitioner_details: Some((&referral.practitioner).into()),
            referral_details: referral.details.as_ref().map(Into::into),
            referal_location: Some(SarLocation {
                referal_id: referral.id.0,
                r#type: location.location_type.map(Word),
                prison_id: location.prison_id,
                nomis_prison_id: custody.prison_id.clone(),
                referral_releasing_12_weeks: location.releasing_in_12_weeks,
                expected_probation_office: location.expected_probation_office,
                expected_probation_office_unknown_reason: location.expected_probation_office_unknown_reason,
                expected_release_date: location.expected_release_date.map(day),
                expected_release_date_missing_reason: location.expected_release_date_missing_reason,
            }),
            service_provider_name: Some(provider_names(referral)),
            person: (&referral.person).into(),
            service_categories: categories(&referral.selection, intervention, export),
            supplier_assessment_appointment: referral.assessment.appointments.iter().map(appointment).collect(),
            referral_details_history: details.iter().map(Into::into).collect(),
            change_log: changes.iter().map(Into::into).collect(),
            withdrawal_reason_code: ending.withdrawal_code,
            withdrawal_reason: ending.withdrawal_reason,
            withdrawal_state: ending.withdrawal_state,
            has_main_point_of_contact_details: referral.has_main_point_of_contact,
            unconfirmed_release: custody.into(),
        }
    }
}
