//! What stands around every page: who is signed in, where they can go, and how they leave.

use app::session::Session;
use domain::access::UserType;
use serde::Serialize;

use crate::name;
use crate::routes::{self, Href};
use crate::text::TEXT;

/// A part of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Section {
    Home,
    Referrals,
    Operations,
}

/// One entry of the navigation.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    section: Section,
    text: &'static str,
    href: Href,
}

/// Who is signed in, as the header shows them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SignedInUser {
    /// Initial and surname, or the username where no name is known.
    name: String,
    /// For provider staff: the names of their organisations.
    organisations: Vec<String>,
    /// The token that every form carries.
    csrf: String,
}

/// Everything around a page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Frame {
    pub(crate) user: Option<SignedInUser>,
    pub(crate) navigation: Vec<Entry>,
    pub(crate) home: Href,
    pub(crate) sign_out: Href,
    /// What a user quotes when they ask for help.
    pub(crate) correlation: String,
    /// The name that scripts of this answer carry.
    pub(crate) nonce: String,
}

impl Frame {
    /// The frame of a page that anybody may see.
    pub(crate) fn of_nobody(correlation: &str, nonce: &str) -> Self {
        Self {
            user: None,
            navigation: Vec::new(),
            home: routes::HOME.href(),
            sign_out: routes::SIGN_OUT.href(),
            correlation: correlation.to_owned(),
            nonce: nonce.to_owned(),
        }
    }

    /// The frame of a page that a signed-in person sees; `side` is whose pages they may use.
    pub(crate) fn of(
        session: &Session,
        username: &str,
        side: Option<UserType>,
        correlation: &str,
        nonce: &str,
    ) -> Self {
        let named = session.name().map(name::initial_and_surname).filter(|shown| !shown.is_empty());
        Self {
            user: Some(SignedInUser {
                name: named.unwrap_or_else(|| username.to_owned()),
                organisations: session.organisations().to_vec(),
                csrf: session.key().csrf_token(),
            }),
            navigation: navigation(side),
            ..Self::of_nobody(correlation, nonce)
        }
    }

    /// The same, for somebody who may also see the operators' pages.
    pub(crate) fn with_operations(mut self) -> Self {
        let href = routes::OPERATIONS.href();
        self.navigation.push(Entry { section: Section::Operations, text: TEXT.operations.section, href });
        self
    }

    /// A frame for samples.
    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        Self {
            user: Some(SignedInUser {
                name: "B. Beaks".to_owned(),
                organisations: vec!["Harbour Trust".to_owned(), "Quay & Sons".to_owned()],
                csrf: "sample-token".to_owned(),
            }),
            navigation: navigation(Some(UserType::Practitioner)),
            ..Self::of_nobody("5f0c7a52", "c2FtcGxl")
        }
    }
}

fn navigation(side: Option<UserType>) -> Vec<Entry> {
    let referrals =
        |path: routes::Plain| Entry { section: Section::Referrals, text: TEXT.frame.referrals, href: path.href() };
    match side {
        Some(UserType::Practitioner) => vec![
            Entry { section: Section::Home, text: TEXT.frame.home, href: routes::CRS_HOME.href() },
            referrals(routes::PP_OPEN),
        ],
        Some(UserType::Provider) => vec![referrals(routes::SP_MINE)],
        None => Vec::new(),
    }
}
