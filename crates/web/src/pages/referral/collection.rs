//! How Delius stands with a referral: one sentence for both sides, and for practitioners the page on which they choose
//! what becomes of a referral that Delius takes no updates about.

use app::collection::{Chosen, Held, Standing, Wait, choose, standing};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::UserType;
use domain::catalogue::Reason;
use domain::collection::{Choice, DiscrepancyKind, SENTENCE_REASONS};
use domain::{Referral, ReferralId};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Banner, Part, read};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::when;

/// One sentence about Delius, and where there is something to choose.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    text: String,
    /// Whether somebody should look at it.
    is_warning: bool,
    choose: Option<Href>,
}

impl Line {
    pub(crate) fn of(standing: &Standing, referral: ReferralId) -> Self {
        let text = &TEXT.collection;
        let plain = |text: String| Self { text, is_warning: false, choose: None };
        match standing {
            Standing::UpToDate { up_to: Some(at) } => plain(fill(text.up_to_date, &[("at", &moment(*at))])),
            Standing::UpToDate { up_to: None } => plain(text.nothing_yet.to_owned()),
            Standing::Waiting { count, wait, next_try } => {
                let why = match wait {
                    Wait::Turn => text.wait_turn,
                    Wait::Delius => text.wait_delius,
                    Wait::Feedback => text.wait_feedback,
                };
                plain(fill(why, &[("updates", &updates(*count)), ("at", &moment(*next_try))]))
            }
            Standing::Stuck { count, since, reason } => Self {
                text: fill(text.stuck, &[("updates", &updates(*count)), ("at", &moment(*since)), ("reason", reason)]),
                is_warning: true,
                choose: None,
            },
            Standing::Held(held) => Self {
                text: format!("{} {}", what(held), waiting(held)),
                is_warning: true,
                choose: (!held.choices.is_empty()).then(|| routes::PP_DELIUS.href(referral)),
            },
            Standing::Without { since, kind: _ } => plain(fill(text.without, &[("date", &when::day(*since))])),
        }
    }
}

/// How Delius stands with a referral, in a sentence or two.
pub(crate) fn in_a_sentence(standing: &Standing, referral: ReferralId) -> String {
    Line::of(standing, referral).text
}

fn moment(at: Timestamp) -> String {
    fill(TEXT.collection.moment, &[("time", &when::clock(at)), ("date", &when::day(at))])
}

fn updates(count: u64) -> String {
    if count == 1 {
        TEXT.collection.one_update.to_owned()
    } else {
        fill(TEXT.collection.many_updates, &[("count", &count.to_string())])
    }
}

/// What is the matter, in a sentence.
fn what(held: &Held) -> String {
    let text = &TEXT.collection;
    let sentence = match held.kind {
        DiscrepancyKind::ClosedEarly => text.closed,
        DiscrepancyKind::HalfReopened => text.half_reopened,
        DiscrepancyKind::SoftDeleted => text.deleted,
        DiscrepancyKind::Duplicate => text.duplicate,
        DiscrepancyKind::PersonMismatch => text.merged,
        _ => text.missing,
    };
    fill(sentence, &[("date", &when::day(held.first_seen))])
}

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

fn waiting(held: &Held) -> String {
    let text = &TEXT.collection;
    let mut words = match held.waiting {
        0 => text.none_waits.to_owned(),
        1 => text.one_waits.to_owned(),
        count => fill(text.many_wait, &[("count", &count.to_string())]),
    };
    if let Some(asked) = held.asked_at {
        words = format!("{words} {}", fill(text.asked, &[("date", &when::day(asked))]));
    }
    words
}

/// A standing for samples: held for practitioners, up to date for providers.
#[cfg(test)]
pub(super) fn sample_standing(side: UserType, now: Timestamp) -> Standing {
    if side == UserType::Provider {
        return Standing::UpToDate { up_to: Some(now) };
    }
    Standing::Held(Held {
        kind: DiscrepancyKind::ClosedEarly,
        evidence: domain::collection::Evidence::new(),
        first_seen: now,
        waiting: 2,
        asked_at: None,
        version: 1,
        choices: DiscrepancyKind::ClosedEarly.choices(),
        likely_reason: "ANO",
    })
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
    fn every_standing_is_a_sentence() {
        let at: Timestamp = "2026-07-10T09:42:00Z".parse().unwrap();
        let id: ReferralId = "7f3c1d52-6b0e-4c35-9a5d-2f1f8f0f2a11".parse().unwrap();
        let check = |standing: Standing, expected: &str| {
            let line = Line::of(&standing, id);
            assert!(line.text.contains(expected), "{}", line.text);
            assert!(!line.text.contains('{'), "{}", line.text);
        };
        check(Standing::UpToDate { up_to: Some(at) }, "10:42am on 10 July 2026");
        check(Standing::UpToDate { up_to: None }, "not been told");
        check(Standing::Waiting { count: 1, wait: Wait::Delius, next_try: at }, "1 update is waiting");
        check(Standing::Waiting { count: 2, wait: Wait::Feedback, next_try: at }, "2 updates are waiting");
        check(Standing::Waiting { count: 2, wait: Wait::Turn, next_try: at }, "2 updates are waiting");
        check(Standing::Stuck { count: 1, since: at, reason: "a clash".to_owned() }, "a clash");
        check(Standing::Without { since: at, kind: None }, "10 July 2026");
    }

    #[test]
    fn what_was_seen_is_told_in_words_and_what_nobody_knows_as_it_stands() {
        assert_eq!(in_words("endedOn", "2026-07-01"), "1 July 2026");
        assert_eq!(in_words("status", "COMP"), "Completed (COMP)");
        for (name, odd) in [("status", "REFD"), ("outcome", "NSI1"), ("endedOn", "soon"), ("caseNumber", "X100001")] {
            assert_eq!(in_words(name, odd), odd);
        }
    }
}
