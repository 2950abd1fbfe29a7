//! The keys that say which of the two APIs in front of Delius carries what, and how activities are read back.
//!
//! Owns the refusal of what would tell Delius something twice, or not at all.

use runtime::config::{ConfigFault, Reader};
use upstream::config::{Endpoint, ReaderConfig};
use upstream::delius::{Adapter, Adapters, Operation};

const ADAPTER: &str = "RAM_DELIUS_ADAPTER";
const SHADOW_READS: &str = "RAM_DELIUS_SHADOW_READS";
const CONSUMES_EVENTS: &str = "RAM_DELIUS_CONSUMES_EVENTS";
const LEGACY_URL: &str = "RAM_COMMUNITY_API_BASE_URL";
const EITHER: &str = "integration or legacy";

/// The key of one operation's adapter.
pub(crate) fn adapter_key(operation: Operation) -> String {
    format!("{ADAPTER}_{}", operation.name().to_uppercase().replace('-', "_"))
}

pub(super) fn legacy_api(read: &mut Reader) -> Option<Endpoint> {
    read.parsed(LEGACY_URL, "an address such as https://host/path").map(Endpoint::at)
}

pub(super) fn adapters(read: &mut Reader, has_legacy: bool) -> Adapters {
    let mut adapters = Adapters {
        default: adapter(read, ADAPTER).unwrap_or(Adapter::Integration),
        shadow_reads: read.flag(SHADOW_READS, false),
        consumes_events: read.flag(CONSUMES_EVENTS, true),
        ..Adapters::default()
    };
    for operation in Operation::ALL {
        if let Some(chosen) = adapter(read, &adapter_key(*operation)) {
            adapters.chosen.insert(*operation, chosen);
        }
    }
    let known: Vec<String> = Operation::ALL.iter().map(|operation| adapter_key(*operation)).collect();
    for key in read.keys_below(&format!("{ADAPTER}_")) {
        if !known.contains(&key) {
            read.fault(ConfigFault::Unknown(key, Some(known.join(", "))));
        }
    }
    for operation in adapters.contradictions() {
        read.fault(ConfigFault::Contradiction(contradiction(operation, &adapters)));
    }
    if adapters.need_legacy() && !has_legacy {
        read.fault(ConfigFault::Missing(LEGACY_URL.to_owned()));
    }
    adapters
}

fn contradiction(operation: Operation, adapters: &Adapters) -> String {
    let by_its_own = adapters.chosen.contains_key(&operation);
    let key = if by_its_own { adapter_key(operation) } else { ADAPTER.to_owned() };
    let name = operation.name();
    if adapters.consumes_events {
        format!(
            "{key} is legacy for \"{name}\", which Delius also learns from our events, so that it would be done twice: set \
             {CONSUMES_EVENTS}=false if Delius no longer reads them, or {}=integration",
            adapter_key(operation)
        )
    } else {
        format!(
            "{CONSUMES_EVENTS} is false and {key} is integration for \"{name}\", so that Delius would never learn of it: \
             set {}=legacy, or {CONSUMES_EVENTS}=true",
            adapter_key(operation)
        )
    }
}

fn adapter(read: &mut Reader, key: &str) -> Option<Adapter> {
    let text = read.optional(key)?;
    let adapter = Adapter::from_text(&text);
    if adapter.is_none() {
        read.fault(ConfigFault::Unreadable(key.to_owned(), EITHER));
    }
    adapter
}

