//! `doctor`: says whether the configuration and what the service needs are in order.

use std::collections::BTreeMap;

use anyhow::bail;

use upstream::delius::{Adapter, Adapters, Operation, OperationKind};

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

/// Prints which of Delius's two APIs carries what.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_adapters(adapters: &Adapters) {
    for operation in Operation::ALL {
        let by = match (operation.kind(), adapters.consumes_events) {
            (OperationKind::Announced, true) => "our events",
            _ => adapters.of(*operation).as_str(),
        };
        let shadow = if adapters.shadow_reads && operation.kind() == OperationKind::Read { ", compared" } else { "" };
        println!("info  delius {}: {by}{shadow}", operation.name());
    }
    println!("info  delius office-locations, delivery-units: {}", Adapter::Integration);
}

/// Reads the configuration and asks the database.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(crate) async fn examine(variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = config::service(variables)?;
    println!("ok    configuration");
    print_adapters(&config.upstreams.delius_adapters);
    match store::Store::connect(config.database_url.expose(), 1).await {
        Ok(_) => println!("ok    database"),
        Err(error) => {
            println!("fail  database: {error}");
            bail!("the database is not available");
        }
    }
    Ok(())
}
