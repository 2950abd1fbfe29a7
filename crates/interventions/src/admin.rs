//! `admin`: what operators do. One module for each subject.

mod catalogue;
mod import;
mod reference_data;
mod report;

use std::collections::BTreeMap;

use anyhow::Context;
use clap::{Args, Subcommand};
use runtime::{Clock, Ids};
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
}

/// Does what was asked.
pub(crate) async fn run(arguments: AdminArguments, variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let given = arguments.by.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let by = given.unwrap_or_else(|| job::operator(variables));
    let setting = Setting { variables, by, json: arguments.json, clock: Clock::system(), ids: Ids::random() };
    match arguments.command {
        AdminCommand::Catalogue(command) => catalogue::run(command, &setting).await,
        AdminCommand::ReferenceData(command) => reference_data::run(command, &setting).await,
        AdminCommand::Import(command) => import::run(command, &setting).await,
    }
}
