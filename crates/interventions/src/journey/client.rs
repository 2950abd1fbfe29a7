//! A plain HTTP client of the REST contract and of the sandbox's control interface.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// Speaks as any user of the cast; clones share connections and tokens.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    api: String,
    sandbox: String,
    tokens: Arc<Mutex<HashMap<String, String>>>,
}

impl Client {
    pub(crate) fn new(api: &str, sandbox: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Self { http, api: bare(api), sandbox: bare(sandbox), tokens: Arc::default() })
    }

    /// Calls the API as a user; anything but success is an error that shows the answer.
    pub(crate) async fn api(&self, user: &str, method: Method, path: &str, body: Value) -> anyhow::Result<Value> {
        let token = self.token(user).await?;
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.api)).bearer_auth(token);
        if method != Method::GET {
            request = request.json(&body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {path} was not answered"))?;
        read(&method, path, answer).await
    }

    /// Reads from the sandbox's control interface.
    pub(crate) async fn control(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.http.get(format!("{}/control/{path}", self.sandbox)).send().await?;
        read(&Method::GET, path, answer).await
    }

    async fn token(&self, user: &str) -> anyhow::Result<String> {
        let mut tokens = self.tokens.lock().await;
        if let Some(token) = tokens.get(user) {
            return Ok(token.clone());
        }
        let url = format!("{}/control/token", self.sandbox);
        let answer = self.http.post(url).json(&json!({ "username": user })).send().await?;
        let answer = read(&Method::POST, "token", answer).await.context("the sandbox gave no token")?;
        let token = ["access_token", "token", "accessToken"].iter().find_map(|key| answer[*key].as_str());
        let token = token.or(answer.as_str()).context("the sandbox's answer holds no token")?.to_owned();
        tokens.insert(user.to_owned(), token.clone());
        Ok(token)
    }
}

async fn read(method: &Method, path: &str, answer: reqwest::Response) -> anyhow::Result<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("{method} {path} answered {status}: {text}");
    }
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).with_context(|| format!("{method} {path} answered something that is not JSON"))
}
