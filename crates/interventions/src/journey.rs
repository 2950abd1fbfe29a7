//! `journey`: drives a running demo over HTTP, as both users, from an empty draft to a concluded referral, then
//! compares what was intended with what Delius, the topic and the mailbox hold.

mod client;
mod ledger;
mod steps;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;

use self::client::Client;

/// Where the demo is.
#[derive(Args, Clone, Debug)]
pub(crate) struct JourneyArguments {
    /// The REST API.
    #[arg(long, default_value = "http://localhost:8080")]
    api_url: String,
    /// The sandbox.
    #[arg(long, default_value = "http://localhost:9090")]
    sandbox_url: String,
    /// The demo's data folder; says where its database is.
    #[arg(long, default_value = ".demo")]
    data_dir: PathBuf,
    /// The database, when the demo does not run on its own.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Runs the journey; an error is a difference.
#[expect(clippy::print_stdout, reason = "this is the command's output")]
pub(crate) async fn run(arguments: JourneyArguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let database_url = match &arguments.database_url {
        Some(url) => url.clone(),
        None => std::fs::read_to_string(arguments.data_dir.join("database-url"))
            .context("the demo's database is not known: is the demo running here?")?
            .trim()
            .to_owned(),
    };
    let client = Client::new(&arguments.api_url, &arguments.sandbox_url)?;
    let mut journey = Journey::new(client);
    let referral = steps::walk(&mut journey).await?;
    println!();
    let differences = ledger::compare(&journey.client, &database_url, &referral).await?;
    println!("\n{} in {:.1} s", referral.reference, started.elapsed().as_secs_f64());
    if differences.is_empty() {
        println!("everything agrees: one activity, one contact for each appointment, every effect delivered once");
        return Ok(());
    }
    for difference in &differences {
        println!("  differs: {difference}");
    }
    bail!("{} differences between what was intended and what other systems hold", differences.len())
}

/// A referral at the end of its journey, and what other systems should hold of it.
#[derive(Debug)]
pub(crate) struct Concluded {
    pub(crate) id: String,
    pub(crate) reference: String,
    pub(crate) crn: String,
    /// Each appointment's id and the outcome that Delius should hold.
    pub(crate) appointments: Vec<(String, &'static str)>,
}

/// Prints each step and how long it took.
pub(crate) struct Journey {
    pub(crate) client: Client,
    count: usize,
}

impl Journey {
    fn new(client: Client) -> Self {
        Self { client, count: 0 }
    }

    /// Does one step and prints it; `what` finishes the sentence "who …".
    #[expect(clippy::print_stdout, reason = "this is the command's output")]
    pub(crate) async fn step(
        &mut self,
        who: &str,
        what: &str,
        call: impl Future<Output = anyhow::Result<Value>>,
    ) -> anyhow::Result<Value> {
        let started = Instant::now();
        self.count += 1;
        let answer = call.await.with_context(|| format!("step {}: {who} {what}", self.count))?;
        println!("{:>3}. {:<15} {:<58} {:>6} ms", self.count, who, what, started.elapsed().as_millis());
        Ok(answer)
    }
}
