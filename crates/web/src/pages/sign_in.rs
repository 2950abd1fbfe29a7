//! AUTH-01 and AUTH-02: to the sign-in service and back, by authorisation code with PKCE. What comes back must name the
//! state that this browser was sent away with. A failure is a page, never another round.

use app::session;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::Site;
use crate::cookie;
use crate::exchange::Exchange;
use crate::routes::{self, Href};
use crate::template::{View, render};
use crate::text::TEXT;
use crate::trouble::Trouble;
use crate::visitor::begin_sign_in;

/// What the sign-in service sends the browser back with.
#[derive(Deserialize)]
pub(crate) struct Returned {
    code: Option<String>,
    state: Option<String>,
}

/// G `/sign-in`, G `/login`.
pub(crate) async fn begin(State(site): State<Site>, request: HeaderMap) -> Response {
    begin_sign_in(&site, &request, "/")
}

/// G `/sign-in/callback`, G `/login/callback`.
pub(crate) async fn callback(
    State(site): State<Site>,
    Extension(exchange): Extension<Exchange>,
    Query(returned): Query<Returned>,
    request: HeaderMap,
) -> Result<Response, Trouble> {
    let state = returned.state.unwrap_or_default();
    let under_way = cookie::sign_in(&request, &state);
    let (Some(under_way), Some(code)) = (under_way, returned.code) else {
        tracing::info!("a browser came back from sign-in without a code, or with a state that it was not sent with");
        return failed(&exchange, false);
    };
    let redirect_uri = site.sign_in_callback();
    let correlation = exchange.correlation.clone();
    let completed = session::complete(&site.app, &code, &under_way.verifier, &redirect_uri, correlation).await;
    let signed_in = match completed {
        Ok(signed_in) => signed_in,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a sign-in failed");
            return failed(&exchange, error.is_outage());
        }
    };
    if let Some(earlier) = cookie::session(&request) {
        session::end(&site.app, &earlier).await?;
    }
    let session = session::create(&site.app, &signed_in, site.limits()).await?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, under_way.back)]).into_response();
    site.cookies().set_session(response.headers_mut(), session.key());
    site.cookies().forget_sign_in(response.headers_mut(), &state);
    Ok(response)
}

fn failed(exchange: &Exchange, is_outage: bool) -> Result<Response, Trouble> {
    let view = FailedView { is_outage, sign_in: routes::SIGN_IN.href() };
    let status = if is_outage { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_REQUEST };
    Ok((status, Html(render(&view, &exchange.frame())?)).into_response())
}

/// The page of a sign-in that did not succeed.
#[derive(Serialize)]
pub(crate) struct FailedView {
    is_outage: bool,
    sign_in: Href,
}

impl View for FailedView {
    const TEMPLATE: &'static str = "pages/sign_in/failed.html";

    fn title(&self) -> String {
        TEXT.sign_in.failed_title.to_owned()
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [false, true].map(|is_outage| Self { is_outage, sign_in: routes::SIGN_IN.href() }).into()
    }
}
