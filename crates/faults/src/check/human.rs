//! What people did in Delius stays as they left it, until somebody is asked and chooses.

use serde_json::Value;

use super::{Evidence, Findings, Wrong};
use crate::plan::{Closed, Deed, Reader};

/// What a person sets when they close an activity.
const SET_BY_PEOPLE: [&str; 4] = ["status", "outcome", "endDate", "softDeleted"];

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    // Where activities cannot be seen and Delius takes whatever comes, nobody can know; the documentation says so.
    if evidence.plan.mode.reader == Reader::Inference && evidence.plan.mode.closed == Closed::Lenient {
        return;
    }
    for referral in &evidence.seen.referrals {
        if !evidence.chosen(referral).is_empty() {
            continue;
        }
        let number = evidence.number(referral);
        let last = evidence.meddled.iter().rfind(|one| Some(one.referral) == number && !one.activity.is_null());
        let Some(last) = last else { continue };
        if !matches!(last.deed, Deed::CloseActivity { .. } | Deed::DeleteActivity { .. }) {
            continue;
        }
        let activities = evidence.seen.activities(&referral.urn());
        let now = activities.iter().find(|one| one["id"] == last.activity["id"]).copied().unwrap_or(&Value::Null);
        for key in SET_BY_PEOPLE {
            if now[key] != last.activity[key] {
                let what =
                    format!("{key} of the activity of {}: {} became {}", referral.id, last.activity[key], now[key]);
                found.add(Wrong::Overwritten, what);
            }
        }
        let is_deleted = matches!(last.deed, Deed::DeleteActivity { .. });
        if is_deleted && activities.iter().any(|one| one["softDeleted"] != true) {
            found
                .add(Wrong::Overwritten, format!("the activity of {} was deleted and made again unasked", referral.id));
        }
    }
}
