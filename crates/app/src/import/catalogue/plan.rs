//! What the catalogue's rows become when a bundle is imported, or else everything that is wrong with the bundle. Pure.
//!
//! Providers are known by their code, types by theirs, service categories by name, contracts by their reference.
//! What a file declares replaces what is held. The type of a contract never changes: Delius files its activities under
//! it. A contract whose type Delius cannot file takes no referrals: it is refused here, and no sending ever fails for it.

mod description;

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::day_of;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use store::import::{Snapshot, Table};
use uuid::Uuid;

use super::super::sheet::Sheet;
use super::super::{Fault, Sourced};
use super::{ActivityDefinition, Bundle, ContractDefinition, ProviderDefinition, TypeDefinition};

/// The longest code of a provider and the longest reference of a contract, in characters; the database's limits.
const CODE_MAX: usize = 30;
/// The longest code of a contract type, likewise.
const TYPE_CODE_MAX: usize = 10;
/// When a contract without an end is said to end. Only older consumers of the data look at it.
const NO_END: Date = date(2100, 12, 31);

/// What a plan stands on besides the rows.
pub(super) struct Ground<'a> {
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
    let mut plan = Plan { sheet: Sheet::of(rows, &bundle.unread), ground, new_id, offers: BTreeMap::new() };
    bundle.providers.iter().for_each(|provider| plan.provider(provider));
    bundle.types.iter().for_each(|given| plan.contract_type(given));
    bundle.contracts.iter().for_each(|contract| plan.contract(contract));
    plan.sheet.finish()
}

struct Plan<'a> {
    sheet: Sheet<'a>,
    ground: &'a Ground<'a>,
    new_id: &'a mut dyn FnMut() -> Uuid,
    /// What was said of each category so far: where, its outcomes, and its levels.
    offers: BTreeMap<String, Offer>,
}

