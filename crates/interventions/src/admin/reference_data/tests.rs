//! Registers from files to the database and back.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use app::import::reference::Registers;
use app::import::{Fault, ImportError, ImportOrder, ImportRun, Table, undo};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runtime::{Clock, Ids};
use store::Store;
use store::import::{Snapshot, snapshot};
use testkit::TestDatabase;

use super::registers::read_bytes;

const OFFICES: &str = "probation-offices-v0.csv";
const OFFICE_COLUMNS: &str =
    "probation_office_id,name,address,probation_region_id,gov_uk_url,delius_crs_location_id,active";
const UNITS: &str = "probation-delivery-units-v0.csv";
const REGIONS: &str = "probation-regions-v0.csv";
const PCC_REGIONS: &str = "pcc-regions-for-probation-v0.csv";

async fn rows(store: &Store) -> Snapshot {
    let mut db = store.connection().await.unwrap();
    snapshot(&mut db).await.unwrap()
}

async fn attempt(store: &Store, registers: &Registers) -> Result<ImportRun, ImportError> {
    let order = ImportOrder { by: "tests".to_owned(), dry_run: false };
    app::import::reference::import(store, (&Clock::system(), &Ids::random()), registers, &order).await
}

fn read(files: &[(&str, &str)]) -> Registers {
    let bytes = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    read_bytes(&bytes.collect::<BTreeMap<_, _>>())
}

async fn imported(store: &Store, files: &[(&str, &str)]) -> ImportRun {
    attempt(store, &read(files)).await.unwrap()
}

/// Every fault, as told.
async fn faults(store: &Store, files: &[(&str, &str)]) -> Vec<Fault> {
    match attempt(store, &read(files)).await {
        Err(ImportError::Faulty(faults)) => faults,
        other => panic!("{other:?}"),
    }
}

async fn told(store: &Store, files: &[(&str, &str)]) -> Vec<String> {
    faults(store, files).await.iter().map(ToString::to_string).collect()
}

/// The regions as they stand, as a register; without some of them.
fn regions_without(rows: &Snapshot, left_out: &[&str]) -> String {
    let mut text = "id,tom_23032021_id,name\n".to_owned();
    for ((table, id), row) in rows {
        if *table == Table::NpsRegion && !left_out.contains(&&**id) {
            let (tom, name) = (row["tom_id"].as_str().unwrap(), row["name"].as_str().unwrap());
            writeln!(text, "{id},{tom},\"{name}\"").unwrap();
        }
    }
    text
}

/// The PCC regions likewise.
fn pcc_regions_without(rows: &Snapshot, left_out: &[&str]) -> String {
    let mut text = "id,name,probation_region_id\n".to_owned();
    for ((table, id), row) in rows {
        if *table == Table::PccRegion && !left_out.contains(&&**id) {
            let (name, region) = (row["name"].as_str().unwrap(), row["nps_region_id"].as_str().unwrap());
            writeln!(text, "{id},\"{name}\",{region}").unwrap();
        }
    }
    text
}

/// What may differ between two versions of a register of offices: by number, the name's variant, the region, whether it
/// has a code, whether it is active.
type Drawn = BTreeMap<i32, (u8, u8, bool, bool)>;

fn some_offices() -> impl Strategy<Value = Drawn> {
    prop::collection::btree_map(1..25_i32, (0..3_u8, 0..12_u8, any::<bool>(), any::<bool>()), 1..12)
}

fn render(offices: &Drawn) -> Vec<Vec<String>> {
    let one = |(id, (variant, region, has_code, active)): (&i32, &(u8, u8, bool, bool))| {
        vec![
            id.to_string(),
            format!("\"Town, {variant}: Office – {id}\""),
            format!("\"Office {id}, {variant} Quay, Town, ZZ{variant} 1AB\""),
            char::from(b'A' + region).to_string(),
            if *variant == 0 { String::new() } else { format!("https://www.gov.uk/guidance/office-{id}") },
            if *has_code { format!("CRSX{id:03}") } else { String::new() },
            active.to_string(),
        ]
    };
    offices.iter().map(one).collect()
}

