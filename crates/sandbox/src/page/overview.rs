//! The overview: everything that a person at a demonstration wants to see, on one page.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Html;

use super::html::{document, escape};
use crate::cast::{self, CLIENT_SECRET, PASSWORD, Setting};
use crate::fault::{Kind, SYSTEMS};
use crate::sandbox::Sandbox;

/// How many of the newest events and requests are shown.
const SHOWN: usize = 40;

pub(super) async fn show(State(sandbox): State<Sandbox>) -> Html<String> {
    let body = format!(
        "<h1>Sandbox</h1><p>The clock says {now} UTC. \
         <a href=\"#faults\">Faults</a>, <a href=\"#cases\">cases</a>, <a href=\"#events\">events</a>, \
         <a href=\"#requests\">requests</a>, <a href=\"#users\">users</a>, <a href=\"/notify/inbox\">e-mails</a></p>\
         {faults}{cases}{events}{requests}{users}",
        now = sandbox.now().strftime("%Y-%m-%d %H:%M:%S"),
        faults = faults(&sandbox),
        cases = cases(&sandbox),
        events = events(&sandbox),
        requests = requests(&sandbox),
        users = users(&sandbox),
    );
    Html(document("Overview", &body))
}

/// A table; `rows` is HTML.
fn table(id: &str, title: &str, heads: &[&str], rows: &str) -> String {
    let mut head = String::new();
    for name in heads {
        // Writing to a String cannot fail.
        let _ = write!(head, "<th scope=\"col\">{name}</th>");
    }
    let rows = if rows.is_empty() { "<tr><td>Nothing yet.</td></tr>" } else { rows };
    format!(
        "<section id=\"{id}\"><h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"
    )
}

fn faults(sandbox: &Sandbox) -> String {
    let mut rows = String::new();
    sandbox.read(|state| {
        for fault in state.faults.list() {
            let _ = write!(
                rows,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&fault.system),
                escape(fault.operation.as_deref().unwrap_or("every operation")),
                fault.kind.name(),
                fault.value.map(|value| value.to_string()).unwrap_or_default(),
                fault.times.map_or_else(|| "until cleared".to_owned(), |times| format!("{times} more")),
            );
        }
    });
    let mut systems = String::new();
    for system in SYSTEMS {
        let _ = write!(systems, "<option>{system}</option>");
    }
    let mut kinds = String::new();
    for kind in Kind::ALL {
        let _ = write!(kinds, "<option>{}</option>", kind.name());
    }
    let listed = table("faults", "Fault dial", &["System", "Operation", "Fault", "Value", "Strikes"], &rows);
    format!(
        r#"{listed}<form method="post" action="/page/faults" class="panel"><p>
<label>System <select name="system">{systems}</select></label>
<label>Fault <select name="fault">{kinds}</select></label>
<label>Operation <input name="operation" placeholder="/probation-case/*/referrals"></label>
<label>Value <input name="value" size="6" inputmode="numeric"></label>
<label>Times <input name="times" size="4" inputmode="numeric"></label>
<button>Add</button></p></form>
<form method="post" action="/page/faults/clear"><button>Clear all faults</button></form>
<form method="post" action="/page/reset"><button>Reset the sandbox</button></form>"#
    )
}

fn cases(sandbox: &Sandbox) -> String {
    let mut rows = String::new();
    sandbox.read(|state| {
        for case in cast::cases() {
            let crn = escape(&case.crn);
            let record = match state.delius.shown(&case.crn) {
                Some(record) => {
                    let count = |part: &str| record[part].as_array().map_or(0, Vec::len);
                    format!(
                        "<a href=\"/page/case/{crn}\">{} activities, {} contacts</a>",
                        count("nsis"),
                        count("contacts")
                    )
                }
                None => "not found in Delius".to_owned(),
            };
            let place = match &case.setting {
                Setting::Community => "community".to_owned(),
                Setting::Custody(release) => format!("custody, {}", release.prison_id),
            };
            let manager = cast::officer(case.community_manager);
            let _ = write!(
                rows,
                "<tr><td>{crn}</td><td>{name}</td><td>{place}</td><td>{manager}</td><td>{record}</td></tr>",
                name = escape(&format!("{} {}", case.forename, case.surname)),
                manager = manager.and_then(|manager| manager.username).unwrap_or("nobody"),
            );
        }
    });
    table("cases", "Cases", &["CRN", "Name", "Where", "Manager", "Delius record"], &rows)
}

fn events(sandbox: &Sandbox) -> String {
    let mut rows = String::new();
    sandbox.read(|state| {
        for event in state.topic.published().iter().rev().take(SHOWN) {
            let text = serde_json::to_string_pretty(&event.message).unwrap_or_default();
            let _ = write!(
                rows,
                "<tr><td>{at}</td><td>{kind}</td><td><details><summary>message</summary><pre>{text}</pre></details></td></tr>",
                at = event.received_at.strftime("%Y-%m-%d %H:%M:%S"),
                kind = escape(event.event_type.as_deref().unwrap_or("no type")),
                text = escape(&text),
            );
        }
    });
    table("events", "Published events, newest first", &["Time (UTC)", "Type", "Message"], &rows)
}

fn requests(sandbox: &Sandbox) -> String {
    let mut rows = String::new();
    for received in sandbox.log().list(None).iter().rev().take(SHOWN) {
        let _ = write!(
            rows,
            "<tr><td>{at}</td><td>{system}</td><td>{method} {path}</td><td>{status}</td><td>{fault}</td></tr>",
            at = received.at.strftime("%Y-%m-%d %H:%M:%S"),
            system = escape(&received.system),
            method = escape(&received.method),
            path = escape(&received.path),
            status = received.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
            fault = received.fault.unwrap_or_default(),
        );
    }
    table("requests", "Requests received, newest first", &["Time (UTC)", "System", "Call", "Status", "Fault"], &rows)
}

fn users(sandbox: &Sandbox) -> String {
    let mut rows = String::new();
    sandbox.read(|state| {
        for user in state.users.list() {
            let _ = write!(
                rows,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&user.username),
                escape(&user.name()),
                escape(&user.note),
                escape(&user.groups.join(", ")),
            );
        }
    });
    let mut clients = String::new();
    for client in cast::clients() {
        let _ = write!(clients, "<tr><td>{}</td><td>{}</td></tr>", client.id, client.authorities.join(", "));
    }
    format!(
        "{}<p>Every password is <code>{PASSWORD}</code>, every client secret <code>{CLIENT_SECRET}</code>.</p>{}",
        table("users", "Users", &["Username", "Name", "Who it is", "Groups"], &rows),
        table("clients", "Clients", &["Client", "Authorities"], &clients),
    )
}
