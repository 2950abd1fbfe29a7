//! Amendments of a sent referral: one request for each, and no answer but that it is done; the details answer with
//! their new version.

use app::amendment::DetailsPatch;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, NoContent, Response};
use domain::amendment::{Contact, NeedsSection};
use domain::referral::ReferralDetails;
use domain::{ComplexityLevelId, DesiredOutcomeId, Referral, ReferralId, ServiceCategoryId};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, Done, done, ok};
use crate::body::{Members, Object};
use crate::caller::Caller;
use crate::describe::{Output, Reply, Schemas};
use crate::error::Failure;
use crate::extract::{Body, Id, Ids, PathValue};

/// A version of the details. Two members are of an older form of the contract and always null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReferralDetails")]
pub(crate) struct WireDetails {
    referral_id: Uuid,
    maximum_enforceable_days: Option<i32>,
    completion_deadline: Option<Date>,
    further_information: Option<String>,
    reason_for_change: String,
    created_by_id: String,
    created_at: Timestamp,
    reason_for_referral: Option<String>,
    reason_for_referral_further_information: Option<String>,
    prison_establishment: Option<String>,
    probation_office: Option<String>,
}

impl WireDetails {
    /// The current version; none on a record that never had one.
    pub(crate) fn of(referral: &Referral) -> Option<Self> {
        let ReferralDetails {
            id: _,
            created_at,
            created_by_id,
            reason_for_change,
            completion_deadline,
            further_information,
            maximum_enforceable_days,
            reason_for_referral,
            reason_for_referral_further_information,
            reason_for_referral_before_allocation: _,
        } = referral.details.clone()?;
        Some(Self {
            referral_id: referral.id.0,
            maximum_enforceable_days,
            completion_deadline,
            further_information,
            reason_for_change,
            created_by_id,
            created_at,
            reason_for_referral,
            reason_for_referral_further_information,
            prison_establishment: None,
            probation_office: None,
        })
    }
}

/// Other details.
pub(crate) struct DetailsRequest(pub(crate) DetailsPatch);

impl Object for DetailsRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let reason = members.required("reasonForChange");
        let patch = DetailsPatch {
            completion_deadline: members.optional("completionDeadline"),
            maximum_enforceable_days: members.optional("maximumEnforceableDays"),
            further_information: members.optional("furtherInformation"),
            reason_for_referral: members.optional("reasonForReferral"),
            reason_for_referral_further_information: members.optional("reasonForReferralFurtherInformation"),
            reason_for_referral_before_allocation: members.optional("reasonForReferralCreationBeforeAllocation"),
            ..DetailsPatch::default()
        };
        Some(Self(DetailsPatch { reason: reason?, ..patch }))
    }
}

/// Another complexity level.
pub(crate) struct ComplexityRequest {
    pub(crate) level: ComplexityLevelId,
    pub(crate) reason: String,
}

impl Object for ComplexityRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (level, reason) = (members.required("complexityLevelId"), members.required("reasonForChange"));
        Some(Self { level: level?, reason: reason? })
    }
}

/// Other desired outcomes.
pub(crate) struct OutcomesRequest {
    pub(crate) outcomes: Vec<DesiredOutcomeId>,
    pub(crate) reason: String,
}

impl Object for OutcomesRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (outcomes, reason) = (members.required("desiredOutcomesIds"), members.required("reasonForChange"));
        Some(Self { outcomes: outcomes?, reason: reason? })
    }
}

/// Answers to every section of the needs, of which the address names one; the others are left aside.
pub(crate) struct NeedsRequest {
    pub(crate) reason: String,
    responsibilities: (Option<bool>, Option<String>),
    interpreter: (Option<bool>, Option<String>),
    accessibility: Option<String>,
    additional: Option<String>,
}

/// The name of a section, which may be of none.
pub(crate) struct SectionName(String);

impl PathValue for SectionName {
    const MUST_BE: &'static str = String::MUST_BE;

    fn parse(text: &str) -> Option<Self> {
        <String as PathValue>::parse(text).map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "string", "enum": SECTIONS })
    }
}

