//! The registers' files, as published: what each is called, which columns it has, and how a record is read. Whether what
//! they say can be is the use case's.

use std::collections::BTreeMap;
use std::path::Path;

use app::import::reference::{
    DeliveryUnitRecord, NsiTypeRecord, OfficeRecord, PccRegionRecord, RegionRecord, Register, Registers,
};
use app::import::{Fault, Table, Unread};
use sha2::{Digest, Sha256};

use super::cells::{self, Cells, Columns};

/// How the names of the files begin.
const REGIONS: &str = "probation-regions";
const PCC_REGIONS: &str = "pcc-regions";
const OFFICES: &str = "probation-offices";
const DELIVERY_UNITS: &str = "probation-delivery-units";
const NSI_TYPES: &str = "nsi-types";

/// Reads a file, or every `.csv` file of a folder.
pub(super) fn read(path: &Path) -> std::io::Result<Registers> {
    let mut files = BTreeMap::new();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                files.insert(name(&path), std::fs::read(&path)?);
            }
        }
    } else {
        files.insert(name(path), std::fs::read(path)?);
    }
    Ok(read_bytes(&files))
}

/// Reads the contents of files by their name.
pub(super) fn read_bytes(files: &BTreeMap<String, Vec<u8>>) -> Registers {
    let mut registers = Registers::default();
    let mut unread = Unread::default();
    if files.is_empty() {
        let rule = "there is no .csv file".to_owned();
        unread.faults.push(Fault { file: ".".to_owned(), line: None, field: "-".to_owned(), rule });
    }
    for (file, bytes) in files {
        registers.files.insert(file.clone(), format!("{:x}", Sha256::digest(bytes)));
        if file.starts_with(REGIONS) {
            let columns = Columns { required: &["id", "name"], optional: &["tom_23032021_id"] };
            take(&mut registers.regions, (file, bytes), (Table::NpsRegion, columns), &mut unread, region);
        } else if file.starts_with(PCC_REGIONS) {
            let columns = Columns { required: &["id", "name", "probation_region_id"], optional: &[] };
            take(&mut registers.pcc_regions, (file, bytes), (Table::PccRegion, columns), &mut unread, pcc_region);
        } else if file.starts_with(OFFICES) {
            let required = &[
                "probation_office_id",
                "name",
                "address",
                "probation_region_id",
                "gov_uk_url",
                "delius_crs_location_id",
            ];
            let columns = Columns { required, optional: &["active"] };
            take(&mut registers.offices, (file, bytes), (Table::ProbationOffice, columns), &mut unread, office);
        } else if file.starts_with(DELIVERY_UNITS) {
            let columns = Columns { required: &["pdu_id", "name", "probation_region_id"], optional: &[] };
            take(
                &mut registers.delivery_units,
                (file, bytes),
                (Table::ProbationDeliveryUnit, columns),
                &mut unread,
                delivery_unit,
            );
        } else if file.starts_with(NSI_TYPES) {
            let columns = Columns { required: &["contract_type_id", "nsi_type"], optional: &[] };
            take(&mut registers.nsi_types, (file, bytes), (Table::NsiTypeMapping, columns), &mut unread, nsi_type);
        } else {
            let known = [REGIONS, PCC_REGIONS, OFFICES, DELIVERY_UNITS, NSI_TYPES].join(", ");
            let rule = format!("is no known register: names begin with one of {known}");
            unread.faults.push(Fault { file: file.clone(), line: None, field: "-".to_owned(), rule });
        }
    }
    registers.unread = unread;
    registers
}

fn take<T>(
    into: &mut Option<Register<T>>,
    (file, bytes): (&str, &[u8]),
    (table, columns): (Table, Columns),
    unread: &mut Unread,
    record: fn(&mut Cells<'_>) -> T,
) {
    if let Some(other) = into {
        let rule = format!("{} is the same register", other.file);
        unread.faults.push(Fault { file: file.to_owned(), line: None, field: "-".to_owned(), rule });
        unread.tables.insert(table);
        return;
    }
    let before = unread.faults.len();
    let records = cells::read(file, bytes, columns, &mut unread.faults, record);
    // The first column is the key: a row without it may be any.
    let hides_a_row =
        |fault: &Fault| fault.line.is_none_or(|line| line == 1) || fault.field == "-" || columns.is_key(&fault.field);
    if unread.faults[before..].iter().any(hides_a_row) {
        unread.tables.insert(table);
    }
    *into = Some(Register { file: file.to_owned(), records });
}

fn region(cells: &mut Cells<'_>) -> RegionRecord {
    RegionRecord { id: cells.text("id"), tom_id: cells.maybe_text("tom_23032021_id"), name: cells.text("name") }
}

fn pcc_region(cells: &mut Cells<'_>) -> PccRegionRecord {
    let probation_region_id = cells.text("probation_region_id");
    PccRegionRecord { id: cells.text("id"), name: cells.text("name"), probation_region_id }
}

fn office(cells: &mut Cells<'_>) -> OfficeRecord {
    OfficeRecord {
        probation_office_id: cells.number("probation_office_id"),
        name: cells.text("name"),
        address: cells.text("address"),
        probation_region_id: cells.text("probation_region_id"),
        gov_uk_url: cells.maybe_text("gov_uk_url"),
        delius_crs_location_id: cells.maybe_text("delius_crs_location_id"),
        active: cells.flag("active", true),
    }
}

fn delivery_unit(cells: &mut Cells<'_>) -> DeliveryUnitRecord {
    let (pdu_id, probation_region_id) = (cells.number("pdu_id"), cells.text("probation_region_id"));
    DeliveryUnitRecord { pdu_id, name: cells.text("name"), probation_region_id }
}

fn nsi_type(cells: &mut Cells<'_>) -> NsiTypeRecord {
    NsiTypeRecord { contract_type_id: cells.text("contract_type_id"), nsi_type: cells.text("nsi_type") }
}
