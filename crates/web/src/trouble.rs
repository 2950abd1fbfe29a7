//! What went wrong, as a page: ERR-01 (404), ERR-02 (403), ERR-03 (500 and 503), and the short pages for 400, 409 and 410.
//!
//! A handler answers with a [`Trouble`]; the layer around it knows who is signed in and makes the page. Upstream
//! refusals are never shown as the user's fault. A referral that is out of reach is not found: nothing says it exists.

use app::{AuthenticationError, Error};
use axum::body::Body;
use axum::response::{Html, IntoResponse, Response};
use domain::AuthSource;
use http::StatusCode;
use serde::Serialize;

use crate::exchange::bare;
use crate::frame::Frame;
use crate::template::{View, render};
use crate::text::{TEXT, fill};

/// How `app` words that a provider account reaches no contract; pinned by the REST contract.
const NO_SCOPE: &str = "could not map service provider user to access scope";

/// How `app` words that the kind of account is the wrong one.
const WRONG_KIND: &str = "this user cannot do this";

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There is no such page, or not for this user.
    NotFound,
    /// A fault of the user's own account: every reason, and who can change it.
    Forbidden { reasons: Vec<String>, help: &'static str, is_whole_service: bool },
    /// Another system, or our database, is away; with what can be said all the same.
    Away { system: String, meanwhile: Option<String> },
    /// The state of things does not allow it.
    Changed,
    /// It was there and is no longer offered.
    Gone,
    /// The form belongs to another sign-in.
    ForeignForm,
    /// Our own fault, logged where it was noticed.
    Broken,
}

impl Trouble {
    /// The wrong role for this page.
    pub(crate) fn wrong_role(reason: &str, help: &'static str) -> Self {
        Self::Forbidden { reasons: vec![reason.to_owned()], help, is_whole_service: false }
    }

    /// The same, with something that can be said although the page cannot be shown.
    pub(crate) fn saying(self, what: Option<String>) -> Self {
        match self {
            Self::Away { system, .. } => Self::Away { system, meanwhile: what },
            other => other,
        }
    }

    /// Why somebody who is signed in gets no pages at all.
    pub(crate) fn no_pages(source: Option<&AuthSource>, has_role: bool) -> Self {
        let (reason, help) = match (source, has_role) {
            (Some(AuthSource::Delius), false) => (TEXT.reasons.no_role, TEXT.reasons.help_role_delius),
            (Some(AuthSource::Auth), false) => (TEXT.reasons.no_role, TEXT.reasons.help_role_external),
            (Some(AuthSource::Delius | AuthSource::Auth), true) => (TEXT.reasons.no_pages, TEXT.reasons.help_account),
            _ => (TEXT.reasons.no_source, TEXT.reasons.help_account),
        };
        Self::Forbidden { reasons: vec![reason.to_owned()], help, is_whole_service: true }
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden { .. } | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::Away { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Changed => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The page.
    pub(crate) fn page(self, frame: &Frame) -> Response {
        let status = self.status();
        let text = &TEXT.trouble;
        let html = match self {
            Self::NotFound => render(&NotFoundView {}, frame),
            Self::Forbidden { reasons, help, is_whole_service } => {
                render(&ForbiddenView { reasons, help, is_whole_service }, frame)
            }
            Self::Away { system, meanwhile } => {
                let said = fill(text.away_system, &[("system", &system)]);
                let said = [Some(said.as_str()), meanwhile.as_deref(), Some(text.away_advice)];
                render(&FailedView::new(text.away_title, said.into_iter().flatten()), frame)
            }
            Self::Changed => {
                render(&FailedView::new(text.changed_title, [text.changed_text, text.changed_advice]), frame)
            }
            Self::Gone => render(&FailedView::new(text.gone_title, [text.not_found_link]), frame),
            Self::ForeignForm => {
                render(&FailedView::new(text.session_title, [text.session_text, text.session_advice]), frame)
            }
            Self::Broken => render(&FailedView::new(text.failed_title, [text.failed_text, text.failed_advice]), frame),
        };
        match html {
            Ok(html) => (status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the page of an error cannot be rendered");
                bare(status)
            }
        }
    }
}

/// The answer that the layer around the handler turns into a page.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::AccessError { message, errors } if message == NO_SCOPE => {
                let reasons = errors.iter().map(|reason| sentence(reason)).collect();
                Self::Forbidden { reasons, help: TEXT.reasons.help_groups, is_whole_service: true }
            }
            Error::AccessError { message, .. } if message == WRONG_KIND => {
                Self::wrong_role(TEXT.reasons.other_page, TEXT.reasons.help_side)
            }
            // A refusal about one referral or one person must not say that it exists.
            Error::NotFound(_) | Error::AccessError { .. } => Self::NotFound,
            Error::AccessDenied(_) => Self::wrong_role(TEXT.reasons.other_page, TEXT.reasons.help_side),
            Error::Dependency(failed) => {
                tracing::warn!(system = failed.system, status = failed.status, "a page needs a system that failed");
                Self::Away { system: failed.system.to_owned(), meanwhile: None }
            }
            Error::Unavailable(cause) => {
                tracing::error!(error = &cause as &dyn std::error::Error, "the database is not available");
                Self::Away { system: TEXT.trouble.database.to_owned(), meanwhile: None }
            }
            Error::Conflict(_) | Error::NotReady(_) => Self::Changed,
            Error::Gone(_) => Self::Gone,
            Error::Internal(cause) => {
                let cause: &(dyn std::error::Error + 'static) = &*cause;
                tracing::error!(error = cause, "a page failed");
                Self::Broken
            }
            refused @ (Error::Fields(_)
            | Error::Unmet(_)
            | Error::Bad(_)
            | Error::IllegalArgument(_)
            | Error::NotOffered(_)) => {
                // A page that takes input maps these to its fields; here nothing did.
                let cause: &(dyn std::error::Error + 'static) = &refused;
                tracing::error!(error = cause, "a refusal that no page explains");
                Self::Broken
            }
        }
    }
}

