//! A window that is replayed changes nothing that anybody holds.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Evidence, Verdict, Wrong};
use crate::observe::{Email, Observed, list};
use crate::plan::Reader;

/// What is different after a replay, between a look before it and the evidence after it.
pub fn changed_by_replay(before: &Observed, evidence: &Evidence) -> Vec<Verdict> {
    let after = &evidence.seen;
    let mut changed = Vec::new();
    let mut compare = |what: &str, before: BTreeSet<String>, after: BTreeSet<String>| {
        for one in before.symmetric_difference(&after) {
            changed.push(Verdict { wrong: Wrong::Changed, what: format!("{what}: {one}") });
        }
    };
    let events = |seen: &Observed| seen.events.iter().map(|event| event.id.clone()).collect();
    compare("event", events(before), events(after));
    let is_repeat = |email: &&Email| !tells_of_a_person(evidence, email);
    let emails = |seen: &Observed| seen.emails.iter().filter(is_repeat).map(|email| email.reference.clone()).collect();
    compare("e-mail", emails(before), emails(after));
    compare("activity", records(before, "nsis"), records(after, "nsis"));
    compare("contact", records(before, "contacts"), records(after, "contacts"));
    changed
}

/// Where activities cannot be seen, the refusal of what is replayed may be the first that is heard of what a person did
/// to the activity. That is news, and somebody is asked.
fn tells_of_a_person(evidence: &Evidence, email: &Email) -> bool {
    let about = evidence.seen.referrals.iter().find(|referral| referral.is_named_in(&email.text));
    evidence.plan.mode.reader == Reader::Inference
        && email.purpose.starts_with("delius-needs-")
        && about.is_some_and(|referral| evidence.is_meddled(referral))
}

/// Every record with what it means; not with how often it was written.
fn records(seen: &Observed, kind: &str) -> BTreeSet<String> {
    const MEANING: [&str; 9] =
        ["id", "externalReference", "type", "status", "outcome", "endDate", "startTime", "softDeleted", "officeCode"];
    let meaning = |record: &Value| MEANING.map(|key| record[key].to_string()).join(" ");
    seen.cases.values().flat_map(|case| list(&case[kind])).map(meaning).collect()
}