/// The names of the sections.
const SECTIONS: [&str; 4] =
    ["additional-responsibilities", "accessibility-needs", "identify-needs", "interpreter-required"];

/// What changing a section answers.
pub(crate) enum NeedsChanged {
    Done,
    UnknownSection,
}

impl IntoResponse for NeedsChanged {
    fn into_response(self) -> Response {
        match self {
            Self::Done => NoContent.into_response(),
            Self::UnknownSection => {
                let text = format!("needsAndRequirementsType must be one of {}", SECTIONS.join(", "));
                (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "text/plain")], text).into_response()
            }
        }
    }
}

impl Output for NeedsChanged {
    fn replies(_: &mut Schemas) -> Vec<Reply> {
        vec![Reply::empty(204), Reply::text(400)]
    }
}

impl NeedsRequest {
    /// The section of this name.
    pub(crate) fn section(self, name: &str) -> Option<(NeedsSection, String)> {
        let section = match name {
            "additional-responsibilities" => {
                NeedsSection::Responsibilities(self.responsibilities.0, self.responsibilities.1)
            }
            "accessibility-needs" => NeedsSection::Accessibility(self.accessibility),
            "identify-needs" => NeedsSection::Additional(self.additional),
            "interpreter-required" => NeedsSection::Interpreter(self.interpreter.0, self.interpreter.1),
            _ => return None,
        };
        Some((section, self.reason))
    }
}

impl Object for NeedsRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let reason = members.required("reasonForChange");
        let responsibilities = (members.optional("hasAdditionalResponsibilities"), members.optional("whenUnavailable"));
        let interpreter = (members.optional("needsInterpreter"), members.optional("interpreterLanguage"));
        let accessibility = members.optional("accessibilityNeeds");
        let additional = members.optional("additionalNeedsInformation");
        Some(Self { reason: reason?, responsibilities, interpreter, accessibility, additional })
    }
}

/// Another prison.
pub(crate) struct PrisonRequest {
    pub(crate) id: String,
    pub(crate) names: (String, String),
    pub(crate) reason: String,
}

impl Object for PrisonRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (id, reason) = (members.required("personCustodyPrisonId"), members.required("reasonForChange"));
        let (old, new) = (members.required("oldPrisonEstablishment"), members.required("newPrisonEstablishment"));
        Some(Self { id: id?, names: (old?, new?), reason: reason? })
    }
}

/// Another release date, or why there is none.
pub(crate) struct ReleaseRequest {
    pub(crate) date: Option<Date>,
    pub(crate) missing_reason: Option<String>,
}

impl Object for ReleaseRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (date, missing_reason) =
            (members.optional("expectedReleaseDate"), members.optional("expectedReleaseDateMissingReason"));
        Some(Self { date, missing_reason })
    }
}

/// Another probation office.
pub(crate) struct OfficeRequest {
    pub(crate) office: String,
    /// Only an explicit wish stops the e-mail.
    pub(crate) tell_provider: bool,
}

impl Object for OfficeRequest {
    fn read(members: &mut Members<'_>) -> Option<Self> {
        let (office, quiet) = (members.required("probationOffice"), members.flag("preventEmailNotification"));
        Some(Self { office: office?, tell_provider: !quiet })
    }
}

macro_rules! contact_requests {
    ($($(#[$doc:meta])* $name:ident = $member:literal),+ $(,)?) => {$(
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) String);

        impl Object for $name {
            fn read(members: &mut Members<'_>) -> Option<Self> {
                Some(Self(members.required($member)?))
            }
        }
    )+};
}

contact_requests!(
    /// Another name of the practitioner.
    NameRequest = "ppName",
    /// Another e-mail address of the practitioner.
    EmailRequest = "ppEmail",
    /// Another telephone number of the practitioner.
    PhoneRequest = "ppPhoneNumber",
    /// Another telephone number of the practitioner's team.
    TeamPhoneRequest = "ppTeamPhoneNumber",
);

