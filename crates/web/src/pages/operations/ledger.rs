//! OPS-02: every message of a referral, and where each stands.

use app::operator::{self, Ledger, Line};
use axum::extract::Path;
use axum::response::Response;
use domain::ReferralId;
use jiff::Timestamp;
use serde::Serialize;

use super::{Facts, State, instant, message_name, system_name, turn};
use crate::frame::Section;
use crate::pages::referral::collection::offer;
use crate::pages::referral::standing::in_a_sentence;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// G `/operations/referrals/{id}`.
pub(crate) async fn show(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let id: ReferralId = id.parse().map_err(|_| Trouble::NotFound)?;
    let now = visitor.ctx().now();
    visitor.page(&LedgerView::of(operator::get_ledger(visitor.ctx(), id).await?, now))
}

/// One message.
#[derive(Serialize)]
struct Row {
    system: &'static str,
    message: String,
    state: State,
    note: Option<String>,
    waits: bool,
    next_try: Option<String>,
    /// Whose turn it is, where it is somebody's.
    turn: Option<&'static str>,
    intended: String,
    attempts: usize,
    look: String,
    href: Href,
}

impl Row {
    fn of(line: Line) -> Self {
        let state = State::of_line(&line);
        let Line { entry, attempts, waits_for, is_paused: _, is_held: _, next_try, owner } = line;
        let message = message_name(&entry.action);
        let intended = instant(entry.created_at);
        Self {
            system: system_name(entry.system),
            state,
            waits: waits_for.is_some(),
            next_try: next_try.map(|at| fill(TEXT.operations.next_try_at, &[("at", &instant(at))])),
            turn: turn(owner),
            attempts: attempts.len(),
            look: fill(TEXT.operations.look_at, &[("message", &message), ("when", &intended)]),
            href: routes::OPERATIONS_EFFECT.href(entry.referral_id, entry.id),
            note: entry.reason.or(entry.last_error),
            message,
            intended,
        }
    }
}

/// A disagreement with Delius that is open.
#[derive(Serialize)]
struct Open {
    kind: &'static str,
    first_seen: String,
    href: Href,
}

/// What somebody chose about it.
#[derive(Serialize)]
struct Chosen {
    at: String,
    choice: &'static str,
    by: String,
    why: String,
}

/// OPS-02.
#[derive(Serialize)]
pub(crate) struct LedgerView {
    home: Href,
    access: Href,
    standing: String,
    referral: Facts,
    others: Vec<Facts>,
    rows: Vec<Row>,
    open: Vec<Open>,
    choices: Vec<Chosen>,
}

impl LedgerView {
    fn of(ledger: Ledger, now: Timestamp) -> Self {
        let Ledger { referral, others, standing, lines, paused: _, discrepancies, choices } = ledger;
        Self {
            home: routes::OPERATIONS.href(),
            access: routes::OPERATIONS_ACCESS.href(referral.id),
            standing: in_a_sentence(&standing, now),
            referral: Facts::of(referral),
            others: others.into_iter().map(Facts::of).collect(),
            rows: lines.into_iter().map(Row::of).collect(),
            open: discrepancies
                .into_iter()
                .map(|one| Open {
                    kind: one.finding.kind.explanation(),
                    first_seen: instant(one.first_seen_at),
                    href: routes::OPERATIONS_DISCREPANCY.href(one.id),
                })
                .collect(),
            choices: choices
                .into_iter()
                .map(|one| Chosen {
                    at: instant(one.at),
                    choice: offer(one.choice, "").text,
                    by: one.by.username,
                    why: one.why,
                })
                .collect(),
        }
    }
}

impl View for LedgerView {
    const TEMPLATE: &'static str = "pages/operations/ledger.html";

    fn title(&self) -> String {
        TEXT.operations.ledger.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let id = ReferralId(uuid::Uuid::from_u128(7));
        let row = |state, is_paused, note: Option<&str>| Row {
            system: TEXT.operations.delius,
            message: "Start of referral".to_owned(),
            state: State::of(state, is_paused),
            note: note.map(str::to_owned),
            waits: is_paused,
            next_try: (!is_paused).then(|| "Next try: 1 Dec 2026, 9:31am".to_owned()),
            turn: is_paused.then_some(TEXT.operations.turn_operator),
            intended: "1 Dec 2026, 9:30am".to_owned(),
            attempts: 3,
            look: "Start of referral of 1 Dec 2026".to_owned(),
            href: routes::OPERATIONS_EFFECT.href(id, domain::EffectId(uuid::Uuid::from_u128(8))),
        };
        let home = routes::OPERATIONS.href();
        let states = ["waiting", "in_flight", "retrying", "delivered", "refused", "parked", "superseded"];
        vec![
            Self {
                home: home.clone(),
                access: routes::OPERATIONS_ACCESS.href(id),
                standing: TEXT.collection.nothing_yet.to_owned(),
                referral: Facts::sample("KQ2846AC", None),
                others: Vec::new(),
                rows: Vec::new(),
                open: Vec::new(),
                choices: Vec::new(),
            },
            Self {
                home,
                access: routes::OPERATIONS_ACCESS.href(id),
                standing: "2 updates are waiting.".to_owned(),
                referral: Facts::sample("KQ2846AC", Some("2 Dec 2026, midday")),
                others: vec![Facts::sample("AB1234ET", None)],
                rows: states
                    .iter()
                    .flat_map(|state| [row(state, false, None), row(state, true, Some("<why>"))])
                    .collect(),
                open: vec![Open {
                    kind: domain::collection::DiscrepancyKind::ClosedEarly.explanation(),
                    first_seen: "2 Dec 2026, midday".to_owned(),
                    href: routes::OPERATIONS_DISCREPANCY.href(domain::DiscrepancyId(uuid::Uuid::from_u128(9))),
                }],
                choices: vec![Chosen {
                    at: "2 Dec 2026, 1pm".to_owned(),
                    choice: TEXT.collection.ask,
                    by: "PRACTITIONER_1".to_owned(),
                    why: "<long> & winding ".repeat(40),
                }],
            },
        ]
    }
}