fn as_file(rows: &[Vec<String>]) -> String {
    let lines = rows.iter().map(|row| row.join(","));
    [OFFICE_COLUMNS.to_owned()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

#[test]
fn importing_twice_is_importing_once_and_undoing_gives_back_what_was_there() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let database = runtime.block_on(TestDatabase::create());
    let store = &database.store;
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let property = |(first, second): (Drawn, Drawn)| {
        runtime.block_on(async {
            let before = rows(store).await;
            let one = imported(store, &[(OFFICES, &as_file(&render(&first)))]).await;
            let between = rows(store).await;
            let two = attempt(store, &read(&[(OFFICES, &as_file(&render(&second)))])).await;
            match two {
                // Too many offices moved in a suspicious way: then nothing happened.
                Err(ImportError::Faulty(_)) => assert_eq!(rows(store).await, between),
                two => {
                    let two = two.unwrap();
                    let after = rows(store).await;
                    let repeated = imported(store, &[(OFFICES, &as_file(&render(&second)))]).await;
                    assert_eq!((repeated.changes, rows(store).await), (Vec::new(), after.clone()));
                    let is_active = |id: &i32| after[&(Table::ProbationOffice, id.to_string())]["active"] == true;
                    for (id, office) in &second {
                        assert_eq!(is_active(id), office.3, "{id}");
                    }
                    assert!(first.keys().all(|id| second.contains_key(id) || !is_active(id)));
                    if !two.changes.is_empty() {
                        undo(store, &Clock::system(), two.id, "tests").await.unwrap();
                    }
                    assert_eq!(rows(store).await, between);
                }
            }
            undo(store, &Clock::system(), one.id, "tests").await.unwrap();
            assert_eq!(rows(store).await, before);
        });
        Ok(())
    };
    runner.run(&(some_offices(), some_offices()), property).unwrap();
}

/// Column, and what cannot stand in it.
const BAD_CELLS: [(usize, &str); 22] = [
    (0, ""),
    (0, "x"),
    (0, "0"),
    (0, "-1"),
    (0, "1.5"),
    (0, "99999999999"),
    (1, ""),
    (1, "  "),
    (1, "\"two\nlines\""),
    (1, "bell\u{7}"),
    (1, "nothing\0"),
    (2, ""),
    (2, "1 Quay"),
    (2, "\"1 Quay, Town, ZZ1 1A\""),
    (3, ""),
    (3, "Z"),
    (3, "AB"),
    (4, "http://www.gov.uk/x"),
    (4, "https://gov.uk.example/x"),
    (5, "CRS1"),
    (5, "crsx001"),
    (6, "yes"),
];

#[test]
fn a_malformed_cell_is_located_and_nothing_is_written() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    let database = runtime.block_on(TestDatabase::create());
    let store = &database.store;
    let before = runtime.block_on(rows(store));
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    let drawn = (some_offices(), any::<prop::sample::Index>(), prop::sample::select(BAD_CELLS.to_vec()));
    let property = |(offices, index, (column, text)): (Drawn, prop::sample::Index, (usize, &str))| {
        let mut table = render(&offices);
        let row = index.index(table.len());
        text.clone_into(&mut table[row][column]);
        let found = runtime.block_on(faults(store, &[(OFFICES, &as_file(&table))]));
        let line = Some(u64::try_from(row).unwrap() + 2);
        let name = OFFICE_COLUMNS.split(',').nth(column).unwrap();
        let places: BTreeSet<_> = found.iter().map(|fault| (&*fault.file, fault.line, &*fault.field)).collect();
        assert_eq!(places, BTreeSet::from([(OFFICES, line, name)]), "{found:?}");
        assert_eq!(runtime.block_on(rows(store)), before);
        Ok(())
    };
    runner.run(&drawn, property).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_checked_for_every_file() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let files = [
        ("offices.csv", ""),
        ("probation-delivery-units-v0.csv", "pdu_id,name,name,colour\n1,a,b,c\n"),
        ("probation-delivery-units-v1.csv", "pdu_id,name,probation_region_id\n"),
        ("pcc-regions.csv", "\u{feff}id,name,probation_region_id\r\nan-area,An area,A,1\r\n"),
        ("probation-offices.csv", "probation_office_id,\"name\n"),
        ("nsi-types.csv", ""),
    ];
    let expected = [
        "nsi-types.csv: -: is empty",
        "offices.csv: -: is no known register: names begin with one of probation-regions, pcc-regions, probation-offices, \
         probation-delivery-units, nsi-types",
        "pcc-regions.csv: line 2: -: has 4 cells, not 3",
        "probation-delivery-units-v0.csv: line 1: colour: is not a known column",
        "probation-delivery-units-v0.csv: line 1: name: the column is there twice",
        "probation-delivery-units-v0.csv: line 1: probation_region_id: the column is missing",
        "probation-delivery-units-v1.csv: -: probation-delivery-units-v0.csv is the same register",
        "probation-offices.csv: line 1: -: a quotation mark is not closed",
    ];
    assert_eq!(told(store, &files).await, expected);
    let latin = BTreeMap::from([(REGIONS.to_owned(), b"id,name\nA,Caf\xe9\n".to_vec())]);
    assert_eq!(read_bytes(&latin).unread.faults[0].to_string(), format!("{REGIONS}: line 2: -: is not UTF-8 text"));
    assert_eq!(read_bytes(&BTreeMap::new()).unread.faults[0].to_string(), ".: -: there is no .csv file");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declared_twice_or_missing_is_told_at_once() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let offices =
        format!("{OFFICE_COLUMNS}\n1,One,\"Town, ZZ1 1AB\",A,,CRSX001,true\n1,Two,\"Town, ZZ1 1AB\",B,,CRSX001,true\n");
    let units = "pdu_id,name,probation_region_id\n";
    let pcc = "id,name,probation_region_id\nUpper,Upper,A\nthe-area,Upper,A\n";
    let before = rows(store).await;
    let told = told(store, &[(OFFICES, &offices), (UNITS, units), (PCC_REGIONS, pcc)]).await;
    let expected = [
        "pcc-regions-for-probation-v0.csv: -: merseyside is missing, and contract HT0002 takes referrals",
        "pcc-regions-for-probation-v0.csv: -: metropolitan is missing, and contract HT0005 takes referrals",
        "pcc-regions-for-probation-v0.csv: -: west-yorkshire is missing, and contract NS0002 takes referrals",
        "pcc-regions-for-probation-v0.csv: line 2: id: is not lower-case words with hyphens between",
        "pcc-regions-for-probation-v0.csv: line 3: name: Upper is declared on line 2 too",
        "probation-delivery-units-v0.csv: -: holds no records: everything would become inactive",
        "probation-offices-v0.csv: line 3: delius_crs_location_id: CRSX001 is declared on line 2 too",
        "probation-offices-v0.csv: line 3: probation_office_id: 1 is declared on line 2 too",
    ];
    assert_eq!(told, expected);
    assert_eq!(rows(store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_come_and_go_with_what_stands_on_them() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let before = rows(store).await;
    assert_eq!(
        imported(store, &[(REGIONS, &regions_without(&before, &[]))]).await.changes,
        [],
        "ours are the published ones"
    );
    let pcc = pcc_regions_without(&before, &[]);
    assert_eq!(imported(store, &[(PCC_REGIONS, &pcc)]).await.changes, []);

    // H has no contract in the demonstration, but PCC regions.
    let refused = told(store, &[(REGIONS, &regions_without(&before, &["H"]))]).await;
    assert_eq!(refused, [format!("{REGIONS}: -: H is missing, and pcc_region hampshire belongs to it")]);
    let both = [
        (REGIONS, &*regions_without(&before, &["H"])),
        (PCC_REGIONS, &*pcc_regions_without(&before, &["hampshire", "thames-valley"])),
    ];
    let run = imported(store, &both).await;
    assert_eq!(run.changes.len(), 3);
    let mut db = store.connection().await.unwrap();
    let offered = store::catalogue::pcc_regions(&mut db).await.unwrap();
    drop(db);
    assert_eq!(offered.len(), 40, "what is inactive is not offered");

    // What is part of the program does not take it back.
    let after = rows(store).await;
    let mut work = store.begin().await.unwrap();
    store::reference::load(&mut work).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(rows(store).await, after);
    undo(store, &Clock::system(), run.id, "tests").await.unwrap();
    assert_eq!(rows(store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_the_other_scheme_are_noticed() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    imported(store, &[(UNITS, "pdu_id,name,probation_region_id\n1,One,B\n2,Two,D\n3,Three,L\n4,Four,A\n")]).await;
    let other = "pdu_id,name,probation_region_id\n1,One,K\n2,Two,H\n3,Three,J\n4,Four,A\n";
    let rule = "the region letters are those of the target operating model of 2021, not those of the regions";
    assert_eq!(told(store, &[(UNITS, other)]).await, [format!("{UNITS}: -: {rule}")]);
    let moved = "pdu_id,name,probation_region_id\n1,One,K\n2,Two,D\n3,Three,L\n4,Four,A\n";
    assert_eq!(imported(store, &[(UNITS, moved)]).await.changes.len(), 1, "one that really moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_delius_files_a_type_is_a_table_that_contracts_stand_on() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let held = rows(store).await;
    let mut table = "contract_type_id,nsi_type\n".to_owned();
    for ((found, code), row) in &held {
        if *found == Table::NsiTypeMapping {
            writeln!(table, "{code},{}", row["nsi_type"].as_str().unwrap()).unwrap();
        }
    }
    assert!(!table.contains("FBD-O"), "neither published mapping has it");
    assert_eq!(imported(store, &[("nsi-types.csv", &table)]).await.changes, []);
    let confirmed = imported(store, &[("nsi-types.csv", &format!("{table}FBD-O,CRS08\n"))]).await;
    assert_eq!(confirmed.changes.len(), 1);
    let refused = told(store, &[("nsi-types.csv", "contract_type_id,nsi_type\nACC,crs1\nETE,CRS02\n")]).await;
    assert_eq!(refused.last().unwrap(), "nsi-types.csv: line 2: nsi_type: is not CRS and two digits");
    assert!(
        refused.contains(&"nsi-types.csv: -: PWB is missing, and contract HT0002 takes referrals".to_owned()),
        "{refused:?}"
    );

    // One type for all: the same table, other data.
    let mut one = "contract_type_id,nsi_type\n".to_owned();
    for (code, _) in table.lines().skip(1).filter_map(|line| line.split_once(',')) {
        writeln!(one, "{code},CRS01").unwrap();
    }
    imported(store, &[("nsi-types.csv", &one)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_and_what_cannot_be_are_told_together_and_nothing_that_only_follows() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let before = rows(store).await;
    // A line of another length hides a region: it may be the one that a unit names, or that has contracts.
    let regions = format!("{}N,Northern Isles\n", regions_without(&before, &["H"]));
    let units = "pdu_id,name,probation_region_id\nx,,A\n2,Two,N\n2,Three,A\n";
    let offices = format!(
        "{OFFICE_COLUMNS}\n1,One,\"Town, ZZ1 1AB\",A,,CRSX001,maybe\n2,Two,Town,A,,CRSX001,true\n,Four,\"Town, ZZ1 1AB\",A,,,true\n"
    );
    let told = told(store, &[(REGIONS, &regions), (UNITS, units), (OFFICES, &offices)]).await;
    let line = regions.lines().count();
    let expected = [
        "probation-delivery-units-v0.csv: line 2: name: must not be empty".to_owned(),
        "probation-delivery-units-v0.csv: line 2: pdu_id: is not a whole number".to_owned(),
        "probation-delivery-units-v0.csv: line 4: pdu_id: 2 is declared on line 3 too".to_owned(),
        "probation-offices-v0.csv: line 2: active: is not true or false".to_owned(),
        "probation-offices-v0.csv: line 3: address: does not end with a postcode".to_owned(),
        "probation-offices-v0.csv: line 3: delius_crs_location_id: CRSX001 is declared on line 2 too".to_owned(),
        "probation-offices-v0.csv: line 4: probation_office_id: is not a whole number".to_owned(),
        format!("probation-regions-v0.csv: line {line}: -: has 2 cells, not 3"),
    ];
    assert_eq!(told, expected);
    assert_eq!(rows(store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_rows_a_later_register_made_inactive_is_undone_after_that_one() {
    let database = TestDatabase::create().await;
    let store = &database.store;
    let before = rows(store).await;
    let both = "pdu_id,name,probation_region_id\n9001,One,A\n9002,Two,A\n";
    let first = imported(store, &[(UNITS, both)]).await;
    let second = imported(store, &[(UNITS, "pdu_id,name,probation_region_id\n9001,One,A\n")]).await;
    let held = rows(store).await;
    let refused = undo(store, &Clock::system(), first.id, "tests").await;
    assert!(
        matches!(&refused, Err(ImportError::ChangedSince(rows)) if *rows == ["probation_delivery_unit 9002"]),
        "{refused:?}"
    );
    assert_eq!(rows(store).await, held);
    undo(store, &Clock::system(), second.id, "tests").await.unwrap();
    undo(store, &Clock::system(), first.id, "tests").await.unwrap();
    assert_eq!(rows(store).await, before);
}
