//! The pages: typed routes, view models and templates.
//!
//! Owns HTML, sessions' cookies and the words that people read. Decides nothing: each handler reads a request, calls
//! functions of `app` and shows what they answer. Every page works without scripts.

mod assets;
mod cookie;
mod exchange;
mod form;
mod frame;
mod name;
mod pages;
mod routes;
mod template;
mod text;
mod trouble;
mod visitor;
mod when;

use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::session::Limits;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

use crate::cookie::Cookies;
use crate::exchange::{Surroundings, observe, panicked};
use crate::trouble::Trouble;

/// The longest form that is read, in bytes.
const FORM_MAX: usize = 512 * 1024;

/// What operators may set about the pages.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers reach the pages.
    pub public_url: Url,
    /// Time without a request that ends a session.
    pub session_idle: Duration,
    /// The longest session.
    pub session_max: Duration,
}

/// What every handler may reach.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) app: App,
    settings: Arc<Settings>,
}

impl Site {
    pub(crate) fn limits(&self) -> Limits {
        Limits { idle: self.settings.session_idle, longest: self.settings.session_max }
    }

    pub(crate) fn cookies(&self) -> Cookies {
        Cookies { is_https: self.settings.is_https() }
    }

    /// Where the sign-in service sends the browser back to.
    pub(crate) fn sign_in_callback(&self) -> String {
        self.settings.public(routes::SIGN_IN_CALLBACK)
    }

    /// Where the sign-in service sends the browser after signing out.
    pub(crate) fn signed_out(&self) -> String {
        self.settings.public(routes::SIGNED_OUT)
    }
}

impl Settings {
    fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    fn public(&self, path: routes::Plain) -> String {
        format!("{}{}", self.public_url.as_str().trim_end_matches('/'), path.href().as_str())
    }
}

/// The pages.
pub fn router(app: App, settings: Settings) -> Router {
    let site = Site { app, settings: Arc::new(settings) };
    let sign_in = app::session::sign_out_url(&site.app, &site.signed_out());
    let around = Surroundings {
        ids: site.app.ids().clone(),
        is_https: site.settings.is_https(),
        sign_in_origin: sign_in.origin().ascii_serialization().into(),
    };
    let guarded = pages::guarded().into_iter().fold(Router::new(), |router, (path, page)| router.route(path, page));
    let guarded = guarded.route_layer(from_fn_with_state(site.clone(), visitor::enter));
    pages::open()
        .into_iter()
        .fold(guarded, |router, (path, page)| router.route(path, page))
        .fallback(|| async { Trouble::NotFound })
        .method_not_allowed_fallback(|| async { Trouble::NotFound })
        .layer(map_response(explain))
        .layer(DefaultBodyLimit::max(FORM_MAX))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(around, observe))
        .with_state(site)
}

/// Refusals of the framework itself, such as a path or a form that cannot be read, become pages too.
async fn explain(response: Response) -> Response {
    let is_bare = response.extensions().get::<Trouble>().is_none()
        && response.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY if is_bare => {
            Trouble::NotFound.into_response()
        }
        _ => response,
    }
}
