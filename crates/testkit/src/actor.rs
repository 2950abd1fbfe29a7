//! Somebody who calls the REST API.

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Somebody with a token.
#[derive(Clone)]
pub struct Actor {
    http: reqwest::Client,
    api: String,
    token: String,
}

/// What the API answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body; null when there is none or it is not JSON.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body, when the status is as expected.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }
}

impl Actor {
    pub(crate) fn new(http: &reqwest::Client, api: &str, token: String) -> Self {
        Self { http: http.clone(), api: api.to_owned(), token }
    }

    /// The bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The same person with another token, for tests of tokens.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// Creates or acts.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Replaces.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Changes.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// Calls.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.try_call(method, path, body).await.expect("the API answers")
    }

    /// Creates or acts, with a header besides.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post_with(&self, path: &str, header: (&str, &str), body: Value) -> Answer {
        self.call_with(Method::POST, path, &[header], body).await
    }

    /// Calls, with headers besides.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn call_with(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.api)).json(&body);
        for (header, value) in headers {
            request = request.header(*header, *value);
        }
        self.exchange(request).await.expect("the API answers")
    }

    /// Calls, where the API may not live to answer.
    ///
    /// # Errors
    /// No answer, or half of one.
    pub async fn try_call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.api));
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.exchange(request).await
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        let answer = request.bearer_auth(&self.token).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, body, text })
    }
}
