//! The hazards of keeping two stores in step have numbers, and each has a test whose name begins with its number.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How many hazards there are.
const HAZARDS: usize = 16;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every Rust file below `crates/*/src` and `crates/*/tests`.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("node_modules") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The hazards that a test's name begins with: `h08_h13_…` has two.
fn hazards_of(name: &str) -> impl Iterator<Item = usize> + '_ {
    name.split('_').map_while(|part| {
        let number = part.strip_prefix('h').filter(|number| number.len() == 2)?;
        number.parse().ok()
    })
}

#[test]
fn every_hazard_has_a_test_and_the_table_names_it() {
    let root = root();
    let mut files = Vec::new();
    sources(&root.join("crates"), &mut files);
    let mut tests: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().map(str::trim_start) {
            let name = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
            let Some(name) = name.and_then(|rest| rest.split('(').next()) else { continue };
            for hazard in hazards_of(name) {
                tests.entry(hazard).or_default().push(name.to_owned());
            }
        }
    }
    let table = fs::read_to_string(root.join("docs/delivery.md")).unwrap();
    for hazard in 1..=HAZARDS {
        assert!(tests.contains_key(&hazard), "no test's name begins with h{hazard:02}_");
        let row = table.lines().find(|line| line.starts_with(&format!("| {hazard} ")));
        assert!(row.is_some_and(|row| row.contains(&format!("h{hazard:02}_"))), "no row for hazard {hazard}");
    }
    let beyond: Vec<_> = tests.range(HAZARDS + 1..).collect();
    assert!(beyond.is_empty(), "there is no such hazard: {beyond:?}");
}

#[test]
fn names_may_have_several_hazards_and_words_are_none() {
    assert_eq!(hazards_of("h08_h13_an_end_that").collect::<Vec<_>>(), [8, 13]);
    assert_eq!(hazards_of("how_h01_is").count(), 0);
}
