//! A running product and the systems beside it, as one sees them from outside: two addresses and the database.
//!
//! It does not matter how the product runs: in the test's own process ([`crate::World`]) or in several.

use std::time::Duration;

use serde_json::{Value, json};
use store::Store;

use crate::Actor;

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a condition is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Where a running product and its sandbox are.
pub struct Deployment {
    /// Base of the REST API.
    pub api_url: String,
    /// Base of the sandbox.
    pub sandbox_url: String,
    store: Store,
    http: reqwest::Client,
}

impl Deployment {
    /// What runs at these bases (no trailing slash), on this database.
    ///
    /// # Panics
    /// When no HTTP client can be built.
    pub fn at(api_url: impl Into<String>, sandbox_url: impl Into<String>, store: Store) -> Self {
        upstream::install_crypto();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("an HTTP client");
        Self { api_url: api_url.into(), sandbox_url: sandbox_url.into(), store, http }
    }

    /// A plain HTTP client that follows no redirects.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Somebody of the sandbox's cast, signed in.
    pub async fn actor(&self, username: &str) -> Actor {
        self.token(json!({ "username": username })).await
    }

    /// A machine of the sandbox's cast, with a token of its own.
    pub async fn machine(&self, client: &str) -> Actor {
        self.token(json!({ "clientId": client })).await
    }

    async fn token(&self, who: Value) -> Actor {
        let answer = self.control("token", who).await;
        let token = ["access_token", "accessToken", "token"].iter().find_map(|key| answer[*key].as_str());
        Actor::new(&self.http, &self.api_url, token.expect("the sandbox gives tokens").to_owned())
    }

    /// Asks the sandbox's control interface to do something.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/control/{path}", self.sandbox_url);
        let answer = self.http.post(url).json(&body).send().await.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or(Value::Null)
    }

    /// Looks at the sandbox's control interface.
    pub async fn look(&self, path: &str) -> Value {
        let url = format!("{}/control/{path}", self.sandbox_url);
        let answer = self.http.get(url).send().await.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// Makes a system fail as the fault plan says.
    pub async fn fault(&self, plan: Value) {
        self.control("faults", plan).await;
    }

    /// Clears the fault plan.
    pub async fn heal(&self) {
        let url = format!("{}/control/faults", self.sandbox_url);
        let answer = self.http.delete(url).send().await.expect("the sandbox answers");
        assert!(answer.status().is_success());
    }

    /// The activities that Delius holds for a person under a referral's URN.
    pub async fn activities(&self, crn: &str, referral: &str) -> Vec<Value> {
        let urn = format!("urn:hmpps:interventions-referral:{referral}");
        self.records(crn, "nsis", &urn).await
    }

    /// The contacts that Delius holds for a person under an appointment's URN.
    pub async fn contacts(&self, crn: &str, appointment: &str) -> Vec<Value> {
        let urn = format!("urn:hmpps:interventions-appointment:{appointment}");
        self.records(crn, "contacts", &urn).await
    }

    async fn records(&self, crn: &str, kind: &str, urn: &str) -> Vec<Value> {
        let record = self.look(&format!("delius/{crn}")).await;
        let records = record[kind].as_array().cloned().unwrap_or_default();
        records.into_iter().filter(|record| record["externalReference"] == urn).collect()
    }

    /// Waits until every effect of a referral is finished, and answers with its ledger.
    ///
    /// # Panics
    /// When that takes too long; says what is not finished.
    pub async fn settled(&self, referral: &str) -> Vec<store::outbox::LedgerEntry> {
        let mut ledger = Vec::new();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < deadline {
            ledger = self.ledger(referral).await;
            if ledger.iter().all(|entry| !entry.state.is_unfinished()) {
                return ledger;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let unfinished: Vec<_> = ledger
            .iter()
            .filter(|entry| entry.state.is_unfinished())
            .map(|entry| (entry.action.name(), entry.state, entry.attempts, &entry.reason, &entry.last_error))
            .collect();
        panic!("not finished within {PATIENCE:?}: {unfinished:?}");
    }

    /// The ledger of a referral.
    pub async fn ledger(&self, referral: &str) -> Vec<store::outbox::LedgerEntry> {
        let id = referral.parse().expect("a referral's id");
        let mut db = self.store.connection().await.expect("the database answers");
        store::outbox::ledger(&mut db, id).await.expect("the ledger can be read")
    }

    /// Waits for a condition, with a deadline.
    ///
    /// # Panics
    /// When it does not come true in time.
    pub async fn eventually<T>(&self, what: &str, mut holds: impl AsyncFnMut() -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(value) = holds().await {
                return value;
            }
            assert!(tokio::time::Instant::now() < deadline, "it did not come true within {PATIENCE:?}: {what}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