impl From<minijinja::Error> for Trouble {
    fn from(error: minijinja::Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a page cannot be rendered");
        Self::Broken
    }
}

/// The only authentication fault that is a page; all others lead to sign-in.
impl From<AuthenticationError> for Trouble {
    fn from(_: AuthenticationError) -> Self {
        Self::Away { system: TEXT.trouble.sign_in_service.to_owned(), meanwhile: None }
    }
}

/// A reason as a sentence: a capital first, a full stop last.
fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// ERR-01.
#[derive(Serialize)]
pub(crate) struct NotFoundView {}

impl View for NotFoundView {
    const TEMPLATE: &'static str = "pages/errors/not_found.html";

    fn title(&self) -> String {
        TEXT.trouble.not_found_title.to_owned()
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {}]
    }
}

/// ERR-02.
#[derive(Serialize)]
pub(crate) struct ForbiddenView {
    reasons: Vec<String>,
    help: &'static str,
    is_whole_service: bool,
}

impl View for ForbiddenView {
    const TEMPLATE: &'static str = "pages/errors/forbidden.html";

    fn title(&self) -> String {
        let text = &TEXT.trouble;
        if self.is_whole_service { text.forbidden_service_title } else { text.forbidden_title }.to_owned()
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let one = |reason: &str| Self {
            reasons: vec![reason.to_owned()],
            help: TEXT.reasons.help_side,
            is_whole_service: false,
        };
        let groups = Self {
            reasons: (1..=4).map(|number| format!("Contract {number} involves none of your providers.")).collect(),
            help: TEXT.reasons.help_groups,
            is_whole_service: true,
        };
        vec![one(TEXT.reasons.practitioner_page), groups]
    }
}

/// ERR-03 and the short pages.
#[derive(Serialize)]
pub(crate) struct FailedView {
    heading: &'static str,
    paragraphs: Vec<String>,
}

impl FailedView {
    fn new<'a>(heading: &'static str, paragraphs: impl IntoIterator<Item = &'a str>) -> Self {
        Self { heading, paragraphs: paragraphs.into_iter().map(str::to_owned).collect() }
    }
}

impl View for FailedView {
    const TEMPLATE: &'static str = "pages/errors/failed.html";

    fn title(&self) -> String {
        self.heading.to_owned()
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let text = &TEXT.trouble;
        vec![Self::new(text.failed_title, [text.failed_text, text.failed_advice]), Self::new(text.gone_title, [])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> Error {
        Error::AccessError { message: message.to_owned(), errors: vec!["no groups".to_owned()] }
    }

    #[test]
    fn what_is_out_of_reach_is_not_found_and_faults_of_the_account_are_explained() {
        assert_eq!(Trouble::from(refused("user is not allowed to see this referral")), Trouble::NotFound);
        assert_eq!(Trouble::from(refused("user is not allowed to see this person")), Trouble::NotFound);
        match Trouble::from(refused(NO_SCOPE)) {
            Trouble::Forbidden { reasons, help, is_whole_service: true } => {
                assert_eq!(reasons, ["No groups."]);
                assert_eq!(help, TEXT.reasons.help_groups);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(Trouble::from(refused(WRONG_KIND)).status(), StatusCode::FORBIDDEN);
        assert_eq!(Trouble::from(Error::AccessDenied(String::new())).status(), StatusCode::FORBIDDEN);
    }

    #[test]
    fn another_systems_refusal_is_not_the_users_fault() {
        for status in [Some(400), Some(404), Some(500), None] {
            let failed = app::DependencyError {
                system: "Delius",
                status,
                message: "private words".to_owned(),
                user_message: None,
            };
            let trouble = Trouble::from(Error::Dependency(failed));
            assert_eq!(trouble, Trouble::Away { system: "Delius".to_owned(), meanwhile: None });
            assert_eq!(trouble.status(), StatusCode::SERVICE_UNAVAILABLE);
        }
    }

    #[test]
    fn accounts_without_pages_are_told_what_is_missing() {
        for (source, has_role, reason) in [
            (Some(AuthSource::Delius), false, TEXT.reasons.no_role),
            (Some(AuthSource::Auth), false, TEXT.reasons.no_role),
            (Some(AuthSource::Auth), true, TEXT.reasons.no_pages),
            (Some(AuthSource::Other("nomis".to_owned())), true, TEXT.reasons.no_source),
            (None, true, TEXT.reasons.no_source),
        ] {
            match Trouble::no_pages(source.as_ref(), has_role) {
                Trouble::Forbidden { reasons, .. } => assert_eq!(reasons, [reason], "{source:?} {has_role}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
