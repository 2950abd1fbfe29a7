//! One disagreement with Delius: what was seen, and what an operator may do about it.

use app::Error;
use app::collection::Held;
use app::operator::{self, Disagreement, Mend};
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use domain::collection::{Choice, Repair};
use domain::{Crn, DiscrepancyId};
use serde::{Deserialize, Serialize};

use super::{Facts, Fault, answer, instant, titled};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::pages::referral::collection::{in_words, offer};
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

fn id(path: &str) -> Result<DiscrepancyId, Trouble> {
    path.parse().map_err(|_| Trouble::NotFound)
}

/// G `/operations/discrepancies/{discrepancy}`.
pub(crate) async fn show(
    visitor: Visitor,
    Path(path): Path<String>,
    Query(Came { done }): Query<Came>,
) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let found = operator::disagreement(visitor.ctx(), id(&path)?).await?;
    let mut view = DiscrepancyView::of(found, Wish::default(), Vec::new());
    view.message = (done == NOTHING).then_some(TEXT.operations.mend_nothing);
    visitor.page(&view)
}

/// What the address says of a repair that was asked for and not intended.
const NOTHING: &str = "nothing";

/// What came of a form.
#[derive(Default, Deserialize)]
pub(crate) struct Came {
    #[serde(default)]
    done: String,
}

/// What is to be done, as it was typed.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct Wish {
    /// `compare`, `repair`, `follow-merge` or a choice.
    #[serde(default)]
    action: String,
    #[serde(default)]
    crn: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    version: i32,
    #[serde(default)]
    why: String,
}

/// P `/operations/discrepancies/{discrepancy}`.
pub(crate) async fn act(
    visitor: Visitor,
    Path(path): Path<String>,
    OwnForm(wish): OwnForm<Wish>,
) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let id = id(&path)?;
    let text = &TEXT.operations;
    let found = operator::disagreement(visitor.ctx(), id).await?;
    let how = mend(&found, &wish);
    let mut faults = Vec::new();
    match &how {
        None => faults.push(Fault { field: "action", text: text.move_missing }),
        Some(Mend::FollowMerge(to)) if !Crn::looks_like_one(to.as_str()) => {
            faults.push(Fault { field: "crn", text: text.crn_wrong });
        }
        Some(Mend::Choose { reason_code: Some(code), .. })
            if found.withdrawal_reasons.iter().all(|reason| reason.code != *code) =>
        {
            faults.push(Fault { field: "reason", text: TEXT.collection.no_reason });
        }
        Some(_) => {}
    }
    if wish.why.trim().is_empty() || wish.why.chars().count() > operator::WHY_MAX {
        faults.push(Fault { field: "why", text: text.why_wrong });
    }
    let (Some(how), true) = (how, faults.is_empty()) else {
        let view = DiscrepancyView::of(found, wish, faults);
        return answer(&visitor, &view, &view.faults);
    };
    match Box::pin(operator::mend(visitor.ctx(), id, how, &wish.why)).await {
        Ok(mended) => {
            let page = routes::OPERATIONS_DISCREPANCY.href(id);
            let page = if mended.is_done { page } else { page.with(&[("done", NOTHING)]) };
            Ok(Redirect::to(page.as_str()).into_response())
        }
        // Said on the page, because it says what somebody must do instead.
        Err(Error::Conflict(_)) => {
            let found = operator::disagreement(visitor.ctx(), id).await?;
            let view = DiscrepancyView::of(found, wish, vec![Fault { field: "action", text: text.mend_refused }]);
            answer(&visitor, &view, &view.faults)
        }
        Err(other) => Err(other.into()),
    }
}

