//! Who may do what: the roles a token must carry, the side an action belongs to, and what must be checked about the
//! thing acted on. One rule for each operation of the REST contract; `tests/it/access.txt` is the whole table.
//!
//! Narrower than the service that the contract was observed on: every object is guarded through its referral, each side does only
//! its own actions, and a machine's token reads and never writes (ADR 6).

use std::collections::BTreeSet;

use crate::catalogue::Contract;
use crate::{AuthSource, User};

spelled_enum! {
    /// A role that a token may carry.
    pub enum Role {
        /// Probation staff.
        Probation = "ROLE_PROBATION",
        /// Provider staff.
        CrsProvider = "ROLE_CRS_PROVIDER",
        /// Machines that read any referral.
        ReadAll = "ROLE_INTERVENTIONS_API_READ_ALL",
        /// Machines that read the referrals of a case.
        ReferAndMonitor = "ROLE_INTERVENTIONS_REFER_AND_MONITOR",
        /// The accommodation service.
        AccommodationReader = "ROLE_SAS_RM__REFERRAL_RO",
        /// The subject access service.
        SubjectAccess = "ROLE_SAR_DATA_ACCESS",
        /// Service editors; pages only.
        ServiceEditor = "ROLE_INTERVENTIONS_SERVICE_EDITOR",
        /// Read-only users; pages only.
        Reader = "ROLE_INTERVENTIONS_READER",
        /// Operators of this product; pages only.
        Operator = "ROLE_INTERVENTIONS_OPERATOR",
    }
}

/// What kind of user a sign-in source makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserType {
    /// Probation practitioner.
    Practitioner,
    /// Provider staff.
    Provider,
}

impl UserType {
    /// Decided by the sign-in source alone; none for a source that is not supported.
    pub fn of(source: &AuthSource) -> Option<Self> {
        match source {
            AuthSource::Delius => Some(Self::Practitioner),
            AuthSource::Auth => Some(Self::Provider),
            AuthSource::Service | AuthSource::Other(_) => None,
        }
    }
}

/// Whoever calls, as their token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A person.
    User {
        /// Who.
        user: User,
        /// The roles of the token, unknown ones left out.
        roles: BTreeSet<Role>,
    },
    /// A machine (its token's subject is its client id), or a token without the claims that make a user.
    Client {
        /// The client's id.
        client_id: String,
        /// The roles of the token, unknown ones left out.
        roles: BTreeSet<Role>,
        /// Whether the subject is the client id; otherwise user claims are missing.
        is_machine: bool,
        /// The user claims that the token lacks, by name.
        missing_claims: Vec<&'static str>,
    },
}

impl Caller {
    /// The roles of the token.
    pub fn roles(&self) -> &BTreeSet<Role> {
        match self {
            Self::User { roles, .. } | Self::Client { roles, .. } => roles,
        }
    }

    /// The person, if it is one.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User { user, .. } => Some(user),
            Self::Client { .. } => None,
        }
    }

    /// What kind of user the caller is, if a supported one.
    pub fn user_type(&self) -> Option<UserType> {
        self.user().and_then(|user| UserType::of(&user.source))
    }
}

/// The side that an action belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Probation practitioners only.
    Practitioner,
    /// Provider staff only.
    Provider,
    /// Both, as people.
    Either,
    /// Any person, whatever their sign-in source.
    AnyUser,
    /// Both, and machines that may read everything.
    AnyoneReading,
    /// Whoever has the role.
    AnyToken,
}

/// What must be checked about the thing acted on, after the side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Nothing: the same for everybody.
    Open,
    /// The caller may see the person in Delius.
    Case,
    /// Only what the caller created.
    OwnDrafts,
    /// Practitioners: the person's case. Providers: the contract is in their scope.
    Referral,
    /// The caller's groups map to at least one provider and one contract.
    ProviderScope,
    /// Rows are limited to the caller's referrals; providers need a scope.
    Dashboard,
}

/// What an operation demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// One of these roles; empty: any valid token.
    pub roles: &'static [Role],
    /// The side.
    pub side: Side,
    /// The check.
    pub check: Check,
}

const MAIN: &[Role] = &[Role::Probation, Role::CrsProvider, Role::ReadAll];

