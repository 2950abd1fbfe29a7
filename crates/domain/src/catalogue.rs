//! What can be referred to: contracts, the interventions that they buy, and the needs that those answer.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{ComplexityLevelId, ContractId, ContractTypeId, DesiredOutcomeId, InterventionId, ServiceCategoryId};

/// An organisation that delivers interventions. Its id is also the last part of its login group `INT_SP_…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Provider {
    /// Code, for example `HARBOUR_TRUST`.
    pub id: String,
    /// Name, as shown.
    pub name: String,
}

/// A probation region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NpsRegion {
    /// One letter.
    pub id: String,
    /// Name, as shown.
    pub name: String,
}

/// A police and crime commissioner area, within one probation region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PccRegion {
    /// Slug, for example `cheshire`.
    pub id: String,
    /// Name, as shown.
    pub name: String,
    /// The probation region that it belongs to.
    pub nps_region: NpsRegion,
}

/// Where a contract is delivered: a whole probation region or one PCC region, never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContractArea {
    /// All PCC regions of a probation region (listed).
    Nps(NpsRegion, Vec<PccRegion>),
    /// One PCC region.
    Pcc(PccRegion),
}

/// The kind of service that a contract buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractType {
    /// Its id; stable in reports.
    pub id: ContractTypeId,
    /// Its code, for example `ACC`; Delius maps it to an NSI type.
    pub code: String,
    /// Its name; its first two letters end every reference number.
    pub name: String,
}

/// One award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its id.
    pub id: ContractId,
    /// Its key in the outside world, also the last part of its login group `INT_CR_…`.
    pub reference: String,
    /// What it buys.
    pub contract_type: ContractType,
    /// The service categories of its type, in order of name. One: single service; more: cohort.
    pub service_categories: Vec<ServiceCategoryId>,
    /// The organisation awarded the contract.
    pub prime_provider: Provider,
    /// Organisations working under it, in order of id.
    pub subcontractors: Vec<Provider>,
    /// When referrals stop, if they do.
    pub referral_end_at: Option<Timestamp>,
}

impl Contract {
    /// Whether a provider works on this contract, as prime or as subcontractor.
    pub fn involves(&self, provider_id: &str) -> bool {
        self.prime_provider.id == provider_id || self.subcontractors.iter().any(|sub| sub.id == provider_id)
    }
}

/// The catalogue entry of a contract, as far as a referral needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervention {
    /// Its id.
    pub id: InterventionId,
    /// Title, as shown.
    pub title: String,
    /// The provider's mailbox for new referrals.
    pub incoming_referral_mailbox: String,
    /// The contract that buys it; exactly one.
    pub contract: Contract,
}

/// Who may be referred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eligibility {
    /// Years.
    pub minimum_age: i32,
    /// Years; none: no upper limit.
    pub maximum_age: Option<i32>,
    /// Whether women may be referred.
    pub allows_female: bool,
    /// Whether men may be referred.
    pub allows_male: bool,
}

/// A catalogue entry as the catalogue shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterventionEntry {
    /// What a referral needs of it.
    pub intervention: Intervention,
    /// Description, several paragraphs.
    pub description: String,
    /// Where it is delivered.
    pub area: ContractArea,
    /// Who may be referred.
    pub eligibility: Eligibility,
    /// The first day on which referrals are taken.
    pub referral_start_on: Date,
    /// Every service category of the contract type, deprecated outcomes included.
    pub service_categories: Vec<ServiceCategory>,
}

spelled_enum! {
    /// How much help is needed.
    pub enum Complexity {
        /// Low.
        Low = "LOW",
        /// Medium.
        Medium = "MEDIUM",
        /// High.
        High = "HIGH",
    }
}

/// How much help is needed within one service category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplexityLevel {
    /// Its id.
    pub id: ComplexityLevelId,
    /// Title, for example "Low complexity".
    pub title: String,
    /// What the level means, in words.
    pub description: String,
    /// Its place in the order.
    pub complexity: Complexity,
}

spelled_enum! {
    /// What a rule that limits an outcome to contracts does.
    pub enum OutcomeRule {
        /// The outcome is offered on the listed contracts only.
        Include = "INCLUDE",
        /// The outcome is offered on every contract but the listed ones.
        Exclude = "EXCLUDE",
    }
}

/// A result that is sought within one service category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredOutcome {
    /// Its id.
    pub id: DesiredOutcomeId,
    /// What is sought, in words.
    pub description: String,
    /// When it stopped being offered.
    pub deprecated_at: Option<Timestamp>,
    /// The rule that limits it to, or bars it from, contracts (by reference), if there is one.
    pub rule: Option<(OutcomeRule, Vec<String>)>,
}

impl DesiredOutcome {
    /// Whether the outcome may be chosen on a contract: not deprecated, and its rule admits the contract.
    pub fn is_offered_on(&self, contract_reference: &str) -> bool {
        self.deprecated_at.is_none()
            && match &self.rule {
                None => true,
                Some((OutcomeRule::Include, contracts)) => contracts.iter().any(|listed| listed == contract_reference),
                Some((OutcomeRule::Exclude, contracts)) => contracts.iter().all(|listed| listed != contract_reference),
            }
    }
}

/// An area of need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCategory {
    /// Its id; stable in reports.
    pub id: ServiceCategoryId,
    /// Its name.
    pub name: String,
    /// Its levels, in the order low, medium, high; some categories lack one.
    pub complexity_levels: Vec<ComplexityLevel>,
    /// Every outcome, deprecated ones too.
    pub desired_outcomes: Vec<DesiredOutcome>,
}

/// A reason with its code, for the two lists of reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Three letters.
    pub code: String,
    /// What it says.
    pub description: String,
    /// The group under which pages show it; the older cancellation reasons have none.
    pub grouping: Option<String>,
}
