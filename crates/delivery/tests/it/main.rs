//! Delivery against the sandbox over real HTTP, with faults: nothing lost, nothing doubled, nothing reordered.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod booking;
mod circuit;
mod closed_early;
mod hazard;
mod job_conclude;
mod job_drafts;
mod job_run;
mod job_sentence_ends;
mod job_transfer;
mod journey;
mod legacy;
mod meddled;
mod operator;
mod order;
mod outage;
mod reconcile;
mod reconcile_kinds;
mod risk;
mod standing;
