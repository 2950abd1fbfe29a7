//! Imports of reference data: the public registers of probation regions, PCC regions, probation offices and delivery
//! units, and our own table of how Delius files each contract type.
//!
//! A register is whole: what it no longer has becomes inactive, and nothing that anybody may have chosen goes. A register
//! that is not given is left alone. Values are judged here; files are read by the command line.

mod address;
mod plan;

use std::collections::BTreeMap;

use runtime::{Clock, Ids};
use store::Store;
use store::import::{ImportRun, ImportSubject};

use super::{Batch, ImportError, ImportOrder, Sourced, Unread};

/// A probation region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionRecord {
    /// One letter.
    pub id: String,
    /// Its letter in the target operating model of 2021, where the register has it.
    pub tom_id: Option<String>,
    /// Name, as shown.
    pub name: String,
}

/// A PCC region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PccRegionRecord {
    /// Slug, such as `west-mercia`.
    pub id: String,
    /// Name, as shown.
    pub name: String,
    /// The letter of its probation region.
    pub probation_region_id: String,
}

/// A probation office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeRecord {
    /// Its number in the register.
    pub probation_office_id: i32,
    /// Name, as shown.
    pub name: String,
    /// Address in one line.
    pub address: String,
    /// The letter of its probation region.
    pub probation_region_id: String,
    /// Its page on GOV.UK.
    pub gov_uk_url: Option<String>,
    /// Its code in Delius, 7 characters.
    pub delius_crs_location_id: Option<String>,
    /// Whether it can be chosen.
    pub active: bool,
}

/// A probation delivery unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryUnitRecord {
    /// Its number in the register.
    pub pdu_id: i32,
    /// Name, as shown.
    pub name: String,
    /// The letter of its probation region.
    pub probation_region_id: String,
}

/// How Delius files a contract type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NsiTypeRecord {
    /// The code of the contract type.
    pub contract_type_id: String,
    /// The type of the activity, such as `CRS08`.
    pub nsi_type: String,
}

/// A register as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register<T> {
    /// Its file's path within the imported folder.
    pub file: String,
    /// Its records.
    pub records: Vec<Sourced<T>>,
}

/// All that is imported together. None: left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// Probation regions.
    pub regions: Option<Register<RegionRecord>>,
    /// PCC regions.
    pub pcc_regions: Option<Register<PccRegionRecord>>,
    /// Probation offices.
    pub offices: Option<Register<OfficeRecord>>,
    /// Probation delivery units.
    pub delivery_units: Option<Register<DeliveryUnitRecord>>,
    /// How Delius files contract types.
    pub nsi_types: Option<Register<NsiTypeRecord>>,
    /// What could not be read.
    pub unread: Unread,
    /// The SHA-256 of each file, in hexadecimal, by its path within the imported folder.
    pub files: BTreeMap<String, String>,
}

/// Imports registers.
pub async fn import(
    store: &Store,
    (clock, ids): (&Clock, &Ids),
    registers: &Registers,
    order: &ImportOrder,
) -> Result<ImportRun, ImportError> {
    let now = clock.now();
    let batch = Batch { subject: ImportSubject::ReferenceData, files: &registers.files, now };
    super::apply(store, ids, &batch, order, |rows| plan::plan(registers, rows, now)).await
}