/// What the form asks for, where it is offered.
fn mend(found: &Disagreement, wish: &Wish) -> Option<Mend> {
    if found.discrepancy.referral_id.is_none() || found.discrepancy.settled.is_some() {
        return None;
    }
    match wish.action.as_str() {
        "compare" => Some(Mend::Compare),
        "repair" if found.repair.is_some_and(|repair| repair != Repair::FollowMerge) => Some(Mend::Repair),
        "follow-merge" if found.repair == Some(Repair::FollowMerge) => {
            Some(Mend::FollowMerge(Crn(wish.crn.trim().to_ascii_uppercase())))
        }
        other => {
            let choice = Choice::from_text(other)?;
            found.held.as_ref().filter(|held| held.choices.contains(&choice))?;
            let reason_code = (choice == Choice::EndReferral).then(|| wish.reason.clone());
            Some(Mend::Choose { choice, version: wish.version, reason_code })
        }
    }
}

/// Something that may be done.
#[derive(Serialize)]
struct Item {
    value: &'static str,
    text: &'static str,
    hint: &'static str,
    checked: bool,
    /// What more is asked for it: `crn`, `reason`, or nothing.
    asks: Option<&'static str>,
}

/// A withdrawal reason.
#[derive(Serialize)]
struct Reason {
    value: String,
    text: String,
    selected: bool,
}

/// One discrepancy.
#[derive(Serialize)]
pub(crate) struct DiscrepancyView {
    back: Href,
    action: Href,
    what: &'static str,
    referral: Option<Facts>,
    facts: Vec<(String, String)>,
    items: Vec<Item>,
    reasons: Vec<Reason>,
    version: i32,
    standstill: &'static str,
    /// What is to be said of what was asked for.
    message: Option<&'static str>,
    wish: Wish,
    faults: Vec<Fault>,
}

impl DiscrepancyView {
    fn of(found: Disagreement, wish: Wish, faults: Vec<Fault>) -> Self {
        let text = &TEXT.operations;
        let items = items(&found, &wish);
        let Disagreement { discrepancy, referral, repair: _, held, withdrawal_reasons } = found;
        let wanted = match (&held, wish.reason.as_str()) {
            (Some(Held { likely_reason, .. }), "") => *likely_reason,
            (_, typed) => typed,
        };
        let reasons = withdrawal_reasons.into_iter().map(|reason| Reason {
            selected: reason.code == wanted,
            value: reason.code,
            text: reason.description,
        });
        let mut facts = vec![
            (text.first_seen.to_owned(), instant(discrepancy.first_seen_at)),
            (text.last_seen.to_owned(), instant(discrepancy.last_seen_at)),
            (text.repairs.to_owned(), discrepancy.repairs.to_string()),
        ];
        facts.extend(discrepancy.urn.map(|urn| (text.carried.to_owned(), urn)));
        facts.extend(discrepancy.finding.evidence.iter().map(|(name, value)| (seen(name), in_words(name, value))));
        facts.extend(discrepancy.settled.as_ref().map(|settled| {
            let by = settled.by.as_ref().map_or(text.nobody, |user| user.username.as_str());
            let values = [("at", instant(settled.at)), ("how", settled.how.clone()), ("by", by.to_owned())];
            let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            (text.settled.to_owned(), fill(text.settled_how, &values))
        }));
        let why = discrepancy.settled.as_ref().and_then(|settled| settled.why.clone());
        facts.extend(why.map(|why| (text.settled_why.to_owned(), why)));
        Self {
            back: routes::OPERATIONS_DISCREPANCIES.href(),
            action: routes::OPERATIONS_DISCREPANCY.href(discrepancy.id),
            what: discrepancy.finding.kind.explanation(),
            standstill: if discrepancy.settled.is_some() { text.is_settled } else { text.is_stray },
            referral: referral.map(Facts::of),
            facts,
            items,
            reasons: reasons.collect(),
            version: held.map_or(0, |held| held.version),
            message: None,
            wish,
            faults,
        }
    }
}