spelled_enum! {
    /// An operation of the REST contract, by its operation id.
    pub enum Operation {
        /// Start a draft referral: `POST /draft-referral`.
        CreateDraftReferral = "createDraftReferral",
        /// Unsent drafts created by the caller: `GET /draft-referrals`.
        ListDraftReferrals = "listDraftReferrals",
        /// Read a draft: `GET /draft-referral/{id}`.
        GetDraftReferral = "getDraftReferral",
        /// Partially update a draft: `PATCH /draft-referral/{id}`.
        PatchDraftReferral = "patchDraftReferral",
        /// Choose the complexity level of one category: `PATCH /draft-referral/{id}/complexity-level`.
        SetDraftComplexityLevel = "setDraftComplexityLevel",
        /// Replace the outcomes of one category: `PATCH /draft-referral/{id}/desired-outcomes`.
        SetDraftDesiredOutcomes = "setDraftDesiredOutcomes",
        /// Read draft risk text: `GET /draft-referral/{id}/oasys-risk-information`.
        GetDraftOasysRiskInformation = "getDraftOasysRiskInformation",
        /// Replace draft risk text: `PATCH /draft-referral/{id}/oasys-risk-information`.
        SetDraftOasysRiskInformation = "setDraftOasysRiskInformation",
        /// Send a draft to the provider: `POST /draft-referral/{id}/send`.
        SendDraftReferral = "sendDraftReferral",
        /// Read a sent referral: `GET /sent-referral/{id}`.
        GetSentReferral = "getSentReferral",
        /// Assign to a caseworker: `POST /sent-referral/{id}/assign`.
        AssignSentReferral = "assignSentReferral",
        /// Paged dashboard: `GET /sent-referrals/summaries`.
        ListSentReferralSummaries = "listSentReferralSummaries",
        /// Unpaged provider dashboard: `GET /sent-referrals/summary/service-provider`.
        ListServiceProviderSummaries = "listServiceProviderSummaries",
        /// Add a new version of the referral details: `POST /sent-referral/{referralId}/referral-details`.
        UpdateReferralDetails = "updateReferralDetails",
        /// Approved plans of a referral: `GET /sent-referral/{id}/approved-action-plans`.
        ListApprovedActionPlans = "listApprovedActionPlans",
        /// Supplier assessment of a referral: `GET /sent-referral/{id}/supplier-assessment`.
        GetSupplierAssessmentForReferral = "getSupplierAssessmentForReferral",
        /// Withdrawal reasons: `GET /referral-withdrawal-reasons`.
        ListWithdrawalReasons = "listWithdrawalReasons",
        /// Withdraw or close early: `POST /sent-referral/{id}/withdraw-referral`.
        WithdrawReferral = "withdrawReferral",
        /// Legacy cancellation reasons: `GET /referral-cancellation-reasons`.
        ListCancellationReasons = "listCancellationReasons",
        /// Legacy end request (UI client only): `POST /sent-referral/{id}/end`.
        EndReferralLegacy = "endReferralLegacy",
        /// Legacy unpaged list (UI client only): `GET /sent-referrals`.
        ListSentReferralsLegacy = "listSentReferralsLegacy",
        /// Change a complexity level: `POST /sent-referral/{referralId}/service-category/{serviceCategoryId}/amend-complexity-level`.
        AmendComplexityLevel = "amendComplexityLevel",
        /// Change desired outcomes: `POST /sent-referral/{referralId}/service-category/{serviceCategoryId}/amend-desired-outcomes`.
        AmendDesiredOutcomes = "amendDesiredOutcomes",
        /// Change one needs and requirements section: `POST /sent-referral/{referralId}/amend-needs-and-requirements/{needsAndRequirementsType}`.
        AmendNeedsAndRequirements = "amendNeedsAndRequirements",
        /// Change the prison: `POST /sent-referral/{referralId}/amend-prison-establishment`.
        AmendPrisonEstablishment = "amendPrisonEstablishment",
        /// Change the expected release date: `POST /sent-referral/{referralId}/amend-expected-release-date`.
        AmendExpectedReleaseDate = "amendExpectedReleaseDate",
        /// Change the expected probation office: `POST /sent-referral/{referralId}/amend-expected-probation-office`.
        AmendExpectedProbationOffice = "amendExpectedProbationOffice",
        /// Change the practitioner probation office: `POST /sent-referral/{referralId}/amend-pp-probation-office`.
        AmendPpProbationOffice = "amendPpProbationOffice",
        /// Change the practitioner name: `POST /sent-referral/{referralId}/amend-probation-practitioner-name`.
        AmendPpName = "amendPpName",
        /// Change the practitioner email: `POST /sent-referral/{referralId}/amend-probation-practitioner-email`.
        AmendPpEmail = "amendPpEmail",
        /// Change the practitioner phone: `POST /sent-referral/{referralId}/amend-probation-practitioner-phone-number`.
        AmendPpPhoneNumber = "amendPpPhoneNumber",
        /// Change the team phone: `POST /sent-referral/{referralId}/amend-probation-practitioner-team-phone-number`.
        AmendPpTeamPhoneNumber = "amendPpTeamPhoneNumber",
        /// Changes of a referral, newest first: `GET /sent-referral/{referralId}/change-log`.
        ListChangelog = "listChangelog",
        /// One change in detail: `GET /sent-referral/change-log/{changeLogId}`.
        GetChangelogDetails = "getChangelogDetails",
        /// Search the catalogue: `GET /interventions`.
        SearchInterventions = "searchInterventions",
        /// Interventions in the provider user scope: `GET /my-interventions`.
        ListMyInterventions = "listMyInterventions",
        /// Read an intervention: `GET /intervention/{id}`.
        GetIntervention = "getIntervention",
        /// All PCC regions: `GET /pcc-regions`.
        ListPccRegions = "listPccRegions",
        /// Service category with all outcomes: `GET /service-category/{id}`.
        GetServiceCategory = "getServiceCategory",
        /// Service category with outcomes offered on a contract: `GET /service-category/{id}/contract-reference/{contractReference}`.
        GetServiceCategoryForContract = "getServiceCategoryForContract",
        /// Start an action plan: `POST /draft-action-plan`.
        CreateDraftActionPlan = "createDraftActionPlan",
        /// Change sessions or add an activity: `PATCH /draft-action-plan/{id}`.
        UpdateDraftActionPlan = "updateDraftActionPlan",
        /// Submit and approve an action plan: `POST /draft-action-plan/{id}/submit`.
        SubmitActionPlan = "submitActionPlan",
        /// Read an action plan: `GET /action-plan/{id}`.
        GetActionPlan = "getActionPlan",
        /// Reword an activity: `PATCH /action-plan/{actionPlanId}/activities/{activityId}`.
        UpdateActionPlanActivity = "updateActionPlanActivity",
        /// Approve a submitted plan: `POST /action-plan/{id}/approve`.
        ApproveActionPlan = "approveActionPlan",
        /// Sessions of the plan referral: `GET /action-plan/{id}/appointments`.
        ListDeliverySessionsForPlan = "listDeliverySessionsForPlan",
        /// One session by number: `GET /action-plan/{id}/appointments/{sessionNumber}`.
        GetDeliverySessionForPlan = "getDeliverySessionForPlan",
        /// Schedule, reschedule or record a session appointment: `PATCH /action-plan/{id}/appointment/{sessionNumber}`.
        ScheduleDeliverySession = "scheduleDeliverySession",
        /// One session by referral: `GET /referral/{id}/sessions/{sessionNumber}`.
        GetDeliverySessionForReferral = "getDeliverySessionForReferral",
        /// Record attendance: `PUT /referral/{referralId}/delivery-session-appointments/{appointmentId}/attendance`.
        RecordDeliveryAttendance = "recordDeliveryAttendance",
        /// Record session feedback: `PUT /referral/{referralId}/delivery-session-appointments/{appointmentId}/session-feedback`.
        RecordDeliverySessionFeedback = "recordDeliverySessionFeedback",
        /// Submit feedback: `POST /referral/{referralId}/delivery-session-appointments/{appointmentId}/submit-feedback`.
        SubmitDeliveryFeedback = "submitDeliveryFeedback",
        /// Schedule or reschedule by assessment id: `PUT /supplier-assessment/{id}/schedule-appointment`.
        ScheduleSupplierAssessmentLegacy = "scheduleSupplierAssessmentLegacy",
        /// Schedule a new assessment appointment: `POST /referral/{referralId}/supplier-assessment`.
        ScheduleSupplierAssessment = "scheduleSupplierAssessment",
        /// Reschedule the latest assessment appointment: `PUT /referral/{referralId}/supplier-assessment/{appointmentId}`.
        RescheduleSupplierAssessment = "rescheduleSupplierAssessment",
        /// Record assessment attendance: `PUT /referral/{referralId}/supplier-assessment/record-attendance`.
        RecordSupplierAssessmentAttendance = "recordSupplierAssessmentAttendance",
        /// Record assessment session feedback: `PUT /referral/{referralId}/supplier-assessment/record-session-feedback`.
        RecordSupplierAssessmentSessionFeedback = "recordSupplierAssessmentSessionFeedback",
        /// Submit assessment feedback: `POST /referral/{referralId}/supplier-assessment/submit-feedback`.
        SubmitSupplierAssessmentFeedback = "submitSupplierAssessmentFeedback",
        /// Start (or fetch) the report of a referral: `POST /draft-end-of-service-report`.
        CreateEndOfServiceReport = "createEndOfServiceReport",
        /// Update the report: `PATCH /draft-end-of-service-report/{id}`.
        UpdateEndOfServiceReport = "updateEndOfServiceReport",
        /// Submit the report: `POST /draft-end-of-service-report/{id}/submit`.
        SubmitEndOfServiceReport = "submitEndOfServiceReport",
        /// Read a report: `GET /end-of-service-report/{id}`.
        GetEndOfServiceReport = "getEndOfServiceReport",
        /// Read a report by referral: `GET /end-of-service-report`.
        GetEndOfServiceReportByReferral = "getEndOfServiceReportByReferral",
        /// Add a case note: `POST /case-note`.
        CreateCaseNote = "createCaseNote",
        /// Read a case note: `GET /case-note/{id}`.
        GetCaseNote = "getCaseNote",
        /// Case notes of a referral, paged: `GET /sent-referral/{referralId}/case-notes`.
        ListCaseNotes = "listCaseNotes",
        /// Record the calling user: `POST /intervention/user`.
        RegisterCurrentUser = "registerCurrentUser",
        /// Prison details by CRN: `GET /intervention/prisoner/details/{crn}`.
        GetPrisonerDetails = "getPrisonerDetails",
        /// Queue a provider performance report: `POST /reports/service-provider/performance`.
        RequestPerformanceReport = "requestPerformanceReport",
        /// Referrals of a case: `GET /probation-case/{crn}/referral`.
        ListReferralsByCrn = "listReferralsByCrn",
        /// Session appointment locations of a case: `GET /appointments-location/{crn}`.
        GetAppointmentLocations = "getAppointmentLocations",
        /// Accommodation referrals of a case: `GET /sas-referral-details/{crn}`.
        ListSasReferrals = "listSasReferrals",
        /// Subject access export: `GET /subject-access-request`.
        GetSubjectAccessData = "getSubjectAccessData",
        /// Template that renders the export: `GET /subject-access-request/template`.
        GetSubjectAccessTemplate = "getSubjectAccessTemplate",
    }
}

