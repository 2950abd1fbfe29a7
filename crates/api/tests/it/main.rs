//! The REST contract against the whole product over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod amendments;
mod by_crn;
mod provider_summaries;
mod subject_access;
