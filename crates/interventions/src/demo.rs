//! `demo`: the whole product on one machine. Starts PostgreSQL (unless `DATABASE_URL` names one), brings the database
//! up to date, then runs sandbox, service and worker as child processes and starts again whichever of them ends.

mod children;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use domain::email::EmailPurpose;
use indicatif::{ProgressBar, ProgressStyle};
use runtime::Shutdown;

use self::children::Children;
use crate::config::template_key;
use crate::{service, stop_on_signal};

const DATABASE: &str = "interventions";

/// How `demo` runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoArguments {
    /// Throw away the demo's data first.
    #[arg(long)]
    reset: bool,
    /// Where the demo keeps its data.
    #[arg(long, default_value = ".demo")]
    data_dir: PathBuf,
    /// Port of the pages.
    #[arg(long, default_value_t = 3000)]
    web_port: u16,
    /// Port of the REST API.
    #[arg(long, default_value_t = 8080)]
    api_port: u16,
    /// Port of the sandbox.
    #[arg(long, default_value_t = 9090)]
    sandbox_port: u16,
}

/// Runs the demo until Ctrl-C.
pub(crate) async fn run(
    arguments: DemoArguments,
    variables: &BTreeMap<String, String>,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    for (what, port) in
        [("pages", arguments.web_port), ("API", arguments.api_port), ("sandbox", arguments.sandbox_port)]
    {
        require_free(what, port)?;
    }
    let steps = Steps::new();
    if arguments.reset {
        steps.start("throwing away the demo's data");
        postgres_embedded::destroy(&arguments.data_dir.join("postgres")).await?;
        if arguments.data_dir.exists() {
            std::fs::remove_dir_all(&arguments.data_dir).context("the demo's data could not be removed")?;
        }
    }
    std::fs::create_dir_all(&arguments.data_dir).context("the demo's data folder could not be made")?;
    let data_dir = arguments.data_dir.canonicalize()?;

    let (server, database_url) = if let Some(url) = variables.get("DATABASE_URL").filter(|url| !url.is_empty()) {
        (None, url.clone())
    } else {
        steps.start("starting PostgreSQL");
        let server = start_postgres(&data_dir).await?;
        let url = server.url(DATABASE);
        (Some(server), url)
    };
    steps.start("bringing the database up to date");
    service::migrate(&database_url, true).await?;

    // `journey` and the operator's commands find the database here.
    std::fs::write(data_dir.join("database-url"), &database_url).context("the demo's data folder cannot be written")?;

    steps.start("starting sandbox, service and worker");
    let environment = environment(&arguments, &data_dir, &database_url, variables);
    let children = Children::start(&environment, &data_dir)?;
    let addresses = arguments.addresses();
    tokio::select! {
        ready = children.ready(&addresses) => ready?,
        () = stop_on_signal(shutdown.clone()) => {}
    }
    steps.finish();
    if !shutdown.is_triggered() {
        banner(&arguments, &data_dir);
        tokio::select! {
            failed = children.watch() => failed?,
            () = stop_on_signal(shutdown.clone()) => {}
        }
    }
    eprintln!("\nstopping …");
    children.stop().await;
    if let Some(server) = server {
        server.stop().await?;
    }
    Ok(())
}

impl DemoArguments {
    /// What must answer before the demo is ready, by the name of the child that serves it.
    fn addresses(&self) -> [(&'static str, String); 3] {
        [
            ("sandbox", format!("http://127.0.0.1:{}/auth/health/ping", self.sandbox_port)),
            ("service", format!("http://127.0.0.1:{}/health/readiness", self.api_port)),
            ("service", format!("http://127.0.0.1:{}/health", self.web_port)),
        ]
    }
}

fn require_free(what: &str, port: u16) -> anyhow::Result<()> {
    if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
        return Ok(());
    }
    let flag = what.to_lowercase();
    let flag = if flag == "pages" { "web".to_owned() } else { flag };
    bail!(
        "port {port} is in use, and the demo's {what} needs it: stop what uses it, or run with --{flag}-port=<free port>"
    )
}

async fn start_postgres(data_dir: &Path) -> anyhow::Result<postgres_embedded::Server> {
    let options = postgres_embedded::Options {
        data_dir: data_dir.join("postgres"),
        port: None,
        durable: true,
        max_connections: 60,
    };
    let server = postgres_embedded::start(options).await?;
    server.create_database_if_missing(DATABASE).await?;
    Ok(server)
}

