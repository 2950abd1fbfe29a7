//! Imports of the catalogue: providers, further contract types, and contracts with their interventions.
//!
//! Everything is checked before anything is written, and every fault is told. One transaction writes what differs, so
//! importing the same files again changes nothing. What an import changed is kept row by row; it can be undone as long
//! as nobody changed those rows since and nothing refers to what would go. Run by operators, who have no sign-in here:
//! the account on the machine is kept instead. Files are read by the command line, which knows their form.

mod nsi_type;
mod plan;

use std::collections::BTreeMap;
use std::fmt;

use domain::ImportRunId;
use domain::catalogue::Complexity;
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::{Clock, Ids};
pub use store::import::{Change, ImportRun, Table};
use store::{Store, StoreError};
use uuid::Uuid;

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file's path within the imported folder.
    pub file: String,
    /// The field, with its place where there are several, such as `[2].code`.
    pub field: String,
    /// The rule that it breaks.
    pub rule: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.field, self.rule)
    }
}

/// A definition and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The file's path within the imported folder.
    pub file: String,
    /// Its place in the file, such as `[2].`; empty for the only one.
    pub place: String,
    /// What was read.
    pub value: T,
}

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
    /// Outcomes of the category; used when it has none yet.
    pub desired_outcomes: Vec<String>,
    /// Levels of the category and what they mean; used when it has none yet.
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
    /// The SHA-256 of each file, in hexadecimal, by its path within the imported folder.
    pub files: BTreeMap<String, String>,
}

/// How an import is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOrder {
    /// The operator's account.
    pub by: String,
    /// Only find out what would change.
    pub dry_run: bool,
    /// The mailbox of new interventions that declare none.
    pub central_mailbox: Option<String>,
}

/// Why nothing was imported or undone.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The files are faulty; every fault is here.
    #[error("{} faults were found", .0.len())]
    Faulty(Vec<Fault>),
    /// There is no such import.
    #[error("there is no import {0}")]
    Unknown(ImportRunId),
    /// It was undone before.
    #[error("import {0} was undone already")]
    Undone(ImportRunId),
    /// Rows that it wrote say something else by now; they are named.
    #[error("changed since: {}", .0.join(", "))]
    ChangedSince(Vec<String>),
    /// Something refers to what would go.
    #[error("something depends on {0}")]
    DependedUpon(String),
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

/// Imports a bundle. The answer tells what changed; an import that changes nothing is not kept, nor is a dry run.
pub async fn import(
    store: &Store,
    (clock, ids): (&Clock, &Ids),
    bundle: &Bundle,
    order: &ImportOrder,
) -> Result<ImportRun, ImportError> {
    let now = clock.now();
    let mut work = store.begin().await?;
    store::import::lock(&mut work).await?;
    let before = store::import::snapshot(&mut work).await?;
    let regions = store::catalogue::pcc_regions(&mut work).await?;
    let ground = plan::Ground { regions: &regions, central_mailbox: order.central_mailbox.as_deref(), now };
    let planned = plan::plan(bundle, &before, &ground, &mut || ids.uuid()).map_err(ImportError::Faulty)?;
    for change in store::import::changes(&before, &planned) {
        match (&change.before, &change.after) {
            (_, Some(row)) => store::import::write(&mut work, change.table, row).await?,
            (Some(row), None) => store::import::delete(&mut work, change.table, row).await?,
            (None, None) => {}
        }
    }
    let after = store::import::snapshot(&mut work).await?;
    let run = ImportRun {
        id: ImportRunId(ids.uuid()),
        imported_at: now,
        imported_by: order.by.clone(),
        files: bundle.files.clone(),
        changes: store::import::changes(&before, &after),
        undone: None,
    };
    if !order.dry_run && !run.changes.is_empty() {
        store::import::insert(&mut work, &run).await?;
        work.commit().await?;
        tracing::info!(rows = run.changes.len(), "the catalogue was imported");
    }
    Ok(run)
}

/// Undoes an import: every row it wrote is again as it was.
///
/// # Errors
/// [`ImportError::ChangedSince`] and [`ImportError::DependedUpon`]; then everything stays as it is.
pub async fn undo(store: &Store, clock: &Clock, id: ImportRunId, by: &str) -> Result<ImportRun, ImportError> {
    let mut work = store.begin().await?;
    store::import::lock(&mut work).await?;
    let mut runs = store::import::list(&mut work).await?.into_iter();
    let mut run = runs.find(|run| run.id == id).ok_or(ImportError::Unknown(id))?;
    if run.undone.is_some() {
        return Err(ImportError::Undone(id));
    }
    let current = store::import::snapshot(&mut work).await?;
    let name = |change: &Change| format!("{} {}", change.table.as_str(), change.key);
    let is_changed = |change: &&Change| current.get(&(change.table, change.key.clone())) != change.after.as_ref();
    let changed: Vec<String> = run.changes.iter().filter(is_changed).map(name).collect();
    if !changed.is_empty() {
        return Err(ImportError::ChangedSince(changed));
    }
    // What was there comes back first, because it may refer to what was added; then that goes, last things first.
    for change in &run.changes {
        if let Some(row) = &change.before {
            store::import::write(&mut work, change.table, row).await?;
        }
    }
    for change in run.changes.iter().rev().filter(|change| change.before.is_none()) {
        let Some(row) = &change.after else { continue };
        match store::import::delete(&mut work, change.table, row).await {
            Err(StoreError::Conflict { .. }) => return Err(ImportError::DependedUpon(name(change))),
            deleted => deleted?,
        }
    }
    let now = clock.now();
    store::import::save_undone(&mut work, id, by, now).await?;
    work.commit().await?;
    tracing::info!(rows = run.changes.len(), "an import of the catalogue was undone");
    run.undone = Some((now, by.to_owned()));
    Ok(run)
}

/// Every import, newest first.
pub async fn list(store: &Store) -> Result<Vec<ImportRun>, ImportError> {
    let mut db = store.connection().await?;
    Ok(store::import::list(&mut db).await?)
}
