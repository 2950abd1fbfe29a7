//! The sign-in page: pick a user of the cast or type name and password, then go back with a code.
//!
//! A browser that signed in within the last half hour is sent straight back. The page is plain HTML and works without
//! scripts. Nothing is sent to an address that the client did not register.

use std::fmt::Write as _;

use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use jiff::ToSpan;
use serde::Deserialize;
use url::Url;

use super::{Code, Session};
use crate::cast::{self, Grant, PASSWORD};
use crate::page::html::{document, escape};
use crate::sandbox::Sandbox;
use crate::users::Entry;

/// The cookie of the sign-in session.
const COOKIE: &str = "sandbox-sign-in";
const CODE_MINUTES: i64 = 5;
const SESSION_MINUTES: i64 = 30;

/// What a client asks the browser to bring.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    prompt: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    username: String,
    password: String,
    #[serde(flatten)]
    asked: Asked,
}

pub(super) async fn show(State(sandbox): State<Sandbox>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    if let Err(wrong) = check(&sandbox, &asked) {
        return refused(wrong);
    }
    let known = session_cookie(&headers).filter(|_| asked.prompt.as_deref() != Some("login")).and_then(|id| {
        sandbox.read(|state| {
            let session = state.auth.sessions.get(&id).filter(|session| session.expires_at > state.now())?;
            let usable = state.users.find(&session.username).is_some_and(|user| user.enabled && !user.locked);
            usable.then(|| (id.clone(), session.username.clone()))
        })
    });
    match known {
        Some((session, username)) => go_back(&sandbox, &asked, &username, &session).into_response(),
        None => Html(page(&sandbox, &asked, None)).into_response(),
    }
}

pub(super) async fn submit(State(sandbox): State<Sandbox>, Form(form): Form<SignIn>) -> Response {
    if let Err(wrong) = check(&sandbox, &form.asked) {
        return refused(wrong);
    }
    let entry = sandbox.read(|state| state.users.admit(&form.username, &form.password));
    let told = match entry {
        Entry::Admitted(username) => {
            let session = sandbox.write(|state| {
                let now = state.now();
                state.auth.tidy(now);
                let id = state.next_id().simple().to_string();
                let expires_at = now.saturating_add(SESSION_MINUTES.minutes()).unwrap_or(now);
                state.auth.sessions.insert(id.clone(), Session { username: username.clone(), expires_at });
                id
            });
            let cookie = format!("{COOKIE}={session}; Path=/auth; HttpOnly; SameSite=Lax");
            return ([(header::SET_COOKIE, cookie)], go_back(&sandbox, &form.asked, &username, &session))
                .into_response();
        }
        Entry::Locked => "Your account is locked.",
        Entry::Disabled => "Your account is disabled.",
        Entry::Unknown => "Enter a valid username and password.",
    };
    (StatusCode::UNAUTHORIZED, Html(page(&sandbox, &form.asked, Some(told)))).into_response()
}

/// The id in the sign-in cookie.
pub(super) fn session_cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, id)| id.to_owned())
}

/// Takes the cookie back.
pub(super) fn clear_cookie() -> String {
    format!("{COOKIE}=; Path=/auth; HttpOnly; SameSite=Lax; Max-Age=0")
}

fn check(sandbox: &Sandbox, asked: &Asked) -> Result<(), &'static str> {
    let client = cast::client(&asked.client_id).ok_or("unknown client_id")?;
    if client.grant != Grant::AuthorisationCode {
        return Err("this client may not sign users in");
    }
    if !super::address::is_registered(&sandbox.config().redirect_uris, &asked.redirect_uri) {
        return Err("redirect_uri is not registered for this client");
    }
    if asked.response_type != "code" {
        return Err("response_type must be code");
    }
    match (asked.code_challenge.as_deref(), asked.code_challenge_method.as_deref()) {
        (None, None) | (Some(_), Some("S256")) => Ok(()),
        _ => Err("code_challenge_method must be S256"),
    }
}

/// Errors are shown here and never sent on, because the address may be the thing that is wrong.
fn refused(wrong: &str) -> Response {
    let body = format!("<h1>Sign-in request refused</h1><p>{}</p>", escape(wrong));
    (StatusCode::BAD_REQUEST, Html(document("Sign-in request refused", &body))).into_response()
}

/// Back to the client with a fresh code and its own `state`.
fn go_back(sandbox: &Sandbox, asked: &Asked, username: &str, session: &str) -> Redirect {
    let code = sandbox.write(|state| {
        let now = state.now();
        let value = state.next_id().simple().to_string();
        let code = Code {
            client_id: asked.client_id.clone(),
            redirect_uri: asked.redirect_uri.clone(),
            username: username.to_owned(),
            session: session.to_owned(),
            challenge: asked.code_challenge.clone(),
            expires_at: now.saturating_add(CODE_MINUTES.minutes()).unwrap_or(now),
        };
        state.auth.codes.insert(value.clone(), code);
        value
    });
    let Ok(mut target) = Url::parse(&asked.redirect_uri) else { return Redirect::to("/auth/sign-in") };
    target.query_pairs_mut().append_pair("code", &code);
    if let Some(state) = &asked.state {
        target.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(target.as_str())
}

fn page(sandbox: &Sandbox, asked: &Asked, error: Option<&str>) -> String {
    let mut hidden = String::new();
    let carried = [
        ("response_type", Some(&asked.response_type)),
        ("client_id", Some(&asked.client_id)),
        ("redirect_uri", Some(&asked.redirect_uri)),
        ("state", asked.state.as_ref()),
        ("code_challenge", asked.code_challenge.as_ref()),
        ("code_challenge_method", asked.code_challenge_method.as_ref()),
    ];
    for (name, value) in carried {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = write!(hidden, r#"<input type="hidden" name="{name}" value="{}">"#, escape(value));
        }
    }
    let mut picks = String::new();
    sandbox.read(|state| {
        for user in state.users.list() {
            let _ = write!(
                picks,
                r#"<tr><td><form method="post" action="/auth/oauth/authorize">{hidden}<input type="hidden" name="password" value="{PASSWORD}"><button name="username" value="{name}">{name}</button></form></td><td>{who}</td><td>{note}</td></tr>"#,
                name = escape(&user.username),
                who = escape(&user.name()),
                note = escape(&user.note),
            );
        }
    });
    let error = error.map(|told| format!(r#"<p class="error" role="alert">{}</p>"#, escape(told))).unwrap_or_default();
    let body = format!(
        r#"<h1>Sign in</h1>{error}
<form method="post" action="/auth/oauth/authorize" class="panel">{hidden}
<p><label for="username">Username</label><br><input id="username" name="username" autocomplete="username" autofocus></p>
<p><label for="password">Password</label><br><input id="password" name="password" type="password" autocomplete="current-password"></p>
<p><button id="submit">Sign in</button></p></form>
<h2>Or pick a user</h2>
<p>Everybody here is fictional, and every password is <code>{PASSWORD}</code>.</p>
<table><thead><tr><th scope="col">User</th><th scope="col">Name</th><th scope="col">Who it is</th></tr></thead><tbody>{picks}</tbody></table>"#
    );
    document("Sign in", &body)
}
