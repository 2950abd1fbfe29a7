//! `tidy`: the house rules that no compiler checks. [`rules`] and [`monitoring`] hold them, this walks the tree.

mod monitoring;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::{diagram, workspace};

/// Checks the whole tree and lists every breach.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = workspace::root()?;
    let mut files = Vec::new();
    walk(&root, &root, &mut files)?;
    files.sort();
    // What is not text has no house rules.
    let texts = files.iter().filter_map(|file| Some((file.to_str()?, fs::read_to_string(root.join(file)).ok()?)));
    let texts: Vec<(&str, String)> = texts.collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let mut complaints: Vec<String> = texts.iter().flat_map(|(path, text)| rules::of_file(path, text)).collect();
    complaints.extend(monitoring::complaints(&texts));
    complaints.extend(rules::of_decisions(&files));
    if root.join("docs/architecture.md").exists() {
        complaints.extend(diagram::complaint()?);
    }
    if complaints.is_empty() {
        eprintln!("tidy: {} files, nothing to complain about", files.len());
        return Ok(());
    }
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    bail!("tidy: {} house rules broken", complaints.len())
}

/// Collects the files below `folder`, relative to `root`; build output, installed packages and hidden folders other
/// than CI's are not ours.
fn walk(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let is_hidden = name.starts_with('.') && ![".ci", ".github", ".cargo"].contains(&name.as_str());
        if kind.is_dir() && !is_hidden && name != "target" && name != "node_modules" {
            walk(root, &entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path().strip_prefix(root)?.to_owned());
        }
    }
    Ok(())
}
