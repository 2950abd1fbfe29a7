//! Every route of the contract in one table, and the handler of each.

use std::sync::Arc;

use app::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use domain::access::Operation;
use metrics_exporter_prometheus::PrometheusHandle;
use runtime::Ids;
use tower_http::catch_panic::CatchPanicLayer;

use crate::describe::{Described, Schemas, Signature};
use crate::error::Failure;
use crate::extract::BODY_MAX;
use crate::observe::{observe, panicked};
use crate::{
    action_plan, amendment, browse, case_note, catalogue, changelog, delivery_session, draft_referral,
    end_of_service_report, health, idempotency, performance_report, prisoner, probation_case, sent_referral,
    subject_access, summary, supplier_assessment, user, version,
};

/// What the service says about itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is running.
    pub build: Build,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
}

/// Which build is running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Starts with the build date, `yyyy-MM-dd`.
    pub version: String,
    /// When it was made.
    pub time: jiff::Timestamp,
    /// The full id of the commit that it was made of; none for one made outside a clone.
    pub commit: Option<String>,
}

/// What every handler may reach.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) app: App,
    pub(crate) settings: Arc<Settings>,
}

/// Every operation of the contract: method, path and the operation whose access rule guards it.
pub const ROUTES: &[(Method, &str, Operation)] = &[
    (Method::POST, "/draft-referral", Operation::CreateDraftReferral),
    (Method::GET, "/draft-referrals", Operation::ListDraftReferrals),
    (Method::GET, "/draft-referral/{id}", Operation::GetDraftReferral),
    (Method::PATCH, "/draft-referral/{id}", Operation::PatchDraftReferral),
    (Method::PATCH, "/draft-referral/{id}/complexity-level", Operation::SetDraftComplexityLevel),
    (Method::PATCH, "/draft-referral/{id}/desired-outcomes", Operation::SetDraftDesiredOutcomes),
    (Method::GET, "/draft-referral/{id}/oasys-risk-information", Operation::GetDraftOasysRiskInformation),
    (Method::PATCH, "/draft-referral/{id}/oasys-risk-information", Operation::SetDraftOasysRiskInformation),
    (Method::POST, "/draft-referral/{id}/send", Operation::SendDraftReferral),
    (Method::GET, "/sent-referral/{id}", Operation::GetSentReferral),
    (Method::POST, "/sent-referral/{id}/assign", Operation::AssignSentReferral),
    (Method::GET, "/sent-referrals/summaries", Operation::ListSentReferralSummaries),
    (Method::GET, "/sent-referrals/summary/service-provider", Operation::ListServiceProviderSummaries),
    (Method::POST, "/sent-referral/{referralId}/referral-details", Operation::UpdateReferralDetails),
    (Method::GET, "/sent-referral/{id}/approved-action-plans", Operation::ListApprovedActionPlans),
    (Method::GET, "/sent-referral/{id}/supplier-assessment", Operation::GetSupplierAssessmentForReferral),
    (Method::GET, "/referral-withdrawal-reasons", Operation::ListWithdrawalReasons),
    (Method::POST, "/sent-referral/{id}/withdraw-referral", Operation::WithdrawReferral),
    (Method::GET, "/referral-cancellation-reasons", Operation::ListCancellationReasons),
    (Method::POST, "/sent-referral/{id}/end", Operation::EndReferralLegacy),
    (Method::GET, "/sent-referrals", Operation::ListSentReferralsLegacy),
    (
        Method::POST,
        "/sent-referral/{referralId}/service-category/{serviceCategoryId}/amend-complexity-level",
        Operation::AmendComplexityLevel,
    ),
    (
        Method::POST,
        "/sent-referral/{referralId}/service-category/{serviceCategoryId}/amend-desired-outcomes",
        Operation::AmendDesiredOutcomes,
    ),
    (
        Method::POST,
        "/sent-referral/{referralId}/amend-needs-and-requirements/{needsAndRequirementsType}",
        Operation::AmendNeedsAndRequirements,
    ),
    (Method::POST, "/sent-referral/{referralId}/amend-prison-establishment", Operation::AmendPrisonEstablishment),
    (Method::POST, "/sent-referral/{referralId}/amend-expected-release-date", Operation::AmendExpectedReleaseDate),
    (
        Method::POST,
        "/sent-referral/{referralId}/amend-expected-probation-office",
        Operation::AmendExpectedProbationOffice,
    ),
    (Method::POST, "/sent-referral/{referralId}/amend-pp-probation-office", Operation::AmendPpProbationOffice),
    (Method::POST, "/sent-referral/{referralId}/amend-probation-practitioner-name", Operation::AmendPpName),
    (Method::POST, "/sent-referral/{referralId}/amend-probation-practitioner-email", Operation::AmendPpEmail),
    (
        Method::POST,
        "/sent-referral/{referralId}/amend-probation-practitioner-phone-number",
        Operation::AmendPpPhoneNumber,
    ),
    (
        Method::POST,
        "/sent-referral/{referralId}/amend-probation-practitioner-team-phone-number",
        Operation::AmendPpTeamPhoneNumber,
    ),
    (Method::GET, "/sent-referral/{referralId}/change-log", Operation::ListChangelog),
    (Method::GET, "/sent-referral/change-log/{changeLogId}", Operation::GetChangelogDetails),
    (Method::GET, "/interventions", Operation::SearchInterventions),
    (Method::GET, "/my-interventions", Operation::ListMyInterventions),
    (Method::GET, "/intervention/{id}", Operation::GetIntervention),
    (Method::GET, "/pcc-regions", Operation::ListPccRegions),
    (Method::GET, "/service-category/{id}", Operation::GetServiceCategory),
    (
        Method::GET,
        "/service-category/{id}/contract-reference/{contractReference}",
        Operation::GetServiceCategoryForContract,
    ),
    (Method::POST, "/draft-action-plan", Operation::CreateDraftActionPlan),
    (Method::PATCH, "/draft-action-plan/{id}", Operation::UpdateDraftActionPlan),
    (Method::POST, "/draft-action-plan/{id}/submit", Operation::SubmitActionPlan),
    (Method::GET, "/action-plan/{id}", Operation::GetActionPlan),
    (Method::PATCH, "/action-plan/{actionPlanId}/activities/{activityId}", Operation::UpdateActionPlanActivity),
    (Method::POST, "/action-plan/{id}/approve", Operation::ApproveActionPlan),
    (Method::GET, "/action-plan/{id}/appointments", Operation::ListDeliverySessionsForPlan),
    (Method::GET, "/action-plan/{id}/appointments/{sessionNumber}", Operation::GetDeliverySessionForPlan),
    (Method::PATCH, "/action-plan/{id}/appointment/{sessionNumber}", Operation::ScheduleDeliverySession),
    (Method::GET, "/referral/{id}/sessions/{sessionNumber}", Operation::GetDeliverySessionForReferral),
    (
        Method::PUT,
        "/referral/{referralId}/delivery-session-appointments/{appointmentId}/attendance",
        Operation::RecordDeliveryAttendance,
    ),
    (
        Method::PUT,
        "/referral/{referralId}/delivery-session-appointments/{appointmentId}/session-feedback",
        Operation::RecordDeliverySessionFeedback,
    ),
    (
        Method::POST,
        "/referral/{referralId}/delivery-session-appointments/{appointmentId}/submit-feedback",
        Operation::SubmitDeliveryFeedback,
    ),
    (Method::PUT, "/supplier-assessment/{id}/schedule-appointment", Operation::ScheduleSupplierAssessmentLegacy),
    (Method::POST, "/referral/{referralId}/supplier-assessment", Operation::ScheduleSupplierAssessment),
    (
        Method::PUT,
        "/referral/{referralId}/supplier-assessment/{appointmentId}",
        Operation::RescheduleSupplierAssessment,
    ),
    (
        Method::PUT,
        "/referral/{referralId}/supplier-assessment/record-attendance",
        Operation::RecordSupplierAssessmentAttendance,
    ),
    (
        Method::PUT,
        "/referral/{referralId}/supplier-assessment/record-session-feedback",
        Operation::RecordSupplierAssessmentSessionFeedback,
    ),
    (
        Method::POST,
        "/referral/{referralId}/supplier-assessment/submit-feedback",
        Operation::SubmitSupplierAssessmentFeedback,
    ),
    (Method::POST, "/draft-end-of-service-report", Operation::CreateEndOfServiceReport),
    (Method::PATCH, "/draft-end-of-service-report/{id}", Operation::UpdateEndOfServiceReport),
    (Method::POST, "/draft-end-of-service-report/{id}/submit", Operation::SubmitEndOfServiceReport),
    (Method::GET, "/end-of-service-report/{id}", Operation::GetEndOfServiceReport),
    (Method::GET, "/end-of-service-report", Operation::GetEndOfServiceReportByReferral),
    (Method::POST, "/case-note", Operation::CreateCaseNote),
    (Method::GET, "/case-note/{id}", Operation::GetCaseNote),
    (Method::GET, "/sent-referral/{referralId}/case-notes", Operation::ListCaseNotes),
    (Method::POST, "/intervention/user", Operation::RegisterCurrentUser),
    (Method::GET, "/intervention/prisoner/details/{crn}", Operation::GetPrisonerDetails),
    (Method::POST, "/reports/service-provider/performance", Operation::RequestPerformanceReport),
    (Method::GET, "/probation-case/{crn}/referral", Operation::ListReferralsByCrn),
    (Method::GET, "/appointments-location/{crn}", Operation::GetAppointmentLocations),
    (Method::GET, "/sas-referral-details/{crn}", Operation::ListSasReferrals),
    (Method::GET, "/subject-access-request", Operation::GetSubjectAccessData),
    (Method::GET, "/subject-access-request/template", Operation::GetSubjectAccessTemplate),
];

