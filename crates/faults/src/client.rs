//! Calls of a careful client: with a token, with an `Idempotency-Key` where the API takes one, and again with the same
//! key when no answer came.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::{Value, json};

/// The longest that a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// How often a request is sent until the client gives up.
const TRIES: u32 = 6;

/// Speaks as any user of the cast.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    api: String,
    sandbox: String,
    tokens: Mutex<HashMap<String, String>>,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// It was done; the body.
    Done(Value),
    /// It was refused, which a repeat would not change; the status and the body.
    Refused(u16, String),
    /// Nobody knows: no answer came in all the tries.
    Nothing(String),
}

impl Client {
    /// A client of the API and the sandbox at these bases.
    pub fn new(http: &reqwest::Client, api: &str, sandbox: &str) -> Self {
        Self { http: http.clone(), api: api.to_owned(), sandbox: sandbox.to_owned(), tokens: Mutex::default() }
    }

    /// An HTTP client that follows no redirects and gives up in time.
    pub fn plain_http() -> anyhow::Result<reqwest::Client> {
        // A second call finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?)
    }

    /// The HTTP client itself.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The API's base.
    pub fn api_url(&self) -> &str {
        &self.api
    }

    /// Asks for something to be done; `key` names the wish, and is the same each time that it is sent.
    pub async fn wish(&self, user: &str, method: Method, path: &str, body: &Value, key: &str) -> Said {
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(100) * attempt.min(4)).await;
            }
            match self.once(user, &method, path, Some(body), Some(key)).await {
                Ok((status, text)) if (200..300).contains(&status) => {
                    return match serde_json::from_str(if text.is_empty() { "null" } else { &text }) {
                        Ok(body) => Said::Done(body),
                        Err(error) => Said::Nothing(format!("{method} {path} answered {status} and no JSON: {error}")),
                    };
                }
                // The first one is still being carried out.
                Ok((409, text)) if text.contains("Idempotency-Key") => last = text,
                // The token may have been minted under a clock that was stepped.
                Ok((401, text)) if attempt + 1 < TRIES => {
                    self.forget_tokens();
                    last = text;
                }
                Ok((status, text)) if status < 500 && status != 408 && status != 429 => {
                    return Said::Refused(status, text);
                }
                Ok((status, text)) => last = format!("{status}: {text}"),
                Err(error) => last = format!("{error:#}"),
            }
        }
        Said::Nothing(last)
    }

    /// Reads, again until it can be read; `None` where there is no such thing (404).
    pub async fn find(&self, user: &str, path: &str) -> anyhow::Result<Option<Value>> {
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(100) * attempt.min(4)).await;
            }
            match self.once(user, &Method::GET, path, None, None).await {
                Ok((status, text)) if (200..300).contains(&status) => return Ok(Some(serde_json::from_str(&text)?)),
                Ok((404, _)) => return Ok(None),
                Ok((401, _)) => self.forget_tokens(),
                Ok((status, text)) => last = format!("{status}: {text}"),
                Err(error) => last = format!("{error:#}"),
            }
        }
        bail!("GET {path} was not answered: {last}")
    }

    /// As [`Self::find`], where there must be such a thing.
    pub async fn get(&self, user: &str, path: &str) -> anyhow::Result<Value> {
        self.find(user, path).await?.with_context(|| format!("GET {path} answered 404"))
    }

    async fn once(
        &self,
        user: &str,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> anyhow::Result<(u16, String)> {
        let token = self.token(user).await?;
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.api)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key.filter(|_| *method == Method::POST) {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await?))
    }

    async fn token(&self, user: &str) -> anyhow::Result<String> {
        if let Some(token) = self.tokens.lock().ok().and_then(|tokens| tokens.get(user).cloned()) {
            return Ok(token);
        }
        let answer = self.control("token", json!({ "username": user })).await?;
        let token = ["access_token", "accessToken", "token"].iter().find_map(|key| answer[*key].as_str());
        let token = token.context("the sandbox gave no token")?.to_owned();
        if let Ok(mut tokens) = self.tokens.lock() {
            tokens.insert(user.to_owned(), token.clone());
        }
        Ok(token)
    }

    /// Has new tokens minted from now on.
    pub fn forget_tokens(&self) {
        if let Ok(mut tokens) = self.tokens.lock() {
            tokens.clear();
        }
    }

    /// Asks the sandbox's control interface to do something; its answer.
    pub async fn control(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        let answer = self.http.post(format!("{}/control/{path}", self.sandbox)).json(&body).send().await?;
        read(path, answer).await
    }

    /// Looks at the sandbox's control interface.
    pub async fn look(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.http.get(format!("{}/control/{path}", self.sandbox)).send().await?;
        read(path, answer).await
    }

    /// Clears the sandbox's fault plan.
    pub async fn heal(&self) -> anyhow::Result<()> {
        let answer = self.http.delete(format!("{}/control/faults", self.sandbox)).send().await?;
        read("faults", answer).await.map(drop)
    }
}

async fn read(path: &str, answer: reqwest::Response) -> anyhow::Result<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        bail!("the sandbox answered {status} to {path}: {text}");
    }
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}
