//! OPS-03: sending a window of time again: what, a look at what that would do, and then doing it.

use app::Error;
use app::operator::{self, Plan, Planned, ReplayOrder};
use axum::response::Response;
use domain::calendar;
use domain::effect::System;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Fault, answer, instant, message_name, system_name, titled};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// How much before now the form proposes to begin.
const PROPOSED: SignedDuration = SignedDuration::from_hours(1);

/// What was typed.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct Typed {
    #[serde(default)]
    system: String,
    /// London time, `2026-12-01T09:30`.
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    why: String,
    /// `send` once the preview was seen.
    #[serde(default)]
    step: String,
}

/// G `/operations/replay`.
pub(crate) async fn ask(visitor: Visitor) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let now = visitor.ctx().now();
    let typed = Typed { from: local(now - PROPOSED), until: local(now), ..Typed::default() };
    visitor.page(&ReplayView::of(typed, Stage::Ask, Vec::new()))
}

/// P `/operations/replay`: shows what would be done, then does it.
pub(crate) async fn act(visitor: Visitor, OwnForm(typed): OwnForm<Typed>) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let order = match order(&typed) {
        Ok(order) => order,
        Err(faults) => {
            let view = ReplayView::of(typed, Stage::Ask, faults);
            return answer(&visitor, &view, &view.faults);
        }
    };
    let is_sending = typed.step == "send";
    let done = if is_sending {
        Box::pin(operator::replay(visitor.ctx(), &order, &typed.why)).await
    } else {
        operator::preview(visitor.ctx(), &order).await
    };
    let view = match done {
        Ok(planned) if is_sending => ReplayView::of(typed, Stage::Done(planned), Vec::new()),
        Ok(planned) => ReplayView::of(typed, Stage::Preview(planned), Vec::new()),
        Err(Error::Fields(faults)) => {
            let faults = faults.0.iter().map(|fault| wrong(&fault.field)).collect();
            ReplayView::of(typed, Stage::Ask, faults)
        }
        Err(Error::Unmet(_)) => {
            let fault = Fault { field: "until", text: TEXT.operations.window_too_long };
            ReplayView::of(typed, Stage::Ask, vec![fault])
        }
        Err(other) => return Err(other.into()),
    };
    answer(&visitor, &view, &view.faults)
}

fn wrong(field: &str) -> Fault {
    match field {
        "why" => Fault { field: "why", text: TEXT.operations.why_wrong },
        _ => Fault { field: "until", text: TEXT.operations.window_empty },
    }
}

fn order(typed: &Typed) -> Result<ReplayOrder, Vec<Fault>> {
    let text = &TEXT.operations;
    let (system, from, until) = (System::from_text(&typed.system), read(&typed.from), read(&typed.until));
    let mut faults = Vec::new();
    if system.is_none() {
        faults.push(Fault { field: "system", text: text.system_missing });
    }
    if from.is_none() {
        faults.push(Fault { field: "from", text: text.from_wrong });
    }
    if until.is_none() {
        faults.push(Fault { field: "until", text: text.until_wrong });
    }
    if typed.why.trim().is_empty() {
        faults.push(Fault { field: "why", text: text.why_wrong });
    }
    match (system, from, until) {
        (Some(system), Some(from), Some(until)) if faults.is_empty() => Ok(ReplayOrder { system, from, until }),
        _ => Err(faults),
    }
}

/// A time of day in London; of two that the clock shows twice, the first.
fn read(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.trim().parse().ok()?;
    Some(civil.to_zoned(calendar::london()).ok()?.timestamp())
}

