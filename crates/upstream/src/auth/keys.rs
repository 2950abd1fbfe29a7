//! The sign-in system's signing keys, fetched when needed and kept for as long as it says.
//!
//! Owns the key cache: an unknown key id asks again (keys rotate), at a bounded rate, since anybody can send a token
//! with an invented key id; keys past their age go on being used while sign-in cannot be asked.

use super::wire;
use crate::error::UpstreamError;
use crate::http::{Answer, Credentials, Http, Request};
use crate::trace::Trace;
use jsonwebtoken::DecodingKey;
use reqwest::header::CACHE_CONTROL;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Asking again for unknown key ids: at most this often per [`WINDOW`].
const UNKNOWN_PER_WINDOW: u32 = 10;
const WINDOW: Duration = Duration::from_mins(1);

/// One key that access tokens may be signed with.
#[derive(Clone)]
pub struct SigningKey {
    /// Its id, as in a token's header.
    pub kid: String,
    /// The key itself; RS256 only.
    pub key: Arc<DecodingKey>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

pub(super) struct Keys {
    http: Arc<Http>,
    path: &'static [&'static str],
    max_age: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    keys: Vec<SigningKey>,
    good_until: Option<Instant>,
    window: Option<(Instant, u32)>,
}

impl Keys {
    pub(super) fn new(http: Arc<Http>, path: &'static [&'static str], max_age: Duration) -> Self {
        Self { http, path, max_age, held: Mutex::default() }
    }

    /// Everyone who needs a key at once waits for one fetch.
    pub(super) async fn find(&self, trace: &Trace, kid: &str) -> Result<Option<SigningKey>, UpstreamError> {
        let mut held = self.held.lock().await;
        let known = held.keys.iter().find(|key| key.kid == kid).cloned();
        let now = Instant::now();
        let in_date = held.good_until.is_some_and(|until| now < until);
        match known {
            Some(key) if in_date => return Ok(Some(key)),
            None if in_date && !held.may_ask_again(now) => return Ok(None),
            _ => {}
        }
        match self.fetch(trace).await {
            Ok((keys, age)) => {
                held.keys = keys;
                held.good_until = Some(Instant::now() + age);
                Ok(held.keys.iter().find(|key| key.kid == kid).cloned())
            }
            // A key that was good goes on being good while sign-in is away.
            Err(error) => known.map(Some).ok_or(error),
        }
    }

    pub(super) async fn fetch_all(&self, trace: &Trace) -> Result<Vec<SigningKey>, UpstreamError> {
        let (keys, age) = self.fetch(trace).await?;
        let mut held = self.held.lock().await;
        held.keys.clone_from(&keys);
        held.good_until = Some(Instant::now() + age);
        Ok(keys)
    }

    async fn fetch(&self, trace: &Trace) -> Result<(Vec<SigningKey>, Duration), UpstreamError> {
        let answer = self.http.call(trace, Credentials::None, Request::get("signing keys", self.path)).await?;
        let set: wire::KeySet = answer.json()?;
        let keys = set.keys.into_iter().filter_map(signing_key).collect();
        Ok((keys, age(&answer).map_or(self.max_age, |age| age.min(self.max_age))))
    }
}

impl Held {
    fn may_ask_again(&mut self, now: Instant) -> bool {
        let (since, asked) = match self.window {
            Some((since, asked)) if now.duration_since(since) < WINDOW => (since, asked),
            _ => (now, 0),
        };
        self.window = Some((since, asked + 1));
        asked < UNKNOWN_PER_WINDOW
    }
}

/// Keys of other kinds and purposes are passed over: only RSA signatures are accepted.
fn signing_key(key: wire::Key) -> Option<SigningKey> {
    let wire::Key { kid, kty, purpose, n, e } = key;
    if kty != "RSA" || purpose.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let key = DecodingKey::from_rsa_components(&n?, &e?).ok()?;
    Some(SigningKey { kid: kid?, key: Arc::new(key) })
}

fn age(answer: &Answer) -> Option<Duration> {
    let header = answer.headers.get(CACHE_CONTROL)?.to_str().ok()?;
    let seconds = header.split(',').find_map(|part| part.trim().strip_prefix("max-age="))?;
    seconds.parse().ok().map(Duration::from_secs)
}
