//! The service's one executable: the composition root and the command line.
//!
//! Owns how the parts are put together and what a person types. Reads the process's environment, once, and passes it
//! on; nothing else in the workspace does.

mod admin;
mod build;
mod config;
mod demo;
mod doctor;
mod job;
mod journey;
mod openapi;
mod sandbox;
mod service;
mod traces;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime::Shutdown;

/// Refer people on probation to rehabilitative services, and deliver them.
#[derive(Parser)]
#[command(name = "interventions", version)]
struct Arguments {
    /// End when the process of this number, which started this one, ends.
    #[arg(long, hide = true, global = true, value_name = "PID")]
    end_with_parent: Option<i32>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the REST API and the pages.
    Serve,
    /// Deliver what other systems must be told.
    Worker,
    /// Run stand-ins of every external system (never in production).
    Sandbox,
    /// Run everything on this machine with no outside system; Ctrl-C stops it.
    Demo(demo::DemoArguments),
    /// Bring the database up to date, reference data included.
    Migrate {
        /// Also load the fictional catalogue of the demo.
        #[arg(long)]
        demo_catalogue: bool,
    },
    /// Drive a running demo from an empty draft to a concluded referral, and show its Delius ledger.
    Journey(journey::JourneyArguments),
    /// Run a job now: work on many referrals or drafts.
    Job(job::JobArguments),
    /// What operators do: look at referrals and queues, pause, try again, go on without; import the catalogue.
    Admin(admin::AdminArguments),
    /// Print the description of the REST API, in OpenAPI 3.1.
    Openapi {
        /// As YAML, not JSON.
        #[arg(long)]
        yaml: bool,
    },
    /// Check the configuration and what the service needs.
    Doctor {
        /// Print the table of configuration keys instead.
        #[arg(long)]
        config: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.end_with_parent.is_some_and(|parent| !lives_with(parent)) {
        eprintln!("error: the process that started this one has ended");
        return ExitCode::FAILURE;
    }
    upstream::install_crypto();
    let variables: BTreeMap<String, String> = std::env::vars().collect();
    let is_watched = !matches!(arguments.command, Command::Serve | Command::Worker | Command::Sandbox);
    let logs = config::logs(&variables, is_watched);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let is_traced = matches!(arguments.command, Command::Serve | Command::Worker | Command::Job(_));
    let traces = match traces(&variables, runtime.handle()) {
        Ok(traces) => traces.filter(|_| is_traced),
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    runtime::telemetry::start_logging(logs.format, &logs.filter, traces.as_ref());
    let outcome = runtime.block_on(run(arguments.command, variables));
    if let Some(traces) = traces {
        traces.finish();
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Where spans go, if anywhere.
fn traces(
    variables: &BTreeMap<String, String>,
    runtime: &tokio::runtime::Handle,
) -> anyhow::Result<Option<runtime::telemetry::Traces>> {
    config::traces(variables)?.map(|config| traces::start(&config, runtime.clone())).transpose()
}

/// Ends this process with its parent from now on; false when the parent has ended already, of which no signal would tell.
fn lives_with(parent: i32) -> bool {
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM)) {
        eprintln!("cannot watch the parent process: {error}");
    }
    rustix::process::getppid().is_some_and(|found| found.as_raw_nonzero().get() == parent)
}

async fn run(command: Command, variables: BTreeMap<String, String>) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    match command {
        Command::Serve => Box::pin(service::serve(config::service(&variables)?, shutdown)).await,
        Command::Worker => Box::pin(service::work(config::service(&variables)?, shutdown)).await,
        Command::Sandbox => sandbox::run(config::sandbox(&variables)?, shutdown).await,
        Command::Demo(arguments) => demo::run(arguments, &variables, shutdown).await,
        Command::Migrate { demo_catalogue } => {
            service::migrate(config::database_url(&variables)?.expose(), demo_catalogue).await
        }
        Command::Journey(arguments) => journey::run(arguments).await,
        Command::Job(arguments) => Box::pin(job::run(arguments, &variables, shutdown)).await,
        Command::Admin(arguments) => Box::pin(admin::run(arguments, &variables)).await,
        Command::Openapi { yaml } => openapi::print(yaml),
        Command::Doctor { config: true } => doctor::print_keys(),
        Command::Doctor { config: false } => doctor::examine(&variables).await,
    }
}

/// Completes at Ctrl-C or a request to terminate, and triggers the shutdown.
async fn stop_on_signal(shutdown: Shutdown) {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        () = shutdown.wait() => {}
    }
    shutdown.trigger();
}
