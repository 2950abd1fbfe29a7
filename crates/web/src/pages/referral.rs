//! The pages of one referral. Both sides see the same facts; each has its own addresses and its own next steps.

mod appointment;
pub(crate) mod check;
pub(crate) mod collection;
pub(crate) mod details;
pub(crate) mod progress;
#[cfg(test)]
mod sample;
pub(crate) mod standing;

use app::Error;
use app::referral::Seen;
use domain::access::{Operation, UserType};
use domain::{Referral, ReferralId};
use serde::Serialize;

use crate::routes::{self, Href};
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;
use crate::{name, when};

/// Reads a referral for one of its pages: the right side first, then whatever `app` lets the visitor see. While Delius
/// does not say whether a practitioner may see the person, they are told where its messages stand, and nothing else.
async fn read(visitor: &Visitor, side: UserType, id: &str) -> Result<Seen, Trouble> {
    visitor.must_be(side)?;
    let id: ReferralId = id.parse().map_err(|_| Trouble::NotFound)?;
    match app::referral::get(visitor.ctx(), Operation::GetSentReferral, id).await {
        Err(error @ Error::Dependency(_)) if side == UserType::Practitioner => {
            let known = app::collection::standing_meanwhile(visitor.ctx(), id).await.ok();
            let said = known.map(|standing| standing::meanwhile(&standing, visitor.ctx().now()));
            Err(Trouble::from(error).saying(said))
        }
        read => Ok(read?),
    }
}

/// A part of a referral's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Progress,
    Details,
}

impl Part {
    /// As forms and addresses name it.
    fn name(self) -> &'static str {
        match self {
            Self::Progress => "progress",
            Self::Details => "details",
        }
    }
}

/// A link among the parts.
#[derive(Debug, Serialize)]
struct Tab {
    text: &'static str,
    href: Href,
    active: bool,
}

/// What stands above every page of a referral: who it is about, and where else one can look.
#[derive(Debug, Serialize)]
pub(crate) struct Banner {
    person: String,
    crn: String,
    date_of_birth: Option<String>,
    caption: String,
    list: Href,
    list_text: &'static str,
    tabs: Vec<Tab>,
}

impl Banner {
    fn of(referral: &Referral, side: UserType, current: Part) -> Self {
        let (list, progress, details) = match side {
            UserType::Practitioner => (routes::PP_OPEN, routes::PP_PROGRESS, routes::PP_DETAILS),
            UserType::Provider => (routes::SP_MINE, routes::SP_PROGRESS, routes::SP_DETAILS),
        };
        let tab =
            |part, text, path: routes::OfReferral| Tab { text, href: path.href(referral.id), active: part == current };
        let person = &referral.person;
        Self {
            person: name::full(person.first_name.as_deref(), person.last_name.as_deref())
                .unwrap_or_else(|| TEXT.columns.name_unknown.to_owned()),
            crn: referral.crn.as_str().to_owned(),
            date_of_birth: person.date_of_birth.map(when::date),
            caption: fill(TEXT.progress.caption, &[("reference", referral.reference.as_str())]),
            list: list.href(),
            list_text: TEXT.frame.referrals,
            tabs: vec![tab(Part::Progress, TEXT.progress.tab, progress), tab(Part::Details, TEXT.details.tab, details)],
        }
    }
}
