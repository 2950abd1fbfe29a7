//! Every text of the interface, in English, grouped by page. Templates read it as `text`, Rust as [`TEXT`].
//!
//! A text is a field, so that a page cannot name one that does not exist, and a second language cannot lack one.
//! `{name}` in a text is filled by [`fill`]. No other module holds words that people read.

mod draft;
mod frame;
mod lists;
mod operations;
mod referral;
mod trouble;

use minijinja::Value;
use serde::Serialize;

/// A group of texts: a struct with one field for each, and its English values.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($key:ident: $text:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, serde::Serialize)]
        pub(crate) struct $name { $(pub(crate) $key: &'static str),+ }

        impl $name {
            pub(crate) const ENGLISH: Self = Self { $($key: $text),+ };
        }
    };
}
pub(crate) use lists::{Columns, Lists};
pub(crate) use referral::Statuses;
use texts;

/// All texts.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Text {
    pub(crate) frame: frame::Frame,
    pub(crate) sign_in: frame::SignIn,
    pub(crate) home: frame::Home,
    pub(crate) lists: lists::Lists,
    pub(crate) columns: lists::Columns,
    pub(crate) drafts: draft::Drafts,
    pub(crate) progress: referral::Progress,
    pub(crate) collection: referral::Collection,
    pub(crate) statuses: referral::Statuses,
    pub(crate) cards: referral::Cards,
    pub(crate) details: referral::Details,
    pub(crate) operations: operations::Operations,
    pub(crate) trouble: trouble::Trouble,
    pub(crate) reasons: trouble::Reasons,
}

/// The texts in English.
pub(crate) static TEXT: Text = Text {
    frame: frame::Frame::ENGLISH,
    sign_in: frame::SignIn::ENGLISH,
    home: frame::Home::ENGLISH,
    lists: lists::Lists::ENGLISH,
    columns: lists::Columns::ENGLISH,
    drafts: draft::Drafts::ENGLISH,
    progress: referral::Progress::ENGLISH,
    collection: referral::Collection::ENGLISH,
    statuses: referral::Statuses::ENGLISH,
    cards: referral::Cards::ENGLISH,
    details: referral::Details::ENGLISH,
    operations: operations::Operations::ENGLISH,
    trouble: trouble::Trouble::ENGLISH,
    reasons: trouble::Reasons::ENGLISH,
};

/// Puts values in the places of a text; a place without a value stays as it is, which a test of the page would show.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// [`fill`] for templates: `fill(text.lists.showing, { from: 1 })`.
pub(crate) fn fill_in_template(text: &str, values: &Value) -> Result<String, minijinja::Error> {
    let mut filled = text.to_owned();
    for name in values.try_iter()? {
        let value = values.get_item(&name)?;
        filled = filled.replace(&format!("{{{name}}}"), &value.to_string());
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_by_name() {
        assert_eq!(fill("{from} to {to} of {to}", &[("from", "1"), ("to", "9")]), "1 to 9 of 9");
        let values = minijinja::context! { from => 1, to => "<9>" };
        assert_eq!(fill_in_template("{from} to {to}", &values).expect("filled"), "1 to <9>");
    }

    #[test]
    fn no_text_is_empty_or_padded() {
        let all = serde_json::to_value(TEXT).expect("texts are plain");
        let mut count = 0;
        for (group, texts) in all.as_object().expect("groups") {
            for (key, text) in texts.as_object().expect("texts") {
                let text = text.as_str().expect("a text");
                assert!(!text.is_empty() && text.trim() == text, "{group}.{key}");
                count += 1;
            }
        }
        assert!(count > 50, "only {count} texts were read");
    }
}
