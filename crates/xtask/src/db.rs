//! `db prepare`: the metadata of the checked queries, in `crates/store/.sqlx`.
//!
//! `store`'s query macros ask a live database about each query when `SQLX_OFFLINE` is false, and write what they learned
//! into `SQLX_OFFLINE_DIR`. So: a scratch PostgreSQL, the migrations, one `cargo check` of `store`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::check::Mode;
use crate::{program, setup, workspace};

/// Writes the metadata, or with [`Mode::Verify`] fails if it is not what the queries and migrations say.
pub(crate) fn prepare(mode: Mode) -> anyhow::Result<()> {
    let root = workspace::root()?;
    let store = root.join("crates/store");
    let fresh = workspace::programs()?.join("sqlx-metadata");
    match fs::remove_dir_all(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot empty {}", fresh.display()));
        }
        _ => fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?,
    }
    // Rewritten as it is: the macros run only when the crate is compiled, and cargo compiles what is newer.
    let source = store.join("src/lib.rs");
    let text = fs::read(&source).with_context(|| format!("cannot read {}", source.display()))?;
    fs::write(&source, text).with_context(|| format!("cannot write {}", source.display()))?;

    let cargo = workspace::setting("CARGO").unwrap_or_else(|| "cargo".to_owned());
    let mut command = program::in_root(setup::supervisor()?)?;
    command.args(["run", "--scratch", "queries", "--database", "queries", "--apply"]).arg(store.join("migrations"));
    command.args(["--export", "DATABASE_URL", "--", &cargo, "check", "--package", "store"]);
    command.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", &fresh);
    program::run(&mut command, "checking the queries against a live database")?;

    let kept = store.join(".sqlx");
    let (wanted, found) = (read(&fresh)?, read(&kept)?);
    if wanted == found {
        eprintln!("{} queries, metadata up to date", wanted.len());
        return Ok(());
    }
    if mode == Mode::Verify {
        bail!("the metadata in crates/store/.sqlx is out of date: run `cargo xtask db prepare` and commit the result");
    }
    fs::create_dir_all(&kept).with_context(|| format!("cannot make {}", kept.display()))?;
    for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
        fs::remove_file(kept.join(name)).with_context(|| format!("cannot remove {name}"))?;
    }
    for (name, text) in &wanted {
        if found.get(name) != Some(text) {
            fs::write(kept.join(name), text).with_context(|| format!("cannot write {name}"))?;
        }
    }
    eprintln!("{} queries, metadata written to crates/store/.sqlx", wanted.len());
    Ok(())
}

/// The query files of `folder` by name; none if it does not exist.
fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(files) };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    Ok(files)
}
