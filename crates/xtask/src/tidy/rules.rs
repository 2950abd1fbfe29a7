//! The house rules, each a function from a path and its text to complaints. `CONTRIBUTING` gives their reasons.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 800;

/// Names that say nothing about what a module owns.
const EMPTY_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "shared", "types"];

/// Hosts of package registries: whoever builds chooses their own, so only lock files may name one.
const REGISTRY_HOSTS: [&str; 6] = [
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("pypi", ".org"),
    concat!("files.pythonhosted", ".org"),
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
];

/// What a statement begins with.
const STATEMENTS: [&str; 9] = [
    "SELECT ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    "WITH ",
    "CREATE TABLE ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "TRUNCATE ",
];

/// Crates, or modules of them, that may hold SQL: `store`; the dashboards' named queries; the data side; the few
/// statements of the database supervisor and of the test support; this list.
const MAY_HOLD_SQL: [&str; 7] = [
    "crates/store/",
    "crates/upstream/src/warehouse",
    "crates/lake/",
    "crates/interventions-data/",
    "crates/postgres-embedded/",
    "crates/testkit/",
    "crates/xtask/src/tidy/",
];

/// Every breach in one file; `path` is relative to the top of the clone.
pub(crate) fn of_file(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut complain = |line: usize, message: &str| complaints.push(format!("{path}:{line}: {message}"));
    let extension = Path::new(path).extension().and_then(OsStr::to_str).unwrap_or_default();
    if extension != "lock" {
        for (number, line) in numbered(text) {
            if let Some(host) = REGISTRY_HOSTS.iter().find(|host| line.contains(&format!("//{host}"))) {
                complain(number, &format!("names the registry host {host}: leave the choice to the machine"));
            }
        }
    }
    if extension != "rs" {
        return complaints;
    }
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if let Some(name) = parts.iter().find(|part| EMPTY_NAMES.contains(part)) {
        complain(1, &format!("`{name}` says nothing about what the module owns: name it after its noun"));
    }
    for (number, line) in numbered(text) {
        let line = line.trim_start();
        for (banned, instead) in [
            (concat!("#[", "should_panic"), "return an error and assert on it"),
            (concat!("#[", "ignore"), "a test runs or goes"),
            (concat!("#[", "allow("), "use #[expect(..., reason = \"...\")]"),
        ] {
            if line.starts_with(banned) {
                complain(number, &format!("`{banned}`: {instead}"));
            }
        }
    }
    let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
    if is_test {
        return complaints;
    }
    let says_what_it_owns = text.starts_with("//!") || text.starts_with("#![doc = include_str!(");
    if path.contains("/src/") && !says_what_it_owns {
        complain(1, "begin with `//!`: what the module owns, what it refuses, where its rules come from");
    }
    let length = text.lines().count();
    if length > LONGEST_FILE {
        complain(length, &format!("{length} lines, {LONGEST_FILE} at most: split it by noun"));
    }
    if path.starts_with("crates/") && !MAY_HOLD_SQL.iter().any(|place| path.starts_with(place)) {
        for (number, line) in numbered(before_unit_tests(text)) {
            if let Some(statement) = statement_in(line) {
                complain(
                    number,
                    &format!("a string that begins with `{}`: SQL belongs in `store`", statement.trim_end()),
                );
            }
        }
    }
    complaints
}

/// Every breach in the numbering of `docs/adr`: consecutive from 1, four digits, a title in the name.
pub(crate) fn of_decisions(files: &[PathBuf]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut expected: u32 = 1;
    let mut names: Vec<&str> = files
        .iter()
        .filter(|file| file.parent() == Some(Path::new("docs/adr")))
        .filter_map(|file| file.file_name()?.to_str())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md") && *name != "README.md")
        .collect();
    names.sort_unstable();
    for name in names {
        let number: Option<u32> =
            name.split_once('-').filter(|(digits, _)| digits.len() == 4).and_then(|(digits, _)| digits.parse().ok());
        match number {
            None => complaints.push(format!("docs/adr/{name}: name it NNNN-title.md")),
            Some(number) if number != expected => {
                complaints.push(format!("docs/adr/{name}: number {expected:04} comes next"));
                expected = number + 1;
            }
            Some(_) => expected += 1,
        }
    }
    complaints
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// A file's text up to its unit tests, which stand last.
fn before_unit_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]").map_or(text, |(before, _)| before)
}

