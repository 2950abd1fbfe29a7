//! `test`: set-up, then `cargo test` around one PostgreSQL for the whole run, then a little fuzzing and a few fault
//! histories.
//!
//! The tests find the server in `INTERVENTIONS_TEST_DATABASE_URL`: the address, with a superuser's name and password, of
//! a database that they may connect to in order to create their own. When the caller sets it, that server is used and
//! none is started. Run without this chore (`cargo test -p store`), `testkit` starts a server by itself.

use crate::{faults, fuzz, program, setup, workspace};

pub(crate) const ADDRESS: &str = "INTERVENTIONS_TEST_DATABASE_URL";

/// Every test, or those that `arguments` (passed to `cargo test`) select.
pub(crate) fn run(arguments: &[&str]) -> anyhow::Result<()> {
    setup::run()?;
    let cargo = workspace::setting("CARGO").unwrap_or_else(|| "cargo".to_owned());
    let selects = arguments.iter().any(|word| matches!(*word, "-p" | "--package" | "--workspace"));
    let mut command = if workspace::setting(ADDRESS).is_some() {
        program::in_root(cargo)?
    } else {
        let mut supervised = program::in_root(setup::supervisor()?)?;
        supervised.args(["run", "--scratch", "tests", "--database", "tests", "--export", ADDRESS, "--", &cargo]);
        supervised
    };
    command.arg("test");
    if !selects {
        // One fault should not hide the next.
        command.args(["--workspace", "--no-fail-fast"]);
    }
    program::run(command.args(arguments), "cargo test")?;
    // Whoever selects tests wants those alone.
    if arguments.is_empty() {
        fuzz::some()?;
        faults::some()?;
    }
    Ok(())
}
