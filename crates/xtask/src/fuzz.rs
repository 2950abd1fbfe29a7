//! `fuzz`: requests made up from the service's own description, against a product started for the purpose, as each
//! kind of caller. The generator (schemathesis) judges each answer by the description; `fuzz/hooks.py` gives it tokens
//! and ids of things that exist.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

use crate::setup::{self, say};
use crate::test::ADDRESS;
use crate::{program, workspace};

const REQUIREMENTS: &str = "fuzz/requirements.txt";
const OLDEST_PYTHON: u32 = 10;
/// Who calls: the hooks know each by this name.
const ROLES: [&str; 3] = ["practitioner", "provider", "machine"];

/// How much is tried, and which choices are made.
struct Plan {
    examples: u32,
    seed: u64,
    /// Which ways of making up requests; `coverage` walks each parameter and member by itself, which takes long.
    phases: &'static str,
}

/// Many requests. `EXAMPLES` is the number for each operation and caller, `SEED` repeats a run.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<()> {
    if !arguments.is_empty() {
        bail!("fuzz takes no arguments: make fuzz EXAMPLES=100 SEED=1");
    }
    let plan = Plan {
        examples: number("EXAMPLES")?.unwrap_or(40),
        seed: number("SEED")?.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 16),
        phases: "examples,coverage,fuzzing",
    };
    setup::run()?;
    fuzz(&plan)
}

/// The few that every test run makes, always the same.
pub(crate) fn some() -> anyhow::Result<()> {
    fuzz(&Plan { examples: 4, seed: 1, phases: "coverage,fuzzing" })
}

fn number<T: std::str::FromStr>(name: &str) -> anyhow::Result<Option<T>> {
    let Some(text) = workspace::setting(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| anyhow::anyhow!("{name} is `{text}`: use a whole number"))
}

fn fuzz(plan: &Plan) -> anyhow::Result<()> {
    say(&format!("fuzzing: EXAMPLES={} SEED={} (the same numbers make the same choices)", plan.examples, plan.seed));
    let folder = folder()?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut product = Product::start(&folder.join("set.json"))?;
    let failed: Vec<&str> = ROLES
        .into_iter()
        .filter(|role| {
            say(&format!("fuzzing as {role}"));
            let outcome = as_role(role, plan, &folder, &product.api);
            outcome.inspect_err(|error| eprintln!("error: {error:#}")).is_err()
        })
        .collect();
    product.stop()?;
    if !failed.is_empty() {
        bail!("fuzzing as {} found faults: make fuzz SEED={} repeats its choices", failed.join(", "), plan.seed);
    }
    Ok(())
}

fn as_role(role: &str, plan: &Plan, folder: &Path, api: &str) -> anyhow::Result<()> {
    let root = workspace::root()?;
    let config = root.join("fuzz/schemathesis.toml");
    let (examples, seed) = (plan.examples.to_string(), plan.seed.to_string());
    let mut command = python(folder)?;
    command
        .current_dir(folder)
        .args(["-c", "from schemathesis.cli import schemathesis; schemathesis()", "--config-file"])
        .arg(config)
        .args(["run", &format!("{api}/v3/api-docs"), "--continue-on-failure"])
        .args(["--phases", plan.phases, "--max-examples", &examples, "--seed", &seed])
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("FUZZ_SET", folder.join("set.json"))
        .env("FUZZ_ROLE", role);
    program::run(&mut command, &format!("fuzzing as {role}"))
}

/// The product under test, with a referral in each stage.
struct Product {
    child: Child,
    api: String,
}

impl Product {
    /// Starts it, on a database of its own, and writes what it holds to `set`.
    fn start(set: &Path) -> anyhow::Result<Self> {
        program::run(
            program::cargo()?.args(["build", "--package", "testkit", "--bin", "staged"]),
            "building the product",
        )?;
        let staged = workspace::programs()?.join("staged");
        let mut command = if workspace::setting(ADDRESS).is_some() {
            program::in_root(staged)?
        } else {
            let mut supervised = program::in_root(setup::supervisor()?)?;
            supervised.args(["run", "--scratch", "fuzz", "--database", "tests", "--export", ADDRESS, "--"]).arg(staged);
            supervised
        };
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("the product cannot be started")?;
        let mut line = String::new();
        let told = child.stdout.take().context("the product has no output")?;
        BufReader::new(told).read_line(&mut line).context("the product said nothing")?;
        let Some(api) = address_in(&line) else {
            child.wait()?;
            bail!("the product ended before every referral was in its stage")
        };
        fs::write(set, &line).with_context(|| format!("cannot write {}", set.display()))?;
        Ok(Self { child, api })
    }

    /// It runs until its input ends.
    fn stop(&mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait().context("the product cannot be waited for")?;
        if !status.success() {
            bail!("the product failed while it was being fuzzed ({status})");
        }
        Ok(())
    }
}

/// Where the product's REST API is, as its line of JSON says.
fn address_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("\"api\":\"")?;
    rest.split_once('"').map(|(address, _)| address.to_owned())
}

/// Fetches the generator, each of its parts by its hash, when the list of parts or Python changed. Nothing of the
/// system's Python is touched, and no virtual environment is needed.
pub(crate) fn install() -> anyhow::Result<()> {
    let folder = folder()?;
    let wanted = format!("{}\n{}", require_python()?, read(&workspace::root()?.join(REQUIREMENTS))?);
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        say("fuzzer: up to date");
        return Ok(());
    }
    say("fuzzer: installing");
    let parts = parts(&folder);
    if parts.exists() {
        fs::remove_dir_all(&parts).with_context(|| format!("cannot empty {}", parts.display()))?;
    }
    let mut pip = program::in_root("python3")?;
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
    ])
    .args(["--require-hashes", "--requirement", REQUIREMENTS, "--target"])
    .arg(parts);
    program::run(&mut pip, "pip install of the fuzzer")?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn require_python() -> anyhow::Result<String> {
    let hint = "install Python 3.10 or newer with pip (Debian, Ubuntu: apt-get install python3-pip)";
    let version = program::answer(program::in_root("python3")?.arg("--version"), hint)?;
    let minor = version.strip_prefix("Python 3.").and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    if minor.is_none_or(|minor| minor < OLDEST_PYTHON) {
        bail!("{version} is too old: {hint}");
    }
    setup::require_pip(hint)?;
    Ok(version)
}

/// Python with the generator and our hooks, and without leaving compiled files in the tree.
fn python(folder: &Path) -> anyhow::Result<Command> {
    let mut command = program::in_root("python3")?;
    let path = std::env::join_paths([workspace::root()?.join("fuzz"), parts(folder)])?;
    command.env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

fn parts(folder: &Path) -> PathBuf {
    folder.join("python")
}

fn folder() -> anyhow::Result<PathBuf> {
    Ok(workspace::members()?.target_directory.into_std_path_buf().join("fuzz"))
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_address_is_read_from_its_line() {
        let line = "{\"api\":\"http://localhost:1234\",\"sandbox\":\"http://localhost:1235\"}";
        assert_eq!(address_in(line).as_deref(), Some("http://localhost:1234"));
        assert_eq!(address_in(""), None);
    }
}
