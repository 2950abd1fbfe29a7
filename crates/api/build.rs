//! Checks that the page for reading the description is installed from npm at the pinned version; the crate embeds it.

use std::fs;
use std::process::ExitCode;

const PACKAGE: &str = "swagger-ui-dist";

fn main() -> ExitCode {
    let manifest = format!("node_modules/{PACKAGE}/package.json");
    for watched in ["build.rs", "package.json", &manifest] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let (pins, installed) = (text("package.json"), text(&manifest));
    let (wanted, found) = (value_of(&pins, PACKAGE), value_of(&installed, "version"));
    if wanted.is_some() && wanted == found {
        return ExitCode::SUCCESS;
    }
    println!(
        "cargo::error=npm package {PACKAGE} {} is needed and {} is there: run `make setup`, or \
         `npm ci --prefix crates/api --ignore-scripts`",
        wanted.unwrap_or("of a pinned version"),
        found.unwrap_or("none"),
    );
    ExitCode::FAILURE
}

/// The first text value of `key` in a JSON text; enough for a manifest, whose own keys come before nested ones.
fn value_of<'json>(json: &'json str, key: &str) -> Option<&'json str> {
    let (_, after) = json.split_once(&format!("\"{key}\":"))?;
    after.trim_start().strip_prefix('"')?.split('"').next()
}
