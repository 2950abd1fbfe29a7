//! Which of Delius's two APIs carries which operation.
//!
//! Owns the list of operations and the rule that nothing is ever told twice or not at all: ends, outcomes of feedback
//! and notes reach Delius either through our events, which it reads, or through calls of the older API. Refuses to read
//! configuration: the executable does.

use std::collections::BTreeMap;

pub use domain::effect::Adapter;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $kind:ident;)+) => {
        /// What may be asked of Delius, or told to it, through either API. Offices and delivery units are not among
        /// them: only the integration API knows them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[$doc])* $name,)+
        }

        impl Operation {
            /// Every operation, reads first.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The last part of its configuration key in lower case with hyphens; also the label of metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Whether it asks, writes by a call, or is left to our events.
            pub const fn kind(self) -> OperationKind {
                match self { $(Self::$name => OperationKind::$kind),+ }
            }
        }
    };
}

/// How an operation reaches Delius.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// It changes nothing.
    Read,
    /// It changes Delius, through a call of either API.
    Write,
    /// It changes Delius: through our events with the integration API, through a call of the older one.
    Announced,
}

operations! {
    /// Name, dates, profile and contact details of a person.
    PersonalDetails = "personal-details", Read;
    /// The person's prison number.
    Identifiers = "identifiers", Read;
    /// Convictions and sentences, all or one.
    Convictions = "convictions", Read;
    /// Who manages the case.
    ResponsibleOfficer = "responsible-officer", Read;
    /// Whether a user may see a case.
    CaseAccess = "case-access", Read;
    /// The cases that a user manages.
    ManagedCases = "managed-cases", Read;
    /// A user's name and address.
    UserDetails = "user-details", Read;
    /// Start of the activity.
    Start = "start", Write;
    /// A first booking.
    Book = "book", Write;
    /// An appointment at another time.
    Reschedule = "reschedule", Write;
    /// An appointment at the same time elsewhere.
    Relocate = "relocate", Write;
    /// The outcome of an appointment, once its feedback is submitted.
    Outcome = "outcome", Announced;
    /// End of the activity.
    End = "end", Announced;
    /// Notes about action plans and end of service reports.
    Notify = "notify", Announced;
}

/// Who carries what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapters {
    /// For every operation that has no choice of its own.
    pub default: Adapter,
    /// The choices for single operations.
    pub chosen: BTreeMap<Operation, Adapter>,
    /// Whether reads are put to the other API too, to compare.
    pub shadow_reads: bool,
    /// Whether Delius reads our events.
    pub consumes_events: bool,
}

impl Default for Adapters {
    fn default() -> Self {
        Self { default: Adapter::Integration, chosen: BTreeMap::new(), shadow_reads: false, consumes_events: true }
    }
}

impl Adapters {
    /// Who carries an operation.
    pub fn of(&self, operation: Operation) -> Adapter {
        self.chosen.get(&operation).copied().unwrap_or(self.default)
    }

    /// The same with another choice for some operations.
    #[must_use]
    pub fn with(mut self, operations: &[Operation], adapter: Adapter) -> Self {
        self.chosen.extend(operations.iter().map(|operation| (*operation, adapter)));
        self
    }

    /// Whether the older API is called at all.
    pub fn need_legacy(&self) -> bool {
        self.shadow_reads || Operation::ALL.iter().any(|operation| self.of(*operation) == Adapter::Legacy)
    }

    /// The announced operations that would be done twice (Delius reads our events, and the older API is called too) or
    /// not at all (it does not read them, and nothing is called). Empty where all is well.
    pub fn contradictions(&self) -> Vec<Operation> {
        let needed = if self.consumes_events { Adapter::Integration } else { Adapter::Legacy };
        let announced = Operation::ALL.iter().filter(|operation| operation.kind() == OperationKind::Announced);
        announced.copied().filter(|operation| self.of(*operation) != needed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_operation_may_be_moved_and_moved_back() {
        let moved = Adapters::default().with(&[Operation::Book], Adapter::Legacy);
        assert_eq!(moved.of(Operation::Book), Adapter::Legacy);
        assert_eq!(moved.of(Operation::Reschedule), Adapter::Integration);
        assert!(moved.need_legacy() && moved.contradictions().is_empty());
        let back = moved.with(&[Operation::Book], Adapter::Integration);
        assert!(!back.need_legacy());
    }

    #[test]
    fn what_events_carry_is_told_once_or_the_choice_is_contradictory() {
        let announced = [Operation::Outcome, Operation::End, Operation::Notify];
        for operation in announced {
            let twice = Adapters::default().with(&[operation], Adapter::Legacy);
            assert_eq!(twice.contradictions(), [operation]);
        }
        let never = Adapters { consumes_events: false, ..Adapters::default() };
        assert_eq!(never.contradictions(), announced);
        let by_calls = never.with(&announced, Adapter::Legacy);
        assert_eq!(by_calls.contradictions(), []);
        let all = Adapters { default: Adapter::Legacy, consumes_events: false, ..Adapters::default() };
        assert_eq!(all.contradictions(), []);
    }

    #[test]
    fn names_are_written_as_keys_are() {
        let mut names: Vec<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
        assert!(names.iter().all(|name| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Operation::ALL.len());
    }
}