/// Routes that need no token.
pub const OPEN_ROUTES: &[(Method, &str)] = &[
    (Method::GET, "/health"),
    (Method::GET, "/health/{component}"),
    (Method::GET, "/info"),
    (Method::GET, "/prometheus"),
    (Method::GET, "/v3/api-docs"),
    (Method::GET, "/swagger-ui.html"),
    (Method::GET, "/swagger-ui/index.html"),
    (Method::GET, "/swagger-ui/start.js"),
    (Method::GET, "/swagger-ui/swagger-ui-bundle.js"),
    (Method::GET, "/swagger-ui/swagger-ui.css"),
    (Method::GET, "/swagger-ui/favicon-32x32.png"),
];

/// The REST API.
pub fn router(app: App, settings: Settings) -> Router {
    let ids = app.ids().clone();
    let browse = browse::routes(&settings.build.version);
    let api = Api { app, settings: Arc::new(settings) };
    let guarded = ROUTES.iter().filter_map(|(method, path, operation)| {
        let handler = handler(method, *operation)?.route;
        let handler =
            if version::is_versioned(*operation) { handler.layer(from_fn(version::versioned)) } else { handler };
        let is_repeatable = *method == Method::POST;
        let once = from_fn_with_state(api.clone(), idempotency::once);
        Some((*path, if is_repeatable { handler.layer(once) } else { handler }))
    });
    let router = guarded.fold(open_routes().merge(browse), |router, (path, handler)| router.route(path, handler));
    dressed(router, ids).with_state(api)
}

