//! The rows as an import will leave them, and the faults found on the way. What both kinds of import plan with.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use store::import::{Snapshot, Table};

use super::{Fault, Sourced, Unread};

/// Rows under change.
pub(super) struct Sheet<'a> {
    pub(super) rows: Snapshot,
    unread: &'a Unread,
    faults: Vec<Fault>,
    /// Keys that have been declared, and where.
    seen: BTreeMap<(&'static str, String), String>,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(rows: &Snapshot, unread: &'a Unread) -> Self {
        Self { rows: rows.clone(), unread, faults: Vec::new(), seen: BTreeMap::new() }
    }

    /// The rows, or else every fault in order, those of reading included.
    pub(super) fn finish(mut self) -> Result<Snapshot, Vec<Fault>> {
        // What stands in the place of an unreadable value breaks rules that nobody broke.
        let unread = &self.unread.faults;
        self.faults.retain(|fault| !unread.iter().any(|one| one.overlaps(&fault.file, fault.line, &fault.field)));
        self.faults.extend_from_slice(unread);
        self.faults.sort();
        self.faults.dedup();
        if self.faults.is_empty() { Ok(self.rows) } else { Err(self.faults) }
    }

    /// Whether every row that the files declare was read. If not, nothing can be said of what they do not have.
    pub(super) fn is_whole(&self, table: Table) -> bool {
        !self.unread.tables.contains(&table)
    }

    /// Whether a field, or a part of it, could not be read.
    pub(super) fn is_unread<T>(&self, at: &Sourced<T>, field: &str) -> bool {
        let field = format!("{}{field}", at.place);
        self.unread.faults.iter().any(|fault| fault.overlaps(&at.file, at.line, &field))
    }

    pub(super) fn fault<T>(&mut self, at: &Sourced<T>, field: &str, rule: impl Into<String>) {
        let field = format!("{}{field}", at.place);
        self.faults.push(Fault { file: at.file.clone(), line: at.line, field, rule: rule.into() });
    }

    /// A fault of a whole file.
    pub(super) fn fault_of_file(&mut self, file: &str, rule: impl Into<String>) {
        self.faults.push(Fault { file: file.to_owned(), line: None, field: "-".to_owned(), rule: rule.into() });
    }

    pub(super) fn require<T>(&mut self, holds: bool, at: &Sourced<T>, field: &str, rule: &str) {
        if !holds {
            self.fault(at, field, rule);
        }
    }

    /// Something that is named must be there, unless it may be among what could not be read.
    pub(super) fn require_known<T>(&mut self, known: bool, table: Table, at: &Sourced<T>, field: &str, rule: &str) {
        let may_be = !self.is_whole(table);
        self.require(known || may_be, at, field, rule);
    }

    /// A text in one line.
    pub(super) fn require_text<T>(&mut self, text: &str, max: usize, at: &Sourced<T>, field: &str) {
        self.require(!text.trim().is_empty(), at, field, "must not be empty");
        self.require(text.chars().count() <= max, at, field, &format!("has more than {max} characters"));
        self.require(!text.chars().any(char::is_control), at, field, "holds a line break or another control character");
    }

    /// A text that may have several lines, or be empty.
    pub(super) fn require_paragraphs<T>(&mut self, text: &str, max: usize, at: &Sourced<T>, field: &str) {
        self.require(text.chars().count() <= max, at, field, &format!("has more than {max} characters"));
        let is_odd = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
        self.require(!text.chars().any(is_odd), at, field, "holds a control character");
    }

    /// A key that two places declare is a conflict: which of them is meant?
    pub(super) fn declare_once<T>(&mut self, kind: &'static str, key: &str, at: &Sourced<T>, field: &str) {
        let place = match at.line {
            Some(line) => format!("on line {line}"),
            None => format!("in {}", at.file),
        };
        if let Some(earlier) = self.seen.insert((kind, key.to_owned()), place) {
            self.fault(at, field, format!("{key} is declared {earlier} too"));
        }
    }

    pub(super) fn get(&self, table: Table, key: &str) -> Option<&Value> {
        self.rows.get(&(table, key.to_owned()))
    }

    pub(super) fn rows_of(&self, table: Table) -> impl Iterator<Item = (&str, &Value)> {
        self.rows.iter().filter(move |((found, _), _)| *found == table).map(|((_, key), row)| (&**key, row))
    }

    pub(super) fn find(&self, table: Table, column: &str, text: &str) -> Option<&Value> {
        self.rows_of(table).map(|(_, row)| row).find(|row| row[column] == text)
    }

    pub(super) fn id_of(&self, table: Table, column: &str, text: &str) -> Option<String> {
        self.find(table, column, text)?["id"].as_str().map(str::to_owned)
    }

    /// Sets columns of a row; what they do not name stays.
    pub(super) fn set(&mut self, table: Table, key: &str, columns: Value) {
        let row = self.rows.entry((table, key.to_owned())).or_insert_with(|| Value::Object(Map::new()));
        if let (Value::Object(row), Value::Object(columns)) = (row, columns) {
            row.extend(columns);
        }
    }
}

/// Whether a contract's row takes referrals at this time or later.
pub(super) fn takes_referrals(contract: &Value, now: jiff::Timestamp) -> bool {
    let end = contract["referral_end_at"].as_str().and_then(|end| end.parse::<jiff::Timestamp>().ok());
    end.is_none_or(|end| end > now)
}
