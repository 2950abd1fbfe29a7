//! `admin catalogue`: imports the catalogue from a folder of files.

mod files;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use anyhow::Context;
use app::import::ImportOrder;
use clap::Subcommand;

use super::{Setting, report};

/// What to do with the catalogue.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum CatalogueCommand {
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

/// Does it.
pub(super) async fn run(command: CatalogueCommand, setting: &Setting<'_>) -> anyhow::Result<()> {
    let CatalogueCommand::Import { folder, dry_run, central_mailbox } = command;
    let bundle = files::read(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let order = ImportOrder { by: setting.by.clone(), dry_run };
    let store = setting.store().await?;
    let tools = (&setting.clock, &setting.ids);
    let made = app::import::catalogue::import(&store, tools, &bundle, central_mailbox.as_deref(), &order);
    report::made(Box::pin(made).await, dry_run, setting.json)
}
