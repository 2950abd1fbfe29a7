//! Sent referrals: reading, assigning, withdrawing and the older way of ending.

use std::collections::BTreeMap;

use domain::access::Operation;
use domain::ending::{EndReason, WithdrawalState};
use domain::{DesiredOutcomeId, Referral, ReferralId, User};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, ok};
use crate::body::{Members, Object};
use crate::caller::Caller;
use crate::draft_referral::{ReferralFields, WireDraft};
use crate::end_of_service_report::WireReport;
use crate::error::Failure;
use crate::extract::{Body, Id};
use crate::wire::AuthUser;
use crate::word::{Named, Word};

/// A sent referral; `F` is the form of the fields that it nests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SentReferralWith{F}")]
pub(crate) struct WireReferral<F> {
    id: Uuid,
    sent_at: Timestamp,
    sent_by: AuthUser,
    reference_number: String,
    intervention_id: Uuid,
    #[serde(rename = "serviceUserCRN")]
    service_user_crn: String,
    relevant_sentence_id: i64,
    assigned_to: Option<AuthUser>,
    referral: F,
    action_plan_id: Option<Uuid>,
    current_action_plan_id: Option<Uuid>,
    approved_action_plan_ids: Option<Vec<Uuid>>,
    end_requested_at: Option<Timestamp>,
    end_requested_reason: Option<String>,
    end_requested_comments: Option<String>,
    end_of_service_report: Option<WireReport>,
    concluded_at: Option<Timestamp>,
    supplementary_risk_id: Uuid,
    end_of_service_report_creation_required: bool,
    created_by: AuthUser,
    withdrawal_state: Option<Word<WithdrawalState>>,
    withdrawal_code: Option<String>,
    withdrawal_comments: Option<String>,
}

type Descriptions = BTreeMap<DesiredOutcomeId, String>;

impl<F> WireReferral<F> {
    fn of(referral: &Referral, fields: F, descriptions: &Descriptions) -> Self {
        let plan = referral.plans.iter().max_by_key(|plan| (plan.created_at, plan.id)).map(|plan| plan.id.0);
        let approved = referral.plans.iter().filter(|plan| plan.approved().is_some()).map(|plan| plan.id.0);
        let reason = referral.end_request.as_ref().and_then(|request| request.reason.clone());
        let (withdrawal, cancellation) = match reason {
            None => (None, None),
            Some(EndReason::Withdrawal { code, comments, state: _ }) => (Some((code, comments)), None),
            Some(EndReason::Cancellation { code: _, description, comments }) => (None, Some((description, comments))),
        };
        let (withdrawal_code, withdrawal_comments) = withdrawal.unzip();
        let (end_requested_reason, end_requested_comments) = cancellation.unzip();
        Self {
            id: referral.id.0,
            sent_at: referral.sent_at,
            sent_by: (&referral.sent_by).into(),
            reference_number: referral.reference.as_str().to_owned(),
            intervention_id: referral.intervention.id.0,
            service_user_crn: referral.crn.as_str().to_owned(),
            relevant_sentence_id: referral.sentence.id,
            assigned_to: referral.assignee().map(Into::into),
            referral: fields,
            action_plan_id: plan,
            current_action_plan_id: plan,
            approved_action_plan_ids: Some(approved.collect()),
            end_requested_at: referral.end_request.as_ref().map(|request| request.at),
            end_requested_reason,
            end_requested_comments: end_requested_comments.flatten(),
            end_of_service_report: referral
                .report
                .as_ref()
                .map(|report| WireReport::new(referral.id, report, descriptions)),
            concluded_at: referral.conclusion.as_ref().map(|conclusion| conclusion.at),
            supplementary_risk_id: referral.supplementary_risk_id.0,
            end_of_service_report_creation_required: referral.report_is_due(),
            created_by: (&referral.created_by).into(),
            withdrawal_state: Some(Word(referral.withdrawal_state())),
            withdrawal_code,
            withdrawal_comments,
        }
    }
}

impl WireReferral<ReferralFields> {
    /// As reading shows it.
    pub(crate) fn read(referral: &Referral, descriptions: &Descriptions) -> Self {
        Self::of(referral, referral.into(), descriptions)
    }

    /// As assigning answers: the withdrawal state is not worked out.
    pub(crate) fn assigned(referral: &Referral, descriptions: &Descriptions) -> Self {
        Self { withdrawal_state: Some(Word(WithdrawalState::PreIca)), ..Self::read(referral, descriptions) }
    }

    /// As sending answers: there can be no plan yet, so the list of approved ones is null.
    pub(crate) fn sent(referral: &Referral, descriptions: &Descriptions) -> Self {
        Self { approved_action_plan_ids: None, ..Self::assigned(referral, descriptions) }
    }
}

impl WireReferral<WireDraft> {
    /// As withdrawing answers: the request's own state, and no word about a report that may now be due.
    pub(crate) fn withdrawn(referral: &Referral, descriptions: &Descriptions, requested: WithdrawalState) -> Self {
        Self {
            end_of_service_report_creation_required: false,
            withdrawal_state: Some(Word(requested)),
            ..Self::of(referral, WireDraft::of_sent(referral), descriptions)
        }
    }
}

/// Whom to assign.
pub(crate) struct AssignRequest(pub(crate) User);

impl Object for AssignRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let to: AuthUser = members.required("assignedTo")?;
        Some(Self(to.into()))
    }
}

/// A withdrawal. The state is read later: an unknown one is an illegal argument, not a faulty field.
pub(crate) struct WithdrawRequest {
    pub(crate) code: String,
    pub(crate) comments: String,
    pub(crate) state: Named<WithdrawalState>,
}

impl Object for WithdrawRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (code, comments) = (members.required("code"), members.required("comments"));
        let state = members.required("withdrawalState");
        Some(Self { code: code?, comments: comments?, state: state? })
    }
}

/// An end of the older kind.
pub(crate) struct EndRequest {
    pub(crate) code: String,
    pub(crate) comments: Option<String>,
}

impl Object for EndRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (code, comments) = (members.required("reasonCode"), members.optional("comments"));
        Some(Self { code: code?, comments })
    }
}

/// `GET /sent-referral/{id}`.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id<ReferralId>) -> Answer<WireReferral<ReferralFields>> {
    let seen = app::referral::get(&ctx, Operation::GetSentReferral, id).await?;
    ok(WireReferral::read(&seen, &seen.outcomes))
}

/// `POST /sent-referral/{id}/assign`.
pub(crate) async fn assign(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(AssignRequest(to)): Body<AssignRequest>,
) -> Answer<WireReferral<ReferralFields>> {
    let seen = app::referral::assign(&ctx, id, to).await?;
    ok(WireReferral::assigned(&seen, &seen.outcomes))
}

/// `POST /sent-referral/{id}/withdraw-referral`.
pub(crate) async fn withdraw(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(WithdrawRequest { code, comments, state }): Body<WithdrawRequest>,
) -> Answer<WireReferral<WireDraft>> {
    let state =
        state.find().ok_or_else(|| Failure::illegal_argument("withdrawalState is not a state of withdrawal"))?;
    let seen = app::referral::withdraw(&ctx, id, code, comments, state).await?;
    ok(WireReferral::withdrawn(&seen, &seen.outcomes, state))
}

/// `POST /sent-referral/{id}/end`: the older way, which the existing public client still offers.
pub(crate) async fn end(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(EndRequest { code, comments }): Body<EndRequest>,
) -> Answer<WireReferral<ReferralFields>> {
    let seen = app::referral::end(&ctx, id, code, comments).await?;
    ok(WireReferral::read(&seen, &seen.outcomes))
}
