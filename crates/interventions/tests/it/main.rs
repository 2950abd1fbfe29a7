//! The real executable, killed: whatever dies, and between whichever two steps, nothing is lost and nothing doubled.
//!
//! Each test runs `sandbox`, `serve` and `worker` as processes of their own on a database of its own, and lets people
//! of the cast take a referral through its life over the REST API. A gate in the test's process holds back a call to
//! another system, so that a process dies exactly where the test says and not about there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod admin;
mod bench;
mod demo;
mod gate;
mod life;
mod operator;
mod process;
mod product;
mod random;
mod serve;
mod traces;
mod worker;
