//! What comes after a row in an order of several keys, as a condition on columns.
//!
//! Missing values come last upwards and first downwards, as PostgreSQL sorts them. How a list makes such a condition
//! cheap is its own matter.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::column::{at, day};
use crate::dashboard::Direction;

/// What a row has for a key. It may be personal, so there is no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Missing,
    At(Timestamp),
    On(Date),
    Text(String),
    Id(Uuid),
}

impl Value {
    pub(crate) fn text(text: Option<String>) -> Self {
        text.map_or(Self::Missing, Self::Text)
    }
}

/// One key of an order, with what the row has for it after which others are sought.
pub(crate) enum Key<'a> {
    /// All rows in question have the same: how they stand to the row by it, in the direction of the order.
    Same(Ordering),
    /// A column.
    Column(Column<'a>),
}

/// A column that rows are sorted by.
pub(crate) struct Column<'a> {
    pub(crate) name: String,
    pub(crate) is_nullable: bool,
    pub(crate) direction: Direction,
    pub(crate) value: &'a Value,
}

impl Column<'_> {
    fn sign(&self) -> &'static str {
        match self.direction {
            Direction::Ascending => " > ",
            Direction::Descending => " < ",
        }
    }

    /// Whether rows without a value come after.
    fn is_before_missing(&self) -> bool {
        self.is_nullable && self.direction == Direction::Ascending && *self.value != Value::Missing
    }

    /// Whether both can be compared at once, as one value of two parts.
    fn is_compared_with(&self, next: &Self) -> bool {
        !self.is_nullable && !next.is_nullable && self.direction == next.direction
    }
}

/// A part of the rows after a row, which one index has in one piece.
pub(crate) enum Part<'a> {
    /// All rows.
    Whole,
    /// Those that are not before the row by the first of these keys, and after it by all.
    From(&'a [Key<'a>]),
    /// Those that have no value in the column.
    Without(&'a str),
    /// Those that have one.
    With(&'a str),
}

/// The parts in which the rows after a row lie, none if there can be no such rows.
pub(crate) fn parts<'a>(keys: &'a [Key<'a>]) -> Vec<Part<'a>> {
    match keys.split_first() {
        None | Some((Key::Same(Ordering::Less), _)) => Vec::new(),
        Some((Key::Same(Ordering::Greater), _)) => vec![Part::Whole],
        Some((Key::Same(Ordering::Equal), rest)) => parts(rest),
        Some((Key::Column(column), _)) => match (column.value, column.direction) {
            (Value::Missing, Direction::Descending) => vec![Part::From(keys), Part::With(&column.name)],
            _ if column.is_before_missing() => vec![Part::From(keys), Part::Without(&column.name)],
            _ => vec![Part::From(keys)],
        },
    }
}

/// The condition of a part, after `AND`; nothing for all rows.
pub(crate) fn push_part(query: &mut QueryBuilder<Postgres>, part: &Part<'_>) {
    match part {
        Part::Whole => {}
        Part::Without(column) => {
            query.push(" AND ").push(column).push(" IS NULL");
        }
        Part::With(column) => {
            query.push(" AND ").push(column).push(" IS NOT NULL");
        }
        Part::From(keys) => {
            query.push(" AND ");
            match keys {
                [Key::Column(column), rest @ ..] if *column.value == Value::Missing => {
                    query.push(&column.name).push(" IS NULL AND ");
                    push_after(query, rest);
                }
                [Key::Column(one), Key::Column(last)] if one.is_compared_with(last) => push_after(query, keys),
                [Key::Column(column), ..] => {
                    // Where an index begins; the rest is looked at row by row, as long as the first key is equal.
                    query.push(&column.name).push(column.sign().trim_end()).push("= ");
                    push_value(query, column.value);
                    query.push(" AND ");
                    push_after(query, keys);
                }
                _ => push_after(query, keys),
            }
        }
    }
}

/// The condition that a row comes after the one that has these values. The last key tells any two rows apart.
pub(crate) fn push_after(query: &mut QueryBuilder<Postgres>, keys: &[Key<'_>]) {
    match keys {
        [] | [Key::Same(Ordering::Less), ..] => {
            query.push("false");
        }
        [Key::Same(Ordering::Greater), ..] => {
            query.push("true");
        }
        [Key::Same(Ordering::Equal), rest @ ..] => push_after(query, rest),
        [Key::Column(one), Key::Column(last)] if one.is_compared_with(last) => {
            query.push("(").push(&one.name).push(", ").push(&last.name).push(")").push(one.sign()).push("(");
            push_value(query, one.value);
            query.push(", ");
            push_value(query, last.value);
            query.push(")");
        }
        [Key::Column(column), rest @ ..] => push_after_column(query, column, rest),
    }
}

fn push_after_column(query: &mut QueryBuilder<Postgres>, column: &Column<'_>, rest: &[Key<'_>]) {
    query.push("(").push(&column.name);
    match (column.value, column.direction) {
        (Value::Missing, Direction::Ascending) => {
            query.push(" IS NULL AND ");
        }
        (Value::Missing, Direction::Descending) => {
            query.push(" IS NOT NULL OR ");
        }
        (value, _) => {
            query.push(column.sign());
            push_value(query, value);
            if column.is_before_missing() {
                query.push(" OR ").push(&column.name).push(" IS NULL");
            }
            query.push(" OR ").push(&column.name).push(" = ");
            push_value(query, value);
            query.push(" AND ");
        }
    }
    push_after(query, rest);
    query.push(")");
}

fn push_value(query: &mut QueryBuilder<Postgres>, value: &Value) {
    match value {
        Value::Missing => query.push("NULL"),
        Value::At(instant) => query.push_bind(at(*instant)),
        Value::On(date) => query.push_bind(day(*date)),
        Value::Text(text) => query.push_bind(text.clone()),
        Value::Id(id) => query.push_bind(*id),
    };
}
