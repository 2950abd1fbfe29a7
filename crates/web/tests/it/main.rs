//! The pages over real HTTP, as a browser without scripts sees them, with the sandbox as every other system.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod browser;
mod collection;
mod draft;
mod operations;
mod outage;
mod referral;
mod sign_in;
