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

/// Which of Delius's two APIs carries what, a line for each operation.
fn adapter_lines(adapters: &Adapters) -> Vec<String> {
    let mut lines: Vec<String> = Operation::ALL
        .iter()
        .map(|operation| {
            let by = match (operation.kind(), adapters.consumes_events) {
                (OperationKind::Announced, true) => "our events",
                _ => adapters.of(*operation).as_str(),
            };
            let is_compared = adapters.shadow_reads && operation.kind() == OperationKind::Read;
            format!("{}: {by}{}", operation.name(), if is_compared { ", compared" } else { "" })
        })
        .collect();
    lines.push(format!("office-locations, delivery-units: {}", Adapter::Integration));
    lines
}

/// Reads the configuration and asks the database.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(crate) async fn examine(variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = config::service(variables)?;
    println!("ok    configuration");
    for line in adapter_lines(&config.upstreams.delius_adapters) {
        println!("info  delius {line}");
    }
    match store::Store::connect(config.database_url.expose(), 1).await {
        Ok(_) => println!("ok    database"),
        Err(error) => {
            println!("fail  database: {error}");
            bail!("the database is not available");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_says_who_carries_it() {
        let lines = adapter_lines(&Adapters::default().with(&[Operation::Book], Adapter::Legacy));
        assert!(lines.contains(&"book: legacy".to_owned()) && lines.contains(&"start: integration".to_owned()));
        assert!(lines.contains(&"end: our events".to_owned()), "{lines:?}");
        let called =
            Adapters { default: Adapter::Legacy, consumes_events: false, shadow_reads: true, ..Adapters::default() };
        let lines = adapter_lines(&called);
        assert!(
            lines.contains(&"end: legacy".to_owned()) && lines.contains(&"convictions: legacy, compared".to_owned())
        );
        assert_eq!(lines.len(), Operation::ALL.len() + 1);
    }
}