/// What probes and dashboards ask, and nothing else: for a process that serves no API.
pub fn probes(app: App, settings: Settings) -> Router {
    let ids = app.ids().clone();
    dressed(open_routes(), ids).with_state(Api { app, settings: Arc::new(settings) })
}

fn open_routes() -> Router<Api> {
    Router::new()
        .route("/health", get(health::overall))
        .route("/health/{component}", get(health::component))
        .route("/info", get(health::info))
        .route("/prometheus", get(health::prometheus))
}

/// What stands around every handler: our answers for what is not routed, the body limit, panics, the log.
fn dressed<S: Clone + Send + Sync + 'static>(router: Router<S>, ids: Ids) -> Router<S> {
    router
        .fallback(|| async { Failure::status(StatusCode::NOT_FOUND, "there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            Failure::status(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method")
        })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(ids, observe))
}

/// A handler, and what its own types say about it.
pub(crate) struct Routed {
    route: MethodRouter<Api>,
    /// Describes it.
    pub(crate) signature: fn(&mut Schemas) -> Signature,
}

/// The handler of an operation; none for those that this service does not answer yet.
pub(crate) fn handler(method: &Method, operation: Operation) -> Option<Routed> {
    fn to<H, T: 'static, D>(method: &Method, handler: H) -> Option<Routed>
    where
        H: Handler<T, Api> + Described<D>,
    {
        let filter = MethodFilter::try_from(method.clone()).ok()?;
        Some(Routed { route: on(filter, handler), signature: H::signature })
    }
    match operation {
        Operation::CreateDraftReferral => to(method, draft_referral::create),
        Operation::ListDraftReferrals => to(method, draft_referral::list),
        Operation::GetDraftReferral => to(method, draft_referral::get),
        Operation::PatchDraftReferral => to(method, draft_referral::patch),
        Operation::SetDraftComplexityLevel => to(method, draft_referral::set_complexity_level),
        Operation::SetDraftDesiredOutcomes => to(method, draft_referral::set_desired_outcomes),
        Operation::GetDraftOasysRiskInformation => to(method, draft_referral::get_risk),
        Operation::SetDraftOasysRiskInformation => to(method, draft_referral::set_risk),
        Operation::SendDraftReferral => to(method, draft_referral::send),
        Operation::GetSentReferral => to(method, sent_referral::get),
        Operation::AssignSentReferral => to(method, sent_referral::assign),
        Operation::WithdrawReferral => to(method, sent_referral::withdraw),
        Operation::EndReferralLegacy => to(method, sent_referral::end),
        Operation::ListSentReferralSummaries => to(method, summary::page),
        Operation::ListServiceProviderSummaries => to(method, summary::provider_list),
        Operation::ListSentReferralsLegacy => to(method, summary::whole),
        Operation::GetPrisonerDetails => to(method, prisoner::get),
        Operation::ListReferralsByCrn => to(method, probation_case::referrals),
        Operation::GetAppointmentLocations => to(method, probation_case::locations),
        Operation::GetSubjectAccessData => to(method, subject_access::get),
        Operation::GetSubjectAccessTemplate => to(method, subject_access::template),
        Operation::ListSasReferrals => to(method, probation_case::accommodation),
        Operation::ListApprovedActionPlans => to(method, action_plan::list_approved),
        Operation::GetSupplierAssessmentForReferral => to(method, supplier_assessment::get),
        Operation::ListWithdrawalReasons => to(method, catalogue::withdrawal_reasons),
        Operation::ListCancellationReasons => to(method, catalogue::cancellation_reasons),
        Operation::SearchInterventions => to(method, catalogue::search),
        Operation::ListMyInterventions => to(method, catalogue::mine),
        Operation::GetIntervention => to(method, catalogue::get),
        Operation::ListPccRegions => to(method, catalogue::pcc_regions),
        Operation::GetServiceCategory => to(method, catalogue::category),
        Operation::GetServiceCategoryForContract => to(method, catalogue::category_for_contract),
        Operation::CreateDraftActionPlan => to(method, action_plan::create),
        Operation::UpdateDraftActionPlan => to(method, action_plan::change),
        Operation::SubmitActionPlan => to(method, action_plan::submit),
        Operation::GetActionPlan => to(method, action_plan::get),
        Operation::UpdateActionPlanActivity => to(method, action_plan::reword),
        Operation::ApproveActionPlan => to(method, action_plan::approve),
        Operation::ListDeliverySessionsForPlan => to(method, delivery_session::list_of_plan),
        Operation::GetDeliverySessionForPlan => to(method, delivery_session::get_of_plan),
        Operation::ScheduleDeliverySession => to(method, delivery_session::schedule),
        Operation::GetDeliverySessionForReferral => to(method, delivery_session::get_of_referral),
        Operation::RecordDeliveryAttendance => to(method, delivery_session::record_attendance),
        Operation::RecordDeliverySessionFeedback => to(method, delivery_session::record_feedback),
        Operation::SubmitDeliveryFeedback => to(method, delivery_session::submit_feedback),
        Operation::ScheduleSupplierAssessmentLegacy => to(method, supplier_assessment::schedule),
        Operation::ScheduleSupplierAssessment => to(method, supplier_assessment::schedule_further),
        Operation::RescheduleSupplierAssessment => to(method, supplier_assessment::reschedule),
        Operation::RecordSupplierAssessmentAttendance => to(method, supplier_assessment::record_attendance),
        Operation::RecordSupplierAssessmentSessionFeedback => to(method, supplier_assessment::record_feedback),
        Operation::SubmitSupplierAssessmentFeedback => to(method, supplier_assessment::submit_feedback),
        Operation::CreateEndOfServiceReport => to(method, end_of_service_report::create),
        Operation::UpdateEndOfServiceReport => to(method, end_of_service_report::change),
        Operation::SubmitEndOfServiceReport => to(method, end_of_service_report::submit),
        Operation::GetEndOfServiceReport => to(method, end_of_service_report::get),
        Operation::GetEndOfServiceReportByReferral => to(method, end_of_service_report::get_by_referral),
        Operation::CreateCaseNote => to(method, case_note::create),
        Operation::GetCaseNote => to(method, case_note::get),
        Operation::ListCaseNotes => to(method, case_note::page),
        Operation::RegisterCurrentUser => to(method, user::register),
        Operation::UpdateReferralDetails => to(method, amendment::details),
        Operation::AmendComplexityLevel => to(method, amendment::complexity),
        Operation::AmendDesiredOutcomes => to(method, amendment::outcomes),
        Operation::AmendNeedsAndRequirements => to(method, amendment::needs),
        Operation::AmendPrisonEstablishment => to(method, amendment::prison),
        Operation::AmendExpectedReleaseDate => to(method, amendment::release_date),
        Operation::AmendExpectedProbationOffice => to(method, amendment::expected_office),
        Operation::AmendPpProbationOffice => to(method, amendment::practitioner_office),
        Operation::AmendPpName => to(method, amendment::name),
        Operation::AmendPpEmail => to(method, amendment::email),
        Operation::AmendPpPhoneNumber => to(method, amendment::phone),
        Operation::AmendPpTeamPhoneNumber => to(method, amendment::team_phone),
        Operation::ListChangelog => to(method, changelog::list),
        Operation::GetChangelogDetails => to(method, changelog::get),
        Operation::RequestPerformanceReport => to(method, performance_report::request),
    }
}

#[cfg(test)]
mod tests;
