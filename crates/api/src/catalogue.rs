//! The catalogue: interventions, regions, service categories, reasons.

use app::catalogue::CatalogueFilter;
use domain::catalogue::{
    ComplexityLevel, ContractArea, DesiredOutcome, Eligibility, InterventionEntry, NpsRegion, PccRegion, Reason,
    ServiceCategory,
};
use domain::{DesiredOutcomeId, InterventionId, ServiceCategoryId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::{Answer, ok};
use crate::caller::Caller;
use crate::error::Failure;
use crate::extract::{Id, Ids, Params, Query, QueryShape};
use crate::wire::ServiceProvider;

/// A probation region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "NPSRegion")]
pub(crate) struct WireNpsRegion {
    id: String,
    name: String,
}

impl From<NpsRegion> for WireNpsRegion {
    fn from(region: NpsRegion) -> Self {
        let NpsRegion { id, name } = region;
        Self { id, name }
    }
}

/// A police and crime commissioner area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PCCRegion")]
pub(crate) struct WirePccRegion {
    id: String,
    name: String,
    nps_region: WireNpsRegion,
}

impl From<PccRegion> for WirePccRegion {
    fn from(region: PccRegion) -> Self {
        let PccRegion { id, name, nps_region } = region;
        Self { id, name, nps_region: nps_region.into() }
    }
}

/// The kind of service that a contract buys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ContractType")]
pub(crate) struct WireContractType {
    code: String,
    name: String,
}

/// How much help is needed within one service category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ComplexityLevel")]
pub(crate) struct WireLevel {
    id: Uuid,
    title: String,
    description: String,
}

impl From<ComplexityLevel> for WireLevel {
    fn from(level: ComplexityLevel) -> Self {
        let ComplexityLevel { id, title, description, complexity: _ } = level;
        Self { id: id.0, title, description }
    }
}

/// A result that is sought within one service category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DesiredOutcome")]
pub(crate) struct WireOutcome {
    id: Uuid,
    description: String,
}

impl WireOutcome {
    /// An outcome by its id and words.
    pub(crate) fn new(id: DesiredOutcomeId, description: String) -> Self {
        Self { id: id.0, description }
    }
}

impl From<DesiredOutcome> for WireOutcome {
    fn from(outcome: DesiredOutcome) -> Self {
        let DesiredOutcome { id, description, deprecated_at: _, rule: _ } = outcome;
        Self::new(id, description)
    }
}

/// An area of need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ServiceCategory")]
pub(crate) struct WireCategory {
    id: Uuid,
    name: String,
    complexity_levels: Vec<WireLevel>,
    desired_outcomes: Vec<WireOutcome>,
}

impl From<ServiceCategory> for WireCategory {
    fn from(category: ServiceCategory) -> Self {
        let ServiceCategory { id, name, complexity_levels, desired_outcomes } = category;
        Self {
            id: id.0,
            name,
            complexity_levels: complexity_levels.into_iter().map(Into::into).collect(),
            desired_outcomes: desired_outcomes.into_iter().map(Into::into).collect(),
        }
    }
}

/// Who may be referred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ContractEligibility")]
pub(crate) struct WireEligibility {
    minimum_age: i32,
    maximum_age: Option<i32>,
    allows_female: bool,
    allows_male: bool,
}

impl From<Eligibility> for WireEligibility {
    fn from(eligibility: Eligibility) -> Self {
        let Eligibility { minimum_age, maximum_age, allows_female, allows_male } = eligibility;
        Self { minimum_age, maximum_age, allows_female, allows_male }
    }
}

/// A catalogue entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Intervention")]
pub(crate) struct WireIntervention {
    id: Uuid,
    title: String,
    description: String,
    nps_region: Option<WireNpsRegion>,
    pcc_regions: Vec<WirePccRegion>,
    service_categories: Vec<WireCategory>,
    service_provider: ServiceProvider,
    eligibility: WireEligibility,
    contract_type: WireContractType,
    incoming_referral_distribution_email: String,
}

impl From<InterventionEntry> for WireIntervention {
    fn from(entry: InterventionEntry) -> Self {
        let InterventionEntry {
            intervention,
            description,
            area,
            eligibility,
            referral_start_on: _,
            service_categories,
        } = entry;
        let (nps_region, pcc_regions) = match area {
            ContractArea::Nps(region, pcc_regions) => (Some(region), pcc_regions),
            ContractArea::Pcc(region) => (None, vec![region]),
        };
        let contract = intervention.contract;
        Self {
            id: intervention.id.0,
            title: intervention.title,
            description,
            nps_region: nps_region.map(Into::into),
            pcc_regions: pcc_regions.into_iter().map(Into::into).collect(),
            service_categories: service_categories.into_iter().map(Into::into).collect(),
            service_provider: (&contract.prime_provider).into(),
            eligibility: eligibility.into(),
            contract_type: WireContractType { code: contract.contract_type.code, name: contract.contract_type.name },
            incoming_referral_distribution_email: intervention.incoming_referral_mailbox,
        }
    }
}

/// A cancellation reason of the older list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CancellationReason")]
pub(crate) struct WireCancellationReason {
    code: String,
    description: String,
}

impl From<Reason> for WireCancellationReason {
    fn from(reason: Reason) -> Self {
        let Reason { code, description, grouping: _ } = reason;
        Self { code, description }
    }
}

/// A withdrawal reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WithdrawalReason")]
pub(crate) struct WireWithdrawalReason {
    code: String,
    description: String,
    grouping: Grouping,
}

/// The group under which pages show a reason; a group that is not the contract's is shown among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Grouping {
    Problem,
    User,
    Sentence,
    Early,
    Other,
}