/// `POST /sent-referral/{referralId}/referral-details`.
pub(crate) async fn details(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(DetailsRequest(patch)): Body<DetailsRequest>,
) -> Answer<WireDetails> {
    let seen = app::amendment::change_details(&ctx, id, patch).await?;
    ok(WireDetails::of(&seen).ok_or_else(Failure::unexpected)?)
}

/// `POST /sent-referral/{referralId}/service-category/{serviceCategoryId}/amend-complexity-level`.
pub(crate) async fn complexity(
    Caller(ctx): Caller,
    Ids(id, category): Ids<ReferralId, ServiceCategoryId>,
    Body(ComplexityRequest { level, reason }): Body<ComplexityRequest>,
) -> Done {
    app::amendment::change_complexity(&ctx, id, category, level, reason).await?;
    done()
}

/// `POST /sent-referral/{referralId}/service-category/{serviceCategoryId}/amend-desired-outcomes`.
pub(crate) async fn outcomes(
    Caller(ctx): Caller,
    Ids(id, category): Ids<ReferralId, ServiceCategoryId>,
    Body(OutcomesRequest { outcomes, reason }): Body<OutcomesRequest>,
) -> Done {
    app::amendment::change_outcomes(&ctx, id, category, outcomes.into_iter().collect(), reason).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-needs-and-requirements/{needsAndRequirementsType}`. An unknown section is
/// answered with bare text, as the contract has it.
pub(crate) async fn needs(
    Caller(ctx): Caller,
    Ids(id, section): Ids<ReferralId, SectionName>,
    Body(request): Body<NeedsRequest>,
) -> Result<NeedsChanged, Failure> {
    let Some((section, reason)) = request.section(&section.0) else { return Ok(NeedsChanged::UnknownSection) };
    app::amendment::change_needs(&ctx, id, section, reason).await?;
    Ok(NeedsChanged::Done)
}

/// `POST /sent-referral/{referralId}/amend-prison-establishment`.
pub(crate) async fn prison(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(PrisonRequest { id: prison, names, reason }): Body<PrisonRequest>,
) -> Done {
    app::amendment::change_prison(&ctx, id, prison, names, reason).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-expected-release-date`.
pub(crate) async fn release_date(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(ReleaseRequest { date, missing_reason }): Body<ReleaseRequest>,
) -> Done {
    app::amendment::change_release_date(&ctx, id, date, missing_reason).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-expected-probation-office`.
pub(crate) async fn expected_office(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(OfficeRequest { office, tell_provider }): Body<OfficeRequest>,
) -> Done {
    app::amendment::change_expected_office(&ctx, id, office, tell_provider).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-pp-probation-office`.
pub(crate) async fn practitioner_office(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(OfficeRequest { office, tell_provider }): Body<OfficeRequest>,
) -> Done {
    app::amendment::change_practitioner_office(&ctx, id, office, tell_provider).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-probation-practitioner-name`.
pub(crate) async fn name(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(NameRequest(text)): Body<NameRequest>,
) -> Done {
    app::amendment::correct_practitioner(&ctx, id, Contact::Name, text).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-probation-practitioner-email`.
pub(crate) async fn email(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(EmailRequest(text)): Body<EmailRequest>,
) -> Done {
    app::amendment::correct_practitioner(&ctx, id, Contact::Email, text).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-probation-practitioner-phone-number`.
pub(crate) async fn phone(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(PhoneRequest(text)): Body<PhoneRequest>,
) -> Done {
    app::amendment::correct_practitioner(&ctx, id, Contact::Phone, text).await?;
    done()
}

/// `POST /sent-referral/{referralId}/amend-probation-practitioner-team-phone-number`.
pub(crate) async fn team_phone(
    Caller(ctx): Caller,
    Id(id): Id<ReferralId>,
    Body(TeamPhoneRequest(text)): Body<TeamPhoneRequest>,
) -> Done {
    app::amendment::correct_practitioner(&ctx, id, Contact::TeamPhone, text).await?;
    done()
}
