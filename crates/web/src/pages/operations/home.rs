//! OPS-01 and OPS-03: find a referral, and see what waits for each system.

use app::Error;
use app::operator::{self, Queue};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pace::Pace;
use super::{Facts, Fault, answer, instant, system_name, titled};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::when;

/// G `/operations`.
pub(crate) async fn show(visitor: Visitor) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let view = look(&visitor, String::new(), Vec::new()).await?;
    visitor.page(&view)
}

/// What is looked for; a form, so that it enters no address.
#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    term: String,
}

/// P `/operations/search`: leads to the referral that matches, or lists them where there are several.
pub(crate) async fn search(visitor: Visitor, OwnForm(Search { term }): OwnForm<Search>) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let text = match operator::find(visitor.ctx(), &term).await {
        Ok(found) => match found.as_slice() {
            [] => TEXT.operations.search_nothing,
            [one] => return Ok(Redirect::to(routes::OPERATIONS_REFERRAL.href(one.id).as_str()).into_response()),
            _ => {
                let mut view = look(&visitor, term, Vec::new()).await?;
                view.found = found.into_iter().map(Facts::of).collect();
                return visitor.page(&view);
            }
        },
        Err(Error::Fields(_)) => TEXT.operations.search_empty,
        Err(other) => return Err(other.into()),
    };
    let view = look(&visitor, term, vec![Fault { field: "term", text }]).await?;
    answer(&visitor, &view, &view.faults)
}

async fn look(visitor: &Visitor, term: String, faults: Vec<Fault>) -> Result<HomeView, Trouble> {
    let queues = operator::queues(visitor.ctx()).await?;
    Ok(HomeView::of(queues, visitor.ctx().now(), term, faults))
}

/// One system.
#[derive(Serialize)]
struct Row {
    system: &'static str,
    waiting: u64,
    in_flight: u64,
    retrying: u64,
    parked: u64,
    oldest: Option<String>,
    pace: Pace,
    paused: Option<String>,
    trouble: Option<String>,
    link: String,
    href: Href,
}

/// The operators' home.
#[derive(Serialize)]
pub(crate) struct HomeView {
    action: Href,
    term: String,
    faults: Vec<Fault>,
    found: Vec<Facts>,
    rows: Vec<Row>,
    discrepancies: Href,
    replay: Href,
}

impl HomeView {
    fn of(queues: Vec<Queue>, now: Timestamp, term: String, faults: Vec<Fault>) -> Self {
        Self {
            action: routes::OPERATIONS_SEARCH.href(),
            term,
            faults,
            found: Vec::new(),
            rows: queues.into_iter().map(|queue| row(queue, now)).collect(),
            discrepancies: routes::OPERATIONS_DISCREPANCIES.href(),
            replay: routes::OPERATIONS_REPLAY.href(),
        }
    }
}

fn row(queue: Queue, now: Timestamp) -> Row {
    let pace = Pace::of(&queue, now);
    let Queue {
        system,
        waiting,
        in_flight,
        retrying,
        parked,
        oldest,
        paused,
        trouble,
        delivered: _,
        workers: _,
        circuits: _,
    } = queue;
    let text = &TEXT.operations;
    let name = system_name(system);
    let act = if paused.is_some() { text.resume } else { text.pause };
    Row {
        system: name,
        waiting,
        in_flight,
        retrying,
        parked,
        oldest: oldest.map(instant),
        pace,
        paused: paused.map(|one| {
            let (day, time) = (when::day(one.since), when::clock(one.since));
            let values = [("day", day.as_str()), ("time", &time), ("name", &one.by.username), ("why", &one.why)];
            fill(text.paused_since, &values)
        }),
        trouble: trouble
            .map(|one| fill(text.trouble, &[("count", one.count.to_string().as_str()), ("error", &one.error)])),
        link: fill(act, &[("system", name)]),
        href: routes::OPERATIONS_SYSTEM.href(system),
    }
}

impl View for HomeView {
    const TEMPLATE: &'static str = "pages/operations/home.html";

    fn title(&self) -> String {
        titled(TEXT.operations.title, &self.faults)
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use app::operator::{CircuitState, WorkerId, WorkersCircuit};
        use domain::effect::System;
        let now = "2026-12-01T09:30:00Z".parse().expect("an instant");
        let empty = |system| Queue {
            system,
            waiting: 0,
            in_flight: 0,
            retrying: 0,
            parked: 0,
            oldest: None,
            paused: None,
            trouble: None,
            delivered: 61,
            workers: 1,
            circuits: Vec::new(),
        };
        let all = || System::ALL.iter().copied().map(empty).collect();
        let open = CircuitState::Open { failures: 20, since: now, until: now };
        let circuits = ["delius", "auth"].map(|calls| WorkersCircuit {
            worker: WorkerId(uuid::Uuid::from_u128(1)),
            calls,
            state: open,
        });
        let stopped = Queue { workers: 2, delivered: 1_000_000, circuits: circuits.into(), ..empty(System::Delius) };
        let busy = Row {
            system: TEXT.operations.delius,
            waiting: 120_000,
            in_flight: 8,
            retrying: 431,
            parked: 17,
            oldest: Some("1 Dec 2026, 9:30am".to_owned()),
            pace: Pace::of(&stopped, now),
            paused: Some("Paused on 1 December 2026 at midday by OPERATOR_1: <maintenance> & more".to_owned()),
            trouble: Some("Most often (431): the circuit is open".to_owned()),
            link: "Resume Delius".to_owned(),
            href: routes::OPERATIONS_SYSTEM.href(System::Delius),
        };
        let fault = Fault { field: "term", text: TEXT.operations.search_nothing };
        let mut worst = Self::of(all(), now, "\"<nobody>\"".to_owned(), vec![fault]);
        worst.rows[0] = busy;
        let mut several = Self::of(all(), now, "X100001".to_owned(), Vec::new());
        several.found = vec![Facts::sample("KQ2846AC", None), Facts::sample("AB1234ET", Some("2 Dec 2026, midday"))];
        vec![Self::of(all(), now, String::new(), Vec::new()), worst, several]
    }
}
