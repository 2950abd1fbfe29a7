//! The stand-ins over real HTTP, one sandbox on its own port for each test.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, in its helpers too")]

mod cast;
mod control;
mod delius_control;
mod delius_events;
mod delius_legacy;
mod delius_reads;
mod delius_writes;
mod directory;
mod email;
mod events;
mod faults;
mod life;
mod page;
mod prisons;
mod risk;
mod sign_in;
mod state_file;
mod token_check;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use sandbox::{Config, Sandbox};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Where the client of the tests is registered; nothing listens there.
pub(crate) const CALLBACK: &str = "http://localhost:3000/sign-in/callback";
/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(10);

/// A served sandbox and a client for it. Dropping it ends the server.
pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) client: Client,
    pub(crate) sandbox: Sandbox,
    _server: JoinSet<std::io::Result<()>>,
}

impl World {
    /// A sandbox in memory.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// A sandbox with its state in `file`.
    pub(crate) async fn start_from(file: PathBuf) -> Self {
        Self::start_with(|config| config.state_file = Some(file)).await
    }

    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let mut config =
            Config { public_url: base.clone(), redirect_uris: vec![CALLBACK.to_owned()], ..Config::default() };
        adjust(&mut config);
        let sandbox = Sandbox::open(config).await.unwrap();
        let mut server = JoinSet::new();
        server.spawn(sandbox.clone().serve(listener, std::future::pending()));
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).no_proxy().build().unwrap();
        Self { base, client, sandbox, _server: server }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    /// A control call that must succeed.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let response = self.post(&format!("/control{path}")).json(&body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What a control call shows.
    pub(crate) async fn seen(&self, path: &str) -> Value {
        self.get(&format!("/control{path}")).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) fn user(&self, username: &str) -> String {
        self.sandbox.user_token(username).unwrap()
    }

    pub(crate) fn machine(&self, client_id: &str) -> String {
        self.sandbox.client_token(client_id).unwrap()
    }

    /// A publish call as the SDK makes it.
    pub(crate) async fn publish(&self, event_type: &str, crn: &str) -> reqwest::Result<Response> {
        let message = json!({
            "eventType": event_type,
            "version": 1,
            "detailUrl": "http://localhost:8080/sent-referral/0b6a5c1e-0000-4000-8000-000000000001",
            "personReference": { "identifiers": [{ "type": "CRN", "value": crn }] },
        });
        let form = [
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("TopicArn", "arn:aws:sns:eu-west-2:000000000000:events"),
            ("Message", &message.to_string()),
            ("MessageAttributes.entry.1.Name", "eventType"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", event_type),
        ];
        self.post("/sns/").form(&form).send().await
    }

    /// Waits until the value behind a control path fits.
    pub(crate) async fn until(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.seen(path).await;
            if fits(&value) {
                return value;
            }
            assert!(Instant::now() < deadline, "{path} never fitted; last seen: {value}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub(crate) async fn json_of(response: Response, status: StatusCode) -> Value {
    let given = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(given, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
