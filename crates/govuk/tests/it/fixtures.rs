//! Every fixture of GOV.UK Frontend, rendered and compared with the HTML that the package itself ships: byte for byte, apart
//! from white space at both ends.
//!
//! `expected/fixture-differences.txt` lists the fixtures that may differ, each with its reason. The test fails for a
//! fixture that differs without being listed, and for one that is listed but does not differ.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use govuk::Components;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Deserialize;

/// A component's fixtures, as the package ships them.
#[derive(Deserialize)]
pub(crate) struct Component {
    pub(crate) component: String,
    pub(crate) fixtures: Vec<Fixture>,
}

/// One call of a component, with the HTML that it gives.
#[derive(Deserialize)]
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) options: serde_json::Value,
    html: String,
}

/// The fixtures of every component, by component.
pub(crate) fn all() -> Vec<Component> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/govuk-frontend/dist/govuk/components");
    let entries = fs::read_dir(folder).expect("the package is installed");
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    folders.sort();
    folders
        .iter()
        .filter_map(|folder| fs::read_to_string(folder.join("fixtures.json")).ok())
        .map(|text| serde_json::from_str(&text).expect("fixtures.json has its known shape"))
        .collect()
}

/// The macro of a component: `govukDateInput` of `date-input`.
pub(crate) fn macro_name(component: &str) -> String {
    let mut name = "govuk".to_owned();
    for word in component.split('-') {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_uppercase());
        name.push_str(rest);
    }
    name
}

fn listed() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/fixture-differences.txt");
    let text = fs::read_to_string(path).expect("the list of differences is committed");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("`component / fixture: reason`"))
        .map(|(name, reason)| (name.to_owned(), reason.to_owned()))
        .collect()
}

#[test]
fn official_fixtures_render_as_the_packages_do() {
    let components = Components::new();
    let mut listed = listed();
    let (mut total, mut same) = (0, 0);
    let mut unexpected = Vec::new();
    for component in all() {
        for fixture in component.fixtures {
            total += 1;
            let name = format!("{} / {}", component.component, fixture.name);
            let options = Value::from(Serde(&fixture.options));
            let difference = match components.render(&macro_name(&component.component), &options) {
                Ok(html) if html.trim() == fixture.html.trim() => None,
                Ok(html) => Some(format!("ours:   {}\ntheirs: {}", html.trim(), fixture.html.trim())),
                Err(error) => Some(crate::chain(&error)),
            };
            match (difference, listed.remove(&name)) {
                (None, None) => same += 1,
                (Some(_), Some(_)) => {}
                (Some(difference), None) => unexpected.push(format!("{name}\n{difference}")),
                (None, Some(reason)) => unexpected.push(format!("{name}\nno longer differs ({reason})")),
            }
        }
    }
    println!("{same} of {total} official fixtures render as the package does");
    unexpected.extend(listed.into_keys().map(|name| format!("{name}\nis listed but does not exist")));
    assert!(unexpected.is_empty(), "{} fixtures:\n\n{}", unexpected.len(), unexpected.join("\n\n"));
    assert!(total >= 700, "only {total} fixtures were found");
}
