//! PD-05: a practitioner's drafts, newest first, with the date on which each will be deleted, and a warning about those
//! that go soon. The same warning stands on the home page, for whoever does not look here.
//!
//! A draft cannot be opened here: there are no pages to answer it yet.

use app::draft::{self, OwnDraft};
use axum::response::Response;
use domain::access::UserType;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::list::{self, Tab};
use crate::frame::Section;
use crate::routes;
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::{name, when};

/// G `/probation-practitioner/dashboard/draft-cases`.
pub(crate) async fn list(visitor: Visitor) -> Result<Response, Trouble> {
    visitor.must_be(UserType::Practitioner)?;
    let drafts = draft::list_own(visitor.ctx()).await?;
    visitor.page(&DraftsView::new(&drafts, draft::kept_for(visitor.ctx())))
}

/// What is to be said about drafts that go soon; nothing when none does.
pub(crate) fn warning(drafts: &[OwnDraft]) -> Option<String> {
    let going: Vec<Timestamp> = drafts.iter().filter(|own| own.is_warned).filter_map(|own| own.deleted_at).collect();
    let first = going.iter().min()?;
    let text = if going.len() == 1 { TEXT.drafts.one_goes } else { TEXT.drafts.some_go };
    Some(fill(text, &[("count", &going.len().to_string()), ("date", &when::day(*first))]))
}

/// A draft's line.
#[derive(Serialize)]
struct Line {
    person: String,
    crn: String,
    service: String,
    provider: String,
    started: String,
    changed: String,
    deleted: String,
    is_warned: bool,
}

impl Line {
    fn of(own: &OwnDraft) -> Self {
        let OwnDraft { draft, deleted_at, is_warned } = own;
        let person = name::full(draft.person.first_name.as_deref(), draft.person.last_name.as_deref());
        Self {
            person: person.unwrap_or_else(|| TEXT.drafts.name_unknown.to_owned()),
            crn: draft.crn.0.clone(),
            service: draft.intervention.contract.contract_type.name.clone(),
            provider: draft.intervention.contract.prime_provider.name.clone(),
            started: when::short_day(draft.created_at),
            changed: when::short_day(draft.changed_at),
            deleted: deleted_at.map_or_else(|| TEXT.drafts.sending.to_owned(), when::short_day),
            is_warned: *is_warned,
        }
    }
}

/// PD-05.
#[derive(Serialize)]
pub(crate) struct DraftsView {
    tabs: Vec<Tab>,
    kept: String,
    warning: Option<String>,
    lines: Vec<Line>,
}

impl DraftsView {
    fn new(drafts: &[OwnDraft], kept: SignedDuration) -> Self {
        Self {
            tabs: list::tabs(UserType::Practitioner, routes::PP_DRAFTS),
            kept: fill(TEXT.drafts.kept, &[("days", &(kept.as_hours() / 24).to_string())]),
            warning: warning(drafts),
            lines: drafts.iter().map(Line::of).collect(),
        }
    }
}

impl View for DraftsView {
    const TEMPLATE: &'static str = "pages/lists/drafts.html";

    fn title(&self) -> String {
        TEXT.drafts.title.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Referrals)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let line = |person: &str, deleted: &str, is_warned| Line {
            person: person.to_owned(),
            crn: "X100001".to_owned(),
            service: "Accommodation".to_owned(),
            provider: "Harbour Trust".to_owned(),
            started: "1 Jun 2026".to_owned(),
            changed: "3 Jun 2026".to_owned(),
            deleted: deleted.to_owned(),
            is_warned,
        };
        let empty = || Self::new(&[], SignedDuration::from_hours(90 * 24));
        let usual = Self { lines: vec![line("Alex River", "1 Sep 2026", false)], ..empty() };
        let worst = Self {
            warning: Some(fill(TEXT.drafts.some_go, &[("count", "2"), ("date", "1 September 2026")])),
            lines: vec![
                line(&"Wolfeschlegelsteinhausenbergerdorff ".repeat(3), "1 Sep 2026", true),
                line(TEXT.drafts.name_unknown, TEXT.drafts.sending, false),
            ],
            ..empty()
        };
        vec![empty(), usual, worst]
    }
}
