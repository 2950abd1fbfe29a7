//! Amendments of a sent referral, by practitioners.

use std::collections::BTreeSet;

use domain::access::Operation;
use domain::amendment::{Amendment, Contact, DetailsChange, NeedsSection};
use domain::catalogue::ServiceCategory;
use domain::{ChangeLogId, ComplexityLevelId, DesiredOutcomeId, ReferralDetailsId, ReferralId, ServiceCategoryId};
use jiff::civil::Date;

use crate::referral::{Seen, authorised, authorised_change};
use crate::{Error, OpCtx};

/// Other details; what is not given is carried over.
#[derive(Clone, Default)]
pub struct DetailsPatch {
    /// Why.
    pub reason: String,
    /// The deadline.
    pub completion_deadline: Option<Date>,
    /// The most enforceable days.
    pub maximum_enforceable_days: Option<i32>,
    /// Further information for the provider.
    pub further_information: Option<String>,
    /// Why the person is referred.
    pub reason_for_referral: Option<String>,
    /// Further information on the reason.
    pub reason_for_referral_further_information: Option<String>,
    /// Why the referral was made before allocation.
    pub reason_for_referral_before_allocation: Option<String>,
}

/// Makes a new version of the details.
pub async fn change_details(ctx: &OpCtx, id: ReferralId, patch: DetailsPatch) -> Result<Seen, Error> {
    let DetailsPatch {
        reason,
        completion_deadline,
        maximum_enforceable_days,
        further_information,
        reason_for_referral,
        reason_for_referral_further_information,
        reason_for_referral_before_allocation,
    } = patch;
    let change = DetailsChange {
        id: ReferralDetailsId(ctx.app.ids().uuid()),
        reason,
        completion_deadline,
        maximum_enforceable_days,
        further_information,
        reason_for_referral,
        reason_for_referral_further_information,
        reason_for_referral_before_allocation,
    };
    amend(ctx, Operation::UpdateReferralDetails, id, Amendment::Details(change)).await
}

/// Changes the complexity level of one category.
pub async fn change_complexity(
    ctx: &OpCtx,
    id: ReferralId,
    category: ServiceCategoryId,
    level: ComplexityLevelId,
    reason: String,
) -> Result<Seen, Error> {
    let operation = Operation::AmendComplexityLevel;
    let category = category_for(ctx, operation, id, category).await?;
    amend(ctx, operation, id, Amendment::Complexity { category, level, reason }).await
}

/// Changes the desired outcomes of one category.
pub async fn change_outcomes(
    ctx: &OpCtx,
    id: ReferralId,
    category: ServiceCategoryId,
    outcomes: BTreeSet<DesiredOutcomeId>,
    reason: String,
) -> Result<Seen, Error> {
    let operation = Operation::AmendDesiredOutcomes;
    let category = category_for(ctx, operation, id, category).await?;
    amend(ctx, operation, id, Amendment::Outcomes { category, outcomes, reason }).await
}

/// Answers one section of the needs anew.
pub async fn change_needs(ctx: &OpCtx, id: ReferralId, section: NeedsSection, reason: String) -> Result<Seen, Error> {
    amend(ctx, Operation::AmendNeedsAndRequirements, id, Amendment::Needs { section, reason }).await
}

/// Changes the prison; the names are those that the practitioner saw.
pub async fn change_prison(
    ctx: &OpCtx,
    id: ReferralId,
    prison_id: String,
    (old_name, new_name): (String, String),
    reason: String,
) -> Result<Seen, Error> {
    let amendment = Amendment::Prison { id: prison_id, old_name, new_name, reason };
    amend(ctx, Operation::AmendPrisonEstablishment, id, amendment).await
}

/// Changes the expected release date, or says why there is none.
pub async fn change_release_date(
    ctx: &OpCtx,
    id: ReferralId,
    date: Option<Date>,
    missing_reason: Option<String>,
) -> Result<Seen, Error> {
    amend(ctx, Operation::AmendExpectedReleaseDate, id, Amendment::ReleaseDate(date, missing_reason)).await
}

/// Changes the probation office that is expected after release.
pub async fn change_expected_office(
    ctx: &OpCtx,
    id: ReferralId,
    office: String,
    tell_provider: bool,
) -> Result<Seen, Error> {
    let amendment = Amendment::ExpectedOffice { office, tell_provider };
    amend(ctx, Operation::AmendExpectedProbationOffice, id, amendment).await
}

/// Changes the practitioner's probation office.
pub async fn change_practitioner_office(
    ctx: &OpCtx,
    id: ReferralId,
    office: String,
    tell_provider: bool,
) -> Result<Seen, Error> {
    let amendment = Amendment::PractitionerOffice { office, tell_provider };
    amend(ctx, Operation::AmendPpProbationOffice, id, amendment).await
}

/// Corrects the practitioner's name, or how to reach them.
pub async fn correct_practitioner(ctx: &OpCtx, id: ReferralId, contact: Contact, text: String) -> Result<Seen, Error> {
    let operation = match contact {
        Contact::Name => Operation::AmendPpName,
        Contact::Email => Operation::AmendPpEmail,
        Contact::Phone => Operation::AmendPpPhoneNumber,
        Contact::TeamPhone => Operation::AmendPpTeamPhoneNumber,
    };
    amend(ctx, operation, id, Amendment::Practitioner(contact, text)).await
}

async fn amend(ctx: &OpCtx, operation: Operation, id: ReferralId, amendment: Amendment) -> Result<Seen, Error> {
    let by = ctx.actor();
    let new_id = || ChangeLogId(ctx.app.ids().uuid());
    authorised_change(ctx, operation, id, |referral| referral.amend(amendment, &by, ctx.now, new_id)).await
}

/// The category that an amendment names, once the caller may amend at all.
async fn category_for(
    ctx: &OpCtx,
    operation: Operation,
    id: ReferralId,
    category: ServiceCategoryId,
) -> Result<ServiceCategory, Error> {
    authorised(ctx, operation, id).await?;
    let mut db = ctx.app.store().connection().await?;
    let found = store::catalogue::find_category(&mut db, category).await?;
    found.ok_or_else(|| Error::Bad(format!("service category {category} does not exist")))
}
