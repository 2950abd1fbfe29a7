//! How PostgreSQL finds what the lists show: on a database large enough for the planner to care, every statement that a
//! list runs is explained, and no large table is read from end to end.
//!
//! Kept for comparison is only how tables are reached: by which index; how these are put together differs between versions
//! of PostgreSQL.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::{Crn, ReferralId, User};
use store::Db;
use store::dashboard::{self, Boundary, DashboardFilter, DashboardScope, Direction, ProviderList, SortKey};
use store::page::PageAt;

use crate::plan::{explained, from_end_to_end, statements};

/// How many referrals the planner is shown.
const REFERRALS: u32 = 6_000;

/// Tables that grow with the referrals.
const LARGE: &[&str] = &[
    "action_plan",
    "appointment",
    "appointment_delivery",
    "case_list_entry",
    "case_note",
    "changelog",
    "delivery_session",
    "delivery_session_appointment",
    "draft_referral",
    "end_of_service_report",
    "probation_practitioner_details",
    "referral",
    "referral_assignments",
    "referral_details",
    "referral_location",
    "referral_service_user_data",
];

/// A database as large services have it, with what its planner knows.
async fn large_database() -> store::Connection {
    let store = crate::db::store().await;
    let mut db = store.connection().await.expect("a connection");
    crate::plan::load_referrals(&mut db, REFERRALS).await;
    // Outside a transaction: what is visible to everybody is read from indexes alone.
    for table in LARGE {
        crate::db::try_execute(&mut db, &format!("VACUUM (ANALYZE) {table}")).await.expect("analysed");
    }
    crate::db::try_execute(&mut db, "ANALYZE").await.expect("analysed");
    db
}

struct Shape {
    name: &'static str,
    scope: DashboardScope,
    filter: DashboardFilter,
    sort: Vec<(SortKey, Direction)>,
}

fn shapes() -> Vec<Shape> {
    let provider = || DashboardScope::Contracts(["HT0001", "HT0002", "HT0003"].map(str::to_owned).into());
    let practitioner = || DashboardScope::Practitioner {
        user: User { id: "pp-7".to_owned(), source: domain::AuthSource::Delius, username: "PP-7".to_owned() },
        crns: (1..40).map(|number| format!("Q{:06}", number * 7)).collect(),
    };
    let all = DashboardFilter::default();
    let open = || DashboardFilter { completed: Some(false), cancelled: Some(false), ..DashboardFilter::default() };
    let searched = |text: &str| DashboardFilter { search: Some(text.to_owned()), ..DashboardFilter::default() };
    let by = |key| vec![(key, Direction::Descending), (SortKey::SentAt, Direction::Descending)];
    let upwards = |key| vec![(key, Direction::Ascending), (SortKey::SentAt, Direction::Descending)];
    let sent = || vec![(SortKey::SentAt, Direction::Descending)];
    let shape = |name, scope, filter: &DashboardFilter, sort| Shape { name, scope, filter: filter.clone(), sort };
    vec![
        shape("provider, newest first", provider(), &all, sent()),
        shape("provider, oldest first", provider(), &all, Vec::new()),
        shape("provider, by reference", provider(), &all, by(SortKey::Reference)),
        shape("provider, by surname", provider(), &all, by(SortKey::Surname)),
        shape("provider, by title", provider(), &all, by(SortKey::InterventionTitle)),
        shape("provider, by provider", provider(), &all, by(SortKey::ProviderName)),
        shape("provider, by assignee", provider(), &all, by(SortKey::AssigneeUsername)),
        shape("provider, by release", provider(), &all, by(SortKey::ExpectedReleaseDate)),
        shape("provider, by surname upwards", provider(), &all, upwards(SortKey::Surname)),
        shape("provider, by assignee upwards", provider(), &all, upwards(SortKey::AssigneeUsername)),
        shape("provider, by release upwards", provider(), &all, upwards(SortKey::ExpectedReleaseDate)),
        shape("provider, open", provider(), &open(), sent()),
        shape("provider, open, by surname", provider(), &open(), by(SortKey::Surname)),
        shape("provider, unassigned", provider(), &DashboardFilter { unassigned: Some(true), ..open() }, sent()),
        shape(
            "provider, mine",
            provider(),
            &DashboardFilter { assigned_to: Some("cw-7".to_owned()), ..open() },
            sent(),
        ),
        shape("provider, completed", provider(), &DashboardFilter { completed: Some(true), ..all.clone() }, sent()),
        shape("provider, cancelled", provider(), &DashboardFilter { cancelled: Some(true), ..all.clone() }, sent()),
        shape("provider, reference searched", provider(), &searched("AA0077ZZ"), sent()),
        shape("provider, name searched", provider(), &searched("First7 Last33"), sent()),
        shape("provider, case searched", provider(), &searched("Q000077"), sent()),
        shape("practitioner, newest first", practitioner(), &all, sent()),
        shape("practitioner, by surname", practitioner(), &all, by(SortKey::Surname)),
        shape("practitioner, by assignee", practitioner(), &all, by(SortKey::AssigneeUsername)),
        shape("practitioner, open", practitioner(), &open(), sent()),
        shape("practitioner, name searched", practitioner(), &searched("First7 Last33"), sent()),
        shape(
            "practitioner, some hidden",
            practitioner(),
            &DashboardFilter { hidden_crns: vec!["Q000007".to_owned()], ..all.clone() },
            sent(),
        ),
    ]
}

