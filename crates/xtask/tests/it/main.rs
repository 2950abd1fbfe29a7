//! Tests of the repository itself.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod arrows;
mod hazards;
