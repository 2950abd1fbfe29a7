//! The REST contract against the whole product over real HTTP: who may do what, what faults answer, the shape of every
//! answer, the rules of a referral's life, what a request costs, which tokens let in, and what must never be logged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod amendments;
mod by_crn;
mod catalogue;
mod errors;
mod fuzz;
mod idempotency;
mod observed;
mod operating;
mod pages;
mod privacy;
mod provider_summaries;
mod queries;
mod races;
mod rules;
mod shapes;
mod stage;
mod subject_access;
mod tokens;
mod versions;
