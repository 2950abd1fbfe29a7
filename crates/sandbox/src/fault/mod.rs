//! The fault plan: what goes wrong, where, how often; and the middleware that makes it happen.
//!
//! A fault names a system by its path prefix, perhaps an operation and a method. The first fault in the plan that fits a
//! request is applied to it; the others wait. `delius-events` is no path: it is Delius's consumer of our events, and
//! [`crate::topic`] applies its faults.

mod apply;
mod plan;

pub use self::apply::stand_before;
pub use self::plan::{Fault, Kind, Plan, PlanError};

/// Delius's own consumer of our events, as a system of the fault plan.
pub const CONSUMER: &str = "delius-events";

/// Every system that a fault may name: the path prefixes, and the consumer.
pub const SYSTEMS: [&str; 12] = [
    "auth",
    "manage-users",
    "verification",
    "delius",
    "community-api",
    "arns",
    "prisoner-search",
    "prison-register",
    "prison-api",
    "notify",
    "sns",
    CONSUMER,
];