/// Where it was said, the outcomes, and the levels.
type Offer = (String, BTreeSet<String>, BTreeMap<&'static str, String>);

impl Plan<'_> {
    fn provider(&mut self, given: &Sourced<ProviderDefinition>) {
        let ProviderDefinition { code, name } = &given.value;
        self.sheet.require_text(code, CODE_MAX, given, "code");
        let is_code =
            code.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
        self.sheet.require(is_code, given, "code", "holds more than capital letters, digits and underscores");
        self.sheet.require_text(name, 255, given, "name");
        self.sheet.declare_once("provider", code, given, "code");
        self.sheet.set(Table::ServiceProvider, code, json!({ "id": code, "name": name }));
    }

    fn contract_type(&mut self, given: &Sourced<TypeDefinition>) {
        let definition = &given.value;
        self.sheet.require_text(&definition.contract_code, TYPE_CODE_MAX, given, "contract_code");
        self.sheet.require_text(&definition.contract_type, 255, given, "contract_type");
        self.sheet.require_text(&definition.service_category, 255, given, "service_category");
        let type_id = match self.sheet.find(Table::ContractType, "code", &definition.contract_code) {
            Some(known) => {
                let id = known["id"].as_str().unwrap_or_default().to_owned();
                let agrees = known["name"] == definition.contract_type.as_str();
                self.sheet.require(agrees, given, "contract_type", "the code belongs to a type of another name");
                id
            }
            None => self.new_type(given),
        };
        let known = self.sheet.id_of(Table::ServiceCategory, "name", &definition.service_category);
        let category_id = known.unwrap_or_else(|| {
            let id = (self.new_id)().to_string();
            let columns = json!({ "id": id, "created": self.ground.now, "name": definition.service_category });
            self.sheet.set(Table::ServiceCategory, &id, columns);
            id
        });
        let link = format!("{type_id}/{category_id}");
        let columns = json!({ "contract_type_id": type_id, "service_category_id": category_id });
        self.sheet.set(Table::ContractTypeServiceCategory, &link, columns);
        self.offer(given, &category_id);
    }

    fn new_type(&mut self, given: &Sourced<TypeDefinition>) -> String {
        let definition = &given.value;
        let taken = self.sheet.find(Table::ContractType, "name", &definition.contract_type).is_some();
        // A code that could not be read may be the type's own.
        let may_be_its_own = self.sheet.is_unread(given, "contract_code");
        self.sheet.require(
            !taken || may_be_its_own,
            given,
            "contract_type",
            "the name belongs to a type of another code",
        );
        let id = (self.new_id)().to_string();
        let columns = json!({ "id": id, "name": definition.contract_type, "code": definition.contract_code });
        self.sheet.set(Table::ContractType, &id, columns);
        id
    }

    /// What a category offers becomes what is declared. Outcomes are added, offered again, or offered no longer; they
    /// never go, because referrals name them, and nor do levels, which cannot be withdrawn.
    fn offer(&mut self, given: &Sourced<TypeDefinition>, category: &str) {
        let definition = &given.value;
        self.sheet.require(!definition.desired_outcomes.is_empty(), given, "desired_outcomes", "must not be empty");
        self.sheet.require(!definition.complexity_levels.is_empty(), given, "complexity_levels", "must not be empty");
        let mut outcomes = BTreeSet::new();
        for text in &definition.desired_outcomes {
            self.sheet.require_text(text, 1000, given, "desired_outcomes");
            self.sheet.require(outcomes.insert(text.clone()), given, "desired_outcomes", "says the same twice");
        }
        let mut levels = BTreeMap::new();
        for (severity, text) in &definition.complexity_levels {
            self.sheet.require_text(text, 1000, given, "complexity_levels");
            let is_first = levels.insert(severity.as_str(), text.clone()).is_none();
            self.sheet.require(is_first, given, "complexity_levels", "names a severity twice");
        }
        // Nothing is compared with what could not be read.
        let fields = ["service_category", "desired_outcomes", "complexity_levels"];
        if fields.iter().any(|field| self.sheet.is_unread(given, field)) {
            return;
        }
        if let Some((earlier, other_outcomes, other_levels)) = self.offers.get(category) {
            let rule = format!("is not what {earlier} says of the same category");
            self.sheet.require(*other_outcomes == outcomes, given, "desired_outcomes", &rule);
            self.sheet.require(*other_levels == levels, given, "complexity_levels", &rule);
            return;
        }
        self.outcomes(category, &outcomes);
        self.levels(given, category, &levels);
        let place = given.place.trim_end_matches('.').to_owned();
        self.offers.insert(category.to_owned(), (place, outcomes, levels));
    }

    fn outcomes(&mut self, category: &str, declared: &BTreeSet<String>) {
        let held = self.sheet.rows_of(Table::DesiredOutcome).filter(|(_, row)| row["service_category_id"] == category);
        let held: Vec<(String, String, bool)> = held
            .map(|(id, row)| {
                let text = row["description"].as_str().unwrap_or_default();
                (id.to_owned(), text.to_owned(), row["deprecated_at"].is_null())
            })
            .collect();
        // The same text may be held twice, once of old: one row of each stands, rather one that is offered already.
        let standing = declared.iter().filter_map(|text| {
            let same = held.iter().filter(|(_, known, _)| known == text);
            same.min_by_key(|(id, _, is_offered)| (!is_offered, id)).map(|(id, _, _)| id)
        });
        let standing: BTreeSet<&String> = standing.collect();
        for (id, _, is_offered) in &held {
            let stands = standing.contains(id);
            if stands != *is_offered {
                let withdrawn = if stands { Value::Null } else { json!(self.ground.now) };
                self.sheet.set(Table::DesiredOutcome, id, json!({ "deprecated_at": withdrawn }));
            }
        }
        for text in declared.iter().filter(|text| !held.iter().any(|(_, known, _)| known == *text)) {
            let id = (self.new_id)().to_string();
            let columns =
                json!({ "id": id, "description": text, "service_category_id": category, "deprecated_at": null });
            self.sheet.set(Table::DesiredOutcome, &id, columns);
        }
    }

    fn levels(&mut self, given: &Sourced<TypeDefinition>, category: &str, declared: &BTreeMap<&'static str, String>) {
        let held = self.sheet.rows_of(Table::ComplexityLevel).filter(|(_, row)| row["service_category_id"] == category);
        let held: BTreeMap<String, String> =
            held.map(|(id, row)| (row["complexity"].as_str().unwrap_or_default().to_owned(), id.to_owned())).collect();
        for severity in held.keys().filter(|severity| !declared.contains_key(severity.as_str())) {
            let rule = format!("{severity} is missing: a level that referrals may name cannot be taken away");
            self.sheet.fault(given, "complexity_levels", rule);
        }
        for (severity, text) in declared {
            if let Some(id) = held.get(*severity) {
                self.sheet.set(Table::ComplexityLevel, id, json!({ "description": text }));
                continue;
            }
            let id = (self.new_id)().to_string();
            let title = format!("{}{} complexity", &severity[..1], severity[1..].to_lowercase());
            let columns = json!({
                "id": id, "title": title, "description": text, "service_category_id": category, "complexity": severity,
            });
            self.sheet.set(Table::ComplexityLevel, &id, columns);
        }
    }

    fn contract(&mut self, given: &Sourced<ContractDefinition>) {
        let definition = &given.value;
        let reference = &definition.contract_reference;
        self.sheet.require_text(reference, CODE_MAX, given, "contract_reference");
        self.sheet.declare_once("contract", reference, given, "contract_reference");
        self.sheet.require_text(&definition.intervention_title, 255, given, "intervention_title");
        self.check_region(given);
        self.check_description(given);
        self.check_nsi_type(given);
        self.sheet.require(definition.allows_female || definition.allows_male, given, "eligibility", "admits nobody");
        let (youngest, oldest) = (definition.minimum_age, definition.maximum_age);
        self.sheet.require((0..=120).contains(&youngest), given, "eligibility.minimum_age", "is not an age");
        let in_order = oldest.is_none_or(|oldest| (youngest..=120).contains(&oldest));
        self.sheet.require(in_order, given, "eligibility.maximum_age", "is no age, or below the minimum age");
        let ends_after = definition.hide_after.is_none_or(|end| day_of(end) >= definition.hide_before);
        self.sheet.require(ends_after, given, "scheduling.hide_after", "is before hide_before");
        let type_id = self.sheet.id_of(Table::ContractType, "code", &definition.contract_type_id);
        let rule = "there is no such contract type";
        self.sheet.require_known(type_id.is_some(), Table::ContractType, given, "contract_type_id", rule);
        let prime_known =
            self.sheet.rows.contains_key(&(Table::ServiceProvider, definition.prime_provider_code.clone()));
        let (table, field) = (Table::ServiceProvider, "providers.prime_provider_code");
        self.sheet.require_known(prime_known, table, given, field, "there is no such provider");
        for code in &definition.subcontractor_codes {
            let known = self.sheet.rows.contains_key(&(Table::ServiceProvider, code.clone()));
            let rule = format!("there is no provider {code}");
            self.sheet.require_known(known, table, given, "providers.subcontractor_codes", &rule);
            let distinct = *code != definition.prime_provider_code;
            self.sheet.require(
                distinct,
                given,
                "providers.subcontractor_codes",
                &format!("{code} is the prime provider"),
            );
        }
        // Without its reference it cannot be told from a contract that is held.
        if let Some(type_id) = type_id.filter(|_| !self.sheet.is_unread(given, "contract_reference")) {
            self.write_contract(given, &type_id);
        }
    }

    fn check_region(&mut self, given: &Sourced<ContractDefinition>) {
        let is_active = |row: Option<&Value>| row.is_some_and(|row| row["active"] == true);
        match (&given.value.nps_region_code, &given.value.pcc_region_code) {
            (Some(code), None) => {
                let known = is_active(self.sheet.get(Table::NpsRegion, code));
                self.sheet.require(known, given, "region.nps_region_code", "there is no such probation region");
                let mut areas = self.sheet.rows_of(Table::PccRegion);
                let has_area = areas.any(|(_, row)| row["nps_region_id"] == code.as_str() && row["active"] == true);
                drop(areas);
                self.sheet.require(has_area || !known, given, "region.nps_region_code", "the region has no PCC region");
            }
            (None, Some(code)) => {
                let known = is_active(self.sheet.get(Table::PccRegion, code));
                self.sheet.require(known, given, "region.pcc_region_code", "there is no such PCC region");
            }
            _ => self.sheet.fault(given, "region", "exactly one of nps_region_code and pcc_region_code must be set"),
        }
    }

    fn check_description(&mut self, given: &Sourced<ContractDefinition>) {
        let short = given.value.short_description.as_deref().unwrap_or_default();
        self.sheet.require_paragraphs(short, 10_000, given, "short_description");
        for (number, activity) in given.value.activities.iter().enumerate() {
            let ActivityDefinition { need_area, delivery_method, delivery_location, activity } = activity;
            let fields = [
                ("need_area", need_area),
                ("delivery_method", delivery_method),
                ("delivery_location", delivery_location),
                ("activity", activity),
            ];
            for (name, text) in fields {
                self.sheet.require_text(text, 1000, given, &format!("activities[{number}].{name}"));
            }
        }
    }

    /// Publishing a contract whose type Delius cannot file would make every sending fail.
    fn check_nsi_type(&mut self, given: &Sourced<ContractDefinition>) {
        let definition = &given.value;
        let code = &definition.contract_type_id;
        let is_closed = definition.hide_after.is_some_and(|end| end <= self.ground.now)
            || self.sheet.is_unread(given, "scheduling.hide_after");
        let is_known = self.sheet.find(Table::ContractType, "code", code).is_some();
        if is_known && !is_closed && self.sheet.get(Table::NsiTypeMapping, code).is_none() {
            let rule = format!("it is not known how Delius files contracts of type {code}: see nsi-types.csv");
            self.sheet.fault(given, "contract_type_id", rule);
        }
    }

    fn write_contract(&mut self, given: &Sourced<ContractDefinition>, type_id: &str) {
        let definition = &given.value;
        let known =
            self.sheet.find(Table::DynamicFrameworkContract, "contract_reference", &definition.contract_reference);
        let known = known.cloned();
        let id = if let Some(row) = &known {
            self.sheet.require(row["contract_type_id"] == type_id, given, "contract_type_id", "the type cannot change");
            row["id"].as_str().unwrap_or_default().to_owned()
        } else {
            let id = definition.internal_contract_id.to_string();
            let taken = self.sheet.rows.contains_key(&(Table::DynamicFrameworkContract, id.clone()));
            self.sheet.require(!taken, given, "internal_contract_id", "belongs to another contract");
            let columns = json!({
                "start_date": definition.hide_before,
                "end_date": definition.hide_after.map_or(NO_END, day_of),
            });
            self.sheet.set(Table::DynamicFrameworkContract, &id, columns);
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
        self.sheet.set(Table::DynamicFrameworkContract, &id, columns);
        self.write_subcontractors(definition, &id);
        self.write_intervention(given, &id);
    }

    /// The set becomes equal to what is declared.
    fn write_subcontractors(&mut self, definition: &ContractDefinition, contract: &str) {
        let table = Table::DynamicFrameworkContractSubContractor;
        self.sheet.rows.retain(|(found, _), row| {
            let declared =
                || definition.subcontractor_codes.iter().any(|code| row["subcontractor_provider_id"] == *code);
            *found != table || row["dynamic_framework_contract_id"] != contract || declared()
        });
        for code in &definition.subcontractor_codes {
            let columns = json!({ "dynamic_framework_contract_id": contract, "subcontractor_provider_id": code });
            self.sheet.set(table, &format!("{contract}/{code}"), columns);
        }
    }

    fn write_intervention(&mut self, given: &Sourced<ContractDefinition>, contract: &str) {
        let definition = &given.value;
        let known = self.sheet.find(Table::Intervention, "dynamic_framework_contract_id", contract).cloned();
        let id = if let Some(row) = &known {
            row["id"].as_str().unwrap_or_default().to_owned()
        } else {
            let id = definition.internal_intervention_id.to_string();
            let taken = self.sheet.rows.contains_key(&(Table::Intervention, id.clone()));
            self.sheet.require(!taken, given, "internal_intervention_id", "belongs to another intervention");
            self.sheet.set(Table::Intervention, &id, json!({ "created_at": self.ground.now }));
            id
        };
        let held = known.as_ref().and_then(|row| row["incoming_referral_distribution_email"].as_str());
        let declared = definition.incoming_distribution_email.as_deref();
        let mailbox = declared.or(held).or(self.ground.central_mailbox).unwrap_or_default().to_owned();
        let looks_right = mailbox.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        self.sheet.require(
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
        self.sheet.set(Table::Intervention, &id, columns);
    }
}
