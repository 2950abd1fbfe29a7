//! The calls that change Delius, by the names that errors, spans and metrics give them.

use crate::error::{System, UpstreamError};

pub(super) const START: &str = "start referral";
pub(super) const PUT_APPOINTMENT: &str = "put appointment";
pub(super) const BOOK: &str = "book appointment";
pub(super) const RESCHEDULE: &str = "reschedule appointment";
pub(super) const RELOCATE: &str = "relocate appointment";
pub(super) const OUTCOME: &str = "record outcome";
pub(super) const END: &str = "end referral";
pub(super) const NOTIFY: &str = "notify";

const ALL: [&str; 8] = [START, PUT_APPOINTMENT, BOOK, RESCHEDULE, RELOCATE, OUTCOME, END, NOTIFY];

/// Whether what failed was a call that changes Delius, through either of its APIs: not a read, and no other system's.
pub fn is_write(error: &UpstreamError) -> bool {
    matches!(error.system, System::Delius | System::CommunityApi) && ALL.contains(&error.operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn writes_are_told_from_reads_and_from_other_systems() {
        let failed = |system, operation| UpstreamError::new(system, operation, Kind::Timeout);
        for system in [System::Delius, System::CommunityApi] {
            assert!(ALL.iter().all(|operation| is_write(&failed(system, operation))));
            assert!(!is_write(&failed(system, "case details")) && !is_write(&failed(system, "activities")));
        }
        assert!(!is_write(&failed(System::Notify, "send e-mail")) && !is_write(&failed(System::Events, "publish")));
    }
}
