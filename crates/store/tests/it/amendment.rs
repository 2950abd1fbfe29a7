//! Amendments: each part is read back as the domain takes it in, missing rows are made, and the log keeps the values.

use std::collections::BTreeSet;

use domain::amendment::{Amended, Change, Topic, Values};
use domain::referral::{Location, LocationType, Needs, Practitioner, ReferralDetails};
use domain::{ChangeLogId, ComplexityLevelId, Fact, Referral, ReferralDetailsId};
use jiff::civil::date;
use store::{Store, changelog, referral};

use crate::db::try_execute;
use crate::sample::{self, id, minute, practitioner};

fn values(texts: &[&str]) -> Values {
    Values { texts: texts.iter().map(|text| (*text).to_owned()).collect(), shown: None }
}

fn a_change(number: u128, topic: Topic, at: i64) -> Change {
    Change {
        id: ChangeLogId(id(number)),
        topic,
        old: values(&[]),
        new: Values { shown: Some("New Gate".to_owned()), ..values(&["one", "two"]) },
        reason: "a reason".to_owned(),
        at: minute(at),
        by: practitioner(),
    }
}

/// Records an amendment, takes it in, and compares.
async fn amend(store: &Store, memory: &mut Referral, part: Amended, changes: Vec<Change>) {
    let fact = Fact::Amended { part: Box::new(part), changes, tell_provider: true };
    let mut work = store.begin().await.expect("a transaction");
    referral::record(&mut work, memory, &fact).await.expect("recorded");
    work.commit().await.expect("committed");
    memory.apply(&fact);
    memory.version += 1;
    let mut db = store.connection().await.expect("a connection");
    let found = referral::find(&mut db, memory.id).await.expect("read").expect("there");
    assert_eq!(found, *memory, "after {fact:?}");
}

fn version(number: u128, days: i32) -> ReferralDetails {
    ReferralDetails {
        id: ReferralDetailsId(id(number)),
        created_at: minute(2),
        created_by_id: practitioner().id,
        reason_for_change: format!("version {number}"),
        completion_deadline: Some(date(2026, 12, 1)),
        further_information: Some("further".to_owned()),
        maximum_enforceable_days: Some(days),
        reason_for_referral: Some("reason".to_owned()),
        reason_for_referral_further_information: Some("more".to_owned()),
        reason_for_referral_before_allocation: Some("before".to_owned()),
    }
}

#[tokio::test]
async fn every_part_is_read_back_as_the_domain_takes_it_in() {
    let store = crate::db::store().await;
    let mut referral = sample::stored(&store, 61).await;
    let category = *referral.selection.service_categories.first().expect("a category");
    let mut db = store.connection().await.expect("a connection");
    let offered = store::catalogue::find_category(&mut db, category).await.expect("read").expect("there");
    drop(db);
    let level = offered.complexity_levels.last().expect("a level").id;
    let outcomes: BTreeSet<_> = offered.desired_outcomes.iter().skip(1).take(2).map(|outcome| outcome.id).collect();
    assert_ne!(referral.selection.desired_outcomes[&category], outcomes);
    let needs = Needs { needs_interpreter: Some(false), ..Needs::default() };
    let location = Location { prison_id: Some("XYZ".to_owned()), ..referral.location.clone() };
    let practitioner = Practitioner { phone: Some("01632 960009".to_owned()), ..referral.practitioner.clone() };
    for part in [
        Amended::Details(version(611, 7)),
        Amended::Details(version(612, 8)),
        Amended::Complexity(category, level),
        Amended::Outcomes(category, outcomes),
        Amended::Needs(needs),
        Amended::Location(location),
        Amended::Practitioner(practitioner),
    ] {
        amend(&store, &mut referral, part, Vec::new()).await;
    }
}