impl Operation {
    /// What it demands.
    pub fn rule(self) -> Rule {
        let rule = |roles, side, check| Rule { roles, side, check };
        match self {
            Self::CreateDraftReferral
            | Self::GetDraftReferral
            | Self::PatchDraftReferral
            | Self::SetDraftComplexityLevel
            | Self::SetDraftDesiredOutcomes
            | Self::GetDraftOasysRiskInformation
            | Self::SetDraftOasysRiskInformation
            | Self::SendDraftReferral
            | Self::GetPrisonerDetails => rule(MAIN, Side::Practitioner, Check::Case),
            Self::ListDraftReferrals => rule(MAIN, Side::Practitioner, Check::OwnDrafts),
            Self::GetSentReferral
            | Self::ListApprovedActionPlans
            | Self::GetSupplierAssessmentForReferral
            | Self::GetChangelogDetails
            | Self::GetActionPlan
            | Self::ListDeliverySessionsForPlan
            | Self::GetDeliverySessionForPlan
            | Self::GetDeliverySessionForReferral
            | Self::GetEndOfServiceReport
            | Self::GetEndOfServiceReportByReferral => rule(MAIN, Side::AnyoneReading, Check::Referral),
            Self::AssignSentReferral
            | Self::CreateDraftActionPlan
            | Self::UpdateDraftActionPlan
            | Self::SubmitActionPlan
            | Self::UpdateActionPlanActivity
            | Self::ScheduleDeliverySession
            | Self::RecordDeliveryAttendance
            | Self::RecordDeliverySessionFeedback
            | Self::SubmitDeliveryFeedback
            | Self::ScheduleSupplierAssessmentLegacy
            | Self::ScheduleSupplierAssessment
            | Self::RescheduleSupplierAssessment
            | Self::RecordSupplierAssessmentAttendance
            | Self::RecordSupplierAssessmentSessionFeedback
            | Self::SubmitSupplierAssessmentFeedback
            | Self::CreateEndOfServiceReport
            | Self::UpdateEndOfServiceReport
            | Self::SubmitEndOfServiceReport => rule(MAIN, Side::Provider, Check::Referral),
            Self::ListSentReferralSummaries | Self::ListSentReferralsLegacy => {
                rule(MAIN, Side::Either, Check::Dashboard)
            }
            Self::ListServiceProviderSummaries => rule(MAIN, Side::Provider, Check::Dashboard),
            Self::UpdateReferralDetails
            | Self::WithdrawReferral
            | Self::EndReferralLegacy
            | Self::AmendComplexityLevel
            | Self::AmendDesiredOutcomes
            | Self::AmendNeedsAndRequirements
            | Self::AmendPrisonEstablishment
            | Self::AmendExpectedReleaseDate
            | Self::AmendExpectedProbationOffice
            | Self::AmendPpProbationOffice
            | Self::AmendPpName
            | Self::AmendPpEmail
            | Self::AmendPpPhoneNumber
            | Self::AmendPpTeamPhoneNumber
            | Self::ApproveActionPlan => rule(MAIN, Side::Practitioner, Check::Referral),
            Self::ListWithdrawalReasons
            | Self::ListCancellationReasons
            | Self::SearchInterventions
            | Self::GetIntervention
            | Self::ListPccRegions
            | Self::GetServiceCategory
            | Self::GetServiceCategoryForContract => rule(MAIN, Side::AnyToken, Check::Open),
            Self::ListChangelog | Self::CreateCaseNote | Self::GetCaseNote | Self::ListCaseNotes => {
                rule(MAIN, Side::Either, Check::Referral)
            }
            Self::ListMyInterventions => rule(MAIN, Side::Provider, Check::ProviderScope),
            Self::RegisterCurrentUser => rule(MAIN, Side::AnyUser, Check::Open),
            Self::RequestPerformanceReport => rule(&[], Side::Provider, Check::ProviderScope),
            Self::ListReferralsByCrn | Self::GetAppointmentLocations => {
                rule(&[Role::ReferAndMonitor], Side::AnyToken, Check::Open)
            }
            Self::ListSasReferrals => rule(&[Role::AccommodationReader], Side::AnyToken, Check::Open),
            Self::GetSubjectAccessData | Self::GetSubjectAccessTemplate => {
                rule(&[Role::SubjectAccess], Side::AnyToken, Check::Open)
            }
        }
    }
}

