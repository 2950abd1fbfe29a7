//! What the reference data's rows become when registers are imported, or else everything that is wrong with them. Pure.
//!
//! A row that its register no longer has becomes inactive; when the register has it again, it becomes active. A code of
//! Delius moves with the office that has it now. What takes referrals or belongs to something must not lose its ground:
//! then the whole import is refused.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use store::import::{Snapshot, Table};

use super::super::sheet::{Sheet, takes_referrals};
use super::super::{Fault, Sourced};
use super::address::{ends_with_postcode, is_on_gov_uk};
use super::{DeliveryUnitRecord, NsiTypeRecord, OfficeRecord, PccRegionRecord, RegionRecord, Register, Registers};

/// How many rows must have moved to another region before we ask whether the letters are those of the other scheme.
const SUSPICIOUS_MOVES: usize = 3;

/// The rows after the import.
pub(super) fn plan(registers: &Registers, rows: &Snapshot, now: Timestamp) -> Result<Snapshot, Vec<Fault>> {
    let mut plan = Plan { sheet: Sheet::of(rows, &registers.unread), before: rows, now };
    // Regions first: the others are asked whether theirs is active.
    if let Some(register) = &registers.regions {
        plan.whole(register, Table::NpsRegion, Plan::region);
    }
    if let Some(register) = &registers.pcc_regions {
        plan.whole(register, Table::PccRegion, Plan::pcc_region);
        let moved = register.records.iter().map(|given| (&*given.value.id, &*given.value.probation_region_id));
        plan.check_scheme(&register.file, Table::PccRegion, moved.map(|(id, letter)| (id.to_owned(), letter)));
    }
    if let Some(register) = &registers.offices {
        plan.whole(register, Table::ProbationOffice, Plan::office);
        plan.free_codes(register);
        let moved = register.records.iter().map(|given| &given.value);
        let moved = moved.map(|office| (office.probation_office_id.to_string(), &*office.probation_region_id));
        plan.check_scheme(&register.file, Table::ProbationOffice, moved);
    }
    if let Some(register) = &registers.delivery_units {
        plan.whole(register, Table::ProbationDeliveryUnit, Plan::delivery_unit);
        let moved = register.records.iter().map(|given| &given.value);
        let moved = moved.map(|unit| (unit.pdu_id.to_string(), &*unit.probation_region_id));
        plan.check_scheme(&register.file, Table::ProbationDeliveryUnit, moved);
    }
    if let Some(register) = &registers.nsi_types {
        plan.nsi_types(register);
    }
    if let Some(register) = &registers.regions {
        plan.check_names(&register.file, Table::NpsRegion);
        plan.check_ground(&register.file, Table::NpsRegion);
    }
    if let Some(register) = &registers.pcc_regions {
        plan.check_names(&register.file, Table::PccRegion);
        plan.check_ground(&register.file, Table::PccRegion);
    }
    plan.sheet.finish()
}

struct Plan<'a> {
    sheet: Sheet<'a>,
    before: &'a Snapshot,
    now: Timestamp,
}

