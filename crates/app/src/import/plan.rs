//! What the catalogue's rows become when a bundle is imported, or else everything that is wrong with the bundle. Pure.
//!
//! Providers are known by their code, types by theirs, service categories by name, contracts by their reference.
//! What a file declares replaces what is held; a category that has outcomes or levels keeps them, because referrals
//! name them. The type of a contract never changes: Delius files its activities under it.

mod description;

use std::collections::BTreeMap;

use domain::calendar::day_of;
use domain::catalogue::PccRegion;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};
use store::import::{Snapshot, Table};
use uuid::Uuid;

use super::{Bundle, ContractDefinition, Fault, ProviderDefinition, Sourced, TypeDefinition, nsi_type};

/// The longest code of a provider and the longest reference of a contract, in characters; the database's limits.
const CODE_MAX: usize = 30;
/// The longest code of a contract type, likewise.
const TYPE_CODE_MAX: usize = 10;
/// When a contract without an end is said to end. Only older consumers of the data look at it.
const NO_END: Date = date(2100, 12, 31);

/// What a plan stands on besides the rows.
pub(super) struct Ground<'a> {
    pub(super) regions: &'a [PccRegion],
    pub(super) central_mailbox: Option<&'a str>,
    pub(super) now: Timestamp,
}

/// The rows after the import.
pub(super) fn plan(
    bundle: &Bundle,
    rows: &Snapshot,
    ground: &Ground<'_>,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Snapshot, Vec<Fault>> {
    let mut plan = Plan { rows: rows.clone(), faults: Vec::new(), ground, new_id, seen: BTreeMap::new() };
    bundle.providers.iter().for_each(|provider| plan.provider(provider));
    bundle.types.iter().for_each(|given| plan.contract_type(given));
    bundle.contracts.iter().for_each(|contract| plan.contract(contract));
    plan.faults.sort();
    if plan.faults.is_empty() { Ok(plan.rows) } else { Err(plan.faults) }
}

struct Plan<'a> {
    rows: Snapshot,
    faults: Vec<Fault>,
    ground: &'a Ground<'a>,
    new_id: &'a mut dyn FnMut() -> Uuid,
    /// Keys that a file of the bundle has declared, and which file.
    seen: BTreeMap<(&'static str, String), String>,
}

