//! `admin`: what operators do to the catalogue. Imports it from a folder of files, lists imports, undoes one.

mod files;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail};
use app::import::{Change, ImportError, ImportOrder, ImportRun};
use clap::{Args, Subcommand};
use domain::ImportRunId;
use runtime::{Clock, Ids};
use serde_json::{Value, json};
use store::Store;

use crate::{config, job};

/// What to do.
#[derive(Args, Clone, Debug)]
pub(crate) struct AdminArguments {
    #[command(subcommand)]
    command: AdminCommand,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Clone, Debug)]
enum AdminCommand {
    /// The catalogue: providers, contract types, contracts and interventions.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Imports that were made.
    #[command(subcommand)]
    Import(ImportCommand),
}

#[derive(Subcommand, Clone, Debug)]
enum CatalogueCommand {
    /// Import providers.json, contract-details.json and contracts/*.json of a folder; all of it or nothing.
    Import {
        /// The folder.
        folder: PathBuf,
        /// Only show what would change.
        #[arg(long)]
        dry_run: bool,
        /// The mailbox of new interventions that declare none.
        #[arg(long)]
        central_mailbox: Option<String>,
    },
}

#[derive(Subcommand, Clone, Debug)]
enum ImportCommand {
    /// Show every import, newest first.
    List,
    /// Put everything back as it was before an import.
    Undo {
        /// The import, as `list` shows it.
        id: ImportRunId,
    },
}

/// Does what was asked.
pub(crate) async fn run(arguments: AdminArguments, variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let json = arguments.json;
    let by = job::operator(variables);
    let clock = Clock::system();
    match arguments.command {
        AdminCommand::Catalogue(CatalogueCommand::Import { folder, dry_run, central_mailbox }) => {
            let read = files::read(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
            let bundle = match read {
                Ok(bundle) => bundle,
                Err(faults) => return refused(&ImportError::Faulty(faults), json),
            };
            let order = ImportOrder { by, dry_run, central_mailbox };
            let store = connect(variables).await?;
            match Box::pin(app::import::import(&store, (&clock, &Ids::random()), &bundle, &order)).await {
                Ok(run) => print_changes(&run, dry_run, json),
                Err(error) => return refused(&error, json),
            }
        }
        AdminCommand::Import(ImportCommand::List) => {
            let store = connect(variables).await?;
            app::import::list(&store).await?.iter().for_each(|run| print_line(run, json));
        }
        AdminCommand::Import(ImportCommand::Undo { id }) => {
            let store = connect(variables).await?;
            print_line(&Box::pin(app::import::undo(&store, &clock, id, &by)).await?, json);
        }
    }
    Ok(())
}

async fn connect(variables: &BTreeMap<String, String>) -> anyhow::Result<Store> {
    let url = config::database_url(variables)?;
    Store::connect(url.expose(), 2).await.context("the database is not available")
}

/// Every fault on a line of its own, then the end.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn refused(error: &ImportError, json: bool) -> anyhow::Result<()> {
    if let ImportError::Faulty(faults) = error {
        for fault in faults {
            if json {
                println!("{}", json!({ "file": fault.file, "field": fault.field, "rule": fault.rule }));
            } else {
                println!("{fault}");
            }
        }
    }
    bail!("nothing was imported: {error}")
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_changes(run: &ImportRun, dry_run: bool, json: bool) {
    if json {
        let mut told = as_json(run);
        told["changes"] = json!(run.changes);
        told["dryRun"] = json!(dry_run);
        println!("{told}");
        return;
    }
    for line in run.changes.iter().flat_map(diff) {
        println!("{line}");
    }
    match (run.changes.len(), dry_run) {
        (0, _) => println!("nothing differs"),
        (rows, true) => println!("{rows} rows would change (dry run)"),
        (rows, false) => println!("{rows} rows changed; `interventions admin import undo {}` undoes it", run.id),
    }
}

/// A row as lines: what it is, and each column that differs.
fn diff(change: &Change) -> Vec<String> {
    let sign = match (&change.before, &change.after) {
        (None, _) => '+',
        (_, None) => '-',
        _ => '~',
    };
    let mut lines = vec![format!("{sign} {} {}", change.table.as_str(), change.key)];
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (&change.before, &change.after) {
        for (column, now) in after.iter().filter(|(column, now)| before.get(*column) != Some(now)) {
            let was = before.get(column).unwrap_or(&Value::Null);
            lines.push(format!("    {column}: {was} -> {now}"));
        }
    }
    lines
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn print_line(run: &ImportRun, json: bool) {
    if json {
        println!("{}", as_json(run));
        return;
    }
    let undone = run.undone.as_ref().map(|(at, by)| format!("; undone {at} by {by}")).unwrap_or_default();
    let (id, at, by, rows) = (run.id, run.imported_at, &run.imported_by, run.changes.len());
    println!("{id} {at} by {by}: {rows} rows from {} files{undone}", run.files.len());
}

fn as_json(run: &ImportRun) -> Value {
    json!({
        "id": run.id.to_string(),
        "importedAt": run.imported_at,
        "importedBy": run.imported_by,
        "files": run.files,
        "rows": run.changes.len(),
        "undoneAt": run.undone.as_ref().map(|(at, _)| at),
        "undoneBy": run.undone.as_ref().map(|(_, by)| by),
    })
}
