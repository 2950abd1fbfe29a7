//! AUTH-03 and AUTH-04: signing out ends our session, then the sign-in service's own, and clears what the browser kept.
//! It needs nothing but the database: the form's token takes no look-up.

use app::session;
use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::Site;
use crate::cookie;
use crate::exchange::Exchange;
use crate::form::{NoFields, OwnForm};
use crate::routes::{self, Href};
use crate::template::{View, render};
use crate::text::TEXT;
use crate::trouble::Trouble;

/// G `/sign-out`, G `/logout`: asks first, since a link must not change anything.
pub(crate) async fn confirm(Extension(exchange): Extension<Exchange>, request: HeaderMap) -> Result<Response, Trouble> {
    let Some(key) = cookie::session(&request) else {
        return Ok(Redirect::to(routes::SIGNED_OUT.href().as_str()).into_response());
    };
    let view = ConfirmView { action: routes::SIGN_OUT.href(), csrf: key.csrf_token(), home: routes::HOME.href() };
    Ok(Html(render(&view, &exchange.frame())?).into_response())
}

/// P `/sign-out`.
pub(crate) async fn sign_out(
    State(site): State<Site>,
    request: HeaderMap,
    form: OwnForm<NoFields>,
) -> Result<Response, Trouble> {
    let OwnForm(NoFields {}) = form;
    if let Some(key) = cookie::session(&request) {
        session::end(&site.app, &key).await?;
    }
    let target = session::sign_out_url(&site.app, &site.signed_out());
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, target.as_str())]).into_response();
    site.cookies().clear_session(response.headers_mut());
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// G `/sign-out/success`.
pub(crate) async fn signed_out(Extension(exchange): Extension<Exchange>) -> Result<Response, Trouble> {
    let view = SignedOutView { sign_in: routes::SIGN_IN.href() };
    Ok(Html(render(&view, &exchange.frame())?).into_response())
}

/// Asks before signing out.
#[derive(Serialize)]
pub(crate) struct ConfirmView {
    action: Href,
    csrf: String,
    home: Href,
}

impl View for ConfirmView {
    const TEMPLATE: &'static str = "pages/sign_in/sign_out.html";

    fn title(&self) -> String {
        TEXT.sign_in.sign_out_title.to_owned()
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let (action, home) = (routes::SIGN_OUT.href(), routes::HOME.href());
        vec![Self { action, csrf: "sample-token".to_owned(), home }]
    }
}

/// Says that nobody is signed in any more.
#[derive(Serialize)]
pub(crate) struct SignedOutView {
    sign_in: Href,
}

impl View for SignedOutView {
    const TEMPLATE: &'static str = "pages/sign_in/signed_out.html";

    fn title(&self) -> String {
        TEXT.sign_in.signed_out_title.to_owned()
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self { sign_in: routes::SIGN_IN.href() }]
    }
}
