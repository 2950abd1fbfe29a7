//! Signing out: ends the browser's session, revokes its tokens, and goes back only to a registered address.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header;
use serde::Deserialize;

use super::address::may_return_to;
use super::authorize::{clear_cookie, session_cookie};
use crate::sandbox::Sandbox;

#[derive(Deserialize)]
pub(super) struct Wish {
    client_id: Option<String>,
    redirect_uri: Option<String>,
}

pub(super) async fn sign_out(State(sandbox): State<Sandbox>, Query(wish): Query<Wish>, headers: HeaderMap) -> Response {
    if let Some(id) = session_cookie(&headers) {
        sandbox.write(|state| {
            state.auth.sessions.remove(&id);
            state.auth.codes.retain(|_, code| code.session != id);
            state.auth.refresh.retain(|_, refresh| refresh.session != id);
            state.verification.revoke_session(&id);
        });
    }
    let back = wish.redirect_uri.filter(|uri| {
        wish.client_id.as_deref() == Some("interventions-web") && may_return_to(&sandbox.config().redirect_uris, uri)
    });
    let target = back.unwrap_or_else(|| "/auth/sign-in".to_owned());
    ([(header::SET_COOKIE, clear_cookie())], Redirect::to(&target)).into_response()
}

/// The page that stays behind when there is nowhere to go back to.
pub(super) async fn own_page() -> Html<&'static str> {
    Html(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Signed out – sandbox sign-in</title>\
         <h1>You are signed out</h1><p>Open the service again to sign in.</p></html>",
    )
}
