//! `doctor`: says whether the configuration and what the service needs are in order.

use std::collections::BTreeMap;

use anyhow::bail;

use crate::config::{self, KEYS};

/// Prints every configuration key, its default and what it is for, as a Markdown table.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
#[expect(clippy::unnecessary_wraps, reason = "every command answers alike")]
pub(crate) fn print_keys() -> anyhow::Result<()> {
    println!("| key | default | note |");
    println!("|---|---|---|");
    for key in KEYS {
        println!("| `{}` | {} | {} |", key.name, key.default, key.note);
    }
    Ok(())
}

/// Reads the configuration and asks the database.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(crate) async fn examine(variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = config::service(variables)?;
    println!("ok    configuration");
    match store::Store::connect(config.database_url.expose(), 1).await {
        Ok(_) => println!("ok    database"),
        Err(error) => {
            println!("fail  database: {error}");
            bail!("the database is not available");
        }
    }
    Ok(())
}
