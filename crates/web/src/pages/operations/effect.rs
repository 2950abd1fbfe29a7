//! OPS-03: one message with its attempts; trying it again, or going on without it.

use app::operator::{self, Line, Seen};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{EffectId, ReferralId};
use serde::{Deserialize, Serialize};

use super::{Fault, State, answer, capital, faults_of_why, instant, message_name, system_name, titled, turn};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::TEXT;
use crate::trouble::Trouble;
use crate::visitor::Visitor;

type Ids = (ReferralId, EffectId);

fn ids((referral, effect): (String, String)) -> Result<Ids, Trouble> {
    let not_found = |_| Trouble::NotFound;
    Ok((referral.parse().map_err(not_found)?, effect.parse().map_err(not_found)?))
}

async fn line(visitor: &Visitor, (referral, effect): Ids) -> Result<Line, Trouble> {
    let ledger = operator::get_ledger(visitor.ctx(), referral).await?;
    ledger.lines.into_iter().find(|line| line.entry.id == effect).ok_or(Trouble::NotFound)
}

/// G `/operations/referrals/{id}/messages/{effect}`.
pub(crate) async fn show(visitor: Visitor, Path(path): Path<(String, String)>) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    visitor.page(&EffectView::of(line(&visitor, ids(path)?).await?, Move::default(), Vec::new()))
}

/// What is to become of it.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Move {
    #[serde(default)]
    action: String,
    #[serde(default)]
    why: String,
    /// How often it had been tried when the form was made.
    #[serde(default)]
    attempts: i32,
}

/// P `/operations/referrals/{id}/messages/{effect}`.
pub(crate) async fn act(
    visitor: Visitor,
    Path(path): Path<(String, String)>,
    OwnForm(wish): OwnForm<Move>,
) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let (referral, effect) = ids(path)?;
    let found = line(&visitor, (referral, effect)).await?;
    let seen = Seen { id: effect, attempts: Some(wish.attempts) };
    let done = match wish.action.as_str() {
        "retry" => operator::retry(visitor.ctx(), seen, &wish.why).await,
        "skip" => operator::skip(visitor.ctx(), seen, &wish.why).await,
        _ => {
            let mut faults = vec![Fault { field: "action", text: TEXT.operations.move_missing }];
            if wish.why.trim().is_empty() {
                faults.push(Fault { field: "why", text: TEXT.operations.why_wrong });
            }
            let view = EffectView::of(found, wish, faults);
            return answer(&visitor, &view, &view.faults);
        }
    };
    match done {
        Ok(_) => Ok(Redirect::to(routes::OPERATIONS_REFERRAL.href(referral).as_str()).into_response()),
        Err(error) => {
            let view = EffectView::of(found, wish, faults_of_why(error)?);
            answer(&visitor, &view, &view.faults)
        }
    }
}

/// One attempt.
#[derive(Serialize)]
struct Attempt {
    number: i32,
    at: String,
    outcome: String,
    detail: String,
}

/// One message.
#[derive(Serialize)]
pub(crate) struct EffectView {
    back: Href,
    action: Href,
    message: String,
    facts: Vec<(&'static str, String)>,
    state: State,
    attempts: Vec<Attempt>,
    tried: i32,
    may_retry: bool,
    may_skip: bool,
    standstill: &'static str,
    wish: Move,
    faults: Vec<Fault>,
}

impl EffectView {
    fn of(line: Line, wish: Move, faults: Vec<Fault>) -> Self {
        let text = &TEXT.operations;
        let shown = State::of_line(&line);
        let Line { entry, attempts, waits_for, is_paused: _, is_held: _, next_try, owner } = line;
        let state = entry.state.as_str();
        let may_retry = matches!(state, "parked" | "retrying");
        let mut facts = vec![
            (text.system, system_name(entry.system).to_owned()),
            (text.turn, turn(owner).unwrap_or(text.turn_nobody).to_owned()),
        ];
        facts.extend(next_try.map(|at| (text.next_try, instant(at))));
        if entry.was_ambiguous && entry.state.is_unfinished() {
            facts.push((text.ambiguous, text.ambiguous_yes.to_owned()));
        }
        facts.extend(entry.after.map(|id| (text.comes_after, id.to_string())));
        let more = [
            (text.occurred, instant(entry.occurred_at)),
            (text.intended, instant(entry.created_at)),
            (text.actor, entry.actor.username),
            (text.cause, entry.cause),
            (text.correlation, entry.correlation_id),
        ];
        facts.extend(more);
        facts.extend(entry.reason.or(entry.last_error).map(|reason| (text.reason, reason)));
        facts.extend(entry.receipt.map(|receipt| (text.receipt, receipt)));
        facts.extend(waits_for.map(|id| (text.waits, id.to_string())));
        let attempts = attempts.into_iter().map(|attempt| Attempt {
            number: attempt.number,
            at: instant(attempt.started_at),
            outcome: attempt.outcome.map_or_else(|| text.under_way.to_owned(), |outcome| capital(&outcome)),
            detail: [attempt.status.map(|status| status.to_string()), attempt.error]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(": "),
        });
        Self {
            back: routes::OPERATIONS_REFERRAL.href(entry.referral_id),
            action: routes::OPERATIONS_EFFECT.href(entry.referral_id, entry.id),
            message: message_name(&entry.action),
            facts,
            state: shown,
            attempts: attempts.collect(),
            tried: entry.attempts,
            may_retry,
            may_skip: may_retry || state == "waiting",
            standstill: if state == "in_flight" { text.flying } else { text.finished },
            wish,
            faults,
        }
    }
}

impl View for EffectView {
    const TEMPLATE: &'static str = "pages/operations/effect.html";

    fn title(&self) -> String {
        titled(TEXT.operations.effect, &self.faults)
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let text = &TEXT.operations;
        let (referral, effect) = (ReferralId(uuid::Uuid::from_u128(7)), EffectId(uuid::Uuid::from_u128(8)));
        let view = |state: &str, attempts, wish, faults: Vec<Fault>| Self {
            back: routes::OPERATIONS_REFERRAL.href(referral),
            action: routes::OPERATIONS_EFFECT.href(referral, effect),
            message: "Start of referral".to_owned(),
            facts: vec![(text.system, "Delius".to_owned()), (text.reason, "<refused> & parked".to_owned())],
            state: State::of(state, false),
            attempts,
            tried: 2,
            may_retry: state == "parked",
            may_skip: state != "delivered",
            standstill: text.finished,
            wish,
            faults,
        };
        let attempt = Attempt {
            number: 1,
            at: "1 Dec 2026, 9:30am".to_owned(),
            outcome: "Parked".to_owned(),
            detail: "403: refused".to_owned(),
        };
        let faults =
            vec![Fault { field: "action", text: text.move_missing }, Fault { field: "why", text: text.why_wrong }];
        let typed = Move { action: "skip".to_owned(), why: "<x>".repeat(400), attempts: 2 };
        vec![
            view("delivered", Vec::new(), Move::default(), Vec::new()),
            view("waiting", Vec::new(), Move::default(), Vec::new()),
            view("parked", vec![attempt], typed, faults),
        ]
    }
}
