//! `alerts`: the rules for Prometheus are well formed and fire on what their tests say, as promtool judges.
//!
//! promtool comes with Prometheus, a server that nobody needs for building; so set-up does not install it, and `check`
//! goes on without it and says so.

use crate::program;
use crate::setup::say;

const RULES: &str = "ops/prometheus/alerts.yaml";
const TESTS: &str = "ops/prometheus/alerts.test.yaml";
const HINT: &str = "promtool is missing: it comes with Prometheus (Debian, Ubuntu: apt-get install prometheus)";

/// Tries the rules.
pub(crate) fn run() -> anyhow::Result<()> {
    program::answer(program::in_root("promtool")?.arg("--version"), HINT)?;
    for words in [["check", "rules", RULES], ["test", "rules", TESTS]] {
        program::run(program::in_root("promtool")?.args(words), &format!("promtool {}", words.join(" ")))?;
    }
    Ok(())
}

/// The same where promtool is there.
pub(crate) fn run_where_possible() -> anyhow::Result<()> {
    if program::answer(program::in_root("promtool")?.arg("--version"), HINT).is_err() {
        say(&format!("the alerts' rules were NOT tried: {HINT}"));
        return Ok(());
    }
    run()
}
