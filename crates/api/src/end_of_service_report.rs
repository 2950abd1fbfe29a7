//! The end of service report: what was achieved, outcome by outcome.

use std::collections::BTreeMap;

use app::referral::Seen;
use domain::access::Operation;
use domain::end_of_service_report::{AchievementLevel, EndOfServiceReport, ReportOutcome};
use domain::{DesiredOutcomeId, EndOfServiceReportId, ReferralId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, Created, ok};
use crate::body::{Members, Object};
use crate::caller::Caller;
use crate::catalogue::WireOutcome;
use crate::error::Failure;
use crate::extract::{Body, Id, Origin, Params, Query, QueryShape};
use crate::wire::AuthUser;
use crate::word::Word;

/// What was achieved of one desired outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EndOfServiceReportOutcome")]
struct WireReportOutcome {
    desired_outcome: WireOutcome,
    achievement_level: Word<AchievementLevel>,
    progression_comments: Option<String>,
    additional_task_comments: Option<String>,
}

/// The report of a referral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EndOfServiceReport")]
pub(crate) struct WireReport {
    id: Uuid,
    referral_id: Uuid,
    created_at: Timestamp,
    created_by: AuthUser,
    submitted_at: Option<Timestamp>,
    submitted_by: Option<AuthUser>,
    further_information: Option<String>,
    outcomes: Vec<WireReportOutcome>,
}

impl WireReport {
    /// The report of this referral, with the descriptions of the outcomes that it writes about.
    pub(crate) fn new(
        referral_id: ReferralId,
        report: &EndOfServiceReport,
        descriptions: &BTreeMap<DesiredOutcomeId, String>,
    ) -> Self {
        let EndOfServiceReport { id, created_at, created_by, further_information, outcomes, submitted } = report;
        let wire = |outcome: &ReportOutcome| {
            let ReportOutcome { desired_outcome, achievement, progression_comments, additional_task_comments } =
                outcome.clone();
            WireReportOutcome {
                desired_outcome: WireOutcome::new(
                    desired_outcome,
                    descriptions.get(&desired_outcome).cloned().unwrap_or_default(),
                ),
                achievement_level: Word(achievement),
                progression_comments,
                additional_task_comments,
            }
        };
        Self {
            id: id.0,
            referral_id: referral_id.0,
            created_at: *created_at,
            created_by: created_by.into(),
            submitted_at: submitted.as_ref().map(|stamp| stamp.at),
            submitted_by: submitted.as_ref().map(|stamp| (&stamp.by).into()),
            further_information: further_information.clone(),
            outcomes: outcomes.iter().map(wire).collect(),
        }
    }
}

/// The referral whose report is to be begun.
pub(crate) struct CreateRequest(pub(crate) ReferralId);

impl Object for CreateRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        Some(Self(members.required("referralId")?))
    }
}

/// What is to change about a report; absent and null both leave it alone.
pub(crate) struct UpdateRequest {
    pub(crate) further_information: Option<String>,
    pub(crate) outcome: Option<ReportOutcome>,
}

impl Object for ReportOutcome {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (desired_outcome, achievement) =
            (members.required("desiredOutcomeId"), members.required("achievementLevel"));
        let progression_comments = members.optional("progressionComments");
        let additional_task_comments = members.optional("additionalTaskComments");
        Some(Self {
            desired_outcome: desired_outcome?,
            achievement: achievement?,
            progression_comments,
            additional_task_comments,
        })
    }
}

impl Object for UpdateRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        Some(Self { further_information: members.optional("furtherInformation"), outcome: members.optional("outcome") })
    }
}

/// Whose report is asked for.
pub(crate) struct OfReferral(ReferralId);

impl QueryShape for OfReferral {
    fn read(params: &Params) -> Result<Self, Failure> {
        params.id("referralId").map(Self)
    }
}

/// The report of a referral, if it was begun.
fn report_of(seen: &Seen) -> Result<WireReport, Failure> {
    let report = seen.report.as_ref();
    let report = report.ok_or_else(|| Failure::not_found("the referral has no end of service report"))?;
    Ok(WireReport::new(seen.id, report, &seen.outcomes))
}

/// `POST /draft-end-of-service-report`: a report that was begun before is answered in the same way.
pub(crate) async fn create(
    Caller(ctx): Caller,
    origin: Origin,
    Body(CreateRequest(referral)): Body<CreateRequest>,
) -> Result<Created<WireReport>, Failure> {
    let shape = report_of(&app::end_of_service_report::begin(&ctx, referral).await?)?;
    Ok(Created { location: origin.address(&format!("/draft-end-of-service-report/{}", shape.id)), shape })
}

/// `PATCH /draft-end-of-service-report/{id}`.
pub(crate) async fn change(
    Caller(ctx): Caller,
    Id(id): Id<EndOfServiceReportId>,
    Body(UpdateRequest { further_information, outcome }): Body<UpdateRequest>,
) -> Answer<WireReport> {
    ok(report_of(&app::end_of_service_report::change(&ctx, id, further_information, outcome).await?)?)
}

/// `POST /draft-end-of-service-report/{id}/submit`: a body is not read.
pub(crate) async fn submit(Caller(ctx): Caller, Id(id): Id<EndOfServiceReportId>) -> Answer<WireReport> {
    ok(report_of(&app::end_of_service_report::submit(&ctx, id).await?)?)
}

/// `GET /end-of-service-report/{id}`.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id<EndOfServiceReportId>) -> Answer<WireReport> {
    ok(report_of(&app::referral::of_report(&ctx, Operation::GetEndOfServiceReport, id).await?)?)
}

/// `GET /end-of-service-report?referralId=`.
pub(crate) async fn get_by_referral(
    Caller(ctx): Caller,
    Query(OfReferral(id)): Query<OfReferral>,
) -> Answer<WireReport> {
    ok(report_of(&app::referral::get(&ctx, Operation::GetEndOfServiceReportByReferral, id).await?)?)
}
