//! The product as production runs it, three processes on one machine, with the product's own defaults.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::email::EmailPurpose;
use store::Store;

use super::Plan;
use crate::Deployment;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Product {
    pub(super) seen: Deployment,
    pub(super) database_url: String,
    program: PathBuf,
    folder: PathBuf,
    environment: BTreeMap<String, String>,
    sandbox: Child,
    serve: Option<Child>,
    worker: Option<Child>,
}

impl Product {
    /// Sandbox and service; no worker yet.
    pub(super) async fn start(plan: &Plan, store: Store) -> Self {
        let (api, web, sandbox, worker) = (free_port(), free_port(), free_port(), free_port());
        let at = |port: u16| format!("http://127.0.0.1:{port}");
        let mut environment = environment(plan, &at(api), &at(web), &at(sandbox));
        for (key, port) in [
            ("RAM_API_LISTEN", api),
            ("RAM_WEB_LISTEN", web),
            ("RAM_SANDBOX_LISTEN", sandbox),
            ("RAM_WORKER_LISTEN", worker),
        ] {
            environment.insert(key.to_owned(), format!("127.0.0.1:{port}"));
        }
        let (program, folder) = (plan.program.clone(), plan.folder.clone());
        std::fs::create_dir_all(&folder).expect("a folder for logs");
        let seen = Deployment::at(at(api), at(sandbox), store);
        let sandbox = spawn(&program, &folder, &environment, "sandbox");
        let database_url = plan.database_url.clone();
        let mut product = Self { seen, database_url, program, folder, environment, sandbox, serve: None, worker: None };
        product.answers(&format!("{}/auth/health/ping", product.seen.sandbox_url)).await;
        product.start_serve();
        product.serves().await;
        product
    }

    /// Waits until the service answers.
    pub(super) async fn serves(&self) {
        self.answers(&format!("{}/health/readiness", self.seen.api_url)).await;
    }

    pub(super) fn start_serve(&mut self) {
        self.serve = Some(spawn(&self.program, &self.folder, &self.environment, "serve"));
    }

    pub(super) fn start_worker(&mut self) {
        self.worker = Some(spawn(&self.program, &self.folder, &self.environment, "worker"));
    }

    /// Kills service and worker where they stand (SIGKILL).
    pub(super) fn kill(&mut self) {
        for mut process in [self.serve.take(), self.worker.take()].into_iter().flatten() {
            process.kill().expect("it can be killed");
            process.wait().expect("it has ended");
        }
    }

    pub(super) fn kill_worker(&mut self) {
        if let Some(mut worker) = self.worker.take() {
            worker.kill().expect("it can be killed");
            worker.wait().expect("it has ended");
        }
    }

    pub(super) fn stop(mut self) {
        self.kill();
        self.sandbox.kill().expect("it can be killed");
        self.sandbox.wait().expect("it has ended");
    }

    async fn answers(&self, address: &str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let answer = self.seen.http().get(address).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "nobody answers at {address}; see {}",
                self.folder.display()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        for process in [Some(&mut self.sandbox), self.serve.as_mut(), self.worker.as_mut()].into_iter().flatten() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn spawn(program: &PathBuf, folder: &PathBuf, environment: &BTreeMap<String, String>, command: &str) -> Child {
    let log = File::options().create(true).append(true).open(folder.join(format!("{command}.log"))).expect("a log");
    Command::new(program)
        .args(["--end-with-parent", &std::process::id().to_string(), command])
        .env_clear()
        .envs(environment)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log"))
        .stderr(log)
        .spawn()
        .expect("the executable runs")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn environment(plan: &Plan, api: &str, web: &str, sandbox: &str) -> BTreeMap<String, String> {
    let system = |name: &str| format!("{sandbox}/{name}");
    let fixed = [
        ("DATABASE_URL", plan.database_url.clone()),
        ("RAM_SANDBOX_ENABLED", "true".to_owned()),
        ("RAM_SANDBOX_URL", sandbox.to_owned()),
        ("RAM_PUBLIC_API_URL", api.to_owned()),
        ("RAM_PUBLIC_UI_URL", web.to_owned()),
        ("RAM_AUTH_BASE_URL", system("auth")),
        ("RAM_AUTH_LOGIN_CLIENT_ID", "interventions-web".to_owned()),
        ("RAM_AUTH_LOGIN_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_AUTH_API_CLIENT_ID", "interventions".to_owned()),
        ("RAM_AUTH_API_CLIENT_SECRET", "clientsecret".to_owned()),
        ("RAM_MANAGE_USERS_BASE_URL", system("manage-users")),
        ("RAM_TOKEN_VERIFICATION_BASE_URL", system("verification")),
        ("RAM_DELIUS_BASE_URL", system("delius")),
        // Nobody waits for the answer: the worker is not there yet.
        ("RAM_DELIUS_SYNC_WAIT", "0s".to_owned()),
        ("RAM_ARN_BASE_URL", system("arns")),
        ("RAM_PRISONER_SEARCH_BASE_URL", system("prisoner-search")),
        ("RAM_PRISON_REGISTER_BASE_URL", system("prison-register")),
        ("RAM_PRISON_API_BASE_URL", system("prison-api")),
        ("RAM_NOTIFY_BASE_URL", system("notify")),
        ("RAM_NOTIFY_API_KEY", sandbox::NOTIFY_API_KEY.to_owned()),
        ("RAM_EVENTS_ENDPOINT_URL", system("sns")),
        ("RAM_EVENTS_TOPIC_ARN", "arn:aws:sns:eu-west-2:000000000000:domain-events".to_owned()),
    ];
    let mut environment: BTreeMap<String, String> =
        fixed.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    for purpose in EmailPurpose::ALL {
        let key = format!("RAM_NOTIFY_TEMPLATE_{}", purpose.as_str().to_uppercase().replace('-', "_"));
        environment.insert(key, sandbox::notify_template_id(purpose.as_str()).clone());
    }
    if let Some(lease) = plan.lease {
        environment.insert("RAM_OUTBOX_LEASE".to_owned(), format!("{}s", lease.as_secs()));
    }
    environment
}