/// Why a caller may not perform an operation at all, whatever it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// None of the roles.
    #[error("none of the roles that this needs")]
    Role,
    /// The token lacks claims that a person's token has.
    #[error("the token lacks {}", .0.join(", "))]
    Claims(Vec<&'static str>),
    /// The sign-in source is not a supported one, or the action belongs to the other side.
    #[error("{0}")]
    UserType(&'static str),
}

/// Whether the caller may perform the operation, as far as roles, claims and side go.
pub fn admit(operation: Operation, caller: &Caller) -> Result<(), Refusal> {
    let rule = operation.rule();
    if !rule.roles.is_empty() && rule.roles.iter().all(|role| !caller.roles().contains(role)) {
        return Err(Refusal::Role);
    }
    match (rule.side, caller) {
        (Side::AnyToken, _) | (Side::AnyUser, Caller::User { .. }) => Ok(()),
        (Side::AnyoneReading, Caller::Client { is_machine: true, roles, .. }) if roles.contains(&Role::ReadAll) => {
            Ok(())
        }
        (_, Caller::Client { missing_claims, .. }) => Err(Refusal::Claims(missing_claims.clone())),
        (side, Caller::User { .. }) => match (side, caller.user_type()) {
            (_, None) => Err(Refusal::UserType("unsupported user type")),
            (Side::Practitioner, Some(UserType::Provider)) => {
                Err(Refusal::UserType("only probation practitioners can do this"))
            }
            (Side::Provider, Some(UserType::Practitioner)) => {
                Err(Refusal::UserType("only service provider users can do this"))
            }
            _ => Ok(()),
        },
    }
}

/// What a provider user may see: the referrals of these contracts that involve one of these providers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderScope {
    /// Provider ids.
    pub providers: BTreeSet<String>,
    /// Contract references.
    pub contracts: BTreeSet<String>,
    /// Groups that were left out, and why; for the log and the access explainer.
    pub warnings: Vec<String>,
}

