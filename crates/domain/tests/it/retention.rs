//! How long drafts are kept, and when their owners hear of it.

use domain::DraftReferral;
use domain::draft::{DraftState, Retention};
use jiff::{SignedDuration, Timestamp};

use crate::build::{a_draft, at, sent_at};

fn days(number: i64) -> SignedDuration {
    SignedDuration::from_hours(number * 24)
}

#[test]
fn a_draft_is_stale_ninety_days_after_its_last_change() {
    let retention = Retention::default();
    let changed_at = sent_at();
    assert!(changed_at >= retention.stale_before(changed_at + days(90)));
    assert!(changed_at < retention.stale_before(changed_at + days(90) + SignedDuration::from_secs(1)));
    let for_ever = Retention { keep: SignedDuration::MAX, ..retention };
    assert_eq!(for_ever.stale_before(at("2026-01-01T00:00:00Z")), Timestamp::MIN);
}

#[test]
fn the_owner_is_warned_for_the_last_thirty_days_unless_it_is_being_sent() {
    let retention = Retention::default();
    let draft = a_draft();
    let warned_from = draft.changed_at + days(60);
    let goes = draft.changed_at + days(90);
    assert_eq!(retention.warning(&draft, warned_from - SignedDuration::from_secs(1)), None);
    assert_eq!(retention.warning(&draft, warned_from), Some(goes));
    assert_eq!(retention.deletion(&draft), Some(goes));
    let sent = DraftReferral { state: DraftState::Sent, ..draft };
    assert_eq!(retention.warning(&sent, goes), None);
    assert_eq!(retention.deletion(&sent), None);
}
