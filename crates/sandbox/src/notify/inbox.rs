//! The inbox page: every accepted e-mail as its recipient would read it.

use std::fmt::Write as _;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::Email;
use crate::page::html::{document, escape};
use crate::sandbox::Sandbox;

#[derive(Deserialize)]
pub(super) struct Wish {
    to: Option<String>,
}

/// Newest first, all or those to one address.
pub(super) async fn list(State(sandbox): State<Sandbox>, Query(wish): Query<Wish>) -> Html<String> {
    let mut rows = String::new();
    sandbox.read(|state| {
        let wanted = |email: &&Email| wish.to.as_deref().is_none_or(|to| email.email_address.eq_ignore_ascii_case(to));
        for email in state.notify.emails.iter().rev().filter(wanted) {
            // Writing to a String cannot fail.
            let _ = write!(
                rows,
                r#"<tr><td>{at}</td><td>{to}</td><td><a href="/notify/inbox/{id}">{subject}</a></td><td>{status}</td></tr>"#,
                at = email.received_at.strftime("%Y-%m-%d %H:%M:%S"),
                to = escape(&email.email_address),
                id = escape(&email.id),
                subject = escape(&email.subject),
                status = email.status.name(),
            );
        }
    });
    if rows.is_empty() {
        rows.push_str("<tr><td colspan=4>Nothing was sent yet.</td></tr>");
    }
    let body = format!(
        "<h1>E-mails</h1><p>Nothing leaves this machine.</p><table><thead><tr><th scope=col>Time (UTC)</th>\
         <th scope=col>To</th><th scope=col>Subject</th><th scope=col>Status</th></tr></thead><tbody>{rows}</tbody></table>"
    );
    Html(document("E-mails", &body))
}

/// One e-mail, its addresses made into links.
pub(super) async fn one(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let Some(email) = sandbox.read(|state| state.notify.emails.iter().find(|email| email.id == id).cloned()) else {
        return (StatusCode::NOT_FOUND, Html(document("Not found", "<h1>No such e-mail</h1>"))).into_response();
    };
    let body = format!(
        "<h1>{subject}</h1><p>To {to}, {at} UTC, {status}</p><div class=panel>{text}</div>",
        subject = escape(&email.subject),
        to = escape(&email.email_address),
        at = email.received_at.strftime("%Y-%m-%d %H:%M:%S"),
        status = email.status.name(),
        text = linked(&email.body),
    );
    Html(document(&email.subject, &body)).into_response()
}

/// The text as paragraphs, web addresses as links.
fn linked(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        out.push_str("<p>");
        for (n, word) in line.split(' ').enumerate() {
            if n > 0 {
                out.push(' ');
            }
            let safe = escape(word);
            if word.starts_with("http://") || word.starts_with("https://") {
                let _ = write!(out, r#"<a href="{safe}">{safe}</a>"#);
            } else {
                out.push_str(&safe);
            }
        }
        out.push_str("</p>");
    }
    out
}