/// What was seen, by a name that people know.
fn seen(name: &str) -> String {
    let (text, of_operators) = (&TEXT.collection, &TEXT.operations);
    match name {
        "status" => text.seen_status,
        "outcome" => text.seen_outcome,
        "endedOn" => text.seen_ended,
        "sentence" => text.seen_sentence,
        "type" => of_operators.seen_type,
        "expected" => of_operators.seen_expected,
        "startedOn" => of_operators.seen_started,
        "startedOnExpected" => of_operators.seen_started_expected,
        "endedOnExpected" => of_operators.seen_ended_expected,
        "sentenceId" => of_operators.seen_sentence_id,
        "sentenceIdExpected" => of_operators.seen_sentence_id_expected,
        "activities" => of_operators.seen_activities,
        "start" => of_operators.seen_start,
        "caseNumber" => of_operators.seen_case_number,
        "foundWith" => of_operators.found_with,
        "refused" => of_operators.refused_call,
        "refusedWith" => of_operators.refused_with,
        other => other,
    }
    .to_owned()
}

fn items(found: &Disagreement, wish: &Wish) -> Vec<Item> {
    let text = &TEXT.operations;
    if found.discrepancy.settled.is_some() || found.discrepancy.referral_id.is_none() {
        return Vec::new();
    }
    let item = |value: &'static str, text, hint, asks| Item { value, text, hint, asks, checked: wish.action == value };
    let mut items = vec![item("compare", text.compare, text.compare_hint, None)];
    items.extend(found.repair.map(|repair| match repair {
        Repair::CreateAgain => item("repair", text.make_again, text.make_again_hint, None),
        Repair::AnnounceEnd => item("repair", text.announce_again, text.announce_again_hint, None),
        Repair::BookAgain => item("repair", text.book_again, text.book_again_hint, None),
        Repair::RecordOutcome => item("repair", text.record_again, text.record_again_hint, None),
        Repair::FollowMerge => item("follow-merge", text.follow, text.follow_hint, Some("crn")),
    }));
    let choices = found.held.as_ref().map_or(&[] as &[Choice], |held| held.choices);
    // Making it again is the repair above.
    let choices = choices.iter().filter(|choice| **choice != Choice::CreateAgain || found.repair.is_none());
    items.extend(choices.map(|choice| {
        let offer = offer(*choice, &wish.action);
        item(offer.value, offer.text, offer.hint, offer.ends.then_some("reason"))
    }));
    items
}

impl View for DiscrepancyView {
    const TEMPLATE: &'static str = "pages/operations/discrepancy.html";

    fn title(&self) -> String {
        titled(TEXT.operations.discrepancy, &self.faults)
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let text = &TEXT.operations;
        let item = |value, asks, checked| Item { value, text: text.compare, hint: text.compare_hint, asks, checked };
        let reason = Reason { value: "SEE".to_owned(), text: "Sentence <expired>".to_owned(), selected: true };
        let view = |items, wish, faults| Self {
            back: routes::OPERATIONS_DISCREPANCIES.href(),
            action: routes::OPERATIONS_DISCREPANCY.href(DiscrepancyId(uuid::Uuid::from_u128(9))),
            what: domain::collection::DiscrepancyKind::ClosedEarly.explanation(),
            referral: None,
            facts: vec![(text.carried.to_owned(), "urn:hmpps:interventions-referral:<odd>".to_owned())],
            items,
            reasons: Vec::new(),
            version: 3,
            standstill: text.is_settled,
            message: Some(text.mend_nothing),
            wish,
            faults,
        };
        let faults = ["action", "crn", "reason", "why"].map(|field| Fault { field, text: text.move_missing });
        let typed = Wish { action: "end-referral".to_owned(), why: "<x>".repeat(400), ..Wish::default() };
        let all = vec![item("compare", None, false), item("follow-merge", Some("crn"), false)];
        let mut worst = view(all, typed, faults.into());
        worst.items.push(item("end-referral", Some("reason"), true));
        worst.reasons.push(reason);
        worst.referral = Some(Facts::sample("KQ2846AC", None));
        vec![view(Vec::new(), Wish::default(), Vec::new()), worst]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_seen_has_a_name_that_people_know() {
        for name in domain::collection::EVIDENCE {
            assert_ne!(seen(name), name);
        }
    }
}
