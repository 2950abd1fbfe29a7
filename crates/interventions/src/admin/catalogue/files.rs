//! The files of a catalogue import: `providers.json` (an array), `contract-details.json` (an array; may be missing) and
//! one file for each contract in `contracts/`. Reads forms; whether what they say can be is the use case's.
//!
//! Every fault of every file is collected: a missing or unknown field, a value of the wrong kind. In the place of a value
//! that cannot be read stands an empty one, so that the rest is judged too.

mod fields;

use std::collections::BTreeMap;
use std::path::Path;

use app::import::catalogue::{ActivityDefinition, Bundle, ContractDefinition, ProviderDefinition, TypeDefinition};
use app::import::{Fault, Sourced, Table, Unread};
use domain::catalogue::Complexity;
use jiff::civil::Date;
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::fields::Fields;

/// Reads a folder.
pub(super) fn read(folder: &Path) -> std::io::Result<Bundle> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for name in ["providers.json", "contract-details.json"] {
        let path = folder.join(name);
        if path.exists() {
            texts.insert(name.to_owned(), std::fs::read_to_string(path)?);
        }
    }
    let contracts = folder.join("contracts");
    if contracts.exists() {
        for entry in std::fs::read_dir(contracts)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                texts.insert(format!("contracts/{name}"), std::fs::read_to_string(path)?);
            }
        }
    }
    Ok(read_texts(&texts))
}

/// Reads the texts of files by their path.
pub(super) fn read_texts(texts: &BTreeMap<String, String>) -> Bundle {
    let mut bundle = Bundle::default();
    let mut unread = Unread::default();
    if texts.is_empty() {
        let rule = "there is neither a providers.json nor a contract-details.json nor a contracts folder with files";
        unread.faults.push(Fault { file: ".".to_owned(), line: None, field: "-".to_owned(), rule: rule.to_owned() });
    }
    for (file, text) in texts {
        let digest: String = format!("{:x}", Sha256::digest(text));
        bundle.files.insert(file.clone(), digest);
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                let rule = format!("is no JSON: {error}");
                unread.faults.push(Fault { file: file.clone(), line: None, field: "-".to_owned(), rule });
                unread.tables.extend(keyed(file).map(|(table, _)| table));
                continue;
            }
        };
        match file.as_str() {
            "providers.json" => each(file, &value, &mut unread, provider, &mut bundle.providers),
            "contract-details.json" => each(file, &value, &mut unread, contract_type, &mut bundle.types),
            _ => {
                let value = one(file, "", &value, &mut unread.faults, contract);
                bundle.contracts.extend(value);
            }
        }
    }
    bundle.unread = unread;
    bundle
}

/// The table that a list declares, and the field by which its rows are known; nothing refers to contracts.
fn keyed(file: &str) -> Option<(Table, &'static str)> {
    match file {
        "providers.json" => Some((Table::ServiceProvider, "code")),
        "contract-details.json" => Some((Table::ContractType, "contract_code")),
        _ => None,
    }
}