pub(super) fn reader(read: &mut Reader, has_legacy: bool) -> ReaderConfig {
    let way = read.optional("RAM_DELIUS_RECONCILE_READER");
    match (way.as_deref(), has_legacy) {
        (None | Some("legacy-nsi"), true) => ReaderConfig::LegacyNsi,
        (Some("legacy-nsi"), false) => {
            read.fault(ConfigFault::Missing(LEGACY_URL.to_owned()));
            ReaderConfig::Inference
        }
        (None | Some("inference"), _) => ReaderConfig::Inference,
        (Some("urn"), _) => ReaderConfig::Urn,
        (Some(_), _) => {
            let allowed = "legacy-nsi, inference or urn";
            read.fault(ConfigFault::Unreadable("RAM_DELIUS_RECONCILE_READER".to_owned(), allowed));
            ReaderConfig::Inference
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::config::Key;

    const KEYS: &[Key] =
        &[Key { name: "RAM_", default: "", note: "" }, Key { name: "RAM_<ANY>", default: "", note: "" }];

    fn read(variables: &[(&str, &str)]) -> Result<Adapters, String> {
        let variables = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut reader = Reader::new(variables);
        let has_legacy = legacy_api(&mut reader).is_some();
        let adapters = adapters(&mut reader, has_legacy);
        reader.finish(KEYS, &[], &[]).map(|()| adapters).map_err(|error| error.to_string())
    }

    const URL: (&str, &str) = ("RAM_COMMUNITY_API_BASE_URL", "http://localhost:9090/community-api");

    #[test]
    fn one_operation_is_moved_by_one_key() {
        assert_eq!(read(&[]), Ok(Adapters::default()));
        let moved = read(&[URL, ("RAM_DELIUS_ADAPTER_BOOK", "legacy")]).expect("usable");
        assert_eq!((moved.of(Operation::Book), moved.of(Operation::Start)), (Adapter::Legacy, Adapter::Integration));
        let all = [URL, ("RAM_DELIUS_ADAPTER", "legacy"), ("RAM_DELIUS_CONSUMES_EVENTS", "false")];
        let kept = read(&[all.as_slice(), &[("RAM_DELIUS_ADAPTER_CASE_ACCESS", "integration")]].concat());
        let kept = kept.expect("usable");
        assert_eq!((kept.of(Operation::End), kept.of(Operation::CaseAccess)), (Adapter::Legacy, Adapter::Integration));
    }

    #[test]
    fn what_delius_would_be_told_twice_or_never_is_refused_and_the_keys_are_named() {
        for (operation, key) in [("end", "_END"), ("outcome", "_OUTCOME"), ("notify", "_NOTIFY")] {
            let error = read(&[URL, (&format!("RAM_DELIUS_ADAPTER{key}"), "legacy")]).expect_err("refused");
            let names =
                [&format!("RAM_DELIUS_ADAPTER{key} is legacy"), "RAM_DELIUS_CONSUMES_EVENTS=false", "twice", operation];
            assert!(names.iter().all(|name| error.contains(*name)), "{error}");
        }
        let error = read(&[URL, ("RAM_DELIUS_ADAPTER", "legacy")]).expect_err("refused");
        assert!(error.contains("RAM_DELIUS_ADAPTER is legacy") && error.contains("RAM_DELIUS_ADAPTER_END=integration"));
        let error = read(&[("RAM_DELIUS_CONSUMES_EVENTS", "false")]).expect_err("refused");
        assert_eq!(error.matches("never learn of it").count(), 3, "{error}");
    }

    #[test]
    fn a_wrong_key_or_value_is_named_and_the_older_api_must_be_somewhere() {
        let error = read(&[("RAM_DELIUS_ADAPTER_BOOKING", "legacy")]).expect_err("refused");
        assert!(error.contains("RAM_DELIUS_ADAPTER_BOOKING is not a known key"), "{error}");
        let error = read(&[URL, ("RAM_DELIUS_ADAPTER_BOOK", "old")]).expect_err("refused");
        assert!(error.contains("RAM_DELIUS_ADAPTER_BOOK is not integration or legacy"), "{error}");
        for key in ["RAM_DELIUS_ADAPTER_BOOK", "RAM_DELIUS_SHADOW_READS"] {
            let value = if key.ends_with("BOOK") { "legacy" } else { "true" };
            let error = read(&[(key, value)]).expect_err("refused");
            assert!(error.contains("RAM_COMMUNITY_API_BASE_URL is not set"), "{error}");
        }
    }
}
