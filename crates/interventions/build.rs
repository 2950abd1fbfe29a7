//! Tells the executable when it was built and of which commit. Outside a clone, or without git, there is no commit.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo:rerun-if-env-changed=BUILD_COMMIT_ID");
    // Moves with every commit and every change of branch, in a second work tree too.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists()) {
        println!("cargo:rerun-if-changed={log}");
    }
    // Unpacked into somebody else's clone, we are not what that clone's commit says.
    let is_ours = git(&["ls-files", "--error-unmatch", "build.rs"]).is_some();
    let commit = variable("BUILD_COMMIT_ID").or_else(|| git(&["rev-parse", "HEAD"]).filter(|_| is_ours));
    println!("cargo:rustc-env=BUILD_COMMIT={}", commit.filter(|id| is_commit(id)).unwrap_or_default());
    println!("cargo:rustc-env=BUILD_SECONDS={}", seconds());
}

/// Now, or the time that a reproducible build is told to use.
fn seconds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a build has no other clock")]
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    variable("SOURCE_DATE_EPOCH").and_then(|text| text.parse().ok()).unwrap_or_else(now)
}

#[expect(clippy::disallowed_methods, reason = "a build script is told things by its environment alone")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn is_commit(id: &str) -> bool {
    id.len() >= 7 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
