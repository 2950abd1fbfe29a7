//! The page on which practitioners choose what becomes of a referral that Delius takes no updates about.

use app::collection::{Chosen, Held, Standing, choose, standing};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Referral;
use domain::access::UserType;
use domain::catalogue::Reason;
use domain::collection::{Choice, SENTENCE_REASONS};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::standing::{waiting, what};
use super::{Banner, Part, read};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::TEXT;
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::when;

/// Something that was seen in Delius: its codes by the words that people there know, days as days.
pub(crate) fn in_words(name: &str, value: &str) -> String {
    let text = &TEXT.collection;
    match (name, value) {
        ("startedOn" | "startedOnExpected" | "endedOn" | "endedOnExpected", day) => {
            day.parse().map_or_else(|_| day.to_owned(), when::date)
        }
        ("status", "COMP") => text.status_completed.to_owned(),
        ("status", "INPROG") => text.status_in_progress.to_owned(),
        ("outcome", "CRS01") => text.outcome_cancelled.to_owned(),
        ("outcome", "CRS02") => text.outcome_early.to_owned(),
        ("outcome", "CRS03") => text.outcome_completed.to_owned(),
        ("sentence", "active") => text.sentence_active.to_owned(),
        ("sentence", "ended") => text.sentence_ended.to_owned(),
        ("sentence", "missing") => text.sentence_missing.to_owned(),
        (_, other) => other.to_owned(),
    }
}

/// What was sent, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Sent {
    #[serde(default)]
    version: String,
    #[serde(default)]
    choice: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    reason: String,
}

/// G `/probation-practitioner/referrals/{id}/delius`.
pub(crate) async fn ask(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Trouble> {
    let referral = read(&visitor, UserType::Practitioner, &id).await?;
    match standing(visitor.ctx(), referral.id).await? {
        Standing::Held(held) => {
            let reasons = app::catalogue::withdrawal_reasons(visitor.ctx()).await?;
            visitor.page(&ChooseView::of(&referral, &held, &reasons, &Sent::default(), &[]))
        }
        _ => Ok(Redirect::to(routes::PP_PROGRESS.href(referral.id).as_str()).into_response()),
    }
}

/// P `/probation-practitioner/referrals/{id}/delius`.
pub(crate) async fn answer(
    visitor: Visitor,
    Path(id): Path<String>,
    OwnForm(sent): OwnForm<Sent>,
) -> Result<Response, Trouble> {
    let referral = read(&visitor, UserType::Practitioner, &id).await?;
    let back = || Redirect::to(routes::PP_PROGRESS.href(referral.id).as_str()).into_response();
    let Standing::Held(held) = standing(visitor.ctx(), referral.id).await? else { return Ok(back()) };
    let reasons = app::catalogue::withdrawal_reasons(visitor.ctx()).await?;
    let faults = faults(&sent, &held, &reasons);
    if !faults.is_empty() {
        let view = ChooseView::of(&referral, &held, &reasons, &sent, &faults);
        let mut page = visitor.page(&view)?;
        *page.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(page);
    }
    let Some(choice) = Choice::from_text(&sent.choice) else { return Err(Trouble::Broken) };
    let chosen = Chosen {
        version: sent.version.parse().unwrap_or_default(),
        choice,
        why: sent.why,
        reason_code: (choice == Choice::EndReferral).then_some(sent.reason),
    };
    choose(visitor.ctx(), referral.id, chosen).await?;
    // 303, so that going back does not send it again.
    Ok((StatusCode::SEE_OTHER, [(http::header::LOCATION, routes::PP_PROGRESS.href(referral.id).as_str())])
        .into_response())
}

/// A field with what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Fault {
    field: &'static str,
    text: &'static str,
}

fn faults(sent: &Sent, held: &Held, reasons: &[Reason]) -> Vec<Fault> {
    let text = &TEXT.collection;
    let mut faults = Vec::new();
    let mut add = |field, text| faults.push(Fault { field, text });
    let choice = Choice::from_text(&sent.choice).filter(|choice| held.choices.contains(choice));
    if choice.is_none() {
        add("choice", text.no_choice);
    }
    if choice == Some(Choice::EndReferral) && reasons.iter().all(|reason| reason.code != sent.reason) {
        add("reason", text.no_reason);
    }
    if sent.why.trim().is_empty() {
        add("why", text.no_why);
    } else if sent.why.chars().count() > 2000 {
        add("why", text.long_why);
    }
    faults
}

/// Something to choose.
#[derive(Debug, Serialize)]
pub(crate) struct Offer {
    pub(crate) value: &'static str,
    pub(crate) text: &'static str,
    pub(crate) hint: &'static str,
    checked: bool,
    pub(crate) ends: bool,
}

/// A withdrawal reason.
#[derive(Debug, Serialize)]
struct ReasonOffer {
    value: String,
    text: String,
    selected: bool,
}

