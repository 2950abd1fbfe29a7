//! Imports from files to the database and back.

use std::collections::{BTreeMap, BTreeSet};

use app::import::catalogue::Bundle;
use app::import::{ImportError, ImportOrder, ImportRun, undo};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runtime::{Clock, Ids};
use serde_json::{Value, json};
use store::Store;
use store::import::{Snapshot, snapshot};
use testkit::TestDatabase;

use super::files::read_texts;

async fn attempt(store: &Store, bundle: &Bundle, dry_run: bool) -> Result<ImportRun, ImportError> {
    let order = ImportOrder { by: "tests".to_owned(), dry_run };
    let mailbox = Some("central@example.org");
    app::import::catalogue::import(store, (&Clock::system(), &Ids::random()), bundle, mailbox, &order).await
}

async fn rows(store: &Store) -> Snapshot {
    let mut db = store.connection().await.unwrap();
    snapshot(&mut db).await.unwrap()
}

async fn imported(store: &Store, bundle: &Bundle) -> ImportRun {
    attempt(store, bundle, false).await.unwrap()
}

fn contract(number: u64) -> Value {
    json!({
        "internal_contract_id": format!("00000000-0000-4000-8000-0000000000{number:02}"),
        "contract_reference": format!("T{number}"),
        "contract_type_id": "ACC",
        "incoming_distribution_email": null,
        "region": { "nps_region_code": "A" },
        "eligibility": { "allows_female": true, "allows_male": true, "minimum_age": 18, "maximum_age": null },
        "scheduling": { "hide_before": "2027-04-01", "hide_after": "2030-03-31 23:59:59+00" },
        "providers": { "prime_provider_code": "NEWCOMER", "subcontractor_codes": ["TIDEWAY"] },
        "internal_intervention_id": format!("00000000-0000-4000-9000-0000000000{number:02}"),
        "intervention_title": format!("Help {number}"),
        "short_description": "Help with a home.",
        "activities": [
            { "need_area": "Home", "activity": "Viewings", "delivery_method": "In person", "delivery_location": "Town" },
            { "need_area": "Home", "activity": "Budget", "delivery_method": "In person", "delivery_location": "Town" },
            { "need_area": "Home", "activity": "Budget", "delivery_method": "In person", "delivery_location": "Town" },
        ],
    })
}

