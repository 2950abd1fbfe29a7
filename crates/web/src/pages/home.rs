//! HOME-01 to HOME-03: where people land. Practitioners get a page of their own, provider staff their cases.

use app::draft;
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::UserType;
use serde::Serialize;

use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::TEXT;
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// G `/`.
pub(crate) async fn choose(visitor: Visitor) -> Result<Response, Trouble> {
    let home = match visitor.side() {
        Some(UserType::Practitioner) => routes::CRS_HOME,
        Some(UserType::Provider) => routes::SP_DASHBOARD,
        None if visitor.is_operator() => routes::OPERATIONS,
        None => return Err(visitor.without_pages()),
    };
    Ok(Redirect::to(home.href().as_str()).into_response())
}

/// G `/probation-practitioner/find`: an address of earlier days.
pub(crate) async fn moved() -> Redirect {
    Redirect::permanent(routes::CRS_HOME.href().as_str())
}

/// G `/crs-homepage`.
pub(crate) async fn practitioner(visitor: Visitor) -> Result<Response, Trouble> {
    visitor.must_be(UserType::Practitioner)?;
    let warning = match draft::list_own(visitor.ctx()).await {
        Ok(drafts) => super::draft::warning(&drafts),
        // Whether the drafts' people may be known cannot be found out: the page is of use without.
        Err(error) => {
            tracing::warn!(%error, "drafts could not be read; the home page warns of none");
            None
        }
    };
    visitor.page(&HomeView::new(warning))
}

/// One thing to do.
#[derive(Serialize)]
struct Card {
    title: &'static str,
    text: &'static str,
    link: &'static str,
    href: Href,
}

/// HOME-02.
#[derive(Serialize)]
pub(crate) struct HomeView {
    /// About drafts that will be deleted soon.
    warning: Option<String>,
    drafts: Href,
    cards: Vec<Card>,
}

impl HomeView {
    fn new(warning: Option<String>) -> Self {
        let text = &TEXT.home;
        Self {
            warning,
            drafts: routes::PP_DRAFTS.href(),
            cards: vec![
                Card {
                    title: text.referrals_title,
                    text: text.referrals_text,
                    link: text.referrals_link,
                    href: routes::PP_OPEN.href(),
                },
                Card {
                    title: text.unassigned_title,
                    text: text.unassigned_text,
                    link: text.unassigned_link,
                    href: routes::PP_UNASSIGNED.href(),
                },
                Card {
                    title: text.drafts_title,
                    text: text.drafts_text,
                    link: text.drafts_link,
                    href: routes::PP_DRAFTS.href(),
                },
            ],
        }
    }
}

impl View for HomeView {
    const TEMPLATE: &'static str = "pages/home/home.html";

    fn title(&self) -> String {
        TEXT.frame.home.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Home)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let warning = crate::text::fill(TEXT.drafts.one_goes, &[("date", "1 September 2026")]);
        vec![Self::new(None), Self::new(Some(warning))]
    }
}
