//! OPS-01 to OPS-03: what operators see and do. To everybody else these pages do not exist.

pub(crate) mod access;
pub(crate) mod discrepancies;
pub(crate) mod discrepancy;
pub(crate) mod effect;
pub(crate) mod home;
pub(crate) mod ledger;
mod pace;
pub(crate) mod replay;
pub(crate) mod system;

use app::Error;
use app::operator::{Found, Line, Owner};
use axum::response::Response;
use domain::effect::{Action, System};
use http::StatusCode;
use serde::Serialize;

use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::when;

/// A fault of a form: the field, as its control's id, and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fault {
    field: &'static str,
    text: &'static str,
}

/// What a title begins with while a form has faults.
fn titled(title: &str, faults: &[Fault]) -> String {
    if faults.is_empty() { title.to_owned() } else { fill(TEXT.operations.error_prefix, &[("title", title)]) }
}

/// A page; 400 while its form has faults.
fn answer<V: View>(visitor: &Visitor, view: &V, faults: &[Fault]) -> Result<Response, Trouble> {
    let mut response = visitor.page(view)?;
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

/// The faults of a reason, or the error that is none.
fn faults_of_why(error: Error) -> Result<Vec<Fault>, Trouble> {
    match error {
        Error::Fields(_) => Ok(vec![Fault { field: "why", text: TEXT.operations.why_wrong }]),
        other => Err(other.into()),
    }
}

/// A system as people call it.
fn system_name(system: System) -> &'static str {
    let text = &TEXT.operations;
    match system {
        System::Delius => text.delius,
        System::Events => text.events,
        System::Notify => text.notify,
        System::PrisonerSearch => text.prisoner_search,
    }
}

/// A state of an effect as people call it, with its colour.
#[derive(Clone, Copy, Debug, Serialize)]
struct State {
    text: &'static str,
    colour: &'static str,
}

impl State {
    /// Of one line of a ledger.
    fn of_line(line: &Line) -> Self {
        if line.is_held {
            return Self { text: TEXT.operations.held_state, colour: "orange" };
        }
        Self::of(line.entry.state.as_str(), line.is_paused)
    }

    /// From the ledger's own spelling.
    fn of(spelling: &str, is_paused: bool) -> Self {
        let text = &TEXT.operations;
        let (text, colour) = match spelling {
            "waiting" | "retrying" if is_paused => (text.paused, "orange"),
            "waiting" => (text.waiting_state, "blue"),
            "in_flight" => (text.in_flight_state, "blue"),
            "retrying" => (text.retrying_state, "yellow"),
            "delivered" => (text.delivered_state, "green"),
            "refused" => (text.refused_state, "grey"),
            "parked" => (text.parked_state, "red"),
            _ => (text.superseded_state, "grey"),
        };
        Self { text, colour }
    }
}

/// Whose turn it is, in words; none where it is nobody's.
fn turn(owner: Owner) -> Option<&'static str> {
    let text = &TEXT.operations;
    match owner {
        Owner::Nobody => None,
        Owner::Practitioner => Some(text.turn_practitioner),
        Owner::Caseworker => Some(text.turn_caseworker),
        Owner::Operator => Some(text.turn_operator),
        Owner::DeliusUser => Some(text.turn_delius),
        Owner::UserAdministration => Some(text.turn_users),
        Owner::Developer => Some(text.turn_developer),
    }
}

/// Day and time, for tables.
fn instant(at: jiff::Timestamp) -> String {
    format!("{}, {}", when::short_day(at), when::clock(at))
}

/// A word of the ledger's as the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

/// What a message says, as the beginning of a sentence. The name of an event stays as it is spelt on the topic.
fn message_name(action: &Action) -> String {
    match action {
        Action::Publish(_) => fill(TEXT.operations.event_named, &[("name", &action.name())]),
        _ => capital(&action.name()),
    }
}

/// A referral in a few words.
#[derive(Serialize)]
struct Facts {
    reference: String,
    crn: String,
    service: String,
    sent: String,
    concluded: Option<String>,
    href: Href,
}

impl Facts {
    fn of(found: Found) -> Self {
        let Found { id, reference, crn, service, provider, contract, sent_at, concluded_at } = found;
        Self {
            reference: reference.as_str().to_owned(),
            crn: crn.as_str().to_owned(),
            service: format!("{service}, {provider} ({contract})"),
            sent: instant(sent_at),
            concluded: concluded_at.map(instant),
            href: routes::OPERATIONS_REFERRAL.href(id),
        }
    }

    /// One for samples.
    #[cfg(test)]
    fn sample(reference: &str, concluded: Option<&str>) -> Self {
        Self {
            reference: reference.to_owned(),
            crn: "X100001".to_owned(),
            service: "Accommodation, Quay & Sons (HT0001)".to_owned(),
            sent: "1 Dec 2026, 9:30am".to_owned(),
            concluded: concluded.map(str::to_owned),
            href: routes::OPERATIONS_REFERRAL.href(domain::ReferralId(uuid::Uuid::from_u128(7))),
        }
    }
}