/// Every list's statements: what the list is called, and what it runs.
async fn lists(db: &mut Db) -> Vec<(String, Vec<String>)> {
    let mut lists = Vec::new();
    for Shape { name, scope, filter, sort } in shapes() {
        // One row a page, so that the total is counted too.
        let mut rows = Vec::new();
        let found = statements(async {
            rows = dashboard::page(db, &scope, &filter, &sort, &PageAt::numbered(1, 1)).await.expect("read").rows;
        });
        lists.push((name.to_owned(), found.await));
        let Some(row) = rows.pop() else { continue };
        let found = statements(async {
            let next = PageAt::after(2, 1, Boundary::after(&row, &sort));
            dashboard::page(db, &scope, &filter, &sort, &next).await.expect("read");
        });
        lists.push((format!("{name}, the next page"), found.await));
    }
    let contracts = ["HT0001"].map(str::to_owned).into();
    let found = statements(async {
        dashboard::provider_list(db, &contracts, &ProviderList::Open).await.expect("read");
    });
    lists.push(("provider's older list".to_owned(), found.await));
    let user = User { id: "pp-7".to_owned(), source: domain::AuthSource::Delius, username: "PP-7".to_owned() };
    let found = statements(async {
        dashboard::crns(db, &user, &["Q000007".to_owned()]).await.expect("read");
    });
    lists.push(("people of a practitioner".to_owned(), found.await));
    let found = statements(async {
        store::draft::list_unsent_by(db, &user).await.expect("read");
    });
    lists.push(("drafts".to_owned(), found.await));
    let referral = ReferralId("00000000-0000-4000-8000-000000000007".parse().expect("an id"));
    let found = statements(async {
        store::case_note::page(db, referral, &[], &PageAt::numbered(1, 10)).await.expect("read");
    });
    lists.push(("case notes".to_owned(), found.await));
    let found = statements(async {
        let next = PageAt::after(2, 10, domain::CaseNoteId(referral.0));
        store::case_note::page(db, referral, &[], &next).await.expect("read");
    });
    lists.push(("case notes, the next page".to_owned(), found.await));
    let found = statements(async {
        store::subject_access::held(db, &Crn("Q000007".to_owned()), None, None).await.expect("read");
    });
    lists.push(("subject access".to_owned(), found.await));
    let case = Crn("Q000007".to_owned());
    let found = statements(async {
        store::probation_case::referrals(db, &case).await.expect("read");
        store::probation_case::appointments(db, &case).await.expect("read");
        store::probation_case::accommodation(db, &case).await.expect("read");
    });
    lists.push(("referrals of a case, appointments, accommodation".to_owned(), found.await));
    lists
}

#[tokio::test]
async fn every_list_finds_its_rows_by_an_index() {
    let mut db = large_database().await;
    let lists = lists(&mut db).await;
    crate::db::try_execute(&mut db, "SET plan_cache_mode = force_generic_plan").await.expect("set");
    let mut report = String::new();
    let mut slow = Vec::new();
    for (name, statements) in lists {
        writeln!(report, "{name}").expect("text grows");
        let mut ways = BTreeSet::new();
        for statement in &statements {
            let of_statement = explained(&mut db, statement).await;
            for table in LARGE {
                if of_statement.contains(&from_end_to_end(table)) {
                    slow.push(format!("{name}: {table} is read from end to end by\n{statement}"));
                }
            }
            // Every index of a contract's entries can be counted, all at about the same cost: which one is not kept.
            let is_counted = statement.contains("count(*)");
            let is_kept = |way: &String| !(is_counted && way.starts_with("case_list_entry in "));
            ways.extend(of_statement.into_iter().filter(is_kept));
        }
        let is_large = |way: &&String| LARGE.iter().any(|table| way.starts_with(&format!("{table} ")));
        for way in ways.iter().filter(is_large) {
            writeln!(report, "  {way}").expect("text grows");
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n\n"));
    insta::with_settings!({ snapshot_path => "list_plan", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("plans", report);
    });
}
