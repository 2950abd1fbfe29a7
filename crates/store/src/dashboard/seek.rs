//! Where a page of a dashboard ended, and how the next one is sought from there.
//!
//! Kept are the values by which the last row stood there, and not the row alone: a row that is assigned, renamed or
//! erased meanwhile stands somewhere else or nowhere, and the next page must begin where it was.
//!
//! A contract's entries are read from their index, in pieces that each begin in the middle of it. By title and provider
//! contracts come one after another: those before the boundary are left out, and those after it are read whole.

use std::fmt;

use super::order::{Branch, Order};
use super::query::{column, outer_column};
use super::{DashboardRow, Direction, SortKey};
use crate::seek::{Column, Key, Value};

/// Where a page ended: what its last row was sorted by, and its id. It says things about a person, and its `Debug`
/// says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Boundary {
    keys: Vec<(SortKey, Value)>,
    id: Value,
}

impl Boundary {
    /// After this row of a list that is sorted like this.
    pub fn after(row: &DashboardRow, sort: &[(SortKey, Direction)]) -> Self {
        let value = |key| match key {
            SortKey::SentAt => Value::At(row.sent_at),
            SortKey::Reference => Value::Text(row.reference.0.clone()),
            SortKey::Surname => Value::text(row.last_name.clone()),
            SortKey::InterventionTitle => Value::Text(row.intervention_title.clone()),
            SortKey::ProviderName => Value::Text(row.provider.name.clone()),
            SortKey::AssigneeUsername => Value::text(row.assigned_to.as_ref().map(|user| user.username.clone())),
            SortKey::ExpectedReleaseDate => row.expected_release_date.map_or(Value::Missing, Value::On),
        };
        let keys = Order::of(sort).keys().iter().map(|(key, _)| (*key, value(*key))).collect();
        Self { keys, id: Value::Id(row.id.0) }
    }

    /// The title or the provider's name, if the list is sorted by it.
    pub(super) fn text(&self, wanted: SortKey) -> Option<&str> {
        self.keys.iter().find_map(|(key, value)| match value {
            Value::Text(text) if *key == wanted => Some(text.as_str()),
            _ => None,
        })
    }
}

impl fmt::Debug for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Boundary")
    }
}

/// Where a page begins: after a boundary, whose places among the reader's contracts are known where they decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    boundary: Boundary,
    places: Vec<(SortKey, i64)>,
}

impl Start {
    /// None if the boundary belongs to another order.
    pub(super) fn of(boundary: &Boundary, order: &Order, places: Vec<(SortKey, i64)>) -> Option<Self> {
        let is_its_own = order.keys().iter().map(|(key, _)| key).eq(boundary.keys.iter().map(|(key, _)| key));
        is_its_own.then(|| Self { boundary: boundary.clone(), places })
    }

    /// Whether the places are known of all keys that have one.
    pub(super) fn is_placed_among(&self, branches: &[Branch]) -> bool {
        let has_place = |key| branches.first().is_some_and(|branch| branch.place(key).is_some());
        self.boundary.keys.iter().all(|(key, _)| !has_place(*key) || self.place(*key).is_some())
    }

    fn place(&self, wanted: SortKey) -> Option<i64> {
        self.places.iter().find(|(key, _)| *key == wanted).map(|(_, place)| *place)
    }

    /// The order's keys with the boundary's values, down to the id: of one contract's entries, or of a practitioner's.
    pub(super) fn keys(&self, order: &Order, branch: Option<Branch>) -> Vec<Key<'_>> {
        let mut keys: Vec<Key<'_>> = Vec::new();
        for ((key, direction), (_, value)) in order.keys().iter().zip(&self.boundary.keys) {
            let places = branch.and_then(|branch| branch.place(*key)).zip(self.place(*key));
            keys.push(match places {
                Some((place, boundary)) => Key::Same(match direction {
                    Direction::Ascending => place.cmp(&boundary),
                    Direction::Descending => boundary.cmp(&place),
                }),
                None => Key::Column(Column {
                    name: branch.map_or_else(|| outer_column(*key), |_| format!("e.{}", column(*key))),
                    is_nullable: is_nullable(*key),
                    direction: *direction,
                    value,
                }),
            });
        }
        keys.push(Key::Column(Column {
            name: if branch.is_some() { "e.referral_id" } else { "r.referral_id" }.to_owned(),
            is_nullable: false,
            direction: order.last(),
            value: &self.boundary.id,
        }));
        keys
    }
}

/// Whether a referral may lack it.
fn is_nullable(key: SortKey) -> bool {
    match key {
        SortKey::Surname | SortKey::AssigneeUsername | SortKey::ExpectedReleaseDate => true,
        SortKey::SentAt | SortKey::Reference | SortKey::InterventionTitle | SortKey::ProviderName => false,
    }
}
