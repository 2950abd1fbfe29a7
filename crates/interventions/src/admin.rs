//! `admin`: what operators do. One module for each subject.

mod catalogue;
mod discrepancy;
mod import;
mod outbox;
mod reference_data;
mod referral;
mod report;

use std::collections::BTreeMap;

use anyhow::Context;
use app::OpCtx;
use clap::{Args, Subcommand};
use runtime::{Clock, Ids, Shutdown, Tasks};
use store::Store;

use crate::{config, job, service};

/// What to do.
#[derive(Args, Clone, Debug)]
pub(crate) struct AdminArguments {
    #[command(subcommand)]
    command: AdminCommand,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Who does it, for the record; the account on this machine if not given.
    #[arg(long = "as", global = true, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Subcommand, Clone, Debug)]
enum AdminCommand {
    /// The catalogue: providers, contract types, contracts and interventions.
    #[command(subcommand)]
    Catalogue(catalogue::CatalogueCommand),
    /// Regions, offices, delivery units, and how Delius files contract types.
    #[command(subcommand)]
    ReferenceData(reference_data::ReferenceDataCommand),
    /// Imports that were made.
    #[command(subcommand)]
    Import(import::ImportCommand),
    #[command(flatten)]
    Referral(referral::ReferralCommand),
    #[command(flatten)]
    Outbox(outbox::OutboxCommand),
    #[command(flatten)]
    Discrepancy(discrepancy::DiscrepancyCommand),
}

/// What every subject needs to know.
struct Setting<'a> {
    variables: &'a BTreeMap<String, String>,
    by: String,
    json: bool,
    clock: Clock,
    ids: Ids,
}

impl Setting<'_> {
    async fn store(&self) -> anyhow::Result<Store> {
        let url = config::database_url(self.variables)?;
        Store::connect(url.expose(), 2).await.context("the database is not available")
    }

    /// The use cases over the configured systems, for whoever types; `tasks` is to be stopped afterwards.
    async fn operator(&self, tasks: &Tasks) -> anyhow::Result<OpCtx> {
        let (app, _) = Box::pin(service::assemble(config::service(self.variables)?, tasks)).await?;
        Ok(app.operator_at_command_line(&self.by).await?)
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: AdminArguments, variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let given = arguments.by.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let by = given.unwrap_or_else(|| job::operator(variables));
    let setting = Setting { variables, by, json: arguments.json, clock: Clock::system(), ids: Ids::random() };
    let tasks = Tasks::new(Shutdown::new());
    let done = match arguments.command {
        AdminCommand::Catalogue(command) => catalogue::run(command, &setting).await,
        AdminCommand::ReferenceData(command) => reference_data::run(command, &setting).await,
        AdminCommand::Import(command) => import::run(command, &setting).await,
        AdminCommand::Referral(command) => {
            let ctx = Box::pin(setting.operator(&tasks)).await?;
            Box::pin(referral::run(command, &ctx, setting.json)).await
        }
        AdminCommand::Outbox(command) => {
            let ctx = Box::pin(setting.operator(&tasks)).await?;
            Box::pin(outbox::run(command, &ctx, setting.json)).await
        }
        AdminCommand::Discrepancy(command) => {
            let ctx = Box::pin(setting.operator(&tasks)).await?;
            Box::pin(discrepancy::run(command, &ctx, setting.json)).await
        }
    };
    tasks.stop().await;
    done
}