/// What follows the prefix of a login group, if it has that prefix.
fn suffix<'a>(group: &'a str, prefix: &str) -> Option<&'a str> {
    group.strip_prefix(prefix).filter(|rest| !rest.is_empty())
}

/// The provider ids that login groups name.
pub fn provider_ids(groups: &[String]) -> BTreeSet<String> {
    groups.iter().filter_map(|group| suffix(group, "INT_SP_")).map(str::to_owned).collect()
}

/// The contract references that login groups name.
pub fn contract_references(groups: &[String]) -> BTreeSet<String> {
    groups.iter().filter_map(|group| suffix(group, "INT_CR_")).map(str::to_owned).collect()
}

/// A provider user's scope, from login groups and from what is known of the providers and contracts that they name.
/// Unknown ones, and contracts that involve none of the user's providers, are left out with a warning.
///
/// # Errors
/// Every reason why nothing is left.
pub fn provider_scope(
    groups: &[String],
    known_providers: &BTreeSet<String>,
    known_contracts: &[Contract],
) -> Result<ProviderScope, Vec<String>> {
    let mut scope = ProviderScope::default();
    let mut errors = Vec::new();
    for id in provider_ids(groups) {
        if known_providers.contains(&id) {
            scope.providers.insert(id);
        } else {
            scope.warnings.push(format!("group INT_SP_{id} names no provider that this service knows"));
        }
    }
    let mut foreign = Vec::new();
    for reference in contract_references(groups) {
        match known_contracts.iter().find(|contract| contract.reference == reference) {
            None => scope.warnings.push(format!("group INT_CR_{reference} names no contract that this service knows")),
            Some(contract) if scope.providers.iter().any(|provider| contract.involves(provider)) => {
                scope.contracts.insert(reference);
            }
            Some(_) => foreign.push(format!("contract {reference} involves none of your providers")),
        }
    }
    if scope.providers.is_empty() {
        errors.push("none of your groups names a provider that this service knows".to_owned());
    }
    if scope.contracts.is_empty() {
        errors.extend(foreign.iter().cloned());
        errors
            .push("none of your groups names a contract that this service knows and your provider works on".to_owned());
    }
    scope.warnings.extend(foreign);
    if errors.is_empty() { Ok(scope) } else { Err(errors) }
}

/// Whether a provider user with this scope may see a referral on this contract.
///
/// # Errors
/// Both reasons, where both hold.
pub fn may_see_referral(scope: &ProviderScope, contract: &Contract) -> Result<(), Vec<String>> {
    let mut errors = Vec::new();
    if !scope.providers.iter().any(|provider| contract.involves(provider)) {
        errors.push(
            "your organisation is neither prime provider nor subcontractor on this referral's contract".to_owned(),
        );
    }
    if !scope.contracts.contains(&contract.reference) {
        errors.push("this referral's contract is not among your contract groups".to_owned());
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
