//! Dashboards: scope, filters, order, pages, and what the reader may not know of.

use std::collections::BTreeSet;

use domain::Fact;
use domain::end_of_service_report::EndOfServiceReport;
use domain::ending::{Conclusion, EndRequest};
use domain::referral::Assignment;
use domain::{EndOfServiceReportId, Referral};
use store::dashboard::{self, DashboardFilter, DashboardRow, DashboardScope, Direction, SortKey};
use store::page::{Page, PageAt};
use store::{Db, Store, referral};

use crate::sample::{self, caseworker, id, minute, practitioner, stamp};

fn contracts() -> DashboardScope {
    DashboardScope::Contracts(BTreeSet::from(["HT0002".to_owned()]))
}

async fn record(db: &mut Db, referral: &Referral, facts: &[Fact]) {
    for fact in facts {
        referral::record(db, referral, fact).await.expect("recorded");
    }
}

/// Four referrals: 1 assigned, 2 completed, 3 cancelled, 4 untouched.
async fn four(store: &Store) -> Vec<Referral> {
    let mut all = Vec::new();
    for number in 1..=4 {
        all.push(sample::stored(store, number).await);
    }
    let mut work = store.begin().await.expect("a transaction");
    let assigned = Fact::Assigned(Assignment { to: caseworker(1), by: caseworker(2), at: minute(9) });
    record(&mut work, &all[0], &[assigned]).await;
    let concluded = Fact::Concluded(Conclusion { at: minute(10), state: None });
    let report = EndOfServiceReport {
        id: EndOfServiceReportId(id(50)),
        created_at: minute(9),
        created_by: caseworker(1),
        further_information: None,
        outcomes: Vec::new(),
        submitted: Some(stamp(10, caseworker(1))),
    };
    record(&mut work, &all[1], &[Fact::ReportBegun(report), concluded.clone()]).await;
    let requested = Fact::EndRequested(EndRequest { at: minute(10), by: practitioner(), reason: None });
    record(&mut work, &all[2], &[requested, concluded]).await;
    work.commit().await.expect("committed");
    all
}

async fn page(
    store: &Store,
    scope: &DashboardScope,
    filter: &DashboardFilter,
    sort: &[(SortKey, Direction)],
) -> Page<DashboardRow> {
    let mut db = store.connection().await.expect("a connection");
    dashboard::page(&mut db, scope, filter, sort, &PageAt::numbered(1, 50)).await.expect("read")
}

async fn numbers(store: &Store, scope: &DashboardScope, filter: &DashboardFilter) -> Vec<String> {
    let page = page(store, scope, filter, &[]).await;
    assert_eq!(page.total, u64::try_from(page.rows.len()).expect("small"));
    page.rows.into_iter().map(|row| row.reference.0[2..6].to_owned()).collect()
}

