//! The one file that keeps the state over restarts.
//!
//! A save writes the whole state beside the file and renames it into place, so that a reader finds the old state or the
//! new one, never a part. Nothing is synchronised to the disk: a killed process loses nothing, a lost machine may.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::OpenError;
use crate::state::State;

/// Reads the state, or `None` when the file does not exist yet.
pub(crate) fn load(path: &Path) -> Result<Option<State>, OpenError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(OpenError::Read { path: path.to_owned(), source }),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|source| OpenError::Corrupt { path: path.to_owned(), source })
}

/// Replaces the file's content by `bytes`, making its folder when missing.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let beside = beside(path);
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(ToOwned::to_owned).unwrap_or_default();
    name.push(".new");
    path.with_file_name(name)
}
