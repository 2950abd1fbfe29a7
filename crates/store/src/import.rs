//! Imports of the catalogue and of reference data: their rows as they stand, how they are written and taken away again, and the record of each
//! import.
//!
//! Rows travel as PostgreSQL's own JSON of them. So an import and its undoing write rows in the same way, and what an
//! import changed is found by comparing the rows before with the rows after, whatever wrote them.

mod row;

use std::collections::BTreeMap;

use domain::ImportRunId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::row::{delete, delete_unless_used, snapshot, write};
use crate::column::{At, Place, at, instant};
use crate::error::one_row;
use crate::{Db, StoreError};

/// A table that imports write, in an order in which each only refers to earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Probation regions, by letter.
    NpsRegion,
    /// Police and crime commissioner areas, by slug.
    PccRegion,
    /// Probation offices, by number.
    ProbationOffice,
    /// Probation delivery units, by number.
    ProbationDeliveryUnit,
    /// How Delius files a contract type, by the type's code.
    NsiTypeMapping,
    /// Organisations, by code.
    ServiceProvider,
    /// Areas of need, by id.
    ServiceCategory,
    /// Their levels, by id.
    ComplexityLevel,
    /// Their outcomes, by id.
    DesiredOutcome,
    /// Kinds of service, by id.
    ContractType,
    /// Which categories a kind covers, by both ids with a slash between.
    ContractTypeServiceCategory,
    /// Awards, by id.
    DynamicFrameworkContract,
    /// Who works under an award, by contract id and provider code with a slash between.
    DynamicFrameworkContractSubContractor,
    /// Catalogue entries, by id.
    Intervention,
}

impl Table {
    /// Every table.
    pub const ALL: &'static [Self] = &[
        Self::NpsRegion,
        Self::PccRegion,
        Self::ProbationOffice,
        Self::ProbationDeliveryUnit,
        Self::NsiTypeMapping,
        Self::ServiceProvider,
        Self::ServiceCategory,
        Self::ComplexityLevel,
        Self::DesiredOutcome,
        Self::ContractType,
        Self::ContractTypeServiceCategory,
        Self::DynamicFrameworkContract,
        Self::DynamicFrameworkContractSubContractor,
        Self::Intervention,
    ];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NpsRegion => "nps_region",
            Self::PccRegion => "pcc_region",
            Self::ProbationOffice => "probation_office",
            Self::ProbationDeliveryUnit => "probation_delivery_unit",
            Self::NsiTypeMapping => "nsi_type_mapping",
            Self::ServiceProvider => "service_provider",
            Self::ServiceCategory => "service_category",
            Self::ComplexityLevel => "complexity_level",
            Self::DesiredOutcome => "desired_outcome",
            Self::ContractType => "contract_type",
            Self::ContractTypeServiceCategory => "contract_type_service_category",
            Self::DynamicFrameworkContract => "dynamic_framework_contract",
            Self::DynamicFrameworkContractSubContractor => "dynamic_framework_contract_sub_contractor",
            Self::Intervention => "intervention",
        }
    }

    /// The table with this name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.as_str() == text)
    }
}

/// What an import is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportSubject {
    /// Providers, contract types, contracts and interventions.
    Catalogue,
    /// Regions, offices, delivery units, and how Delius files contract types.
    ReferenceData,
}

impl ImportSubject {
    /// Every subject.
    pub const ALL: &'static [Self] = &[Self::Catalogue, Self::ReferenceData];

    /// Its name in the database and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::ReferenceData => "reference-data",
        }
    }

    /// The subject with this name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|subject| subject.as_str() == text)
    }
}

/// The rows that imports may write, as JSON, by table and key.
pub type Snapshot = BTreeMap<(Table, String), Value>;

/// A row that was added (`before` is none), changed, or removed (`after` is none).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The table.
    pub table: Table,
    /// The row's key.
    pub key: String,
    /// The row before.
    pub before: Option<Value>,
    /// The row after.
    pub after: Option<Value>,
}

/// What differs between two snapshots, in the tables' order.
pub fn changes(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut keys: Vec<&(Table, String)> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| Change {
            table: key.0,
            key: key.1.clone(),
            before: before.get(key).cloned(),
            after: after.get(key).cloned(),
        })
        .collect()
}

/// An import, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    /// Its id.
    pub id: ImportRunId,
    /// What was imported.
    pub subject: ImportSubject,
    /// When.
    pub imported_at: Timestamp,
    /// The operator's account.
    pub imported_by: String,
    /// The SHA-256 of each file, in hexadecimal, by its path within the imported folder.
    pub files: BTreeMap<String, String>,
    /// Everything that it changed.
    pub changes: Vec<Change>,
    /// When and by whom it was undone.
    pub undone: Option<(Timestamp, String)>,
}

/// Lets one import or undoing at a time change the catalogue; until the unit of work ends.
pub async fn lock(db: &mut Db) -> Result<(), StoreError> {
    sqlx::query!("LOCK TABLE import_run IN SHARE ROW EXCLUSIVE MODE").execute(db).await?;
    Ok(())
}

/// Keeps an import.
pub async fn insert(db: &mut Db, run: &ImportRun) -> Result<(), StoreError> {
    let inserted = sqlx::query!(
        "INSERT INTO import_run (id, subject, imported_at, imported_by, files, changes) VALUES ($1, $2, $3, $4, $5, $6)",
        run.id.0,
        run.subject.as_str(),
        at(run.imported_at) as _,
        run.imported_by,
        serde_json::json!(run.files),
        serde_json::json!(run.changes),
    );
    one_row(&inserted.execute(db).await?)
}

/// Records that an import was undone.
pub async fn save_undone(db: &mut Db, id: ImportRunId, by: &str, when: Timestamp) -> Result<(), StoreError> {
    let saved = sqlx::query!(
        "UPDATE import_run SET undone_at = $2, undone_by = $3 WHERE id = $1 AND undone_at IS NULL",
        id.0,
        at(when) as _,
        by,
    );
    one_row(&saved.execute(db).await?)
}

/// Every import, newest first.
pub async fn list(db: &mut Db) -> Result<Vec<ImportRun>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT
            id,
            subject,
            imported_at AS "imported_at: At",
            imported_by,
            files,
            changes,
            undone_at AS "undone_at: At",
            undone_by
        FROM import_run
        ORDER BY imported_at DESC, id DESC
        "#,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let place = Place { table: "import_run", id: &row.id };
            Ok(ImportRun {
                id: ImportRunId(row.id),
                subject: place.member("subject", &row.subject, ImportSubject::from_text)?,
                imported_at: row.imported_at.to_jiff(),
                imported_by: row.imported_by,
                files: serde_json::from_value(row.files).map_err(|_| place.corrupt("files"))?,
                changes: serde_json::from_value(row.changes).map_err(|_| place.corrupt("changes"))?,
                undone: instant(row.undone_at).zip(row.undone_by),
            })
        })
        .collect()
}
