//! A scripted HTTP server on a port of its own.
//!
//! It speaks just enough HTTP/1.1 to answer, and it can do what a framework will not let one do: hang, close the
//! connection, cut an answer short. Every connection serves one request, so that no test depends on pooling.

use jiff::Timestamp;
use runtime::{Clock, Shutdown, Tasks};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use upstream::{Config, Trace, Upstreams};

/// What to do with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A whole answer.
    Answer { status: u16, headers: Vec<(&'static str, &'static str)>, body: String },
    /// An answer that promises more bytes than it has.
    Truncated,
    /// A closed connection instead of an answer.
    Reset,
    /// No answer until the client goes away.
    Hang,
    /// An answer once the test says so.
    Held(Arc<tokio::sync::Notify>, Box<Reply>),
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn body(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn fixture(path: &str) -> Self {
        Self::body(200, fixture(path))
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct State {
    script: HashMap<String, VecDeque<Reply>>,
    seen: Vec<Seen>,
    tokens: u32,
}

pub(crate) struct Server {
    root: String,
    state: Arc<Mutex<State>>,
    tasks: Tasks,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let tasks = Tasks::new(Shutdown::new());
        let (spawner, shared) = (tasks.clone(), Arc::clone(&state));
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = spawner.shutdown().wait() => return,
                    Ok((stream, _)) = listener.accept() => {
                        let (stop, shared) = (spawner.shutdown().wait(), Arc::clone(&shared));
                        spawner.spawn(async move {
                            tokio::select! { () = stop => {}, () = serve(stream, shared) => {} }
                        });
                    }
                }
            }
        });
        Self { root, state, tasks }
    }

    /// What to answer to this method and path (query apart), in turn; the last reply goes on for ever.
    pub(crate) fn on(&self, what: &str, replies: impl IntoIterator<Item = Reply>) {
        self.state.lock().unwrap().script.insert(what.to_owned(), replies.into_iter().collect());
    }

    /// Requests for this method and path, oldest first.
    pub(crate) fn seen(&self, what: &str) -> Vec<Seen> {
        let state = self.state.lock().unwrap();
        state.seen.iter().filter(|seen| key(seen) == what).cloned().collect()
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn wait_for(&self, what: &str, count: usize) {
        let waiting = async {
            while self.seen(what).len() < count {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the requests arrive");
    }

    pub(crate) fn config(&self) -> Config {
        Config::sandbox(&self.root.parse().unwrap())
    }

    pub(crate) async fn upstreams(&self) -> Upstreams {
        self.upstreams_with(self.config()).await
    }

    pub(crate) async fn upstreams_with(&self, config: Config) -> Upstreams {
        let now: Timestamp = "2026-03-02T10:15:30Z".parse().unwrap();
        Upstreams::new(config, Clock::fixed(now)).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.shutdown().trigger();
    }
}

pub(crate) fn trace() -> Trace {
    Trace {
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        correlation_id: Some("effect-17".to_owned()),
    }
}

pub(crate) fn fixture(path: &str) -> String {
    let path = format!("{}/../../fixtures/upstream/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn fixture_json(path: &str) -> Value {
    serde_json::from_str(&fixture(path)).unwrap()
}

fn key(seen: &Seen) -> String {
    let path = seen.target.split('?').next().unwrap_or_default();
    format!("{} {path}", seen.method)
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(seen) = read(&mut stream).await else { return };
    let mut reply = {
        let mut state = state.lock().unwrap();
        let key = key(&seen);
        state.seen.push(seen);
        let scripted = state
            .script
            .get_mut(&key)
            .and_then(|replies| if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() });
        scripted.unwrap_or_else(|| unscripted(&key, &mut state.tokens))
    };
    while let Reply::Held(release, then) = reply {
        release.notified().await;
        reply = *then;
    }
    match reply {
        Reply::Answer { status, headers, body } => {
            let mut text = format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n");
            for (name, value) in headers {
                text.extend([name, ": ", value, "\r\n"]);
            }
            if status != 204 {
                text.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
            }
            text += "\r\n";
            text += &body;
            let _ = stream.write_all(text.as_bytes()).await;
        }
        Reply::Truncated => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"cut\":").await;
        }
        Reply::Reset | Reply::Held(..) => {}
        Reply::Hang => {
            let mut rest = [0; 64];
            while matches!(stream.read(&mut rest).await, Ok(1..)) {}
        }
    }
}

/// Every test may take tokens; they are numbered. Anything else that is not scripted is a mistake of the test.
fn unscripted(key: &str, tokens: &mut u32) -> Reply {
    if key == "POST /auth/oauth/token" {
        *tokens += 1;
        return Reply::body(200, format!(r#"{{"access_token":"token-{tokens}","expires_in":3600}}"#));
    }
    Reply::body(418, format!("nothing scripted for {key}"))
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut request = lines.next()?.split(' ');
    let (method, target) = (request.next()?.to_owned(), request.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Seen { method, target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