#[tokio::test]
async fn versions_of_the_details_are_a_chain_with_one_end() {
    let store = crate::db::store().await;
    let mut referral = sample::stored(&store, 62).await;
    let first = referral.details.clone().expect("details").id;
    amend(&store, &mut referral, Amended::Details(version(621, 7)), Vec::new()).await;
    amend(&store, &mut referral, Amended::Details(version(622, 8)), Vec::new()).await;
    let mut db = store.connection().await.expect("a connection");
    let chain: Vec<(uuid::Uuid, Option<uuid::Uuid>)> =
        sqlx::query_as("SELECT id, superseded_by_id FROM referral_details WHERE referral_id = $1 ORDER BY id = ANY($2), maximum_enforceable_days")
            .bind(referral.id.0)
            .bind([id(621), id(622)])
            .fetch_all(&mut *db)
            .await
            .expect("read");
    assert_eq!(chain, [(first.0, Some(id(621))), (id(621), Some(id(622))), (id(622), None)]);
}

#[tokio::test]
async fn rows_that_are_missing_are_made() {
    let store = crate::db::store().await;
    let mut referral = sample::stored(&store, 63).await;
    let mut db = store.connection().await.expect("a connection");
    for table in
        ["referral_details", "referral_location", "probation_practitioner_details", "referral_complexity_level_ids"]
    {
        let delete = format!("DELETE FROM {table} WHERE referral_id = '{}'", referral.id);
        try_execute(&mut db, &delete).await.expect("deleted");
    }
    referral.details = None;
    referral.location = Location::default();
    referral.practitioner = Practitioner::default();
    referral.selection.complexity_levels.clear();
    let category = *referral.selection.service_categories.first().expect("a category");
    let offered = store::catalogue::find_category(&mut db, category).await.expect("read").expect("there");
    drop(db);
    let location = Location {
        location_type: Some(LocationType::Custody),
        expected_probation_office: Some("Quay".to_owned()),
        ..Location::default()
    };
    let practitioner = Practitioner { name: Some("Sam Field".to_owned()), ..Practitioner::default() };
    for part in [
        Amended::Details(version(631, 7)),
        Amended::Location(location),
        Amended::Practitioner(practitioner),
        Amended::Complexity(category, offered.complexity_levels[0].id),
    ] {
        amend(&store, &mut referral, part, Vec::new()).await;
    }
}

#[tokio::test]
async fn the_log_is_read_newest_first_and_one_by_one() {
    let store = crate::db::store().await;
    let mut referral = sample::stored(&store, 64).await;
    let other = sample::stored(&store, 65).await;
    let older = vec![a_change(641, Topic::PrisonEstablishment, 1), a_change(642, Topic::CompletionDeadline, 1)];
    let newer = vec![a_change(643, Topic::PractitionerName, 2)];
    for changes in [&older, &newer] {
        let part = Amended::Needs(referral.needs.clone());
        amend(&store, &mut referral, part, changes.clone()).await;
    }
    let mut db = store.connection().await.expect("a connection");
    let listed = changelog::list(&mut db, referral.id).await.expect("read");
    assert_eq!(listed, [newer[0].clone(), older[1].clone(), older[0].clone()]);
    assert_eq!(listed[2].new.shown.as_deref(), Some("New Gate"));
    assert_eq!(changelog::list(&mut db, other.id).await.expect("read"), []);
    let found = changelog::find(&mut db, ChangeLogId(id(642))).await.expect("read");
    assert_eq!(found, Some((referral.id, older[1].clone())));
    assert_eq!(changelog::find(&mut db, ChangeLogId(id(649))).await.expect("read"), None);
}

#[tokio::test]
async fn levels_have_titles() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 66).await;
    let level = *referral.selection.complexity_levels.values().next().expect("a level");
    let unknown = ComplexityLevelId(id(669));
    let mut db = store.connection().await.expect("a connection");
    let titles = store::catalogue::complexity_titles(&mut db, &[level, unknown]).await.expect("read");
    assert_eq!(titles.keys().collect::<Vec<_>>(), [&level]);
    assert!(titles[&level].to_lowercase().contains("complexity"), "{}", titles[&level]);
}
