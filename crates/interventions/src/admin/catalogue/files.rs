//! The files of a catalogue import: `providers.json` (an array), `contract-details.json` (an array; may be missing) and
//! one file for each contract in `contracts/`. Reads forms; whether what they say can be is the use case's.
//!
//! Every fault of every file is collected: a missing or unknown field, a value of the wrong kind.

mod fields;

use std::collections::BTreeMap;
use std::path::Path;

use app::import::catalogue::{ActivityDefinition, Bundle, ContractDefinition, ProviderDefinition, TypeDefinition};
use app::import::{Fault, Sourced};
use domain::catalogue::Complexity;
use serde_json::Value;
use sha2::{Digest, Sha256};

use self::fields::Fields;

/// Reads a folder. The outer error says that a file cannot be read at all; the inner one holds every fault.
pub(super) fn read(folder: &Path) -> std::io::Result<Result<Bundle, Vec<Fault>>> {
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
pub(super) fn read_texts(texts: &BTreeMap<String, String>) -> Result<Bundle, Vec<Fault>> {
    let mut bundle = Bundle::default();
    let mut faults = Vec::new();
    if texts.is_empty() {
        let rule = "there is neither a providers.json nor a contract-details.json nor a contracts folder with files";
        faults.push(Fault { file: ".".to_owned(), line: None, field: "-".to_owned(), rule: rule.to_owned() });
    }
    for (file, text) in texts {
        let digest: String = format!("{:x}", Sha256::digest(text));
        bundle.files.insert(file.clone(), digest);
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                faults.push(Fault {
                    file: file.clone(),
                    line: None,
                    field: "-".to_owned(),
                    rule: format!("is no JSON: {error}"),
                });
                continue;
            }
        };
        match file.as_str() {
            "providers.json" => each(file, &value, &mut faults, provider, &mut bundle.providers),
            "contract-details.json" => each(file, &value, &mut faults, contract_type, &mut bundle.types),
            _ => {
                let value = one(file, "", &value, &mut faults, contract);
                bundle.contracts.extend(value);
            }
        }
    }
    if faults.is_empty() { Ok(bundle) } else { Err(faults) }
}

type Read<T> = fn(&mut Fields<'_>) -> Option<T>;

fn each<T>(file: &str, value: &Value, faults: &mut Vec<Fault>, read: Read<T>, into: &mut Vec<Sourced<T>>) {
    let Value::Array(all) = value else {
        faults.push(Fault { file: file.to_owned(), line: None, field: "-".to_owned(), rule: "is no list".to_owned() });
        return;
    };
    for (number, value) in all.iter().enumerate() {
        into.extend(one(file, &format!("[{number}]."), value, faults, read));
    }
}

fn one<T>(file: &str, place: &str, value: &Value, faults: &mut Vec<Fault>, read: Read<T>) -> Option<Sourced<T>> {
    let mut fields = Fields::of(file, place, value, faults);
    let read = read(&mut fields);
    fields.finish();
    read.map(|value| Sourced { file: file.to_owned(), line: None, place: place.to_owned(), value })
}

fn provider(fields: &mut Fields<'_>) -> Option<ProviderDefinition> {
    let (code, name) = (fields.text("code"), fields.text("name"));
    Some(ProviderDefinition { code: code?, name: name? })
}

fn contract_type(fields: &mut Fields<'_>) -> Option<TypeDefinition> {
    let (name, code) = (fields.text("contract_type"), fields.text("contract_code"));
    let (category, outcomes) = (fields.text("service_category"), fields.texts("desired_outcomes"));
    let levels = fields.list("complexity_levels", |level| {
        let (severity, text) = (level.member("severity", Complexity::from_text), level.text("description"));
        Some((severity?, text?))
    });
    Some(TypeDefinition {
        contract_type: name?,
        contract_code: code?,
        service_category: category?,
        desired_outcomes: outcomes,
        complexity_levels: levels,
    })
}

fn contract(fields: &mut Fields<'_>) -> Option<ContractDefinition> {
    let (id, reference) = (fields.parsed("internal_contract_id", "a UUID"), fields.text("contract_reference"));
    let contract_type = fields.text("contract_type_id");
    let mailbox = fields.maybe_text("incoming_distribution_email");
    let region = fields
        .object("region", |region| Some((region.maybe_text("nps_region_code"), region.maybe_text("pcc_region_code"))));
    let eligibility = fields.object("eligibility", |eligibility| {
        let (female, male) = (eligibility.flag("allows_female"), eligibility.flag("allows_male"));
        let (youngest, oldest) = (eligibility.number("minimum_age"), eligibility.maybe_number("maximum_age"));
        Some((female?, male?, youngest?, oldest))
    });
    let scheduling = fields.object("scheduling", |scheduling| {
        let before = scheduling.parsed("hide_before", "a date such as 2027-04-01");
        let after = scheduling.maybe_parsed("hide_after", "a time such as 2027-03-31T23:59:59+00");
        Some((before?, after))
    });
    let providers = fields.object("providers", |providers| {
        let (prime, others) = (providers.text("prime_provider_code"), providers.texts("subcontractor_codes"));
        Some((prime?, others))
    });
    let intervention = fields.parsed("internal_intervention_id", "a UUID");
    let (title, short) = (fields.text("intervention_title"), fields.maybe_text("short_description"));
    let activities = fields.maybe_list("activities", |activity| {
        let (need_area, done) = (activity.text("need_area"), activity.text("activity"));
        let (method, location) = (activity.text("delivery_method"), activity.text("delivery_location"));
        let (delivery_method, delivery_location) = (method?, location?);
        Some(ActivityDefinition { need_area: need_area?, delivery_method, delivery_location, activity: done? })
    });
    let (nps_region_code, pcc_region_code) = region?;
    let (allows_female, allows_male, minimum_age, maximum_age) = eligibility?;
    let (hide_before, hide_after) = scheduling?;
    let (prime_provider_code, subcontractor_codes) = providers?;
    Some(ContractDefinition {
        internal_contract_id: id?,
        contract_reference: reference?,
        contract_type_id: contract_type?,
        incoming_distribution_email: mailbox,
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
        internal_intervention_id: intervention?,
        intervention_title: title?,
        short_description: short,
        activities,
    })
}
