//! The catalogue as the demonstration has it, and the reference data under it.

use std::collections::BTreeSet;

use domain::catalogue::ContractArea;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use store::catalogue::{self, CatalogueFilter};

const TODAY: Date = date(2026, 11, 21);

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("an instant")
}

async fn found(filter: &CatalogueFilter) -> Vec<String> {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let entries = catalogue::search(&mut db, filter, TODAY, now()).await.expect("read");
    let mut references: Vec<String> = entries.into_iter().map(|entry| entry.intervention.contract.reference).collect();
    references.sort();
    references
}

#[tokio::test]
async fn a_search_finds_what_takes_referrals_and_matches() {
    let all = found(&CatalogueFilter::default()).await;
    assert_eq!(all.len(), 11, "NS0004 is closed: {all:?}");
    let area =
        |id: &str| CatalogueFilter { pcc_region_ids: BTreeSet::from([id.to_owned()]), ..CatalogueFilter::default() };
    assert_eq!(found(&area("merseyside")).await, ["HT0001", "HT0002"]);
    let women_only = CatalogueFilter { allows_male: Some(false), ..CatalogueFilter::default() };
    assert_eq!(found(&women_only).await, ["HT0006", "NS0003"]);
    let young = CatalogueFilter { maximum_age: Some(25), ..CatalogueFilter::default() };
    assert_eq!(found(&young).await, ["HT0008"]);
}

#[tokio::test]
async fn an_entry_is_whole() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let wanted = BTreeSet::from(["HT0001".to_owned(), "HT0002".to_owned(), "NS0004".to_owned(), "NONE".to_owned()]);
    let entries = catalogue::entries_of_contracts(&mut db, &wanted).await.expect("read");
    assert_eq!(entries.len(), 3);
    let one = entries.iter().find(|entry| entry.intervention.contract.reference == "HT0001").expect("there");
    assert!(matches!(&one.area, ContractArea::Nps(region, areas) if region.id == "B" && areas.len() == 4));
    assert!(one.intervention.contract.involves("TIDEWAY"));
    assert_eq!(one.service_categories.len(), 1);
    let two = entries.iter().find(|entry| entry.intervention.contract.reference == "HT0002").expect("there");
    assert!(matches!(&two.area, ContractArea::Pcc(area) if area.id == "merseyside"));
    assert_eq!(two.service_categories.len(), 4);

    let id = two.intervention.id;
    assert_eq!(catalogue::get_entry(&mut db, id).await.expect("read").as_ref(), Some(two));
    assert_eq!(catalogue::find_intervention(&mut db, id).await.expect("read"), Some(two.intervention.clone()));
    let contracts = catalogue::contracts_by_reference(&mut db, &wanted).await.expect("read");
    let references: Vec<&str> = contracts.iter().map(|contract| contract.reference.as_str()).collect();
    assert_eq!(references, ["HT0001", "HT0002", "NS0004"]);
    let providers = BTreeSet::from(["HARBOUR_TRUST".to_owned(), "NOBODY".to_owned()]);
    let known = catalogue::known_providers(&mut db, &providers).await.expect("read");
    assert_eq!(known, BTreeSet::from(["HARBOUR_TRUST".to_owned()]));
}

#[tokio::test]
async fn outcomes_that_a_rule_limits_are_offered_where_it_says() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    let social = "c036826e-f077-49a5-8b33-601dca7ad479".parse().expect("an id");
    let category = catalogue::find_category(&mut db, social).await.expect("read").expect("there");
    let offered =
        |contract: &str| category.desired_outcomes.iter().filter(|outcome| outcome.is_offered_on(contract)).count();
    assert_eq!((offered("HT0008"), offered("HT0002")), (3, 1));
}

#[tokio::test]
async fn reference_data_is_complete() {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    assert_eq!(catalogue::pcc_regions(&mut db).await.expect("read").len(), 42);
    assert_eq!(catalogue::cancellation_reasons(&mut db).await.expect("read").len(), 10);
    let withdrawal = catalogue::withdrawal_reasons(&mut db).await.expect("read");
    assert_eq!(withdrawal.len(), 13);
    assert!(withdrawal.iter().all(|reason| reason.grouping.is_some()));
    for (table, expected) in [("nps_region", 12), ("service_category", 37), ("contract_type", 35)] {
        let query = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(query).fetch_one(&mut *db).await.expect("counted");
        assert_eq!(count, expected, "{table}");
    }
}