impl Plan<'_> {
    fn fault<T>(&mut self, at: &Sourced<T>, field: &str, rule: impl Into<String>) {
        let field = format!("{}{field}", at.place);
        self.faults.push(Fault { file: at.file.clone(), field, rule: rule.into() });
    }

    fn require<T>(&mut self, holds: bool, at: &Sourced<T>, field: &str, rule: &str) {
        if !holds {
            self.fault(at, field, rule);
        }
    }

    fn require_text<T>(&mut self, text: &str, max: usize, at: &Sourced<T>, field: &str) {
        self.require(!text.trim().is_empty(), at, field, "must not be empty");
        self.require(text.chars().count() <= max, at, field, &format!("has more than {max} characters"));
    }

    /// A key that two places declare is a conflict: which of them is meant?
    fn declare_once<T>(&mut self, kind: &'static str, key: &str, at: &Sourced<T>, field: &str) {
        let earlier = self.seen.insert((kind, key.to_owned()), at.file.clone());
        if let Some(file) = earlier {
            self.fault(at, field, format!("{key} is declared in {file} too"));
        }
    }

    fn find(&self, table: Table, column: &str, text: &str) -> Option<&Value> {
        let mut rows = self.rows.iter().filter(|((found, _), _)| *found == table).map(|(_, row)| row);
        rows.find(|row| row[column] == text)
    }

    fn id_of(&self, table: Table, column: &str, text: &str) -> Option<String> {
        self.find(table, column, text)?["id"].as_str().map(str::to_owned)
    }

    /// Sets columns of a row; what they do not name stays.
    fn set(&mut self, table: Table, key: &str, columns: Value) {
        let row = self.rows.entry((table, key.to_owned())).or_insert_with(|| Value::Object(Map::new()));
        if let (Value::Object(row), Value::Object(columns)) = (row, columns) {
            row.extend(columns);
        }
    }

    fn provider(&mut self, given: &Sourced<ProviderDefinition>) {
        let ProviderDefinition { code, name } = &given.value;
        self.require_text(code, CODE_MAX, given, "code");
        let is_code =
            code.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
        self.require(is_code, given, "code", "holds more than capital letters, digits and underscores");
        self.require_text(name, 255, given, "name");
        self.declare_once("provider", code, given, "code");
        self.set(Table::ServiceProvider, code, json!({ "id": code, "name": name }));
    }

    fn contract_type(&mut self, given: &Sourced<TypeDefinition>) {
        let definition = &given.value;
        self.require_text(&definition.contract_code, TYPE_CODE_MAX, given, "contract_code");
        self.require_text(&definition.contract_type, 255, given, "contract_type");
        self.require_text(&definition.service_category, 255, given, "service_category");
        let type_id = match self.find(Table::ContractType, "code", &definition.contract_code) {
            Some(known) => {
                let id = known["id"].as_str().unwrap_or_default().to_owned();
                let agrees = known["name"] == definition.contract_type.as_str();
                self.require(agrees, given, "contract_type", "the code belongs to a type of another name");
                id
            }
            None => self.new_type(given),
        };
        let known = self.id_of(Table::ServiceCategory, "name", &definition.service_category);
        let category_id = known.unwrap_or_else(|| {
            let id = (self.new_id)().to_string();
            let columns = json!({ "id": id, "created": self.ground.now, "name": definition.service_category });
            self.set(Table::ServiceCategory, &id, columns);
            id
        });
        let link = format!("{type_id}/{category_id}");
        let columns = json!({ "contract_type_id": type_id, "service_category_id": category_id });
        self.set(Table::ContractTypeServiceCategory, &link, columns);
        self.outcomes_and_levels(given, &category_id);
    }

    fn new_type(&mut self, given: &Sourced<TypeDefinition>) -> String {
        let definition = &given.value;
        let taken = self.find(Table::ContractType, "name", &definition.contract_type).is_some();
        self.require(!taken, given, "contract_type", "the name belongs to a type of another code");
        let nsi_type = nsi_type::of(&definition.contract_code);
        self.require(nsi_type.is_some(), given, "contract_code", "it is not known how Delius files this type");
        let id = (self.new_id)().to_string();
        let columns = json!({
            "id": id,
            "name": definition.contract_type,
            "code": definition.contract_code,
            "nsi_type": nsi_type.unwrap_or_default(),
        });
        self.set(Table::ContractType, &id, columns);
        id
    }

    fn outcomes_and_levels(&mut self, given: &Sourced<TypeDefinition>, category: &str) {
        let definition = &given.value;
        let has = |plan: &Self, table| plan.find(table, "service_category_id", category).is_some();
        if !has(self, Table::DesiredOutcome) {
            self.require(!definition.desired_outcomes.is_empty(), given, "desired_outcomes", "must not be empty");
            for text in &definition.desired_outcomes {
                self.require_text(text, 1000, given, "desired_outcomes");
                let id = (self.new_id)().to_string();
                let columns = json!({
                    "id": id, "description": text, "service_category_id": category, "deprecated_at": null,
                });
                self.set(Table::DesiredOutcome, &id, columns);
            }
        }
        if !has(self, Table::ComplexityLevel) {
            self.require(!definition.complexity_levels.is_empty(), given, "complexity_levels", "must not be empty");
            let mut severities = Vec::new();
            for (severity, text) in &definition.complexity_levels {
                self.require_text(text, 1000, given, "complexity_levels");
                self.require(!severities.contains(severity), given, "complexity_levels", "names a severity twice");
                severities.push(*severity);
                let id = (self.new_id)().to_string();
                let word = severity.as_str();
                let title = format!("{}{} complexity", &word[..1], word[1..].to_lowercase());
                let columns = json!({
                    "id": id, "title": title, "description": text, "service_category_id": category, "complexity": word,
                });
                self.set(Table::ComplexityLevel, &id, columns);
            }
        }
    }

    fn contract(&mut self, given: &Sourced<ContractDefinition>) {
        let definition = &given.value;
        let reference = &definition.contract_reference;
        self.require_text(reference, CODE_MAX, given, "contract_reference");
        self.declare_once("contract", reference, given, "contract_reference");
        self.require_text(&definition.intervention_title, 255, given, "intervention_title");
        self.check_region(given);
        self.require(definition.allows_female || definition.allows_male, given, "eligibility", "admits nobody");
        let (youngest, oldest) = (definition.minimum_age, definition.maximum_age);
        self.require((0..=120).contains(&youngest), given, "eligibility.minimum_age", "is not an age");
        let in_order = oldest.is_none_or(|oldest| (youngest..=120).contains(&oldest));
        self.require(in_order, given, "eligibility.maximum_age", "is no age, or below the minimum age");
        let ends_after = definition.hide_after.is_none_or(|end| day_of(end) >= definition.hide_before);
        self.require(ends_after, given, "scheduling.hide_after", "is before hide_before");
        let type_id = self.id_of(Table::ContractType, "code", &definition.contract_type_id);
        self.require(type_id.is_some(), given, "contract_type_id", "there is no such contract type");
        let prime_known = self.rows.contains_key(&(Table::ServiceProvider, definition.prime_provider_code.clone()));
        self.require(prime_known, given, "providers.prime_provider_code", "there is no such provider");
        for code in &definition.subcontractor_codes {
            let known = self.rows.contains_key(&(Table::ServiceProvider, code.clone()));
            self.require(known, given, "providers.subcontractor_codes", &format!("there is no provider {code}"));
            let distinct = *code != definition.prime_provider_code;
            self.require(distinct, given, "providers.subcontractor_codes", &format!("{code} is the prime provider"));
        }
        if let Some(type_id) = type_id {
            self.write_contract(given, &type_id);
        }
    }

    fn check_region(&mut self, given: &Sourced<ContractDefinition>) {
        let regions = self.ground.regions;
        match (&given.value.nps_region_code, &given.value.pcc_region_code) {
            (Some(code), None) => {
                let known = regions.iter().any(|region| region.nps_region.id == *code);
                self.require(known, given, "region.nps_region_code", "there is no such probation region");
            }
            (None, Some(code)) => {
                let known = regions.iter().any(|region| region.id == *code);
                self.require(known, given, "region.pcc_region_code", "there is no such PCC region");
            }
            _ => self.fault(given, "region", "exactly one of nps_region_code and pcc_region_code must be set"),
        }
    }

    fn write_contract(&mut self, given: &Sourced<ContractDefinition>, type_id: &str) {
        let definition = &given.value;
        let known = self.find(Table::DynamicFrameworkContract, "contract_reference", &definition.contract_reference);
        let known = known.cloned();
        let id = if let Some(row) = &known {
            self.require(row["contract_type_id"] == type_id, given, "contract_type_id", "the type cannot change");
            row["id"].as_str().unwrap_or_default().to_owned()
        } else {
            let id = definition.internal_contract_id.to_string();
            let taken = self.rows.contains_key(&(Table::DynamicFrameworkContract, id.clone()));
            self.require(!taken, given, "internal_contract_id", "belongs to another contract");
            let columns = json!({
                "start_date": definition.hide_before,
                "end_date": definition.hide_after.map_or(NO_END, day_of),
            });
            self.set(Table::DynamicFrameworkContract, &id, columns);
            id
        };
        // The same instant in another spelling is no change.
        let held_end = known
            .as_ref()
            .map(|row| row["referral_end_at"].clone())
            .filter(|held| held.as_str().and_then(|text| text.parse::<Timestamp>().ok()) == definition.hide_after);
        let columns = json!({
            "id": id,
            "contract_reference": definition.contract_reference,
            "contract_type_id": type_id,
            "prime_provider_id": definition.prime_provider_code,
            "referral_start_date": definition.hide_before,
            "referral_end_at": held_end.unwrap_or_else(|| json!(definition.hide_after)),
            "nps_region_id": definition.nps_region_code,
            "pcc_region_id": definition.pcc_region_code,
            "allows_female": definition.allows_female,
            "allows_male": definition.allows_male,
            "minimum_age": definition.minimum_age,
            "maximum_age": definition.maximum_age,
        });
        self.set(Table::DynamicFrameworkContract, &id, columns);
        self.write_subcontractors(definition, &id);
        self.write_intervention(given, &id);
    }

    /// The set becomes equal to what is declared.
    fn write_subcontractors(&mut self, definition: &ContractDefinition, contract: &str) {
        let table = Table::DynamicFrameworkContractSubContractor;
        self.rows.retain(|(found, _), row| {
            let declared =
                || definition.subcontractor_codes.iter().any(|code| row["subcontractor_provider_id"] == *code);
            *found != table || row["dynamic_framework_contract_id"] != contract || declared()
        });
        for code in &definition.subcontractor_codes {
            let columns = json!({ "dynamic_framework_contract_id": contract, "subcontractor_provider_id": code });
            self.set(table, &format!("{contract}/{code}"), columns);
        }
    }

    fn write_intervention(&mut self, given: &Sourced<ContractDefinition>, contract: &str) {
        let definition = &given.value;
        let known = self.find(Table::Intervention, "dynamic_framework_contract_id", contract).cloned();
        let id = if let Some(row) = &known {
            row["id"].as_str().unwrap_or_default().to_owned()
        } else {
            let id = definition.internal_intervention_id.to_string();
            let taken = self.rows.contains_key(&(Table::Intervention, id.clone()));
            self.require(!taken, given, "internal_intervention_id", "belongs to another intervention");
            self.set(Table::Intervention, &id, json!({ "created_at": self.ground.now }));
            id
        };
        let held = known.as_ref().and_then(|row| row["incoming_referral_distribution_email"].as_str());
        let declared = definition.incoming_distribution_email.as_deref();
        let mailbox = declared.or(held).or(self.ground.central_mailbox).unwrap_or_default().to_owned();
        let looks_right = mailbox.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        self.require(
            looks_right,
            given,
            "incoming_distribution_email",
            "is no e-mail address, and no central one is set",
        );
        let columns = json!({
            "id": id,
            "dynamic_framework_contract_id": contract,
            "title": definition.intervention_title,
            "description": description::of(definition),
            "incoming_referral_distribution_email": mailbox,
        });
        self.set(Table::Intervention, &id, columns);
    }
}
