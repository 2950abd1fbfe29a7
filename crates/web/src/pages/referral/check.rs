//! "Check Delius now": compares a referral with what Delius holds when somebody asks, and says what came of it on the page
//! that they came from.

use app::collection::{Checked, Messages, Standing, check_now};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use domain::access::UserType;
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;

use super::standing::moment;
use super::{Part, read};
use crate::form::OwnForm;
use crate::routes;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// What the address of a page says came of checking. It is not believed about what only the facts can say: whether the
/// two agree is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It was compared.
    Done,
    /// It had been compared just before.
    Soon,
    /// The referral changed meanwhile.
    Changed,
    /// Delius does not answer.
    Silent,
    /// Nothing can be seen.
    Unseen,
}

impl Came {
    fn of(checked: Checked) -> Option<Self> {
        match checked {
            Checked::Agrees | Checked::Differs => Some(Self::Done),
            Checked::TooSoon => Some(Self::Soon),
            Checked::Changed => Some(Self::Changed),
            Checked::Silent => Some(Self::Silent),
            Checked::Unseen => Some(Self::Unseen),
            // The page says so already.
            Checked::Without => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Soon => "soon",
            Self::Changed => "changed",
            Self::Silent => "silent",
            Self::Unseen => "unseen",
        }
    }

    pub(super) fn in_a_sentence(self, messages: &Messages, now: Timestamp) -> String {
        let text = &TEXT.collection;
        let at = messages.compared_at.map(|at| moment(at, now)).unwrap_or_default();
        let agrees = messages.differences.is_empty() && !matches!(messages.delius, Standing::Held(_));
        let sentence = match self {
            Self::Changed => text.checked_changed,
            Self::Silent => text.checked_silent,
            Self::Soon if messages.compared_at.is_some() => text.checked_soon,
            Self::Done if messages.compared_at.is_some() && agrees => text.checked_agrees,
            Self::Done if messages.compared_at.is_some() => text.checked_differs,
            // Without a comparison there is nothing to say about one.
            Self::Unseen | Self::Soon | Self::Done => text.checked_unseen,
        };
        fill(sentence, &[("at", &at)])
    }
}

/// What the address says; anything else says nothing.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Query {
    checked: Option<String>,
}

impl Query {
    pub(super) fn came(&self) -> Option<Came> {
        let checked = self.checked.as_deref()?;
        let known = [Came::Done, Came::Soon, Came::Changed, Came::Silent, Came::Unseen];
        known.into_iter().find(|came| came.name() == checked)
    }
}

/// From which page it was asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    part: String,
}

/// P `/probation-practitioner/referrals/{id}/check-delius`.
pub(crate) async fn practitioner(
    visitor: Visitor,
    Path(id): Path<String>,
    OwnForm(asked): OwnForm<Asked>,
) -> Result<Response, Trouble> {
    check(&visitor, UserType::Practitioner, &id, &asked).await
}

/// P `/service-provider/referrals/{id}/check-delius`.
pub(crate) async fn provider(
    visitor: Visitor,
    Path(id): Path<String>,
    OwnForm(asked): OwnForm<Asked>,
) -> Result<Response, Trouble> {
    check(&visitor, UserType::Provider, &id, &asked).await
}

async fn check(visitor: &Visitor, side: UserType, id: &str, asked: &Asked) -> Result<Response, Trouble> {
    let referral = read(visitor, side, id).await?;
    let came = Came::of(Box::pin(check_now(visitor.ctx(), referral.id)).await?);
    let part = if asked.part == Part::Details.name() { Part::Details } else { Part::Progress };
    let page = match (side, part) {
        (UserType::Practitioner, Part::Progress) => routes::PP_PROGRESS,
        (UserType::Practitioner, Part::Details) => routes::PP_DETAILS,
        (UserType::Provider, Part::Progress) => routes::SP_PROGRESS,
        (UserType::Provider, Part::Details) => routes::SP_DETAILS,
    };
    let mut page = page.href(referral.id);
    if let Some(came) = came {
        page = page.with(&[("checked", came.name())]);
    }
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, page.as_str())]).into_response())
}