type Read<T> = fn(&mut Fields<'_>) -> T;

fn each<T>(file: &str, value: &Value, unread: &mut Unread, read: Read<T>, into: &mut Vec<Sourced<T>>) {
    let Value::Array(all) = value else {
        let rule = "is no list".to_owned();
        unread.faults.push(Fault { file: file.to_owned(), line: None, field: "-".to_owned(), rule });
        unread.tables.extend(keyed(file).map(|(table, _)| table));
        return;
    };
    for (number, value) in all.iter().enumerate() {
        let (place, before) = (format!("[{number}]."), unread.faults.len());
        into.extend(one(file, &place, value, &mut unread.faults, read));
        if let Some((table, key)) = keyed(file) {
            let key = format!("{place}{key}");
            let hides_a_row = |fault: &Fault| fault.field == key || fault.field == place.trim_end_matches('.');
            if unread.faults[before..].iter().any(hides_a_row) {
                unread.tables.insert(table);
            }
        }
    }
}

fn one<T>(file: &str, place: &str, value: &Value, faults: &mut Vec<Fault>, read: Read<T>) -> Option<Sourced<T>> {
    let mut fields = Fields::of(file, place, value, faults);
    let read = read(&mut fields);
    fields.finish();
    value.is_object().then(|| Sourced { file: file.to_owned(), line: None, place: place.to_owned(), value: read })
}

fn provider(fields: &mut Fields<'_>) -> ProviderDefinition {
    ProviderDefinition { code: fields.text("code"), name: fields.text("name") }
}

fn contract_type(fields: &mut Fields<'_>) -> TypeDefinition {
    TypeDefinition {
        contract_type: fields.text("contract_type"),
        contract_code: fields.text("contract_code"),
        service_category: fields.text("service_category"),
        desired_outcomes: fields.texts("desired_outcomes"),
        complexity_levels: fields.list("complexity_levels", |level| {
            let (severity, text) = (level.member("severity", Complexity::from_text), level.text("description"));
            Some((severity?, text))
        }),
    }
}

fn contract(fields: &mut Fields<'_>) -> ContractDefinition {
    let internal_contract_id = fields.parsed("internal_contract_id", "a UUID").unwrap_or_default();
    let contract_reference = fields.text("contract_reference");
    let contract_type_id = fields.text("contract_type_id");
    let incoming_distribution_email = fields.maybe_text("incoming_distribution_email");
    let region = fields
        .object("region", |region| Some((region.maybe_text("nps_region_code"), region.maybe_text("pcc_region_code"))));
    let eligibility = fields.object("eligibility", |eligibility| {
        let (female, male) = (eligibility.flag("allows_female"), eligibility.flag("allows_male"));
        let (youngest, oldest) = (eligibility.number("minimum_age"), eligibility.maybe_number("maximum_age"));
        // What cannot be read admits everybody.
        Some((female.unwrap_or(true), male.unwrap_or(true), youngest.unwrap_or_default(), oldest))
    });
    let scheduling = fields.object("scheduling", |scheduling| {
        let before = scheduling.parsed("hide_before", "a date such as 2027-04-01");
        let after = scheduling.maybe_parsed("hide_after", "a time such as 2027-03-31T23:59:59+00");
        Some((before.unwrap_or(Date::MIN), after))
    });
    let providers = fields.object("providers", |providers| {
        Some((providers.text("prime_provider_code"), providers.texts("subcontractor_codes")))
    });
    let internal_intervention_id = fields.parsed("internal_intervention_id", "a UUID").unwrap_or_default();
    let (intervention_title, short_description) =
        (fields.text("intervention_title"), fields.maybe_text("short_description"));
    let activities = fields.maybe_list("activities", |activity| {
        let (need_area, done) = (activity.text("need_area"), activity.text("activity"));
        let (delivery_method, delivery_location) =
            (activity.text("delivery_method"), activity.text("delivery_location"));
        Some(ActivityDefinition { need_area, delivery_method, delivery_location, activity: done })
    });
    let (nps_region_code, pcc_region_code) = region.unwrap_or_default();
    let (allows_female, allows_male, minimum_age, maximum_age) = eligibility.unwrap_or((true, true, 0, None));
    let (hide_before, hide_after) = scheduling.unwrap_or((Date::MIN, None));
    let (prime_provider_code, subcontractor_codes) = providers.unwrap_or_default();
    ContractDefinition {
        internal_contract_id,
        contract_reference,
        contract_type_id,
        incoming_distribution_email,
        nps_region_code,
        pcc_region_code,
        allows_female,
        allows_male,
        minimum_age,
        maximum_age,
        hide_before,
        hide_after,
        prime_provider_code,
        subcontractor_codes,
        internal_intervention_id,
        intervention_title,
        short_description,
        activities,
    }
}