/// The configuration of the demo's processes; what the caller's environment already says is kept.
fn environment(
    arguments: &DemoArguments,
    data_dir: &Path,
    database_url: &str,
    variables: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let (web, api, sandbox) = (arguments.web_port, arguments.api_port, arguments.sandbox_port);
    let at = |prefix: &str| format!("http://localhost:{sandbox}/{prefix}");
    let state = data_dir.join("sandbox.json").to_string_lossy().into_owned();
    let mut environment: BTreeMap<String, String> = [
        ("DATABASE_URL", database_url.to_owned()),
        ("RAM_ENV", "local".to_owned()),
        ("RAM_SANDBOX_ENABLED", "true".to_owned()),
        ("RAM_SANDBOX_LISTEN", format!("127.0.0.1:{sandbox}")),
        ("RAM_SANDBOX_URL", format!("http://localhost:{sandbox}")),
        ("RAM_SANDBOX_STATE", state),
        ("RAM_API_LISTEN", format!("127.0.0.1:{api}")),
        ("RAM_WEB_LISTEN", format!("127.0.0.1:{web}")),
        ("RAM_PUBLIC_API_URL", format!("http://localhost:{api}")),
        ("RAM_PUBLIC_UI_URL", format!("http://localhost:{web}")),
        ("RAM_AUTH_BASE_URL", at("auth")),
        ("RAM_AUTH_LOGIN_CLIENT_ID", "interventions-web".to_owned()),
        ("RAM_AUTH_LOGIN_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_AUTH_API_CLIENT_ID", "interventions".to_owned()),
        ("RAM_AUTH_API_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_MANAGE_USERS_BASE_URL", at("manage-users")),
        ("RAM_TOKEN_VERIFICATION_BASE_URL", at("verification")),
        ("RAM_DELIUS_BASE_URL", at("delius")),
        ("RAM_ARN_BASE_URL", at("arns")),
        ("RAM_PRISONER_SEARCH_BASE_URL", at("prisoner-search")),
        ("RAM_PRISON_REGISTER_BASE_URL", at("prison-register")),
        ("RAM_PRISON_API_BASE_URL", at("prison-api")),
        ("RAM_NOTIFY_BASE_URL", at("notify")),
        ("RAM_COMMUNITY_API_BASE_URL", at("community-api")),
        // Whoever changes the record by hand sees at once what becomes of it.
        ("RAM_DELIUS_LOOK_AGAIN", "15s".to_owned()),
        ("RAM_OPERATORS_EMAIL", "operators@interventions.example".to_owned()),
        ("RAM_NOTIFY_API_KEY", sandbox::NOTIFY_API_KEY.to_owned()),
        ("RAM_EVENTS_ENDPOINT_URL", at("sns")),
        ("RAM_EVENTS_TOPIC_ARN", "arn:aws:sns:eu-west-2:000000000000:domain-events".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    for purpose in EmailPurpose::ALL {
        environment.insert(template_key(*purpose), sandbox::notify_template_id(purpose.as_str()).clone());
    }
    for (key, value) in variables {
        environment.insert(key.clone(), value.clone());
    }
    environment
}

#[expect(clippy::print_stdout, reason = "this is the command's output")]
fn banner(arguments: &DemoArguments, data_dir: &Path) {
    let (web, api, sandbox) = (arguments.web_port, arguments.api_port, arguments.sandbox_port);
    println!(
        "
  interventions is running.

    Pages      http://localhost:{web}
    REST API   http://localhost:{api}
    Sandbox    http://localhost:{sandbox}                every other system, and what it was told
    E-mails    http://localhost:{sandbox}/notify/inbox   what was sent, as its readers see it

  Sign in (every password is password123456):

    PRACTITIONER_1   probation practitioner     refers people, follows them
    PROVIDER_1       staff of Harbour Trust     assigns, assesses, plans, delivers, reports
    PROVIDER_9       staff of Northstar         must never see Harbour Trust's referrals
    OPERATOR_1       operator of the product    sees and moves messages to other systems

  Try:

    make journey             one referral's whole life, and its Delius ledger
    http://localhost:{web}    sign in as PRACTITIONER_1, then as PROVIDER_1
    http://localhost:{sandbox}    look at what Delius holds, or break something with the fault dial

  Data and logs are kept in {data}; RESET=1 starts anew. Ctrl-C stops everything.
",
        data = data_dir.display()
    );
}

/// Shows which step is under way and how long it takes.
struct Steps(ProgressBar);

impl Steps {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    fn start(&self, what: &'static str) {
        if self.0.is_hidden() {
            eprintln!("{what} …");
        }
        self.0.set_message(what);
        self.0.reset_elapsed();
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
