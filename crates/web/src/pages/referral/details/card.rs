//! A summary card, in the shape of the design system's component. Values are plain text: they are escaped here, and
//! their line breaks kept.

use minijinja::HtmlEscape;
use serde::Serialize;

use crate::text::TEXT;

/// A card.
#[derive(Debug, Serialize)]
pub(crate) struct Card {
    id: String,
    title: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    key: Key,
    value: Html,
}

#[derive(Debug, Serialize)]
struct Key {
    text: String,
}

#[derive(Debug, Serialize)]
struct Html {
    html: String,
}

impl Card {
    pub(super) fn new(id: &str, title: &str) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), rows: Vec::new() }
    }

    /// Where links lead that name this card.
    #[cfg(test)]
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A row; what is not known is said to be so.
    pub(super) fn row(self, key: &str, value: Option<String>) -> Self {
        let value = value.filter(|text| !text.trim().is_empty());
        self.html(key, lines(value.as_deref().unwrap_or(TEXT.cards.not_recorded)))
    }

    /// A row, unless there is nothing to say.
    pub(super) fn row_if(self, key: &str, value: Option<String>) -> Self {
        match value.filter(|text| !text.trim().is_empty()) {
            Some(text) => self.row(key, Some(text)),
            None => self,
        }
    }

    /// A row with several values.
    pub(super) fn list(self, key: &str, values: &[String]) -> Self {
        if values.is_empty() {
            return self.row(key, None);
        }
        let items: Vec<String> = values.iter().map(|value| lines(value)).collect();
        let items = items.join("</li><li>");
        self.html(key, format!("<ul class=\"govuk-list govuk-list--bullet\"><li>{items}</li></ul>"))
    }

    fn html(mut self, key: &str, html: String) -> Self {
        self.rows.push(Row { key: Key { text: key.to_owned() }, value: Html { html } });
        self
    }
}

/// Text as HTML, line by line.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.trim().lines().map(|line| HtmlEscape(line).to_string()).collect();
    lines.join("<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_keep_their_lines() {
        assert_eq!(lines(" a <b>\r\nc & d\n"), "a &lt;b&gt;<br>c &amp; d");
    }

    #[test]
    fn what_is_not_known_is_said_or_left_out() {
        let card = Card::new("id", "Title").row("a", None).row("b", Some("  ".to_owned())).row_if("c", None);
        assert_eq!(card.rows.len(), 2);
        assert!(card.rows.iter().all(|row| row.value.html == TEXT.cards.not_recorded));
        let card = card.list("d", &[]).list("e", &["<x>".to_owned()]);
        assert_eq!(card.rows[3].value.html, "<ul class=\"govuk-list govuk-list--bullet\"><li>&lt;x&gt;</li></ul>");
    }
}
