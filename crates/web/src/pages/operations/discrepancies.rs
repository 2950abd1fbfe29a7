//! Where Delius and this service disagree, oldest first.

use app::operator::{self, DISCREPANCIES_MAX, OpenDiscrepancy};
use axum::response::Response;
use serde::Serialize;

use super::instant;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// G `/operations/discrepancies`.
pub(crate) async fn show(visitor: Visitor) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    visitor.page(&DiscrepanciesView::of(operator::open_discrepancies(visitor.ctx()).await?))
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

/// All that are open.
#[derive(Serialize)]
pub(crate) struct DiscrepanciesView {
    home: Href,
    rows: Vec<Row>,
    cut: Option<String>,
}

impl DiscrepanciesView {
    fn of(open: Vec<OpenDiscrepancy>) -> Self {
        let is_cut = open.len() >= usize::try_from(DISCREPANCIES_MAX).unwrap_or(usize::MAX);
        let count = open.len().to_string();
        Self {
            home: routes::OPERATIONS.href(),
            rows: open
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
            cut: is_cut.then(|| fill(TEXT.operations.discrepancies_first, &[("count", &count)])),
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
        use domain::ReferralId;
        use domain::collection::DiscrepancyKind;
        let row = |kind: DiscrepancyKind, referral: Option<u128>| OpenDiscrepancy {
            id: domain::DiscrepancyId(uuid::Uuid::from_u128(9)),
            kind,
            referral: referral.map(|number| ReferralId(uuid::Uuid::from_u128(number))),
            urn: referral.is_none().then(|| "urn:hmpps:interventions-referral:<odd>".to_owned()),
            first_seen_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let rows = DiscrepancyKind::ALL.iter().enumerate();
        let rows = rows.map(|(index, kind)| row(*kind, (index % 2 == 0).then_some(7))).collect();
        vec![Self::of(Vec::new()), Self { cut: Some("The oldest 1000 are shown.".to_owned()), ..Self::of(rows) }]
    }
}
