//! HOME-01 to HOME-03: where people land. Practitioners get a page of their own, provider staff their cases.

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
    visitor.page(&HomeView::new())
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
    cards: Vec<Card>,
}

impl HomeView {
    fn new() -> Self {
        let text = &TEXT.home;
        Self {
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
        vec![Self::new()]
    }
}
