//! The npm packages that crates embed or test with: installed when a lock file changed, and only then.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::setup::say;
use crate::{program, workspace};

/// A copy of the lock file that the installed packages came from.
const STAMP: &str = "node_modules/.installed-lock.json";
const OLDEST_NODE: u32 = 18;

/// Installs the packages of every crate that has a lock file.
pub(crate) fn install() -> anyhow::Result<()> {
    for folder in folders(&workspace::root()?.join("crates"))? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_current(&folder) {
            say(&format!("npm packages of {name}: up to date"));
            continue;
        }
        require_node()?;
        say(&format!("npm packages of {name}: installing"));
        let mut npm = program::in_root("npm")?;
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder);
        program::run(npm.stdout(std::process::Stdio::null()), "npm ci")?;
        let stamp = folder.join(STAMP);
        fs::copy(folder.join("package-lock.json"), &stamp)
            .with_context(|| format!("cannot write {}", stamp.display()))?;
    }
    Ok(())
}

fn folders(crates: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(crates).with_context(|| format!("cannot read {}", crates.display()))? {
        let folder = entry?.path();
        if folder.join("package-lock.json").is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Whether the packages in `folder` were installed from the lock file that is there now.
fn is_current(folder: &Path) -> bool {
    let installed = fs::read(folder.join(STAMP));
    let wanted = fs::read(folder.join("package-lock.json"));
    matches!((installed, wanted), (Ok(installed), Ok(wanted)) if installed == wanted)
}

fn require_node() -> anyhow::Result<()> {
    let hint = "install Node.js 18 or newer with npm (Debian, Ubuntu: apt-get install nodejs npm)";
    let version = program::answer(program::in_root("node")?.arg("--version"), hint)?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!("Node.js {version} is too old: {hint}");
    }
    program::answer(program::in_root("npm")?.arg("--version"), hint)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_current_until_the_lock_file_changes() {
        let folder = std::env::temp_dir().join(format!("interventions-xtask-npm-{}", std::process::id()));
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        fs::write(folder.join("package-lock.json"), "{\"version\":1}").unwrap();
        assert!(!is_current(&folder), "nothing installed yet");
        fs::copy(folder.join("package-lock.json"), folder.join(STAMP)).unwrap();
        assert!(is_current(&folder));
        fs::write(folder.join("package-lock.json"), "{\"version\":2}").unwrap();
        assert!(!is_current(&folder), "the lock file moved on");
        fs::remove_dir_all(&folder).unwrap();
    }
}
