//! Where Delius and this service disagree, oldest first.

use app::operator::{self, DISCREPANCIES_PAGE, OpenDiscrepancies};
use axum::extract::Query;
use axum::response::Response;
use domain::DiscrepancyId;
use domain::collection::DiscrepancyKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::instant;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// What between an instant and an id says where a page begins.
const SEPARATOR: char = '_';

/// Which of them, and from where on. What cannot be read counts as not given.
#[derive(Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    after: String,
}

impl Wish {
    fn kind(&self) -> Option<DiscrepancyKind> {
        DiscrepancyKind::from_text(&self.kind)
    }

    fn after(&self) -> Option<(Timestamp, DiscrepancyId)> {
        let (seen, id) = self.after.split_once(SEPARATOR)?;
        Some((seen.parse().ok()?, id.parse().ok()?))
    }
}

/// G `/operations/discrepancies`.
pub(crate) async fn show(visitor: Visitor, Query(wish): Query<Wish>) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let (kind, after) = (wish.kind(), wish.after());
    let found = operator::open_discrepancies(visitor.ctx(), kind, after).await?;
    visitor.page(&DiscrepanciesView::of(found, kind, after.is_some()))
}

/// One discrepancy.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    first_seen: String,
    holds: bool,
    reference: Option<String>,
    ledger: Option<Href>,
    href: Href,
}

/// A kind that may be shown alone.
#[derive(Serialize)]
struct Kind {
    value: &'static str,
    text: String,
    selected: bool,
}

/// Those that are open, page by page.
#[derive(Serialize)]
pub(crate) struct DiscrepanciesView {
    home: Href,
    action: Href,
    kinds: Vec<Kind>,
    rows: Vec<Row>,
    nothing: &'static str,
    next: Option<Href>,
    next_text: String,
    first: Option<Href>,
}

impl DiscrepanciesView {
    fn of(found: OpenDiscrepancies, only: Option<DiscrepancyKind>, is_later: bool) -> Self {
        let list = routes::OPERATIONS_DISCREPANCIES.href();
        let all = Kind { value: "", text: TEXT.operations.all_kinds.to_owned(), selected: only.is_none() };
        let kinds = DiscrepancyKind::ALL.iter().map(|kind| Kind {
            value: kind.as_str(),
            text: super::capital(&kind.as_str().replace('_', " ")),
            selected: only == Some(*kind),
        });
        let kind = only.map_or("", DiscrepancyKind::as_str);
        Self {
            home: routes::OPERATIONS.href(),
            nothing: match only {
                Some(_) => TEXT.operations.discrepancies_none_so,
                None => TEXT.operations.discrepancies_none,
            },
            kinds: std::iter::once(all).chain(kinds).collect(),
            rows: found
                .rows
                .into_iter()
                .map(|one| Row {
                    kind: one.kind.explanation(),
                    first_seen: instant(one.first_seen_at),
                    holds: one.kind.holds(),
                    reference: one.urn,
                    ledger: one.referral.map(|id| routes::OPERATIONS_REFERRAL.href(id)),
                    href: routes::OPERATIONS_DISCREPANCY.href(one.id),
                })
                .collect(),
            next: found
                .next
                .map(|(seen, id)| list.with(&[("kind", kind), ("after", &format!("{seen}{SEPARATOR}{id}"))])),
            next_text: fill(TEXT.operations.next_page, &[("count", &DISCREPANCIES_PAGE.to_string())]),
            first: is_later.then(|| list.with(&[("kind", kind)])),
            action: list,
        }
    }
}

impl View for DiscrepanciesView {
    const TEMPLATE: &'static str = "pages/operations/discrepancies.html";

    fn title(&self) -> String {
        TEXT.operations.discrepancies.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use app::operator::OpenDiscrepancy;
        use domain::ReferralId;
        let id = DiscrepancyId(uuid::Uuid::from_u128(9));
        let row = |kind: DiscrepancyKind, referral: Option<u128>| OpenDiscrepancy {
            id,
            kind,
            referral: referral.map(|number| ReferralId(uuid::Uuid::from_u128(number))),
            urn: referral.is_none().then(|| "urn:hmpps:interventions-referral:<odd>".to_owned()),
            first_seen_at: Timestamp::UNIX_EPOCH,
        };
        let rows = DiscrepancyKind::ALL.iter().enumerate();
        let rows = rows.map(|(index, kind)| row(*kind, (index % 2 == 0).then_some(7))).collect();
        let many = OpenDiscrepancies { rows, next: Some((Timestamp::UNIX_EPOCH, id)) };
        vec![
            Self::of(OpenDiscrepancies::default(), None, false),
            Self::of(many, Some(DiscrepancyKind::ClosedEarly), true),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_page_begins_is_read_as_it_was_written_and_nonsense_is_the_first_page() {
        let (seen, id) = ("2026-12-01T09:30:00.123456Z".parse().unwrap(), DiscrepancyId(uuid::Uuid::from_u128(9)));
        let found = OpenDiscrepancies { rows: Vec::new(), next: Some((seen, id)) };
        let view = DiscrepanciesView::of(found, Some(DiscrepancyKind::StillOpen), false);
        let next = view.next.unwrap();
        let query = next.as_str().split_once('?').unwrap().1;
        let wish: Wish = serde_urlencoded::from_str(query).unwrap();
        assert_eq!((wish.kind(), wish.after()), (Some(DiscrepancyKind::StillOpen), Some((seen, id))));
        for odd in ["", "_", "yesterday_9", "2026-12-01T09:30:00Z"] {
            let wish = Wish { kind: odd.to_owned(), after: odd.to_owned() };
            assert_eq!((wish.kind(), wish.after()), (None, None), "{odd}");
        }
    }
}
