//! The clients against a scripted server: shapes both ways, and everything that can go wrong on the way.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests")]

mod adapters;
mod arn;
mod auth;
mod delius;
mod directory;
mod events;
mod faults;
mod notify;
mod prisons;
mod sandbox;
mod server;
mod token_verification;
