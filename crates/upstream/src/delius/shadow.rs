//! The shadow of a read: the other API is asked the same, and what it answers differently is written down.
//!
//! Owns the comparison, field by field. What differs is named, never shown: these are people. Nobody waits for a
//! shadow, nobody sees its answer, and when there are too many of them the next one is left out.

use std::future::Future;
use std::sync::Arc;

use runtime::Tasks;
use tokio::sync::Semaphore;

use super::adapter::Operation;
use super::{
    CaseAccess, CaseDetails, CaseIdentifiers, Conviction, ManagedCase, Manager, ResponsibleOfficer, UserDetails,
};
use crate::error::UpstreamError;

/// How many shadows may be under way: fewer than the calls that somebody waits for.
const MOST_AT_ONCE: usize = 4;

pub(super) struct Shadow {
    tasks: Tasks,
    slots: Arc<Semaphore>,
}

/// Says where two answers to one question differ.
pub(super) trait Compare {
    /// The names of the fields that differ; empty for the same answer.
    fn differing(&self, other: &Self) -> Vec<&'static str>;
}

impl Shadow {
    pub(super) fn new(tasks: &Tasks) -> Self {
        Self { tasks: tasks.clone(), slots: Arc::new(Semaphore::new(MOST_AT_ONCE)) }
    }

    /// Asks in the background and compares with what was answered.
    pub(super) fn compare<T>(
        &self,
        operation: Operation,
        answer: T,
        ask: impl Future<Output = Result<T, UpstreamError>> + Send + 'static,
    ) where
        T: Compare + Send + Sync + 'static,
    {
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
            count(operation, "left_out");
            return;
        };
        let stop = self.tasks.shutdown().wait();
        self.tasks.spawn(async move {
            let other = tokio::select! {
                other = ask => other,
                () = stop => return,
            };
            match other.map(|other| answer.differing(&other)) {
                Ok(fields) if fields.is_empty() => count(operation, "same"),
                Ok(fields) => {
                    count(operation, "different");
                    tracing::warn!(
                        upstream.operation = operation.name(),
                        fields = fields.join(" "),
                        "the two APIs in front of Delius answer differently"
                    );
                }
                Err(error) => {
                    count(operation, "failed");
                    tracing::debug!(upstream.operation = operation.name(), %error, "the shadow was not answered");
                }
            }
            drop(slot);
        });
    }
}

fn count(operation: Operation, outcome: &'static str) {
    metrics::counter!("delius_shadow_reads_total", "operation" => operation.name(), "outcome" => outcome).increment(1);
}

/// Compares every field. Taken apart without `..`, so that a new field must be decided about; `_` is what the older
/// API cannot tell.
macro_rules! compare {
    ($($type:ident { $($field:ident),* $(; $($untold:ident),*)? })+) => {$(
        impl Compare for $type {
            fn differing(&self, other: &Self) -> Vec<&'static str> {
                let Self { $($field,)* $($($untold: _,)*)? } = self;
                let mut differing = Vec::new();
                $(if *$field != other.$field { differing.push(stringify!($field)); })*
                differing
            }
        }
    )+};
}

compare! {
    CaseDetails { crn, name, date_of_birth, gender, profile, contact }
    CaseIdentifiers { crn, noms_number }
    Conviction { id, date, sentence, main_offence, active }
    Manager {
        code, name, email, telephone, responsible_officer, delivery_unit, team, unallocated;
        username, office_locations
    }
    CaseAccess { crn, answered, excluded, restricted, exclusion_message, restriction_message }
    ManagedCase { crn, noms_number }
    UserDetails { username, name, email }
}

impl Compare for ResponsibleOfficer {
    fn differing(&self, other: &Self) -> Vec<&'static str> {
        let Self { community_manager, prison_manager } = self;
        let mut differing = community_manager.differing(&other.community_manager);
        differing.extend(prison_manager.differing(&other.prison_manager));
        differing
    }
}

impl<T: Compare> Compare for Option<T> {
    fn differing(&self, other: &Self) -> Vec<&'static str> {
        match (self, other) {
            (None, None) => Vec::new(),
            (Some(one), Some(other)) => one.differing(other),
            _ => vec!["presence"],
        }
    }
}

/// The order of a list says nothing.
impl<T: Compare> Compare for Vec<T> {
    fn differing(&self, other: &Self) -> Vec<&'static str> {
        if self.len() != other.len() {
            return vec!["number"];
        }
        let mut differing: Vec<&'static str> = self
            .iter()
            .filter_map(|one| other.iter().map(|candidate| one.differing(candidate)).min_by_key(Vec::len))
            .flatten()
            .collect();
        differing.sort_unstable();
        differing.dedup();
        differing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Crn, NomsNumber};

    fn case(crn: &str, noms: Option<&str>) -> ManagedCase {
        ManagedCase { crn: Crn(crn.to_owned()), noms_number: noms.map(|noms| NomsNumber(noms.to_owned())) }
    }

    #[test]
    fn what_differs_is_named_and_the_order_of_a_list_is_not() {
        let one = vec![case("X1", None), case("X2", Some("A1"))];
        let turned = vec![case("X2", Some("A1")), case("X1", None)];
        assert_eq!(one.differing(&turned), [""; 0]);
        assert_eq!(one.differing(&vec![case("X1", None), case("X2", Some("B2"))]), ["noms_number"]);
        assert_eq!(one.differing(&Vec::new()), ["number"]);
        assert_eq!(Some(case("X1", None)).differing(&None), ["presence"]);
    }
}