/// The statement that a string literal in `line` begins with. A heuristic: it reads lines, not Rust.
fn statement_in(line: &str) -> Option<&'static str> {
    if line.trim_start().starts_with("//") {
        return None;
    }
    let mut literals = line.split('"').skip(1);
    literals.find_map(|literal| STATEMENTS.into_iter().find(|statement| literal.starts_with(statement)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> usize {
        of_file(path, text).len()
    }

    #[test]
    fn a_module_says_what_it_owns() {
        assert_eq!(complaints("crates/app/src/referral.rs", "//! Referrals.\n"), 0);
        assert_eq!(complaints("crates/govuk/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n"), 0);
        assert_eq!(complaints("crates/app/src/referral.rs", "use std::fmt;\n"), 1);
        assert_eq!(complaints("crates/app/tests/it/referral.rs", "use std::fmt;\n"), 0);
    }

    #[test]
    fn a_file_has_an_end() {
        let long = format!("//! Long.\n{}", "// x\n".repeat(LONGEST_FILE));
        assert_eq!(complaints("crates/app/src/referral.rs", &long), 1);
        assert_eq!(complaints("crates/app/tests/it/referral.rs", &long), 0);
    }

    #[test]
    fn a_module_is_named_after_what_it_owns() {
        for path in ["crates/app/src/utils.rs", "crates/app/src/helpers/date.rs", "crates/app/tests/common/mod.rs"] {
            assert_eq!(complaints(path, "//! Things.\n"), 1, "{path}");
        }
        assert_eq!(complaints("crates/app/src/common_assessment.rs", "//! Named after its noun.\n"), 0);
    }

    #[test]
    fn sql_stays_in_store() {
        let text = "//! Module.\nlet sql = \"SELECT id FROM referral\";\n";
        assert_eq!(complaints("crates/app/src/referral.rs", text), 1);
        assert_eq!(complaints("crates/store/src/referral.rs", text), 0);
        assert_eq!(complaints("crates/upstream/src/warehouse/referrals.rs", text), 0);
        assert_eq!(complaints("crates/upstream/src/delius.rs", text), 1);
        for harmless in ["let a = \"Select a provider\";", "// \"SELECT id\"", "let a = \"x\"; // WITH care"] {
            assert_eq!(complaints("crates/web/src/form.rs", &format!("//! Module.\n{harmless}\n")), 0, "{harmless}");
        }
        let in_test = "//! Module.\n#[cfg(test)]\nmod tests { const SQL: &str = \"SELECT 1\"; }\n";
        assert_eq!(complaints("crates/app/src/referral.rs", in_test), 0);
    }

    #[test]
    fn lazy_attributes_are_refused_everywhere() {
        for attribute in ["should_panic]", "ignore]", "allow(dead_code)]"] {
            let text = format!("//! Module.\n    #[{attribute}\n");
            assert_eq!(complaints("crates/app/tests/it/main.rs", &text), 1, "{attribute}");
        }
    }

    #[test]
    fn only_lock_files_name_a_registry() {
        let text = format!("see https://{}/package\n", REGISTRY_HOSTS[0]);
        assert_eq!(complaints("docs/recipes/set-up.md", &text), 1);
        assert_eq!(complaints("Cargo.lock", &text), 0);
    }

    #[test]
    fn decisions_are_numbered_without_gaps() {
        let files = |names: &[&str]| names.iter().map(|name| Path::new("docs/adr").join(name)).collect::<Vec<_>>();
        assert!(of_decisions(&files(&["0001-one.md", "0002-two.md", "README.md"])).is_empty());
        assert_eq!(of_decisions(&files(&["0001-one.md", "0003-three.md", "0004-four.md"])).len(), 1);
        assert_eq!(of_decisions(&files(&["0001-one.md", "0001-other.md"])).len(), 1);
        assert_eq!(of_decisions(&files(&["one.md"])).len(), 1);
    }
}
