//! OPS-03: why somebody can, or cannot, see a referral.

use app::Error;
use app::operator::{self, Explanation, Step, Verdict};
use axum::extract::Path;
use axum::response::Response;
use domain::ReferralId;
use serde::{Deserialize, Serialize};

use super::{Fault, answer, titled};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

fn id(path: &str) -> Result<ReferralId, Trouble> {
    path.parse().map_err(|_| Trouble::NotFound)
}

/// G `/operations/referrals/{id}/access`.
pub(crate) async fn ask(visitor: Visitor, Path(path): Path<String>) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let id = id(&path)?;
    // The ledger's own look: a referral that is not there has no such page.
    operator::get_ledger(visitor.ctx(), id).await?;
    visitor.page(&AccessView::of(id, String::new(), None, Vec::new()))
}

/// Who it is about; a form, so that no name enters an address.
#[derive(Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    username: String,
}

/// P `/operations/referrals/{id}/access`.
pub(crate) async fn explain(
    visitor: Visitor,
    Path(path): Path<String>,
    OwnForm(Question { username }): OwnForm<Question>,
) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let id = id(&path)?;
    let view = match Box::pin(operator::explain(visitor.ctx(), &username, id)).await {
        Ok(explained) => AccessView::of(id, username, Some(explained), Vec::new()),
        Err(Error::Fields(_)) => {
            let fault = Fault { field: "username", text: TEXT.operations.username_wrong };
            AccessView::of(id, username, None, vec![fault])
        }
        Err(other) => return Err(other.into()),
    };
    answer(&visitor, &view, &view.faults)
}

/// One question on the way and its answer.
#[derive(Serialize)]
struct Asked {
    question: &'static str,
    answer: &'static str,
    colour: &'static str,
    found: Vec<String>,
}

impl Asked {
    fn of(step: Step) -> Self {
        let text = &TEXT.operations;
        let (answer, colour) = match step.holds {
            Some(true) => (text.yes, "green"),
            Some(false) => (text.no, "red"),
            None => (text.not_known, "grey"),
        };
        Self { question: step.question, answer, colour, found: step.found }
    }
}

/// The question, and the walk once it was asked.
#[derive(Serialize)]
pub(crate) struct AccessView {
    action: Href,
    back: Href,
    username: String,
    verdict: Option<String>,
    steps: Vec<Asked>,
    faults: Vec<Fault>,
}

impl AccessView {
    fn of(id: ReferralId, username: String, explained: Option<Explanation>, faults: Vec<Fault>) -> Self {
        let text = &TEXT.operations;
        let (verdict, steps) = match explained {
            Some(Explanation { username, referral: _, verdict, steps }) => {
                let verdict = match verdict {
                    Verdict::WithRole => text.sees,
                    Verdict::No => text.sees_not,
                    Verdict::NotNow => text.sees_not_now,
                };
                (Some(fill(verdict, &[("username", &username)])), steps)
            }
            None => (None, Vec::new()),
        };
        Self {
            action: routes::OPERATIONS_ACCESS.href(id),
            back: routes::OPERATIONS_REFERRAL.href(id),
            username,
            verdict,
            steps: steps.into_iter().map(Asked::of).collect(),
            faults,
        }
    }
}

impl View for AccessView {
    const TEMPLATE: &'static str = "pages/operations/access.html";

    fn title(&self) -> String {
        titled(TEXT.operations.access, &self.faults)
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let id = ReferralId(uuid::Uuid::from_u128(7));
        let step = |holds| Step {
            holds,
            question: "Is there such a user?",
            found: vec!["<known>".to_owned(), "they sign in as \"auth\"".to_owned()],
        };
        let explained = |verdict| Explanation {
            username: "PROVIDER_1".to_owned(),
            referral: id,
            verdict,
            steps: vec![step(Some(true)), step(None), step(Some(false))],
        };
        let fault = Fault { field: "username", text: TEXT.operations.username_wrong };
        let name = || "PROVIDER_1".to_owned();
        vec![
            Self::of(id, String::new(), None, Vec::new()),
            Self::of(id, "<x>".repeat(100), None, vec![fault]),
            Self::of(id, name(), Some(explained(Verdict::WithRole)), Vec::new()),
            Self::of(id, name(), Some(explained(Verdict::No)), Vec::new()),
            Self::of(id, name(), Some(explained(Verdict::NotNow)), Vec::new()),
        ]
    }
}
