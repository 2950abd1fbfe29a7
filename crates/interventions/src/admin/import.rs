//! `admin import`: what was imported, by whom and when; and undoing it.

use clap::Subcommand;
use domain::ImportRunId;

use super::{Setting, report};

/// What to do with imports.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum ImportCommand {
    /// Show every import, newest first.
    List,
    /// Show what an import changed.
    Show {
        /// The import, as `list` shows it.
        id: ImportRunId,
    },
    /// Put everything back as it was before an import.
    Undo {
        /// The import, as `list` shows it.
        id: ImportRunId,
    },
}

/// Does it.
pub(super) async fn run(command: ImportCommand, setting: &Setting<'_>) -> anyhow::Result<()> {
    let store = setting.store().await?;
    match command {
        ImportCommand::List => {
            app::import::list(&store).await?.iter().for_each(|run| report::print_line(run, setting.json));
        }
        ImportCommand::Show { id } => report::print_whole(&app::import::get(&store, id).await?, setting.json),
        ImportCommand::Undo { id } => {
            let undone = Box::pin(app::import::undo(&store, &setting.clock, id, &setting.by)).await?;
            report::print_line(&undone, setting.json);
        }
    }
    Ok(())
}
