//! The cells of a file with comma-separated values, read by column name. Refuses what is not UTF-8, a header that is not
//! the expected one, a record of another length, and a cell of the wrong kind; each with its line. Goes on after a fault.

use std::collections::BTreeMap;

use app::import::{Fault, Sourced};
use csv::{ReaderBuilder, StringRecord};

/// The columns of a register.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
}

impl Columns {
    /// Whether this is the column by which rows are known, the first.
    pub(super) fn is_key(&self, name: &str) -> bool {
        self.required.first() == Some(&name)
    }
}

/// Where faults of a file are written down.
struct Faults<'a> {
    file: &'a str,
    all: &'a mut Vec<Fault>,
}

impl Faults<'_> {
    fn add(&mut self, line: Option<u64>, field: &str, rule: impl Into<String>) {
        self.all.push(Fault { file: self.file.to_owned(), line, field: field.to_owned(), rule: rule.into() });
    }
}

/// The cells of one record.
pub(super) struct Cells<'a> {
    line: u64,
    cells: BTreeMap<&'a str, &'a str>,
    faults: Faults<'a>,
}

impl Cells<'_> {
    /// The text of a cell; empty is a text.
    pub(super) fn text(&self, column: &str) -> String {
        self.cells.get(column).copied().unwrap_or_default().trim().to_owned()
    }

    /// The text of a cell; none when it is empty or the file has no such column.
    pub(super) fn maybe_text(&self, column: &str) -> Option<String> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// A whole number; a fault is written down, and 0 stands in its place.
    pub(super) fn number(&mut self, column: &str) -> i32 {
        let digits = self.text(column);
        let is_plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let number = if is_plain { digits.parse().ok() } else { None };
        if number.is_none() {
            self.faults.add(Some(self.line), column, "is not a whole number");
        }
        number.unwrap_or_default()
    }

    /// `true` or `false`; `otherwise` when the file has no such column, and in the place of anything else, which is a
    /// fault.
    pub(super) fn flag(&mut self, column: &str, otherwise: bool) -> bool {
        let flag = match self.cells.get(column).map(|text| text.trim()) {
            None => Some(otherwise),
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => None,
        };
        if flag.is_none() {
            self.faults.add(Some(self.line), column, "is not true or false");
        }
        flag.unwrap_or(otherwise)
    }
}

/// Reads every record of a file, as far as it can be read; faults are added to `all`. Left out are records without the
/// right number of cells.
pub(super) fn read<T>(
    file: &str,
    bytes: &[u8],
    columns: Columns,
    all: &mut Vec<Fault>,
    record: fn(&mut Cells<'_>) -> T,
) -> Vec<Sourced<T>> {
    let mut faults = Faults { file, all };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = line_of(bytes, error.valid_up_to());
            faults.add(Some(line), "-", "is not UTF-8 text");
            return Vec::new();
        }
    };
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        match row {
            Ok(row) => rows.push(row),
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                faults.add(line, "-", "cannot be read as comma-separated values");
                return Vec::new();
            }
        }
    }
    let line = |row: &StringRecord| {
        // A record's position is where the one before ended: what ends lines comes first.
        let start = row.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        let breaks = text.bytes().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line_of(text.as_bytes(), start + breaks)
    };
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        faults.add(rows.last().map(line), "-", "a quotation mark is not closed");
        return Vec::new();
    }
    let Some((header, rows)) = rows.split_first() else {
        faults.add(None, "-", "is empty");
        return Vec::new();
    };
    if !check_header(header, columns, &mut faults) {
        return Vec::new();
    }
    let mut read = Vec::new();
    for row in rows {
        let line = line(row);
        if row.len() != header.len() {
            faults.add(Some(line), "-", format!("has {} cells, not {}", row.len(), header.len()));
            continue;
        }
        let cells: BTreeMap<&str, &str> = header.iter().map(str::trim).zip(row.iter()).collect();
        let odd: Vec<&str> =
            cells.iter().filter(|(_, cell)| cell.chars().any(char::is_control)).map(|(name, _)| *name).collect();
        for name in odd {
            faults.add(Some(line), name, "holds a line break or another control character");
        }
        let mut cells = Cells { line, cells, faults: Faults { file, all: &mut *faults.all } };
        let value = record(&mut cells);
        read.push(Sourced { file: file.to_owned(), line: Some(line), place: String::new(), value });
    }
    read
}

fn check_header(header: &StringRecord, columns: Columns, faults: &mut Faults<'_>) -> bool {
    let before = faults.all.len();
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    for name in columns.required.iter().filter(|name| !names.contains(name)) {
        faults.add(Some(1), name, "the column is missing");
    }
    for (number, name) in names.iter().enumerate() {
        if !columns.required.contains(name) && !columns.optional.contains(name) {
            faults.add(Some(1), name, "is not a known column");
        } else if names[..number].contains(name) {
            faults.add(Some(1), name, "the column is there twice");
        }
    }
    faults.all.len() == before
}

/// The line that a byte is on; the first is 1.
fn line_of(bytes: &[u8], offset: usize) -> u64 {
    let breaks = bytes.iter().take(offset).filter(|byte| **byte == b'\n').count();
    u64::try_from(breaks).unwrap_or(u64::MAX).saturating_add(1)
}