/// The page on which a practitioner chooses.
#[derive(Debug, Serialize)]
pub(crate) struct ChooseView {
    banner: Banner,
    what: String,
    waiting: String,
    /// Name and value of what was seen in Delius.
    seen: Vec<(&'static str, String)>,
    offers: Vec<Offer>,
    reasons: Vec<ReasonOffer>,
    version: String,
    why: String,
    faults: Vec<Fault>,
    choice_fault: Option<&'static str>,
    reason_fault: Option<&'static str>,
    why_fault: Option<&'static str>,
    action: Href,
    back: Href,
}

impl ChooseView {
    fn of(referral: &Referral, held: &Held, reasons: &[Reason], sent: &Sent, faults: &[Fault]) -> Self {
        let text = &TEXT.collection;
        let seen = [
            ("status", text.seen_status),
            ("outcome", text.seen_outcome),
            ("endedOn", text.seen_ended),
            ("sentence", text.seen_sentence),
        ];
        let wanted = if sent.reason.is_empty() { held.likely_reason } else { sent.reason.as_str() };
        // Where the sentence ended, the reasons that say so come first.
        let (mut first, rest): (Vec<&Reason>, Vec<&Reason>) = reasons.iter().partition(|reason| {
            SENTENCE_REASONS.contains(&held.likely_reason) && SENTENCE_REASONS.contains(&reason.code.as_str())
        });
        first.extend(rest);
        let about = |field| faults.iter().find(|fault| fault.field == field).map(|fault| fault.text);
        Self {
            banner: Banner::of(referral, UserType::Practitioner, Part::Progress),
            what: what(held),
            waiting: waiting(held),
            seen: seen
                .into_iter()
                .filter_map(|(key, name)| Some((name, in_words(key, held.evidence.get(key)?))))
                .collect(),
            offers: held.choices.iter().map(|choice| offer(*choice, &sent.choice)).collect(),
            reasons: first
                .into_iter()
                .map(|reason| ReasonOffer {
                    value: reason.code.clone(),
                    text: reason.description.clone(),
                    selected: reason.code == wanted,
                })
                .collect(),
            version: held.version.to_string(),
            why: sent.why.clone(),
            faults: faults.to_vec(),
            choice_fault: about("choice"),
            reason_fault: about("reason"),
            why_fault: about("why"),
            action: routes::PP_DELIUS.href(referral.id),
            back: routes::PP_PROGRESS.href(referral.id),
        }
    }
}

/// A choice in words.
pub(crate) fn offer(choice: Choice, sent: &str) -> Offer {
    let text = &TEXT.collection;
    let (words, hint) = match choice {
        Choice::AskToReopen => (text.ask, text.ask_hint),
        Choice::Reopened => (text.reopened, text.reopened_hint),
        Choice::WithoutDelius => (text.go_on, text.go_on_hint),
        Choice::EndReferral => (text.end, text.end_hint),
        Choice::CreateAgain => (text.again, text.again_hint),
    };
    let ends = choice == Choice::EndReferral;
    Offer { value: choice.as_str(), text: words, hint, checked: sent == choice.as_str(), ends }
}

impl View for ChooseView {
    const TEMPLATE: &'static str = "pages/referral/delius.html";

    fn title(&self) -> String {
        TEXT.collection.title.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Referrals)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use domain::collection::DiscrepancyKind;

        use super::sample::{at, bare, under_way};
        let reasons = [("SEE", "Sentence expired"), ("MOV", "Moved out of the area"), ("ANO", "Any other change")].map(
            |(code, description)| Reason { code: code.to_owned(), description: description.to_owned(), grouping: None },
        );
        let held = |kind: DiscrepancyKind, waiting, sentence: &str| Held {
            kind,
            evidence: [("status", "COMP"), ("outcome", "CRS03"), ("endedOn", "2026-07-01"), ("sentence", sentence)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            first_seen: at("2026-07-02T08:42:00Z"),
            waiting,
            asked_at: (waiting > 1).then(|| at("2026-07-03T08:42:00Z")),
            version: 3,
            choices: kind.choices(),
            likely_reason: if sentence == "active" { "ANO" } else { "SEE" },
        };
        let nothing = Sent::default();
        let long = Sent { why: "w".repeat(2001), choice: "end-referral".to_owned(), ..Sent::default() };
        let closed = held(DiscrepancyKind::ClosedEarly, 3, "ended");
        vec![
            Self::of(&bare(), &held(DiscrepancyKind::SoftDeleted, 0, "active"), &reasons, &nothing, &[]),
            Self::of(&under_way(), &held(DiscrepancyKind::ClosedEarly, 1, "active"), &reasons, &nothing, &[]),
            Self::of(&under_way(), &closed, &reasons, &long, &faults(&long, &closed, &reasons)),
            Self::of(&under_way(), &closed, &reasons, &nothing, &faults(&nothing, &closed, &reasons)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_told_in_words_and_what_nobody_knows_as_it_stands() {
        assert_eq!(in_words("endedOn", "2026-07-01"), "1 July 2026");
        assert_eq!(in_words("status", "COMP"), "Completed (COMP)");
        for (name, odd) in [("status", "REFD"), ("outcome", "NSI1"), ("endedOn", "soon"), ("caseNumber", "X100001")] {
            assert_eq!(in_words(name, odd), odd);
        }
    }
}
