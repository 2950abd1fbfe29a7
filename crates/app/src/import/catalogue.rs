//! Imports of the catalogue: providers, further contract types, and contracts with their interventions.
//!
//! Files are read by the command line, which knows their form; whether what they say can be is decided here.

mod plan;

use std::collections::BTreeMap;

use domain::catalogue::Complexity;
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::{Clock, Ids};
use store::Store;
use store::import::{ImportRun, ImportSubject};
use uuid::Uuid;

use super::{Batch, ImportError, ImportOrder, Sourced, Unread};

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderDefinition {
    /// Code; also the last part of its login group.
    pub code: String,
    /// Name, as shown.
    pub name: String,
}

/// A contract type with one of its service categories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeDefinition {
    /// The type's name.
    pub contract_type: String,
    /// The type's code.
    pub contract_code: String,
    /// The category's name.
    pub service_category: String,
    /// Outcomes that the category offers; others that it offered are offered no longer.
    pub desired_outcomes: Vec<String>,
    /// Levels of the category and what they mean.
    pub complexity_levels: Vec<(Complexity, String)>,
}

/// Something that is done under a contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActivityDefinition {
    /// The need that it meets.
    pub need_area: String,
    /// How it is delivered.
    pub delivery_method: String,
    /// Where.
    pub delivery_location: String,
    /// What is done.
    pub activity: String,
}

/// A contract with its intervention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractDefinition {
    /// The id that a new contract gets.
    pub internal_contract_id: Uuid,
    /// The contract's key.
    pub contract_reference: String,
    /// Code of its type.
    pub contract_type_id: String,
    /// The mailbox for new referrals.
    pub incoming_distribution_email: Option<String>,
    /// The probation region, by its letter; or else a PCC region.
    pub nps_region_code: Option<String>,
    /// The PCC region, by its slug.
    pub pcc_region_code: Option<String>,
    /// Whether women may be referred.
    pub allows_female: bool,
    /// Whether men may be referred.
    pub allows_male: bool,
    /// Youngest age.
    pub minimum_age: i64,
    /// Oldest age.
    pub maximum_age: Option<i64>,
    /// The first day on which referrals are taken.
    pub hide_before: Date,
    /// When referrals stop being taken.
    pub hide_after: Option<Timestamp>,
    /// Code of the organisation awarded the contract.
    pub prime_provider_code: String,
    /// Codes of those that work under it.
    pub subcontractor_codes: Vec<String>,
    /// The id that a new intervention gets.
    pub internal_intervention_id: Uuid,
    /// Title, as shown.
    pub intervention_title: String,
    /// The description's beginning.
    pub short_description: Option<String>,
    /// What is done; the rest of the description.
    pub activities: Vec<ActivityDefinition>,
}

/// All that is imported together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Organisations.
    pub providers: Vec<Sourced<ProviderDefinition>>,
    /// Further contract types.
    pub types: Vec<Sourced<TypeDefinition>>,
    /// Contracts.
    pub contracts: Vec<Sourced<ContractDefinition>>,
    /// What could not be read.
    pub unread: Unread,
    /// The SHA-256 of each file, in hexadecimal, by its path within the imported folder.
    pub files: BTreeMap<String, String>,
}

/// Imports a bundle; `central_mailbox` is the mailbox of new interventions that declare none.
pub async fn import(
    store: &Store,
    (clock, ids): (&Clock, &Ids),
    bundle: &Bundle,
    central_mailbox: Option<&str>,
    order: &ImportOrder,
) -> Result<ImportRun, ImportError> {
    let ground = plan::Ground { central_mailbox, now: clock.now() };
    let batch = Batch { subject: ImportSubject::Catalogue, files: &bundle.files, now: ground.now };
    super::apply(store, ids, &batch, order, |rows| plan::plan(bundle, rows, &ground, &mut || ids.uuid())).await
}
