//! `generate`: the crate diagram of `docs/architecture.md`, from `cargo metadata`, between two marker lines.
//!
//! The diagram leaves out what follows: `domain` and `runtime`, which nearly everything uses, and any edge that a longer
//! way implies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, bail};
use cargo_metadata::DependencyKind;

use crate::workspace;

const PAGE: &str = "docs/architecture.md";
const BEGIN: &str = "<!-- crate diagram: written by `cargo xtask generate` -->";
const END: &str = "<!-- end of crate diagram -->";
const EVERYWHERE: [&str; 2] = ["domain", "runtime"];

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Writes the diagram into the page.
pub(crate) fn generate() -> anyhow::Result<()> {
    let path = workspace::root()?.join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let updated = replace(&page, &mermaid(&edges()?))?;
    if updated != page {
        fs::write(&path, updated).with_context(|| format!("cannot write {PAGE}"))?;
        eprintln!("{PAGE}: crate diagram written");
    }
    Ok(())
}

/// Fails if the page's diagram is not what the crates say.
pub(crate) fn verify() -> anyhow::Result<()> {
    match complaint()? {
        None => Ok(()),
        Some(complaint) => bail!("{complaint}"),
    }
}

/// What is wrong with the page's diagram, if anything.
pub(crate) fn complaint() -> anyhow::Result<Option<String>> {
    let page = fs::read_to_string(workspace::root()?.join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    let updated = replace(&page, &mermaid(&edges()?))?;
    Ok((updated != page).then(|| format!("{PAGE}: the crate diagram is out of date; run `cargo xtask generate`")))
}

/// The edges between our crates, tests' own dependencies apart.
fn edges() -> anyhow::Result<Edges> {
    let metadata = workspace::members()?;
    let names: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let mut edges = Edges::new();
    for package in &metadata.packages {
        let used = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        let used = used.map(|dependency| dependency.name.clone()).filter(|name| names.contains(name));
        edges.insert(package.name.to_string(), used.collect());
    }
    Ok(edges)
}

fn mermaid(edges: &Edges) -> String {
    let mut lines = vec!["```mermaid".to_owned(), "graph TD".to_owned()];
    for (name, used) in edges {
        if EVERYWHERE.contains(&name.as_str()) || name == "testkit" || name == "xtask" {
            continue;
        }
        let shown: Vec<&String> = used
            .iter()
            .filter(|target| !EVERYWHERE.contains(&target.as_str()))
            .filter(|target| !used.iter().any(|other| other != *target && reaches(edges, other, target)))
            .collect();
        if shown.is_empty() {
            lines.push(format!("  {name}"));
        }
        lines.extend(shown.into_iter().map(|target| format!("  {name} --> {target}")));
    }
    lines.push("```".to_owned());
    lines.join("\n")
}

fn reaches(edges: &Edges, from: &str, to: &str) -> bool {
    edges.get(from).is_some_and(|used| used.iter().any(|next| next == to || reaches(edges, next, to)))
}

fn replace(page: &str, diagram: &str) -> anyhow::Result<String> {
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        bail!("{PAGE} lacks the marker lines `{BEGIN}` and `{END}`");
    };
    Ok(format!("{before}{BEGIN}\n{diagram}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges_of(rows: &[(&str, &[&str])]) -> Edges {
        rows.iter()
            .map(|(name, used)| ((*name).to_owned(), used.iter().map(|&name| name.to_owned()).collect()))
            .collect()
    }

    #[test]
    fn what_follows_from_a_longer_way_is_left_out() {
        let edges = edges_of(&[
            ("domain", &[]),
            ("store", &["domain"]),
            ("app", &["store", "domain"]),
            ("delivery", &["app", "store"]),
            ("xtask", &[]),
        ]);
        assert_eq!(mermaid(&edges), "```mermaid\ngraph TD\n  app --> store\n  delivery --> app\n  store\n```");
    }

    #[test]
    fn only_what_lies_between_the_markers_changes() {
        let page = format!("# Title\n\n{BEGIN}\nold\n{END}\n\nRest.\n");
        assert_eq!(replace(&page, "new").unwrap(), format!("# Title\n\n{BEGIN}\nnew\n{END}\n\nRest.\n"));
        assert!(replace("# Title\n", "new").is_err());
    }
}
