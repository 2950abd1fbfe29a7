//! How values of the domain stand in columns: instants, dates and closed sets.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
pub(crate) use jiff_sqlx::{Date as Day, Timestamp as At};

use crate::StoreError;

/// An instant, to be written.
pub(crate) fn at(instant: Timestamp) -> At {
    instant.to_sqlx()
}

/// An instant or none, to be written.
pub(crate) fn maybe_at(instant: Option<Timestamp>) -> Option<At> {
    instant.map(ToSqlx::to_sqlx)
}

/// A date, to be written.
pub(crate) fn day(date: Date) -> Day {
    date.to_sqlx()
}

/// A date or none, to be written.
pub(crate) fn maybe_day(date: Option<Date>) -> Option<Day> {
    date.map(ToSqlx::to_sqlx)
}

/// An instant or none, as read.
pub(crate) fn instant(at: Option<At>) -> Option<Timestamp> {
    at.map(At::to_jiff)
}

/// A date or none, as read.
pub(crate) fn date(day: Option<Day>) -> Option<Date> {
    day.map(Day::to_jiff)
}

/// A number that the domain holds unsigned, to be written.
pub(crate) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Where a value was read, for the error that says so.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) id: &'a (dyn std::fmt::Display + Sync),
}

impl Place<'_> {
    /// A member of a closed set.
    pub(crate) fn member<T>(
        self,
        column: &'static str,
        text: &str,
        from_text: fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        from_text(text).ok_or_else(|| self.corrupt(column))
    }

    /// A member of a closed set, or none.
    pub(crate) fn maybe_member<T>(
        self,
        column: &'static str,
        text: Option<&str>,
        from_text: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.member(column, text, from_text)).transpose()
    }

    /// A number that cannot be negative.
    pub(crate) fn unsigned(self, column: &'static str, number: i32) -> Result<u32, StoreError> {
        u32::try_from(number).map_err(|_| self.corrupt(column))
    }

    /// A value that must be there.
    pub(crate) fn present<T>(self, column: &'static str, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::corrupt(self.table, column, self.id)
    }
}
