//! Fault histories: what people do and what goes wrong, from a seed, against the running service with every other system
//! beside it; and a checker that says whether what was promised was kept.
//!
//! The crate drives the built executable and talks HTTP. It uses none of the product's own parts, so that the checker
//! and the product cannot agree on a mistake; the table of arrows holds it to that (ADR 19).
//!
//! - [`generate`] makes a [`plan`] from a seed; a plan is plain data.
//! - [`lane`] runs the processes, [`act`] does what people do, [`trouble`] brings about what goes wrong.
//! - [`quiesce`] waits until nothing is under way, [`observe`] looks, [`check`] judges.
//! - [`history`] puts these together, [`shrink`] finds the smallest history that still fails, [`report`] tells.

pub mod act;
pub mod check;
pub mod client;
pub mod generate;
pub mod history;
pub mod lane;
pub mod observe;
pub mod plan;
pub mod process;
pub mod quiesce;
pub mod report;
pub mod shrink;
pub mod trouble;
