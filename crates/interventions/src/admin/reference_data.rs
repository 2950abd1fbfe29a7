//! `admin reference-data`: imports registers from their published files.

mod cells;
mod registers;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use anyhow::Context;
use app::import::ImportOrder;
use clap::Subcommand;

use super::{Setting, report};

/// What to do with the reference data.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum ReferenceDataCommand {
    /// Import one register, or every .csv file of a folder; all of it or nothing.
    Import {
        /// The file or folder. A file's name begins with probation-regions, pcc-regions, probation-offices,
        /// probation-delivery-units or nsi-types.
        path: PathBuf,
        /// Only show what would change.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Does it.
pub(super) async fn run(command: ReferenceDataCommand, setting: &Setting<'_>) -> anyhow::Result<()> {
    let ReferenceDataCommand::Import { path, dry_run } = command;
    let registers = registers::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let order = ImportOrder { by: setting.by.clone(), dry_run };
    let store = setting.store().await?;
    let made = app::import::reference::import(&store, (&setting.clock, &setting.ids), &registers, &order);
    report::made(Box::pin(made).await, dry_run, setting.json)
}