/// As a control for date and time takes it.
fn local(at: Timestamp) -> String {
    at.to_zoned(calendar::london()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// How far it is.
enum Stage {
    Ask,
    Preview(Vec<Planned>),
    Done(Vec<Planned>),
}

/// A system to choose.
#[derive(Serialize)]
struct Item {
    value: &'static str,
    text: &'static str,
    checked: bool,
}

/// What becomes of one message.
#[derive(Serialize)]
struct Row {
    message: String,
    intended: String,
    ledger: Href,
    plan: &'static str,
    colour: &'static str,
    why: Option<&'static str>,
}

impl Row {
    fn of(planned: &Planned) -> Self {
        let text = &TEXT.operations;
        let (plan, colour, why) = match planned.plan {
            Plan::TryAgain => (text.plan_try, "blue", None),
            Plan::SendAgain => (text.plan_send, "blue", None),
            Plan::Leave(why) => (text.plan_leave, "grey", Some(why)),
        };
        Self {
            message: message_name(&planned.entry.action),
            intended: instant(planned.entry.created_at),
            ledger: routes::OPERATIONS_REFERRAL.href(planned.entry.referral_id),
            plan,
            colour,
            why,
        }
    }
}

/// The form, the preview or the result.
#[derive(Serialize)]
pub(crate) struct ReplayView {
    action: Href,
    home: Href,
    items: Vec<Item>,
    typed: Typed,
    is_preview: bool,
    summary: Option<String>,
    may_send: bool,
    rows: Vec<Row>,
    faults: Vec<Fault>,
}

impl ReplayView {
    fn of(typed: Typed, stage: Stage, faults: Vec<Fault>) -> Self {
        let text = &TEXT.operations;
        let items = System::ALL.iter().map(|system| Item {
            value: system.as_str(),
            text: system_name(*system),
            checked: typed.system == system.as_str(),
        });
        let (is_preview, words, planned) = match stage {
            Stage::Ask => (false, None, Vec::new()),
            Stage::Preview(planned) => (true, Some(text.would_send), planned),
            Stage::Done(planned) => (false, Some(text.were_sent), planned),
        };
        let moved = planned.iter().filter(|one| !matches!(one.plan, Plan::Leave(_))).count();
        let (all, moving) = (planned.len().to_string(), moved.to_string());
        Self {
            action: routes::OPERATIONS_REPLAY.href(),
            home: routes::OPERATIONS.href(),
            items: items.collect(),
            is_preview,
            summary: words.map(|words| fill(words, &[("moved", &moving), ("all", &all)])),
            may_send: is_preview && moved > 0,
            rows: planned.iter().map(Row::of).collect(),
            typed,
            faults,
        }
    }
}

impl View for ReplayView {
    const TEMPLATE: &'static str = "pages/operations/replay.html";

    fn title(&self) -> String {
        titled(TEXT.operations.replay, &self.faults)
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |why| Row {
            message: "Event: intervention.referral.sent".to_owned(),
            intended: "1 Dec 2026, 9:30am".to_owned(),
            ledger: routes::OPERATIONS_REFERRAL.href(domain::ReferralId(uuid::Uuid::from_u128(7))),
            plan: TEXT.operations.plan_leave,
            colour: "grey",
            why,
        };
        let typed = || Typed {
            system: "delius".to_owned(),
            from: "2026-12-01T09:30".to_owned(),
            until: "<later>".to_owned(),
            why: "<x>".repeat(400),
            step: "preview".to_owned(),
        };
        let faults = match order(&Typed::default()) {
            Err(faults) => faults,
            Ok(_) => Vec::new(),
        };
        let shown = |is_preview, rows| Self {
            is_preview,
            may_send: is_preview,
            summary: Some("1 of 2 messages".to_owned()),
            rows,
            ..Self::of(typed(), Stage::Ask, Vec::new())
        };
        vec![
            Self::of(Typed::default(), Stage::Ask, Vec::new()),
            Self::of(typed(), Stage::Ask, faults),
            Self::of(typed(), Stage::Preview(Vec::new()), Vec::new()),
            shown(true, vec![row(None), row(Some("it was <sent>"))]),
            shown(false, vec![row(None)]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_londons_and_are_read_as_they_are_proposed() {
        let summer: Timestamp = "2026-07-01T08:30:00Z".parse().unwrap();
        assert_eq!(local(summer), "2026-07-01T09:30");
        assert_eq!(read(" 2026-07-01T09:30 "), Some(summer));
        assert_eq!(read("2026-07-01 09:30:00"), Some(summer));
        for nonsense in ["", "yesterday", "2026-13-01T09:30", "09:30"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
