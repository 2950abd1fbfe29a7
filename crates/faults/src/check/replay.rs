//! A window that is replayed changes nothing that anybody holds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Verdict, Wrong};
use crate::observe::{Observed, list};

/// What is different after a replay, between a look before and a look after it.
pub fn changed_by_replay(before: &Observed, after: &Observed) -> Vec<Verdict> {
    let mut changed = Vec::new();
    let mut compare = |what: &str, before: BTreeSet<String>, after: BTreeSet<String>| {
        for one in before.symmetric_difference(&after) {
            changed.push(Verdict { wrong: Wrong::Changed, what: format!("{what}: {one}") });
        }
    };
    let events = |seen: &Observed| seen.events.iter().map(|event| event.id.clone()).collect();
    compare("event", events(before), events(after));
    let emails = |seen: &Observed| seen.emails.iter().map(|email| email.reference.clone()).collect();
    compare("e-mail", emails(before), emails(after));
    compare("activity", records(before, "nsis"), records(after, "nsis"));
    compare("contact", records(before, "contacts"), records(after, "contacts"));
    changed
}

/// Every record with what it means; not with how often it was written.
fn records(seen: &Observed, kind: &str) -> BTreeSet<String> {
    const MEANING: [&str; 9] =
        ["id", "externalReference", "type", "status", "outcome", "endDate", "startTime", "softDeleted", "officeCode"];
    let meaning = |record: &Value| MEANING.map(|key| record[key].to_string()).join(" ");
    seen.cases.values().flat_map(|case| list(&case[kind])).map(meaning).collect()
}
