//! The catalogue: interventions, regions, service categories, reasons.

use domain::DesiredOutcomeId;
use domain::catalogue::{
    ComplexityLevel, ContractArea, DesiredOutcome, Eligibility, InterventionEntry, NpsRegion, PccRegion, Reason,
    ServiceCategory,
};
use serde::Serialize;
use uuid::Uuid;

use crate::wire::ServiceProvider;

/// A probation region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WireContractType {
    code: String,
    name: String,
}

/// How much help is needed within one service category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct WireWithdrawalReason {
    code: String,
    description: String,
    grouping: String,
}

impl From<Reason> for WireWithdrawalReason {
    fn from(reason: Reason) -> Self {
        let Reason { code, description, grouping } = reason;
        Self { code, description, grouping: grouping.unwrap_or_else(|| "other".to_owned()) }
    }
}
