//! The arrows between our crates are design decisions: this is the table of them, and nothing else is allowed.
//!
//! To add an arrow, or a crate, change the table in the same commit and say why in a decision record (`docs/adr`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// What a crate of ours may use of ours.
enum May {
    /// Exactly these.
    UseOnly(&'static [&'static str]),
    /// These, and the two that nearly everything uses: `domain` and `runtime`.
    AlsoUse(&'static [&'static str]),
    /// Anything but these.
    UseAllBut(&'static [&'static str]),
}

const TABLE: [(&str, May); 18] = [
    ("domain", May::UseOnly(&[])),
    ("runtime", May::UseOnly(&["domain"])),
    ("store", May::AlsoUse(&[])),
    ("upstream", May::AlsoUse(&[])),
    ("report", May::AlsoUse(&["store"])),
    ("app", May::AlsoUse(&["store", "upstream", "report"])),
    ("delivery", May::AlsoUse(&["app", "store", "upstream"])),
    ("api", May::AlsoUse(&["app"])),
    ("govuk", May::UseOnly(&[])),
    ("web", May::AlsoUse(&["app", "govuk"])),
    ("sandbox", May::UseOnly(&["runtime"])),
    ("postgres-embedded", May::UseOnly(&["runtime"])),
    ("testkit", May::UseAllBut(&["interventions", "interventions-data", "faults", "xtask"])),
    ("interventions", May::UseAllBut(&["testkit", "lake", "interventions-data", "faults", "xtask"])),
    ("faults", May::UseOnly(&["postgres-embedded", "runtime"])),
    ("lake", May::AlsoUse(&["store", "report"])),
    ("interventions-data", May::AlsoUse(&["store", "report", "lake"])),
    ("xtask", May::UseOnly(&[])),
];

/// What only tests may use besides: support for them, and the stand-ins of other systems.
const FOR_TESTS: [&str; 2] = ["testkit", "sandbox"];

/// What must never get into the service: the data side's weight, and any second TLS or crypto stack.
const KEPT_OUT: [&str; 11] = [
    "datafusion",
    "arrow",
    "arrow-array",
    "arrow-schema",
    "parquet",
    "aws-lc-rs",
    "aws-lc-sys",
    "aws-lc-fips-sys",
    "openssl",
    "openssl-sys",
    "native-tls",
];

#[test]
fn every_arrow_between_our_crates_is_in_the_table() {
    let arrows = arrows(&members());
    let complaints: Vec<String> = arrows.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(!arrows.is_empty(), "no arrows were read at all");
}

#[test]
fn a_forbidden_arrow_is_noticed() {
    let arrow = |from: &str, to: &str, kind| (from.to_owned(), to.to_owned(), kind);
    for (from, to, kind, allowed) in [
        ("web", "app", DependencyKind::Normal, true),
        ("web", "domain", DependencyKind::Normal, true),
        ("web", "store", DependencyKind::Normal, false),
        ("api", "upstream", DependencyKind::Normal, false),
        ("domain", "runtime", DependencyKind::Normal, false),
        ("sandbox", "upstream", DependencyKind::Development, false),
        ("govuk", "domain", DependencyKind::Normal, false),
        ("store", "testkit", DependencyKind::Development, true),
        ("store", "testkit", DependencyKind::Normal, false),
        ("upstream", "sandbox", DependencyKind::Development, true),
        ("upstream", "sandbox", DependencyKind::Normal, false),
        ("interventions", "sandbox", DependencyKind::Normal, true),
        ("interventions", "lake", DependencyKind::Normal, false),
        ("app", "govuk", DependencyKind::Build, false),
        ("newcomer", "domain", DependencyKind::Normal, false),
    ] {
        assert_eq!(complaint(&arrow(from, to, kind)).is_none(), allowed, "{from} -> {to} ({kind})");
    }
}

#[test]
fn every_crate_has_its_row() {
    let rows: BTreeSet<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    for package in &members().packages {
        assert!(rows.contains(package.name.as_str()), "crate `{}` has no row in the table of arrows", package.name);
    }
}

#[test]
fn the_service_stays_light_and_has_one_tls_stack() {
    let used = packages_of("interventions");
    assert!(used.contains("tokio"), "the service's packages were not read");
    let intruders: Vec<&str> = KEPT_OUT.into_iter().filter(|name| used.contains(*name)).collect();
    assert!(
        intruders.is_empty(),
        "`interventions` must not reach {}; `cargo tree -p interventions -i {}` shows the way",
        intruders.join(", "),
        intruders[0]
    );
}

type Arrow = (String, String, DependencyKind);

fn complaint((from, to, kind): &Arrow) -> Option<String> {
    let rows: BTreeMap<&str, &May> = TABLE.iter().map(|(name, may)| (*name, may)).collect();
    let allowed = match rows.get(from.as_str()) {
        None => false,
        Some(May::UseOnly(names)) => names.contains(&to.as_str()),
        Some(May::AlsoUse(names)) => names.contains(&to.as_str()) || to == "domain" || to == "runtime",
        Some(May::UseAllBut(names)) => !names.contains(&to.as_str()),
    };
    let for_tests = *kind == DependencyKind::Development && FOR_TESTS.contains(&to.as_str());
    (!allowed && !for_tests).then(|| format!("`{from}` must not use `{to}` ({kind})"))
}

fn arrows(metadata: &Metadata) -> Vec<Arrow> {
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut arrows = Vec::new();
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            if ours.contains(dependency.name.as_str()) {
                arrows.push((package.name.to_string(), dependency.name.clone(), dependency.kind));
            }
        }
    }
    arrows
}

fn members() -> Metadata {
    MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap()
}

/// The names of every package in the build of `package`, tests apart, with the features that this build turns on.
fn packages_of(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", package, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