impl Grouping {
    fn of(text: Option<&str>) -> Self {
        match text {
            Some("problem") => Self::Problem,
            Some("user") => Self::User,
            Some("sentence") => Self::Sentence,
            Some("early") => Self::Early,
            _ => Self::Other,
        }
    }
}

impl From<Reason> for WireWithdrawalReason {
    fn from(reason: Reason) -> Self {
        let Reason { code, description, grouping } = reason;
        Self { code, description, grouping: Grouping::of(grouping.as_deref()) }
    }
}

impl QueryShape for CatalogueFilter {
    fn read(params: &Params) -> Result<Self, Failure> {
        Ok(Self {
            pcc_region_ids: params.list("pccRegionIds")?.into_iter().collect(),
            allows_female: params.boolean("allowsFemale")?,
            allows_male: params.boolean("allowsMale")?,
            minimum_age: params.number("minimumAge")?,
            maximum_age: params.number("maximumAge")?,
            ..Self::default()
        })
    }
}

/// Whether a contract that no longer takes referrals is gone.
pub(crate) struct CheckEndDate(bool);

impl QueryShape for CheckEndDate {
    fn read(params: &Params) -> Result<Self, Failure> {
        params.boolean("checkEndDate").map(|check| Self(check.unwrap_or(false)))
    }
}

fn all<T, W: From<T>>(list: Vec<T>) -> Answer<Vec<W>> {
    ok(list.into_iter().map(Into::into).collect())
}

/// `GET /interventions`.
pub(crate) async fn search(
    Caller(ctx): Caller,
    Query(filter): Query<CatalogueFilter>,
) -> Answer<Vec<WireIntervention>> {
    all(app::catalogue::search(&ctx, filter).await?)
}

/// `GET /my-interventions`.
pub(crate) async fn mine(Caller(ctx): Caller) -> Answer<Vec<WireIntervention>> {
    all(app::catalogue::mine(&ctx).await?)
}

/// `GET /intervention/{id}`.
pub(crate) async fn get(
    Caller(ctx): Caller,
    Id(id): Id<InterventionId>,
    Query(CheckEndDate(check_end_date)): Query<CheckEndDate>,
) -> Answer<WireIntervention> {
    ok(app::catalogue::get(&ctx, id, check_end_date).await?.into())
}

/// `GET /pcc-regions`.
pub(crate) async fn pcc_regions(Caller(ctx): Caller) -> Answer<Vec<WirePccRegion>> {
    all(app::catalogue::pcc_regions(&ctx).await?)
}

/// `GET /service-category/{id}`.
pub(crate) async fn category(Caller(ctx): Caller, Id(id): Id<ServiceCategoryId>) -> Answer<WireCategory> {
    ok(app::catalogue::category(&ctx, id).await?.into())
}

/// `GET /service-category/{id}/contract-reference/{contractReference}`.
pub(crate) async fn category_for_contract(
    Caller(ctx): Caller,
    Ids(id, reference): Ids<ServiceCategoryId, String>,
) -> Answer<WireCategory> {
    ok(app::catalogue::category_for_contract(&ctx, id, &reference).await?.into())
}

/// `GET /referral-cancellation-reasons`.
pub(crate) async fn cancellation_reasons(Caller(ctx): Caller) -> Answer<Vec<WireCancellationReason>> {
    all(app::catalogue::cancellation_reasons(&ctx).await?)
}

/// `GET /referral-withdrawal-reasons`.
pub(crate) async fn withdrawal_reasons(Caller(ctx): Caller) -> Answer<Vec<WireWithdrawalReason>> {
    all(app::catalogue::withdrawal_reasons(&ctx).await?)
}
