//! A gate between the product and the systems that it calls. It passes everything on, except a call that a test wants
//! held: before it is passed on, or after it was carried out and before the caller hears of it.
//!
//! A caller that dies while its call is held takes the call with it, as a broken connection does.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use runtime::{Shutdown, Tasks};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// How long a call may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Nothing was done yet.
    Before,
    /// The other system has done its work; the caller does not know.
    After,
}

/// The gate; ends with the test.
pub(crate) struct Gate {
    /// Its base, to be used instead of the sandbox's.
    pub(crate) url: String,
    watch: Arc<Watch>,
    stop: Shutdown,
}

struct Watch {
    target: String,
    http: reqwest::Client,
    holds: Mutex<Vec<Hold>>,
    firsts: Mutex<Option<Firsts>>,
}

struct Hold {
    method: Method,
    pattern: String,
    side: Side,
    here: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

struct Firsts {
    side: Side,
    seen: HashSet<(String, Bytes)>,
    here: mpsc::UnboundedSender<()>,
}

/// A call that is to be held; dropped or released, it goes on.
pub(crate) struct Held {
    what: String,
    here: oneshot::Receiver<()>,
    go_on: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the call stands at the gate.
    pub(crate) async fn here(&mut self) {
        let arrived = tokio::time::timeout(PATIENCE, &mut self.here).await;
        arrived.unwrap_or_else(|_| panic!("{} was not called within {PATIENCE:?}", self.what)).unwrap();
    }

    /// Lets it go on, when its caller still lives.
    pub(crate) fn release(self) {
        let _ = self.go_on.send(());
    }
}

impl Gate {
    /// Opens a gate before `target`, a base without a trailing slash.
    pub(crate) async fn open(target: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let watch =
            Arc::new(Watch { target: target.to_owned(), http, holds: Mutex::default(), firsts: Mutex::default() });
        let stop = Shutdown::new();
        let router = Router::new().fallback(pass).with_state(Arc::clone(&watch));
        let stopped = stop.wait();
        Tasks::new(stop.clone()).spawn(async move {
            tokio::select! {
                served = axum::serve(listener, router) => served.unwrap(),
                () = stopped => {}
            }
        });
        Self { url, watch, stop }
    }

    /// Holds the next call of this method to a path that fits; `*` stands for one segment.
    pub(crate) fn hold(&self, method: &str, pattern: &str, side: Side) -> Held {
        let ((here, arrives), (release, go_on)) = (oneshot::channel(), oneshot::channel());
        let hold = Hold { method: method.parse().unwrap(), pattern: pattern.to_owned(), side, here, go_on };
        self.watch.holds.lock().unwrap().push(hold);
        Held { what: format!("{method} {pattern}"), here: arrives, go_on: release }
    }

    /// Holds every message to Delius, the topic and the e-mail service for ever when it comes for the first time, and
    /// says so; the caller must be killed. The same message is let through when it comes again.
    pub(crate) fn hold_each_first(&self, side: Side) -> mpsc::UnboundedReceiver<()> {
        let (here, arrives) = mpsc::unbounded_channel();
        *self.watch.firsts.lock().unwrap() = Some(Firsts { side, seen: HashSet::new(), here });
        arrives
    }

    /// How many different messages came since then.
    pub(crate) fn firsts(&self) -> usize {
        self.watch.firsts.lock().unwrap().as_ref().map_or(0, |firsts| firsts.seen.len())
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.stop.trigger();
    }
}

async fn pass(State(watch): State<Arc<Watch>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let path = head.uri.path().to_owned();
    let first = watch.first(&head.method, &path, &body);
    let mut hold = watch.take(&head.method, &path);
    if first.as_ref().is_some_and(|(side, _)| *side == Side::Before) {
        stay(first).await;
        unreachable!("it stays until its caller is gone");
    }
    if hold.as_ref().is_some_and(|hold| hold.side == Side::Before) {
        stand(hold.take()).await;
    }
    let target = format!("{}{}", watch.target, head.uri.path_and_query().map_or("/", |path| path.as_str()));
    let answer =
        watch.http.request(head.method, target).headers(without_hops(&head.headers)).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), without_hops(answer.headers()));
    let body = answer.bytes().await;
    if first.is_some() {
        stay(first).await;
    }
    stand(hold).await;
    let mut response = Response::new(match body {
        Ok(body) => Body::from(body),
        // Cut short by the other system; the caller shall see no more.
        Err(error) => Body::from_stream(futures::stream::once(async { Err::<Bytes, _>(error) })),
    });
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Stands until it is released; a hold that nobody keeps is none.
async fn stand(hold: Option<Hold>) {
    if let Some(hold) = hold {
        let _ = hold.here.send(());
        let _ = hold.go_on.await;
    }
}

/// Stands until the caller is gone.
async fn stay(first: Option<(Side, mpsc::UnboundedSender<()>)>) {
    if let Some((_, here)) = first {
        let _ = here.send(());
    }
    std::future::pending::<()>().await;
}

impl Watch {
    fn take(&self, method: &Method, path: &str) -> Option<Hold> {
        let mut holds = self.holds.lock().unwrap();
        let index = holds.iter().position(|hold| hold.method == *method && fits(&hold.pattern, path))?;
        Some(holds.remove(index))
    }

    fn first(&self, method: &Method, path: &str, body: &Bytes) -> Option<(Side, mpsc::UnboundedSender<()>)> {
        let messages = [(Method::PUT, "/delius/"), (Method::POST, "/sns/"), (Method::POST, "/notify/")];
        let is_message = messages.iter().any(|(sent, system)| method == sent && path.starts_with(system));
        let mut firsts = self.firsts.lock().unwrap();
        let firsts = firsts.as_mut().filter(|_| is_message)?;
        if !firsts.seen.insert((path.to_owned(), body.clone())) {
            return None;
        }
        Some((firsts.side, firsts.here.clone()))
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (wanted, given): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len() && wanted.iter().zip(given).all(|(wanted, given)| *wanted == "*" || *wanted == given)
}

/// What is said to the next machine only is left out.
fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING] {
        kept.remove(name);
    }
    kept
}
