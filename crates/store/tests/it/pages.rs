//! Pages that begin where the one before ended: the same as by number while nothing changes, and nothing twice or left
//! out when something does.

use domain::{CaseNoteId, Fact};
use store::case_note::{self, CaseNoteKey};
use store::dashboard::{self, Boundary, DashboardFilter, DashboardRow, DashboardScope, Direction, SortKey};
use store::page::{Page, PageAt};
use store::{Db, referral};

use crate::dashboard::{KEYS, nine};
use crate::db::try_execute;
use crate::referral::note;
use crate::sample::{self, caseworker};

type Sort = Vec<(SortKey, Direction)>;

const WAYS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

/// A list and its order.
struct List<'a> {
    scope: &'a DashboardScope,
    filter: &'a DashboardFilter,
    sort: Sort,
}

impl List<'_> {
    async fn page(&self, db: &mut Db, at: &PageAt<Boundary>) -> Page<DashboardRow> {
        dashboard::page(db, self.scope, self.filter, &self.sort, at).await.expect("read")
    }

    /// The page after a row, as if it was the second.
    async fn after(&self, db: &mut Db, row: &DashboardRow, size: u32) -> Vec<DashboardRow> {
        self.page(db, &PageAt::after(2, size, Boundary::after(row, &self.sort))).await.rows
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a small number")
}

/// After each row of a list, the page that follows is the same as by its number, down to the number of pages.
async fn assert_pages_follow(db: &mut Db, list: &List<'_>) -> usize {
    let whole = list.page(db, &PageAt::numbered(1, 50)).await.rows;
    for (index, row) in whole.iter().enumerate() {
        let before = index + 1;
        let size = (1..=3).rev().find(|size| before % size == 0).expect("one divides everything");
        let [number, pages] = [before / size + 1, whole.len().div_ceil(size)].map(small);
        let at = PageAt::after(number, small(size), Boundary::after(row, &list.sort));
        let rows: Vec<DashboardRow> = whole.iter().skip(before).take(size).cloned().collect();
        let expected = Page { rows, total: u64::from(small(whole.len())), pages };
        assert_eq!(list.page(db, &at).await, expected, "{:?} {:?}, {number} of {size}", list.sort, list.filter);
    }
    whole.len()
}

