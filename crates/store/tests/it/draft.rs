//! Drafts: saved as they are, guarded by their version, emptied when sent.

use domain::draft::{DraftRisk, DraftState, Reservation};
use domain::{DraftReferral, ReferralReference};
use store::{Store, draft, referral};

use crate::sample::{self, minute, practitioner};

async fn inserted(store: &Store, number: u128) -> DraftReferral {
    let made = sample::draft(store, number).await;
    let mut work = store.begin().await.expect("a transaction");
    draft::insert(&mut work, &made).await.expect("inserted");
    work.commit().await.expect("committed");
    made
}

fn sending(draft: &DraftReferral, reference: &str) -> DraftReferral {
    let reference = ReferralReference(reference.to_owned());
    let reservation = Reservation { reference, sent_at: minute(5), sent_by: practitioner() };
    DraftReferral { state: DraftState::Sending(reservation), ..draft.clone() }
}

#[tokio::test]
async fn a_draft_is_read_back_as_it_was_saved() {
    let store = crate::db::store().await;
    let made = inserted(&store, 1).await;
    let mut work = store.begin().await.expect("a transaction");
    assert_eq!(draft::find(&mut work, made.id).await.expect("read"), Some(made.clone()));

    let mut changed = sending(&made, "KQ0001PE");
    changed.risk = DraftRisk::default();
    changed.person.disabilities = None;
    changed.selection.complexity_levels.clear();
    draft::save(&mut work, &made, &changed).await.expect("saved");
    changed.version = 1;
    assert_eq!(draft::lock(&mut work, made.id).await.expect("read"), Some(changed));
}

#[tokio::test]
async fn two_people_cannot_both_save_the_same_version() {
    let store = crate::db::store().await;
    let made = inserted(&store, 2).await;
    let mut work = store.begin().await.expect("a transaction");
    draft::save(&mut work, &made, &made).await.expect("the first saves");
    let refusal = draft::save(&mut work, &made, &made).await.expect_err("the second does not");
    assert!(refusal.is_conflict_with("version"), "{refusal}");
}

#[tokio::test]
async fn a_reserved_number_is_nobody_elses() {
    let store = crate::db::store().await;
    let (one, two) = (inserted(&store, 3).await, inserted(&store, 4).await);
    let reference = ReferralReference("KQ0003PE".to_owned());
    let mut work = store.begin().await.expect("a transaction");
    assert!(draft::reference_is_free(&mut work, &reference).await.expect("read"));
    draft::save(&mut work, &one, &sending(&one, "KQ0003PE")).await.expect("reserved");
    assert!(!draft::reference_is_free(&mut work, &reference).await.expect("read"));

    let refusal = draft::save(&mut work, &two, &sending(&two, "KQ0003PE")).await.expect_err("taken");
    assert!(refusal.is_conflict_with("reference_number"), "{refusal}");
    let mut other = sample::sent(&two, 4);
    other.reference = reference;
    let refusal = referral::insert(&mut work, &other).await.expect_err("taken");
    assert!(refusal.is_conflict_with("reference_number"), "{refusal}");
}

#[tokio::test]
async fn a_draft_that_is_edited_again_gives_its_number_back() {
    let store = crate::db::store().await;
    let made = inserted(&store, 8).await;
    let mut work = store.begin().await.expect("a transaction");
    let during = sending(&made, "KQ0008PE");
    draft::save(&mut work, &made, &during).await.expect("reserved");
    let before = DraftReferral { version: 1, ..during };
    draft::save(&mut work, &before, &made).await.expect("edited again");
    let reference = ReferralReference("KQ0008PE".to_owned());
    assert!(draft::reference_is_free(&mut work, &reference).await.expect("read"));
    let before = DraftReferral { version: 2, ..made };
    draft::save(&mut work, &before, &sending(&before, "KQ0009PE")).await.expect("another number");
}

#[tokio::test]
async fn a_sent_draft_is_emptied_and_answered_from_the_referral() {
    let store = crate::db::store().await;
    let made = inserted(&store, 5).await;
    let mut referral = sample::sent(&made, 5);
    let mut work = store.begin().await.expect("a transaction");
    let during = sending(&made, referral.reference.as_str());
    draft::save(&mut work, &made, &during).await.expect("reserved");
    let after = DraftReferral { state: DraftState::Sent, ..during.clone() };
    let before = DraftReferral { version: 1, ..during };
    draft::save(&mut work, &before, &after).await.expect("sent");
    referral.needs.when_unavailable = Some("Fridays".to_owned());
    referral::insert(&mut work, &referral).await.expect("inserted");

    let found = draft::find(&mut work, made.id).await.expect("read").expect("there");
    let mut expected = DraftReferral { version: 2, risk: DraftRisk::default(), state: DraftState::Sent, ..made };
    expected.needs.when_unavailable = Some("Fridays".to_owned());
    assert_eq!(found, expected);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM draft_oasys_risk_information")
        .fetch_one(&mut *work)
        .await
        .expect("counted");
    assert_eq!(left, 0);
    let kept: Option<String> = sqlx::query_scalar("SELECT draft_supplementary_risk FROM draft_referral")
        .fetch_one(&mut *work)
        .await
        .expect("read");
    assert_eq!(kept, None);
    assert!(draft::list_unsent_by(&mut work, &practitioner()).await.expect("read").is_empty());
}

#[tokio::test]
async fn a_practitioner_sees_their_unsent_drafts() {
    let store = crate::db::store().await;
    let (one, two) = (inserted(&store, 6).await, inserted(&store, 7).await);
    let mut db = store.connection().await.expect("a connection");
    assert_eq!(draft::list_unsent_by(&mut db, &practitioner()).await.expect("read"), vec![one, two]);
    assert!(draft::list_unsent_by(&mut db, &sample::caseworker(1)).await.expect("read").is_empty());
}
