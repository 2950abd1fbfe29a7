//! Where things are in this clone.

use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{Metadata, MetadataCommand};

/// The top of the clone that cargo was called in. Asked at run time: the compiled program may come from a build cache
/// that another clone filled.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this through cargo: cargo xtask CHORE")?;
    let root = Path::new(&manifest).ancestors().nth(2).context("xtask does not lie in crates/")?;
    Ok(root.to_owned())
}

/// The members of the workspace, without their dependencies.
pub(crate) fn members() -> anyhow::Result<Metadata> {
    MetadataCommand::new().current_dir(root()?).no_deps().exec().context("cargo metadata failed")
}

/// The folder that holds the development build's programs.
pub(crate) fn programs() -> anyhow::Result<PathBuf> {
    Ok(members()?.target_directory.into_std_path_buf().join("debug"))
}

/// An environment variable that is set to something.
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var_os(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty())
}