impl Plan<'_> {
    /// Takes in every record of a register, then makes inactive what it does not have. `take` answers with the key.
    fn whole<T>(&mut self, register: &Register<T>, table: Table, take: fn(&mut Self, &Sourced<T>) -> String) {
        let is_whole = self.sheet.is_whole(table);
        if register.records.is_empty() && is_whole {
            self.sheet.fault_of_file(&register.file, "holds no records: everything would become inactive");
            return;
        }
        let given: BTreeSet<String> = register.records.iter().map(|record| take(self, record)).collect();
        if !is_whole {
            return;
        }
        let held = self.sheet.rows_of(table).filter(|(key, row)| row["active"] == true && !given.contains(*key));
        let gone: Vec<String> = held.map(|(key, _)| key.to_owned()).collect();
        for key in gone {
            self.sheet.set(table, &key, json!({ "active": false }));
        }
    }

    fn region(&mut self, given: &Sourced<RegionRecord>) -> String {
        let RegionRecord { id, tom_id, name } = &given.value;
        let is_letter = |text: &str| matches!(text.as_bytes(), [letter] if letter.is_ascii_uppercase());
        self.sheet.require(is_letter(id), given, "id", "is not one capital letter");
        self.sheet.declare_once("region", id, given, "id");
        if let Some(tom_id) = tom_id {
            self.sheet.require(is_letter(tom_id), given, "tom_23032021_id", "is not one capital letter");
            self.sheet.declare_once("letter", tom_id, given, "tom_23032021_id");
        }
        self.sheet.require_text(name, 255, given, "name");
        self.sheet.declare_once("region's name", name, given, "name");
        self.sheet.set(Table::NpsRegion, id, json!({ "id": id, "name": name, "active": true }));
        let held = self.sheet.get(Table::NpsRegion, id).map_or(Value::Null, |row| row["tom_id"].clone());
        let tom_id = tom_id.as_ref().map_or(held, |letter| json!(letter));
        self.sheet.set(Table::NpsRegion, id, json!({ "tom_id": tom_id }));
        id.clone()
    }

    fn require_region<T>(&mut self, letter: &str, given: &Sourced<T>) {
        let known = self.sheet.get(Table::NpsRegion, letter).is_some_and(|row| row["active"] == true);
        let rule = format!("there is no probation region {letter}");
        self.sheet.require_known(known, Table::NpsRegion, given, "probation_region_id", &rule);
    }

    fn pcc_region(&mut self, given: &Sourced<PccRegionRecord>) -> String {
        let PccRegionRecord { id, name, probation_region_id } = &given.value;
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_lowercase());
        self.sheet.require(id.split('-').all(is_word), given, "id", "is not lower-case words with hyphens between");
        self.sheet.require_text(id, 60, given, "id");
        self.sheet.declare_once("PCC region", id, given, "id");
        self.sheet.require_text(name, 255, given, "name");
        self.sheet.declare_once("PCC region's name", name, given, "name");
        self.require_region(probation_region_id, given);
        let columns = json!({ "id": id, "name": name, "nps_region_id": probation_region_id, "active": true });
        self.sheet.set(Table::PccRegion, id, columns);
        id.clone()
    }

    fn office(&mut self, given: &Sourced<OfficeRecord>) -> String {
        let OfficeRecord {
            probation_office_id,
            name,
            address,
            probation_region_id,
            gov_uk_url,
            delius_crs_location_id,
            active,
        } = &given.value;
        let key = probation_office_id.to_string();
        self.sheet.require(*probation_office_id > 0, given, "probation_office_id", "is not a positive number");
        self.sheet.declare_once("office", &key, given, "probation_office_id");
        self.sheet.require_text(name, 255, given, "name");
        self.sheet.require_text(address, 1000, given, "address");
        let has_postcode = address.trim().is_empty() || ends_with_postcode(address);
        self.sheet.require(has_postcode, given, "address", "does not end with a postcode");
        self.require_region(probation_region_id, given);
        if let Some(url) = gov_uk_url {
            self.sheet.require(is_on_gov_uk(url), given, "gov_uk_url", "is not an https address on GOV.UK");
        }
        if let Some(code) = delius_crs_location_id {
            let is_code =
                code.len() == 7 && code.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
            self.sheet.require(is_code, given, "delius_crs_location_id", "is not 7 capital letters and digits");
            self.sheet.declare_once("location", code, given, "delius_crs_location_id");
        }
        let columns = json!({
            "id": probation_office_id,
            "name": name,
            "address": address,
            "nps_region_id": probation_region_id,
            "gov_uk_url": gov_uk_url,
            "delius_location_code": delius_crs_location_id,
            "active": active,
        });
        self.sheet.set(Table::ProbationOffice, &key, columns);
        key
    }

    /// An office that vanished keeps its code, for its appointments' sake, until another office has it.
    fn free_codes(&mut self, register: &Register<OfficeRecord>) {
        let given: BTreeSet<String> =
            register.records.iter().map(|record| record.value.probation_office_id.to_string()).collect();
        let taken: BTreeSet<&str> =
            register.records.iter().filter_map(|record| record.value.delius_crs_location_id.as_deref()).collect();
        let holders = self.sheet.rows_of(Table::ProbationOffice).filter(|(key, row)| {
            !given.contains(*key) && row["delius_location_code"].as_str().is_some_and(|code| taken.contains(code))
        });
        let holders: Vec<String> = holders.map(|(key, _)| key.to_owned()).collect();
        for key in holders {
            self.sheet.set(Table::ProbationOffice, &key, json!({ "delius_location_code": null }));
        }
    }

    fn delivery_unit(&mut self, given: &Sourced<DeliveryUnitRecord>) -> String {
        let DeliveryUnitRecord { pdu_id, name, probation_region_id } = &given.value;
        let key = pdu_id.to_string();
        self.sheet.require(*pdu_id > 0, given, "pdu_id", "is not a positive number");
        self.sheet.declare_once("unit", &key, given, "pdu_id");
        self.sheet.require_text(name, 255, given, "name");
        self.require_region(probation_region_id, given);
        let columns = json!({ "id": pdu_id, "name": name, "nps_region_id": probation_region_id, "active": true });
        self.sheet.set(Table::ProbationDeliveryUnit, &key, columns);
        key
    }

    /// The table becomes equal to the file; a code that contracts need stays, or nothing is written.
    fn nsi_types(&mut self, register: &Register<NsiTypeRecord>) {
        let is_whole = self.sheet.is_whole(Table::NsiTypeMapping);
        if register.records.is_empty() && is_whole {
            self.sheet.fault_of_file(&register.file, "holds no records: no contract could be published");
        }
        let mut given = BTreeSet::new();
        for record in &register.records {
            let NsiTypeRecord { contract_type_id, nsi_type } = &record.value;
            let is_code = (1..=10).contains(&contract_type_id.len())
                && contract_type_id.bytes().all(|l| l.is_ascii_uppercase() || l.is_ascii_digit() || l == b'-');
            let rule = "is not up to 10 capital letters, digits and hyphens";
            self.sheet.require(is_code, record, "contract_type_id", rule);
            self.sheet.declare_once("contract type", contract_type_id, record, "contract_type_id");
            let is_type = matches!(nsi_type.as_bytes(), [b'C', b'R', b'S', digits @ ..]
                if digits.len() == 2 && digits.iter().all(u8::is_ascii_digit));
            self.sheet.require(is_type, record, "nsi_type", "is not CRS and two digits");
            let columns = json!({ "contract_type_code": contract_type_id, "nsi_type": nsi_type });
            self.sheet.set(Table::NsiTypeMapping, contract_type_id, columns);
            given.insert(contract_type_id.clone());
        }
        if !is_whole {
            return;
        }
        let held = self.sheet.rows_of(Table::NsiTypeMapping).filter(|(code, _)| !given.contains(*code));
        let gone: Vec<String> = held.map(|(code, _)| code.to_owned()).collect();
        for code in gone {
            let type_id = self.sheet.id_of(Table::ContractType, "code", &code).unwrap_or_default();
            if let Some(contract) = self.open_contract("contract_type_id", &type_id) {
                let rule = format!("{code} is missing, and contract {contract} takes referrals");
                self.sheet.fault_of_file(&register.file, rule);
            }
            self.sheet.rows.remove(&(Table::NsiTypeMapping, code));
        }
    }

    /// The first reference of a contract that takes referrals and whose row says this.
    fn open_contract(&self, column: &str, text: &str) -> Option<String> {
        let contracts = self.sheet.rows_of(Table::DynamicFrameworkContract);
        let open = contracts.filter(|(_, row)| row[column] == text && takes_referrals(row, self.now));
        open.filter_map(|(_, row)| row["contract_reference"].as_str()).min().map(str::to_owned)
    }

    /// There are two schemes of region letters. A file of one that is read as the other would move rows silently; it
    /// shows by every move being to the letter that the row's region has in the other scheme.
    fn check_scheme<'b>(&mut self, file: &str, table: Table, given: impl Iterator<Item = (String, &'b str)>) {
        let moves: Vec<bool> = given
            .filter_map(|(key, letter)| {
                let held = self.before.get(&(table, key))?["nps_region_id"].as_str()?;
                let region = self.before.get(&(Table::NpsRegion, held.to_owned()))?;
                (held != letter).then(|| region["tom_id"] == letter)
            })
            .collect();
        if moves.len() >= SUSPICIOUS_MOVES && moves.iter().all(|is_explained| *is_explained) {
            let rule = "the region letters are those of the target operating model of 2021, not those of the regions";
            self.sheet.fault_of_file(file, rule);
        }
    }

    /// Names are unique, those of inactive rows included.
    fn check_names(&mut self, file: &str, table: Table) {
        let inactive = self.sheet.rows_of(table).filter(|(_, row)| row["active"] == false);
        let inactive: Vec<(String, Value)> = inactive.map(|(key, row)| (key.to_owned(), row["name"].clone())).collect();
        for (key, name) in inactive {
            let mut others = self.sheet.rows_of(table);
            let other =
                others.find(|(other, row)| *other != key && row["name"] == name).map(|(other, _)| other.to_owned());
            drop(others);
            if let Some(other) = other {
                let rule = format!("{key} is missing, and {other} has its name");
                self.sheet.fault_of_file(file, rule);
            }
        }
    }

    /// Nothing active belongs to a region that is not.
    fn check_ground(&mut self, file: &str, table: Table) {
        let gone = self.sheet.rows_of(table).filter(|(_, row)| row["active"] == false);
        let gone: Vec<String> = gone.map(|(key, _)| key.to_owned()).collect();
        let column = if table == Table::NpsRegion { "nps_region_id" } else { "pcc_region_id" };
        for key in gone {
            if let Some(contract) = self.open_contract(column, &key) {
                self.sheet.fault_of_file(file, format!("{key} is missing, and contract {contract} takes referrals"));
            }
            for part in [Table::PccRegion, Table::ProbationOffice, Table::ProbationDeliveryUnit] {
                // Where it belongs now may be on a line that could not be read.
                if !self.sheet.is_whole(part) {
                    continue;
                }
                let mut rows = self.sheet.rows_of(part);
                let inside = rows.find(|(_, row)| row[column] == key.as_str() && row["active"] == true);
                let inside = inside.map(|(inside, _)| inside.to_owned());
                drop(rows);
                if let Some(inside) = inside {
                    let rule = format!("{key} is missing, and {} {inside} belongs to it", part.as_str());
                    self.sheet.fault_of_file(file, rule);
                }
            }
        }
    }
}