#[tokio::test]
async fn filters_and_their_complements_divide_the_referrals() {
    let store = crate::db::store().await;
    four(&store).await;
    let none = DashboardFilter::default();
    let cases = [
        (none.clone(), vec!["0001", "0002", "0003", "0004"]),
        (DashboardFilter { completed: Some(true), ..none.clone() }, vec!["0002"]),
        (DashboardFilter { completed: Some(false), ..none.clone() }, vec!["0001", "0003", "0004"]),
        (DashboardFilter { cancelled: Some(true), ..none.clone() }, vec!["0003"]),
        (DashboardFilter { cancelled: Some(false), ..none.clone() }, vec!["0001", "0002", "0004"]),
        (DashboardFilter { unassigned: Some(true), ..none.clone() }, vec!["0002", "0003", "0004"]),
        (DashboardFilter { unassigned: Some(false), ..none.clone() }, vec!["0001"]),
        (DashboardFilter { assigned_to: Some(caseworker(1).id), ..none.clone() }, vec!["0001"]),
        (DashboardFilter { search: Some("KQ0003PE".to_owned()), ..none.clone() }, vec!["0003"]),
        (
            DashboardFilter { search: Some("aLEX river".to_owned()), ..none.clone() },
            vec!["0001", "0002", "0003", "0004"],
        ),
        (DashboardFilter { search: Some("alex".to_owned()), ..none.clone() }, vec![]),
        (DashboardFilter { search: Some(" x100003 ".to_owned()), ..none.clone() }, vec!["0003"]),
        (DashboardFilter { search: Some("X100009".to_owned()), ..none.clone() }, vec![]),
        (DashboardFilter { hidden_crns: vec!["X100001".to_owned()], ..none }, vec!["0002", "0003", "0004"]),
    ];
    for (filter, expected) in cases {
        assert_eq!(numbers(&store, &contracts(), &filter).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_scope_shows_its_own_and_nothing_else() {
    let store = crate::db::store().await;
    four(&store).await;
    let filter = DashboardFilter::default();
    let other = DashboardScope::Contracts(BTreeSet::from(["NS0001".to_owned()]));
    assert!(numbers(&store, &other, &filter).await.is_empty());
    let own = DashboardScope::Practitioner { user: practitioner(), crns: Vec::new() };
    assert_eq!(numbers(&store, &own, &filter).await.len(), 4);
    let managed = DashboardScope::Practitioner { user: caseworker(2), crns: vec!["X100004".to_owned()] };
    assert_eq!(numbers(&store, &managed, &filter).await, ["0004"]);
}

#[tokio::test]
async fn every_sort_key_orders_and_pages_do_not_overlap() {
    let store = crate::db::store().await;
    let all = four(&store).await;
    for key in KEYS {
        let sort = [(key, Direction::Descending), (SortKey::SentAt, Direction::Descending)];
        assert_eq!(page(&store, &contracts(), &DashboardFilter::default(), &sort).await.rows.len(), 4, "{key:?}");
    }
    let by_assignee = [(SortKey::AssigneeUsername, Direction::Ascending)];
    let rows = page(&store, &contracts(), &DashboardFilter::default(), &by_assignee).await.rows;
    assert_eq!(rows[0].assigned_to, Some(caseworker(1)), "nobody comes last");

    let mut db = store.connection().await.expect("a connection");
    let newest = [(SortKey::SentAt, Direction::Descending)];
    let filter = DashboardFilter::default();
    let second = dashboard::page(&mut db, &contracts(), &filter, &newest, &PageAt::numbered(2, 3)).await.expect("read");
    assert_eq!((second.total, second.rows.len(), second.rows[0].id), (4, 1, all[0].id));
    let row = &second.rows[0];
    assert_eq!(row.location.as_deref(), Some("ABC"));
    assert_eq!((row.last_name.as_deref(), row.provider.name.as_str()), (Some("River"), "Harbour Trust"));
}

#[tokio::test]
async fn what_is_hidden_is_on_no_page_and_in_no_total_and_pages_stay_full() {
    let store = crate::db::store().await;
    four(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let filter = DashboardFilter { hidden_crns: vec!["X100002".to_owned()], ..DashboardFilter::default() };
    for scope in [contracts(), DashboardScope::Practitioner { user: practitioner(), crns: Vec::new() }] {
        // Pages of two: full, then half full, then beyond the end.
        for (number, expected) in [(1, vec!["0001", "0003"]), (2, vec!["0004"]), (3, vec![]), (9, vec![])] {
            let page =
                dashboard::page(&mut db, &scope, &filter, &[], &PageAt::numbered(number, 2)).await.expect("read");
            let shown: Vec<&str> = page.rows.iter().map(|row| &row.reference.0[2..6]).collect();
            assert_eq!((page.total, shown), (3, expected), "page {number}");
        }
    }
}

/// Nine referrals under two contracts of different titles and providers, with names, dates and caseworkers that differ,
/// agree and are missing. Both readers see them all.
pub(crate) async fn nine(store: &Store) -> (DashboardScope, DashboardScope) {
    let all = four(store).await;
    for number in 5..=9 {
        sample::stored(store, number).await;
    }
    let mut db = store.connection().await.expect("a connection");
    let changes = [
        "UPDATE referral SET intervention_id = (
             SELECT i.id FROM intervention i JOIN dynamic_framework_contract c ON c.id = i.dynamic_framework_contract_id
             WHERE c.contract_reference = 'NS0001' LIMIT 1
         ) WHERE reference_number SIMILAR TO '%(2|3|6)PE'"
            .to_owned(),
        "UPDATE referral_service_user_data SET last_name = NULL FROM referral r
         WHERE r.id = referral_id AND r.reference_number SIMILAR TO '%(4|6)PE'"
            .to_owned(),
        "UPDATE referral_service_user_data SET last_name = 'Able' FROM referral r
         WHERE r.id = referral_id AND r.reference_number SIMILAR TO '%(1|7|8)PE'"
            .to_owned(),
        "UPDATE referral_location SET expected_release_date = NULL FROM referral r
         WHERE r.id = referral_id AND r.reference_number SIMILAR TO '%(1|2|5|8)PE'"
            .to_owned(),
        format!(
            "UPDATE referral SET sent_at = (SELECT sent_at FROM referral WHERE id = '{}')
                 WHERE reference_number SIMILAR TO '%(3|4|5)PE'",
            all[2].id
        ),
    ];
    for change in changes {
        crate::db::try_execute(&mut db, &change).await.expect("changed");
    }
    let provider = DashboardScope::Contracts(["HT0002", "NS0001", "HT0001"].map(str::to_owned).into());
    (provider, DashboardScope::Practitioner { user: practitioner(), crns: Vec::new() })
}

/// All that a dashboard can be sorted by.
pub(crate) const KEYS: [SortKey; 7] = [
    SortKey::SentAt,
    SortKey::Reference,
    SortKey::Surname,
    SortKey::InterventionTitle,
    SortKey::ProviderName,
    SortKey::AssigneeUsername,
    SortKey::ExpectedReleaseDate,
];

#[tokio::test]
async fn pages_of_every_order_are_the_whole_list_cut_into_pieces() {
    let store = crate::db::store().await;
    let (provider, practitioner) = nine(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let filter = DashboardFilter::default();
    let seconds = [SortKey::SentAt, SortKey::InterventionTitle];
    let ways = [Direction::Ascending, Direction::Descending];
    for (first, one) in KEYS.into_iter().flat_map(|key| ways.map(|way| (key, way))) {
        for (second, other) in seconds.into_iter().flat_map(|key| ways.map(|way| (key, way))) {
            let sort = [(first, one), (second, other)];
            let mut orders = Vec::new();
            for scope in [&provider, &practitioner] {
                let whole =
                    dashboard::page(&mut db, scope, &filter, &sort, &PageAt::numbered(1, 50)).await.expect("read");
                assert_eq!((whole.rows.len(), whole.total), (9, 9));
                let mut pieces = Vec::new();
                for number in 1..=6 {
                    let piece = dashboard::page(&mut db, scope, &filter, &sort, &PageAt::numbered(number, 2))
                        .await
                        .expect("read");
                    assert_eq!(piece.total, 9);
                    pieces.extend(piece.rows);
                }
                assert_eq!(pieces, whole.rows, "{sort:?}");
                orders.push(whole.rows);
            }
            assert_eq!(orders[0], orders[1], "{sort:?}: both readers see one order");
        }
    }
}

/// Entries that differ from what the tables say, in either direction.
const ASTRAY: &str = "
    WITH said AS (
        SELECT
            r.id, r.intervention_id, r.reference_number, r.service_usercrn, r.created_by_source, r.created_by_id,
            r.sent_at, r.concluded_at IS NOT NULL,
            r.concluded_at IS NOT NULL AND r.end_requested_at IS NOT NULL AND r.status = 'PRE_ICA',
            EXISTS (SELECT FROM end_of_service_report e WHERE e.referral_id = r.id AND e.submitted_at IS NOT NULL),
            a.assigned_to_source, a.assigned_to_id, u.last_name,
            lower(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')), l.expected_release_date,
            w.user_name, u.first_name, EXISTS (SELECT FROM end_of_service_report e WHERE e.referral_id = r.id)
        FROM referral r
        LEFT JOIN referral_assignments a ON a.referral_id = r.id AND NOT a.superseded
        LEFT JOIN auth_user w ON w.auth_source = a.assigned_to_source AND w.id = a.assigned_to_id
        LEFT JOIN referral_service_user_data u ON u.referral_id = r.id
        LEFT JOIN referral_location l ON l.referral_id = r.id
    )
    SELECT count(*)
    FROM (
        (TABLE said EXCEPT TABLE case_list_entry) UNION ALL (TABLE case_list_entry EXCEPT TABLE said)
    ) astray";

#[tokio::test]
async fn entries_say_what_the_tables_say_after_every_kind_of_change() {
    let store = crate::db::store().await;
    let all = four(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let (assigned, reported) = (all[0].id, all[1].id);
    let changes = [
        "SELECT".to_owned(),
        "UPDATE auth_user SET user_name = user_name || '_2'".to_owned(),
        format!("UPDATE referral_assignments SET superseded = true WHERE referral_id = '{assigned}'"),
        format!("UPDATE referral_assignments SET superseded = false WHERE referral_id = '{assigned}'"),
        format!("DELETE FROM referral_assignments WHERE referral_id = '{assigned}'"),
        "UPDATE referral_service_user_data SET first_name = 'SAM', last_name = NULL".to_owned(),
        "UPDATE referral_location SET expected_release_date = '2027-01-02'".to_owned(),
        format!(
            "UPDATE end_of_service_report SET submitted_at = NULL, submitted_by_source = NULL, submitted_by_id = NULL WHERE referral_id = '{reported}'"
        ),
        format!(
            "DELETE FROM end_of_service_report_outcome; DELETE FROM end_of_service_report WHERE referral_id = '{reported}'"
        ),
        "UPDATE referral SET concluded_at = NULL, concluded_state = NULL".to_owned(),
        "UPDATE referral SET concluded_at = now(), status = 'POST_ICA'".to_owned(),
        "UPDATE referral SET service_usercrn = 'X199999', sent_at = now()".to_owned(),
    ];
    for change in changes {
        crate::db::try_execute(&mut db, &change).await.expect("changed");
        let astray: i64 = sqlx::query_scalar(ASTRAY).fetch_one(&mut *db).await.expect("compared");
        assert_eq!(astray, 0, "after: {change}");
    }
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM case_list_entry").fetch_one(&mut *db).await.expect("counted");
    assert_eq!(rows, 4);
}
