//! What is counted here and watched by alerts: answers that cannot be read, and circuits.
//!
//! Owns that both are told from the start, so that the first answer of its kind is seen as an increase, and that a circuit
//! is told as it is now, not as it was when somebody called last.

use crate::breaker::BreakerState;
use crate::error::System;
use metrics::Counter;
use tokio::time::Instant;

/// Reads that either of Delius's APIs answers.
const CASE: &[&str] = &[
    "case details",
    "identifiers",
    "convictions",
    "conviction",
    "responsible officer",
    "case access",
    "managed cases",
    "user details",
];

/// The calls whose answers are read, by the names that the clients give them.
const READ: &[(System, &[&str])] = &[
    (System::Auth, &["exchange code", "refresh", "service token", "signing keys"]),
    (
        System::ManageUsers,
        &["me", "my email", "user", "user email", "external user", "external users by email", "groups"],
    ),
    (System::TokenVerification, &["verify"]),
    (System::Delius, CASE),
    (System::Delius, &["office locations", "delivery units", "put appointment", "referral by URN"]),
    (System::CommunityApi, CASE),
    (System::CommunityApi, &["activities", "book appointment", "reschedule appointment"]),
    (System::Arn, &["risks", "hand over risk", "supplementary risk"]),
    (System::PrisonerSearch, &["prisoner"]),
    (System::PrisonRegister, &["prisons"]),
    (System::PrisonApi, &["secure homes"]),
    (System::Notify, &["send e-mail", "find by reference", "e-mail", "template"]),
];

/// Makes a counter for each call whose answer is read.
pub(crate) fn from_nought() {
    for (system, operations) in READ {
        for operation in *operations {
            malformed(*system, operation).increment(0);
        }
    }
}

pub(crate) fn malformed(system: System, operation: &'static str) -> Counter {
    metrics::counter!("upstream_malformed_total", "system" => system.name(), "operation" => operation)
}

/// Says what a circuit does now.
pub(crate) fn circuit(system: System, state: BreakerState, now: Instant) {
    let is_cut = if state.is_cut(now) { 1.0 } else { 0.0 };
    metrics::gauge!("upstream_circuit_open", "system" => system.name()).set(is_cut);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::{Breaker, BreakerConfig, Verdict};
    use metrics_exporter_prometheus::PrometheusBuilder;
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    fn page(count: impl FnOnce()) -> String {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, count);
        recorder.handle().render()
    }

    #[test]
    fn the_first_answer_that_cannot_be_read_is_an_increase() {
        let page = page(from_nought);
        for wanted in [("delius", "case details"), ("community-api", "activities"), ("auth", "signing keys")] {
            let (system, operation) = wanted;
            let line = format!("upstream_malformed_total{{system=\"{system}\",operation=\"{operation}\"}} 0");
            assert!(page.contains(&line), "{line} is missing from\n{page}");
        }
    }

    /// A misspelt name would be born with its first failure.
    #[test]
    fn every_name_is_one_that_a_client_gives() {
        fn texts(folder: &Path, all: &mut String) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    texts(&path, all);
                } else if path.file_name().is_some_and(|name| name != "counted.rs") {
                    all.push_str(&fs::read_to_string(&path).unwrap());
                }
            }
        }
        let mut code = String::new();
        texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut code);
        for operation in READ.iter().flat_map(|(_, operations)| *operations) {
            assert!(code.contains(&format!("\"{operation}\"")), "{operation}");
        }
    }

    #[test]
    fn a_circuit_is_told_as_it_is_though_nobody_calls() {
        let breaker = Breaker::new(BreakerConfig { failures: 1, open_for: Duration::from_secs(30) });
        let now = Instant::now();
        let told = |at| page(|| circuit(System::Arn, breaker.state(), at));
        assert!(told(now).contains("upstream_circuit_open{system=\"arn\"} 0"));
        breaker.admit(now).unwrap();
        breaker.record(now, Verdict::Failing);
        assert!(told(now).contains("upstream_circuit_open{system=\"arn\"} 1"));
        assert!(told(now + Duration::from_mins(21)).contains("upstream_circuit_open{system=\"arn\"} 0"));
    }
}