#[tokio::test]
async fn every_order_goes_on_after_every_row() {
    let store = crate::db::store().await;
    let (provider, practitioner) = nine(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let seconds = [SortKey::SentAt, SortKey::InterventionTitle, SortKey::Surname, SortKey::ExpectedReleaseDate];
    let mut sorts: Vec<Sort> = vec![Vec::new()];
    for first in KEYS.into_iter().flat_map(|key| WAYS.map(|way| (key, way))) {
        sorts.push(vec![first]);
        sorts.extend(seconds.into_iter().flat_map(|key| WAYS.map(|way| vec![first, (key, way)])));
    }
    for sort in sorts {
        for scope in [&provider, &practitioner] {
            let list = List { scope, filter: &DashboardFilter::default(), sort: sort.clone() };
            assert_eq!(assert_pages_follow(&mut db, &list).await, 9);
        }
    }
}

#[tokio::test]
async fn every_filter_goes_on_after_every_row() {
    let store = crate::db::store().await;
    let (provider, practitioner) = nine(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let none = DashboardFilter::default();
    let filters = [
        DashboardFilter { completed: Some(false), ..none.clone() },
        DashboardFilter { cancelled: Some(false), ..none.clone() },
        DashboardFilter { unassigned: Some(true), ..none.clone() },
        DashboardFilter { assigned_to: Some(caseworker(1).id), ..none.clone() },
        DashboardFilter { search: Some("Alex River".to_owned()), ..none.clone() },
        DashboardFilter { hidden_crns: vec!["X100003".to_owned()], ..none },
    ];
    let mut shown = 0;
    for filter in &filters {
        for key in [SortKey::SentAt, SortKey::Surname, SortKey::InterventionTitle, SortKey::ExpectedReleaseDate] {
            for (scope, way) in [&provider, &practitioner].into_iter().flat_map(|scope| WAYS.map(|way| (scope, way))) {
                let list = List { scope, filter, sort: vec![(key, way), (SortKey::SentAt, Direction::Descending)] };
                shown += assert_pages_follow(&mut db, &list).await;
            }
        }
    }
    assert!(shown > 16 * 30, "the filters leave something: {shown}");
}

#[tokio::test]
async fn the_next_page_begins_where_the_last_row_was() {
    let store = crate::db::store().await;
    let (provider, practitioner) = nine(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let filter = DashboardFilter::default();
    // What moves a row away, by that which the list is sorted by.
    let moves = [
        (SortKey::Surname, "UPDATE referral_service_user_data SET last_name = 'Zz' WHERE referral_id = '{id}'"),
        (SortKey::AssigneeUsername, "UPDATE referral_assignments SET superseded = true WHERE referral_id = '{id}'"),
        (
            SortKey::ExpectedReleaseDate,
            "UPDATE referral_location SET expected_release_date = '2020-01-01' WHERE referral_id = '{id}'",
        ),
        (SortKey::SentAt, "DELETE FROM case_list_entry WHERE referral_id = '{id}'"),
    ];
    for scope in [&provider, &practitioner] {
        for (key, change) in moves {
            for way in WAYS {
                let list = List { scope, filter: &filter, sort: vec![(key, way), (SortKey::SentAt, way)] };
                let whole = list.page(&mut db, &PageAt::numbered(1, 50)).await.rows;
                for row in &whole {
                    try_execute(&mut db, "BEGIN").await.expect("begun");
                    try_execute(&mut db, &change.replace("{id}", &row.id.0.to_string())).await.expect("changed");
                    let next = list.after(&mut db, row, 50).await;
                    try_execute(&mut db, "ROLLBACK").await.expect("undone");
                    // It may come once more, as what it is now; whatever else followed it follows.
                    let ids = |rows: &[DashboardRow]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
                    let others: Vec<_> = ids(&next).into_iter().filter(|id| *id != row.id).collect();
                    let followed = whole.iter().position(|one| one.id == row.id).expect("it is there") + 1;
                    assert_eq!(others, ids(&whole[followed..]), "{key:?} {way:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_leaves_or_comes_before_moves_nothing_after() {
    let store = crate::db::store().await;
    let (provider, _) = nine(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let filter = DashboardFilter { completed: Some(false), ..DashboardFilter::default() };
    let list = List { scope: &provider, filter: &filter, sort: vec![(SortKey::SentAt, Direction::Descending)] };
    let whole = list.page(&mut db, &PageAt::numbered(1, 50)).await.rows;
    assert_eq!(whole.len(), 8);
    for row in &whole[..3] {
        let gone = format!("DELETE FROM case_list_entry WHERE referral_id = '{}'", row.id.0);
        try_execute(&mut db, &gone).await.expect("gone");
    }
    let next = list.page(&mut db, &PageAt::after(2, 3, Boundary::after(&whole[2], &list.sort))).await;
    assert_eq!((next.rows.as_slice(), next.total, next.pages), (&whole[3..6], 5, 3), "two more follow");
    for number in 10..=20 {
        sample::stored(&store, number).await;
    }
    let next = list.page(&mut db, &PageAt::after(2, 3, Boundary::after(&whole[2], &list.sort))).await;
    assert_eq!((next.rows.as_slice(), next.total, next.pages), (&whole[3..6], 16, 6));
    let third = list.page(&mut db, &PageAt::after(3, 3, Boundary::after(&whole[5], &list.sort))).await;
    assert_eq!((third.rows.as_slice(), third.total, third.pages), (&whole[6..], 16, 3), "nothing follows");
}

#[tokio::test]
async fn a_boundary_of_another_order_or_title_is_none() {
    let store = crate::db::store().await;
    let (provider, practitioner) = nine(&store).await;
    let mut db = store.connection().await.expect("a connection");
    let filter = DashboardFilter::default();
    for scope in [&provider, &practitioner] {
        let list = List { scope, filter: &filter, sort: vec![(SortKey::SentAt, Direction::Descending)] };
        let whole = list.page(&mut db, &PageAt::numbered(1, 50)).await.rows;
        let strange = Boundary::after(&whole[7], &[(SortKey::Surname, Direction::Ascending)]);
        assert_eq!(list.page(&mut db, &PageAt::after(2, 3, strange)).await.rows, whole[3..6]);
    }
    let list = List { scope: &provider, filter: &filter, sort: vec![(SortKey::InterventionTitle, WAYS[0])] };
    let whole = list.page(&mut db, &PageAt::numbered(1, 50)).await.rows;
    let renamed = DashboardRow { intervention_title: "No such title".to_owned(), ..whole[7].clone() };
    assert_eq!(list.after(&mut db, &renamed, 3).await, whole[3..6]);
}

#[tokio::test]
async fn case_notes_go_on_after_every_note_in_every_order() {
    let store = crate::db::store().await;
    let referral = sample::stored(&store, 13).await;
    let mut work = store.begin().await.expect("a transaction");
    for (number, subject, body, at, by) in
        [(1, "a", "x", 5, 1), (2, "b", "y", 5, 2), (3, "a", "y", 4, 1), (4, "b", "x", 7, 2), (5, "a", "x", 5, 1)]
    {
        let note = domain::case_note::CaseNote {
            subject: subject.to_owned(),
            body: body.to_owned(),
            sent_by: caseworker(by),
            ..note(&referral, 100 + number, at)
        };
        let fact = Fact::CaseNoteAdded { note, tell_practitioner: false };
        referral::record(&mut work, &referral, &fact).await.expect("recorded");
    }
    let keys = [CaseNoteKey::SentAt, CaseNoteKey::SentBy, CaseNoteKey::Subject, CaseNoteKey::Body, CaseNoteKey::Id];
    let keys: Vec<_> = keys.into_iter().flat_map(|key| WAYS.map(|way| (key, way))).collect();
    let mut sorts = vec![Vec::new()];
    sorts.extend(keys.iter().map(|key| vec![*key]));
    sorts.extend(keys.iter().flat_map(|one| keys.iter().map(|other| vec![*one, *other])));
    for sort in sorts {
        let whole = case_note::page(&mut work, referral.id, &sort, &PageAt::numbered(1, 9)).await.expect("read");
        assert_eq!((whole.rows.len(), whole.total, whole.pages), (5, 5, 1));
        for (index, note) in whole.rows.iter().enumerate() {
            let number = small(index) + 2;
            let [sought, numbered] = [Some(note.id), None].map(|after| PageAt { number, size: 1, after });
            let sought = case_note::page(&mut work, referral.id, &sort, &sought).await.expect("read");
            let numbered = case_note::page(&mut work, referral.id, &sort, &numbered).await.expect("read");
            assert_eq!(sought, numbered, "{sort:?}");
            let rest = PageAt::after(2, 9, note.id);
            let rest = case_note::page(&mut work, referral.id, &sort, &rest).await.expect("read");
            assert_eq!(rest.rows, whole.rows[index + 1..], "{sort:?}");
        }
    }
    let unknown = PageAt::after(2, 2, CaseNoteId(sample::id(999)));
    let by_number = PageAt::numbered(2, 2);
    assert_eq!(
        case_note::page(&mut work, referral.id, &[], &unknown).await.expect("read"),
        case_note::page(&mut work, referral.id, &[], &by_number).await.expect("read"),
    );
}
