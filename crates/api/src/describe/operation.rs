//! What no type says about an operation: a line for readers, and the statuses with which it may fail besides those that
//! every operation of its kind has. An operation without an entry does not compile.

use domain::access::Operation;

/// What is told of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// A line for readers.
    pub(crate) summary: &'static str,
    /// Statuses with which it fails for reasons of its own.
    pub(crate) fails_with: &'static [u16],
}

/// The thing named does not exist.
const UNKNOWN: &[u16] = &[404];
/// The same, or its state does not allow it.
const STATE: &[u16] = &[404, 409];
/// The same, or something that must come first was not done.
const ORDER: &[u16] = &[404, 409, 422];

/// The entry of an operation.
pub(crate) fn about(operation: Operation) -> About {
    use Operation as Op;
    let (summary, fails_with): (_, &[u16]) = match operation {
        Op::CreateDraftReferral => ("Begin a draft for a case and an intervention", &[]),
        Op::ListDraftReferrals => ("The caller's drafts that were not sent", &[]),
        Op::GetDraftReferral => ("A draft, sent or not", UNKNOWN),
        Op::PatchDraftReferral => ("Answer questions of a draft; what is absent or null stays", STATE),
        Op::SetDraftComplexityLevel => ("Choose how much help one service category needs", STATE),
        Op::SetDraftDesiredOutcomes => ("Choose what is sought in one service category", STATE),
        Op::GetDraftOasysRiskInformation => ("The edited risk text of a draft", UNKNOWN),
        Op::SetDraftOasysRiskInformation => ("Replace the edited risk text of a draft", STATE),
        Op::SendDraftReferral => ("Send a draft to the provider; a body is not read", STATE),
        Op::GetSentReferral => ("A sent referral", UNKNOWN),
        Op::AssignSentReferral => ("Assign a referral to a caseworker", STATE),
        Op::ListSentReferralSummaries => ("A page of the caller's case list", &[]),
        Op::ListServiceProviderSummaries => ("A provider's case list of the older kind, whole", &[]),
        Op::UpdateReferralDetails => ("Make a new version of the referral's details", STATE),
        Op::ListApprovedActionPlans => ("The approved action plans of a referral", &[]),
        Op::GetSupplierAssessmentForReferral => ("The supplier assessment of a referral", UNKNOWN),
        Op::ListWithdrawalReasons => ("Why a referral may be withdrawn", &[]),
        Op::WithdrawReferral => ("Withdraw a referral, or close it early", STATE),
        Op::ListCancellationReasons => ("Why a referral could be cancelled, an older list", &[]),
        Op::EndReferralLegacy => ("End a referral in the older way", STATE),
        Op::ListSentReferralsLegacy => ("The newest referrals of the caller's case list", &[]),
        Op::AmendComplexityLevel => ("Change how much help one service category needs", STATE),
        Op::AmendDesiredOutcomes => ("Change what is sought in one service category", STATE),
        Op::AmendNeedsAndRequirements => ("Change one section of needs and requirements", STATE),
        Op::AmendPrisonEstablishment => ("Change the prison", STATE),
        Op::AmendExpectedReleaseDate => ("Change the expected release date, or why there is none", STATE),
        Op::AmendExpectedProbationOffice => ("Change the probation office expected on release", STATE),
        Op::AmendPpProbationOffice => ("Change the practitioner's probation office", STATE),
        Op::AmendPpName => ("Change the practitioner's name", STATE),
        Op::AmendPpEmail => ("Change the practitioner's e-mail address", STATE),
        Op::AmendPpPhoneNumber => ("Change the practitioner's telephone number", STATE),
        Op::AmendPpTeamPhoneNumber => ("Change the telephone number of the practitioner's team", STATE),
        Op::ListChangelog => ("What was changed about a referral, newest first", UNKNOWN),
        Op::GetChangelogDetails => ("One change, with what was and what is", UNKNOWN),
        Op::SearchInterventions => ("The interventions that can be chosen", &[]),
        Op::ListMyInterventions => ("The interventions that the calling provider delivers", &[]),
        Op::GetIntervention => ("An intervention", &[404, 410]),
        Op::ListPccRegions => ("The police and crime commissioner areas", &[]),
        Op::GetServiceCategory => ("A service category with every outcome there is or was", UNKNOWN),
        Op::GetServiceCategoryForContract => ("A service category with the outcomes that a contract offers", UNKNOWN),
        Op::CreateDraftActionPlan => ("Begin an action plan", STATE),
        Op::UpdateDraftActionPlan => ("Change the number of sessions, or add an activity", STATE),
        Op::SubmitActionPlan => ("Submit an action plan, which approves it; a body is not read", STATE),
        Op::GetActionPlan => ("An action plan", UNKNOWN),
        Op::UpdateActionPlanActivity => ("Put an activity into other words", STATE),
        Op::ApproveActionPlan => ("Approve a submitted action plan; a body is not read", STATE),
        Op::ListDeliverySessionsForPlan => ("Every session of the plan's referral", UNKNOWN),
        Op::GetDeliverySessionForPlan => ("One session of the plan's referral", UNKNOWN),
        Op::ScheduleDeliverySession => ("Book a session or move it, with feedback if it was held", STATE),
        Op::GetDeliverySessionForReferral => ("One session of a referral", UNKNOWN),
        Op::RecordDeliveryAttendance => ("Record who came to a session", STATE),
        Op::RecordDeliverySessionFeedback => ("Record how a session went", STATE),
        Op::SubmitDeliveryFeedback => ("Submit the feedback on a session; a body is not read", ORDER),
        Op::ScheduleSupplierAssessmentLegacy => ("Book the first meeting or move it, by the assessment's id", STATE),
        Op::ScheduleSupplierAssessment => ("Book a further first meeting", STATE),
        Op::RescheduleSupplierAssessment => ("Move the latest first meeting", STATE),
        Op::RecordSupplierAssessmentAttendance => ("Record who came to the first meeting", STATE),
        Op::RecordSupplierAssessmentSessionFeedback => ("Record how the first meeting went", STATE),
        Op::SubmitSupplierAssessmentFeedback => ("Submit the feedback on the first meeting; a body is not read", ORDER),
        Op::CreateEndOfServiceReport => ("Begin the end of service report, or fetch it", STATE),
        Op::UpdateEndOfServiceReport => ("Write the end of service report", STATE),
        Op::SubmitEndOfServiceReport => ("Submit the end of service report; a body is not read", STATE),
        Op::GetEndOfServiceReport => ("An end of service report", UNKNOWN),
        Op::GetEndOfServiceReportByReferral => ("The end of service report of a referral", UNKNOWN),
        Op::CreateCaseNote => ("Leave a case note", &[]),
        Op::GetCaseNote => ("A case note", UNKNOWN),
        Op::ListCaseNotes => ("A page of a referral's case notes", UNKNOWN),
        Op::RegisterCurrentUser => ("Who calls; a body is not read", &[]),
        Op::GetPrisonerDetails => ("What the prison system says about somebody; empty when it says nothing", &[]),
        Op::RequestPerformanceReport => ("Ask for the provider's performance report", &[]),
        Op::ListReferralsByCrn => ("The sent referrals of a case", &[]),
        Op::GetAppointmentLocations => ("Where and when the sessions of a case take place", &[]),
        Op::ListSasReferrals => ("The accommodation referrals of a case", UNKNOWN),
        Op::GetSubjectAccessData => {
            ("Everything held about a person; 204 when nothing is, 209 when no CRN is given", &[])
        }
        Op::GetSubjectAccessTemplate => ("The template that shows such an export to people", &[]),
    };
    About { summary, fails_with }
}

/// Whether another system is asked on the way although nothing of the caller's access must be.
pub(crate) fn asks_another_system(operation: Operation) -> bool {
    operation == Operation::ListReferralsByCrn
}