fn files(contracts: &[Value]) -> BTreeMap<String, String> {
    let details = json!([{
        "contract_type": "Accommodation", "contract_code": "ACC", "service_category": "A new need",
        "desired_outcomes": ["It is better."],
        "complexity_levels": [{ "severity": "LOW", "description": "A little." }],
    }]);
    let providers = json!([{ "code": "NEWCOMER", "name": "Newcomer" }, { "code": "TIDEWAY", "name": "Tideway Ltd" }]);
    let mut texts = BTreeMap::from([
        ("providers.json".to_owned(), providers.to_string()),
        ("contract-details.json".to_owned(), details.to_string()),
    ]);
    for (number, contract) in contracts.iter().enumerate() {
        texts.insert(format!("contracts/{number}.json"), contract.to_string());
    }
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_found_in_the_catalogue_and_can_be_undone() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let before = rows(store).await;
    let bundle = read_texts(&files(&[contract(1)]));
    let rehearsal = attempt(store, &bundle, true).await.unwrap();
    assert_eq!(rows(store).await, before);
    assert_eq!(app::import::list(store).await.unwrap(), []);

    let run = imported(store, &bundle).await;
    assert_eq!(run.changes.len(), rehearsal.changes.len());
    let mut db = store.connection().await.unwrap();
    let wanted = BTreeSet::from(["T1".to_owned()]);
    let entries = store::catalogue::entries_of_contracts(&mut db, &wanted).await.unwrap();
    drop(db);
    let entry = &entries[0];
    assert_eq!(entry.description, "Help with a home.\n\nHome (In person, Town):\n- Budget\n- Viewings");
    assert_eq!(entry.intervention.incoming_referral_mailbox, "central@example.org");
    assert_eq!(entry.intervention.contract.subcontractors[0].name, "Tideway Ltd");
    assert_eq!(entry.intervention.contract.referral_end_at.unwrap().to_string(), "2030-03-31T23:59:59Z");
    assert_eq!(app::import::list(store).await.unwrap(), std::slice::from_ref(&run));

    undo(store, &Clock::system(), run.id, "tests").await.unwrap();
    assert_eq!(rows(store).await, before);
    let again = undo(store, &Clock::system(), run.id, "tests").await;
    assert!(matches!(again, Err(ImportError::Undone(_))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_or_is_depended_upon_is_not_undone() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let first = imported(store, &read_texts(&files(&[contract(1)]))).await;
    let mut changed = contract(1);
    changed["intervention_title"] = json!("Another title");
    let second = imported(store, &read_texts(&files(&[changed]))).await;
    assert_eq!(second.changes.len(), 1);
    let refused = undo(store, &Clock::system(), first.id, "tests").await;
    assert!(matches!(&refused, Err(ImportError::ChangedSince(rows)) if rows.len() == 1), "{refused:?}");
    undo(store, &Clock::system(), second.id, "tests").await.unwrap();

    // A third import makes another contract that the first one's provider delivers.
    let third = imported(store, &read_texts(&files(&[contract(1), contract(2)]))).await;
    let held = rows(store).await;
    let refused = undo(store, &Clock::system(), first.id, "tests").await;
    let needed = "service_provider NEWCOMER by dynamic_framework_contract";
    assert!(
        matches!(&refused, Err(ImportError::DependedUpon(told)) if told.iter().any(|one| one == needed)),
        "{refused:?}"
    );
    assert_eq!(rows(store).await, held);
    undo(store, &Clock::system(), third.id, "tests").await.unwrap();
    undo(store, &Clock::system(), first.id, "tests").await.unwrap();
}

/// Contracts, some of which the demonstration has already.
fn some_contracts() -> impl Strategy<Value = Vec<Value>> {
    let one = (0_i64..90, any::<bool>(), any::<bool>(), any::<bool>());
    prop::collection::vec(one, 1..5).prop_map(|drawn| {
        let numbered = (1_u64..).zip(drawn);
        let contracts = numbered.map(|(number, (minimum_age, allows_male, stays_open, is_held))| {
            let mut one = contract(number);
            one["eligibility"]["minimum_age"] = json!(minimum_age);
            one["eligibility"]["allows_male"] = json!(allows_male);
            if stays_open {
                one["scheduling"]["hide_after"] = Value::Null;
                one["region"] = json!({ "pcc_region_code": "merseyside" });
            }
            if is_held && number == 1 {
                one["contract_reference"] = json!("HT0001");
                one["providers"]["subcontractor_codes"] = json!(["NORTHSTAR"]);
            }
            one
        });
        contracts.collect()
    })
}

#[test]
fn importing_twice_is_importing_once_and_undoing_gives_back_what_was_there() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let database = runtime.block_on(TestDatabase::create());
    let store = &database.store;
    let mut runner = TestRunner::new(Config { cases: 16, failure_persistence: None, ..Config::default() });
    let property = |contracts: Vec<Value>| {
        runtime.block_on(async {
            let bundle = read_texts(&files(&contracts));
            let before = rows(store).await;
            let run = imported(store, &bundle).await;
            let once = rows(store).await;
            assert_ne!(once, before);
            let repeated = imported(store, &bundle).await;
            assert_eq!((repeated.changes, rows(store).await), (Vec::new(), once));
            undo(store, &Clock::system(), run.id, "tests").await.unwrap();
            assert_eq!(rows(store).await, before);
        });
        Ok(())
    };
    runner.run(&some_contracts(), property).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_category_offers_becomes_what_the_file_says() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let details = |outcomes: &[&str], levels: &[(&str, &str)]| {
        let levels: Vec<Value> =
            levels.iter().map(|(severity, text)| json!({ "severity": severity, "description": text })).collect();
        let one = json!([{
            "contract_type": "Accommodation", "contract_code": "ACC", "service_category": "A new need",
            "desired_outcomes": outcomes, "complexity_levels": levels,
        }]);
        read_texts(&BTreeMap::from([("contract-details.json".to_owned(), one.to_string())]))
    };
    imported(store, &details(&["One.", "Two."], &[("LOW", "A little.")])).await;
    let changed = details(&["Two.", "Three."], &[("LOW", "Very little."), ("HIGH", "A lot.")]);
    let run = imported(store, &changed).await;
    let told: BTreeSet<(&str, bool, bool)> = run
        .changes
        .iter()
        .map(|change| {
            let after = change.after.as_ref().unwrap();
            (after["description"].as_str().unwrap(), change.before.is_some(), after["deprecated_at"].is_string())
        })
        .collect();
    let expected =
        [("A lot.", false, false), ("One.", true, true), ("Three.", false, false), ("Very little.", true, false)];
    assert_eq!(told, BTreeSet::from(expected));
    assert_eq!(imported(store, &changed).await.changes, []);

    // An outcome that is offered again is the same outcome; a level cannot go.
    let again =
        imported(store, &details(&["One.", "Two.", "Three."], &[("LOW", "Very little."), ("HIGH", "A lot.")])).await;
    assert!(matches!(&*again.changes, [one] if one.before.is_some()), "{:?}", again.changes);
    let refused = attempt(store, &details(&["One."], &[("LOW", "Very little.")]), false).await;
    let Err(ImportError::Faulty(faults)) = refused else { panic!("{refused:?}") };
    let rule = "HIGH is missing: a level that referrals may name cannot be taken away";
    assert_eq!(faults[0].to_string(), format!("contract-details.json: [0].complexity_levels: {rule}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_that_delius_cannot_file_is_not_published() {
    let database = TestDatabase::create().await;
    let mut oldham = contract(1);
    oldham["contract_type_id"] = json!("FBD-O");
    let refused = attempt(&database.store, &read_texts(&files(&[oldham.clone()])), false).await;
    let Err(ImportError::Faulty(faults)) = refused else { panic!("{refused:?}") };
    let rule = "it is not known how Delius files contracts of type FBD-O: see nsi-types.csv";
    assert_eq!(faults[0].to_string(), format!("contracts/0.json: contract_type_id: {rule}"));

    // One that takes no referrals any more harms nobody.
    oldham["scheduling"] = json!({ "hide_before": "2021-04-01", "hide_after": "2022-03-31 23:59:59+00" });
    imported(&database.store, &read_texts(&files(&[oldham]))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_every_file_is_told_and_nothing_is_written() {
    let database = TestDatabase::create().await;
    let mut one = contract(1);
    one["contract_type_id"] = json!("FBD-X");
    one["region"]["pcc_region_code"] = json!("merseyside");
    one["providers"]["subcontractor_codes"] = json!(["NOBODY"]);
    let mut two = contract(1);
    two["eligibility"]["maximum_age"] = json!(10);
    two["short_description"] = json!("nothing\0");
    let mut texts = files(&[one, two]);
    let odd_type = json!([{
        "contract_type": "Accommodation", "contract_code": "NEW", "service_category": "Accommodation",
        "desired_outcomes": ["Same.", "Same."], "complexity_levels": [{ "severity": "LOW", "description": "" }],
    }]);
    texts.insert("contract-details.json".to_owned(), odd_type.to_string());
    let before = rows(&database.store).await;
    let bundle = read_texts(&texts);
    let refused = attempt(&database.store, &bundle, false).await;
    let Err(ImportError::Faulty(faults)) = refused else { panic!("{refused:?}") };
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected = [
        "contract-details.json: [0].complexity_levels: HIGH is missing: a level that referrals may name cannot be taken away",
        "contract-details.json: [0].complexity_levels: MEDIUM is missing: a level that referrals may name cannot be taken away",
        "contract-details.json: [0].complexity_levels: must not be empty",
        "contract-details.json: [0].contract_type: the name belongs to a type of another code",
        "contract-details.json: [0].desired_outcomes: says the same twice",
        "contracts/0.json: contract_type_id: there is no such contract type",
        "contracts/0.json: providers.subcontractor_codes: there is no provider NOBODY",
        "contracts/0.json: region: exactly one of nps_region_code and pcc_region_code must be set",
        "contracts/1.json: contract_reference: T1 is declared in contracts/0.json too",
        "contracts/1.json: eligibility.maximum_age: is no age, or below the minimum age",
        "contracts/1.json: short_description: holds a control character",
    ];
    assert_eq!(told, expected);
    assert_eq!(rows(&database.store).await, before);
}

#[test]
fn forms_are_checked_field_by_field() {
    let mut one = contract(1);
    one["internal_contract_id"] = json!("none");
    one["eligibility"]["allows_male"] = json!("yes");
    one["surprise"] = json!(1);
    one.as_object_mut().unwrap().remove("intervention_title");
    let mut texts = files(&[one]);
    texts.insert("providers.json".to_owned(), json!([{ "code": 7, "name": "Seven" }, "eight"]).to_string());
    texts.insert("contract-details.json".to_owned(), "[".to_owned());
    let told: Vec<String> = read_texts(&texts).unread.faults.iter().map(ToString::to_string).collect();
    let expected = [
        "contract-details.json: -: is no JSON: EOF while parsing a list at line 1 column 1",
        "contracts/0.json: internal_contract_id: is not a UUID",
        "contracts/0.json: eligibility.allows_male: is not true or false",
        "contracts/0.json: intervention_title: is missing",
        "contracts/0.json: surprise: is not a known field",
        "providers.json: [0].code: is not a text",
        "providers.json: [1]: is no object",
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_and_what_cannot_be_are_told_together_and_nothing_that_only_follows() {
    let database = TestDatabase::create().await;
    // A provider without a readable code may be the one that a contract names; so may a contract with any reference.
    let mut one = contract(1);
    one["internal_contract_id"] = json!("none");
    one["eligibility"]["minimum_age"] = json!("eighteen");
    one["eligibility"]["maximum_age"] = json!(130);
    one["providers"]["subcontractor_codes"] = json!(["NOBODY"]);
    let mut two = contract(2);
    two["contract_reference"] = json!(2);
    two["contract_type_id"] = json!("FBD-X");
    let mut three = contract(3);
    three["contract_type_id"] = json!("FBD-O");
    three["scheduling"]["hide_after"] = json!("long ago");
    let mut texts = files(&[one, two, three]);
    let providers = json!([{ "code": 7, "name": "" }, { "code": "TIDEWAY", "name": "Tideway" }]);
    texts.insert("providers.json".to_owned(), providers.to_string());
    let before = rows(&database.store).await;
    let refused = attempt(&database.store, &read_texts(&texts), false).await;
    let Err(ImportError::Faulty(faults)) = refused else { panic!("{refused:?}") };
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected = [
        "contracts/0.json: eligibility.maximum_age: is no age, or below the minimum age",
        "contracts/0.json: eligibility.minimum_age: is not a whole number",
        "contracts/0.json: internal_contract_id: is not a UUID",
        "contracts/1.json: contract_reference: is not a text",
        "contracts/1.json: contract_type_id: there is no such contract type",
        "contracts/2.json: scheduling.hide_after: is not a time such as 2027-03-31T23:59:59+00",
        "providers.json: [0].code: is not a text",
        "providers.json: [0].name: must not be empty",
    ];
    assert_eq!(told, expected);
    assert_eq!(rows(&database.store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intervention_that_somebody_has_begun_to_refer_to_is_not_undone() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let run = imported(store, &read_texts(&files(&[contract(1)]))).await;
    let id = domain::InterventionId("00000000-0000-4000-9000-000000000001".parse().unwrap());
    let clock = Clock::system();
    let mut work = store.begin().await.unwrap();
    let intervention = store::catalogue::find_intervention(&mut work, id).await.unwrap().unwrap();
    let user = domain::User { id: "1".to_owned(), source: domain::AuthSource::Delius, username: "ONE".to_owned() };
    store::user::remember(&mut work, &user).await.unwrap();
    let draft = domain::ReferralId(Ids::random().uuid());
    let crn = domain::Crn("X100001".to_owned());
    let draft = domain::DraftReferral::begin(draft, crn, intervention, &user, clock.now());
    store::draft::insert(&mut work, &draft).await.unwrap();
    work.commit().await.unwrap();
    let held = rows(store).await;
    let refused = undo(store, &clock, run.id, "tests").await;
    let needed = format!("intervention {} by draft_referral", id.0);
    assert!(matches!(&refused, Err(ImportError::DependedUpon(told)) if told.contains(&needed)), "{refused:?}");
    assert_eq!(rows(store).await, held);
}
