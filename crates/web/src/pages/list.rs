//! The case lists, PD-01 to PD-04 and SD-01 to SD-05: one page of referrals, sorted and paged by links.
//!
//! Sorting and paging live in the query; whatever cannot be read falls back to the list's own order and its first page.

mod columns;
mod paging;

use app::dashboard::{self, DashboardFilter, Direction, SortKey};
use axum::extract::Query;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use domain::access::UserType;
use serde::{Deserialize, Serialize};

use self::columns::{Cell, Column, Heading};
use self::paging::Paging;
use crate::Site;
use crate::frame::Section;
use crate::routes::{self, Href, Plain};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

/// Rows on a page that one may choose from; the first is taken when none is chosen.
const SIZES: [u32; 4] = [50, 25, 100, 250];

/// What distinguishes one list from the others.
#[derive(Clone, Copy)]
pub(super) struct List {
    side: UserType,
    path: Plain,
    name: &'static str,
    empty: &'static str,
    completed: Option<bool>,
    cancelled: Option<bool>,
    unassigned: Option<bool>,
    is_mine: bool,
    columns: &'static [Column],
    default_sort: (SortKey, Direction),
}

/// A list of cases that are neither completed nor cancelled; the lists below say how they differ.
const fn open(side: UserType, path: Plain, name: &'static str, empty: &'static str) -> List {
    let (columns, default_sort) = match side {
        UserType::Practitioner => (columns::PRACTITIONER, (SortKey::Surname, Direction::Ascending)),
        UserType::Provider => (columns::PROVIDER, (SortKey::SentAt, Direction::Descending)),
    };
    List {
        side,
        path,
        name,
        empty,
        completed: Some(false),
        cancelled: Some(false),
        unassigned: None,
        is_mine: false,
        columns,
        default_sort,
    }
}

const LISTS: [List; 9] = {
    use UserType::{Practitioner, Provider};
    let text = &TEXT_LISTS;
    [
        open(Practitioner, routes::PP_OPEN, text.open, text.empty_open),
        List {
            unassigned: Some(true),
            columns: columns::PRACTITIONER_UNASSIGNED,
            ..open(Practitioner, routes::PP_UNASSIGNED, text.unassigned, text.empty_unassigned)
        },
        List {
            completed: Some(true),
            cancelled: None,
            ..open(Practitioner, routes::PP_COMPLETED, text.completed, text.empty_completed)
        },
        List {
            completed: None,
            cancelled: Some(true),
            ..open(Practitioner, routes::PP_CANCELLED, text.cancelled, text.empty_cancelled)
        },
        List {
            is_mine: true,
            columns: columns::PROVIDER_MINE,
            ..open(Provider, routes::SP_MINE, text.mine, text.empty_mine)
        },
        open(Provider, routes::SP_OPEN, text.all_open, text.empty_all_open),
        List {
            unassigned: Some(true),
            columns: columns::PROVIDER_UNASSIGNED,
            ..open(Provider, routes::SP_UNASSIGNED, text.unassigned, text.empty_unassigned)
        },
        List {
            completed: Some(true),
            cancelled: None,
            ..open(Provider, routes::SP_COMPLETED, text.completed, text.empty_completed)
        },
        List {
            completed: None,
            cancelled: Some(true),
            ..open(Provider, routes::SP_CANCELLED, text.cancelled, text.empty_cancelled)
        },
    ]
};

const TEXT_LISTS: crate::text::Lists = crate::text::Lists::ENGLISH;

/// The routes of all lists; each side's first list is also that side's dashboard.
pub(super) fn routes() -> Vec<(&'static str, MethodRouter<Site>)> {
    let page = |list: &'static List| get(move |visitor, query| show(list, visitor, query));
    let mut routes: Vec<_> = LISTS.iter().map(|list| (list.path.0, page(list))).collect();
    for (dashboard, side) in
        [(routes::PP_DASHBOARD, UserType::Practitioner), (routes::SP_DASHBOARD, UserType::Provider)]
    {
        routes.extend(LISTS.iter().find(|list| list.side == side).map(|list| (dashboard.0, page(list))));
    }
    routes
}

/// The query, as it comes.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    page: Option<String>,
    sort: Option<String>,
    size: Option<String>,
}

/// What is shown, once the query is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Choice {
    page: u32,
    size: u32,
    sort: (SortKey, Direction),
}

impl Choice {
    fn read(asked: &Asked, list: &List) -> Self {
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
        let sort = asked.sort.as_deref().and_then(|text| {
            let (field, direction) = text.split_once(',')?;
            let key = list.columns.iter().filter_map(|column| column.sort).find(|key| columns::field(*key) == field)?;
            Some((key, columns::direction(direction)?))
        });
        Self {
            page: number(&asked.page).unwrap_or(1).max(1),
            size: number(&asked.size).filter(|size| SIZES.contains(size)).unwrap_or(SIZES[0]),
            sort: sort.unwrap_or(list.default_sort),
        }
    }

    /// A link to the list with this choice; what is the default is left out.
    fn href(self, list: &List) -> Href {
        let (page, size) = (self.page.to_string(), self.size.to_string());
        let sort = format!("{},{}", columns::field(self.sort.0), columns::direction_name(self.sort.1));
        let mut query: Vec<(&str, &str)> = Vec::new();
        if self.sort != list.default_sort {
            query.push(("sort", &sort));
        }
        if self.size != SIZES[0] {
            query.push(("size", &size));
        }
        if self.page != 1 {
            query.push(("page", &page));
        }
        list.path.href().with(&query)
    }

    /// The chosen order, made whole: equal rows come in the order in which they were sent.
    fn order(self, list: &List) -> Vec<(SortKey, Direction)> {
        let second = match list.side {
            UserType::Practitioner => (SortKey::SentAt, Direction::Ascending),
            UserType::Provider => (SortKey::SentAt, Direction::Descending),
        };
        if self.sort.0 == second.0 { vec![self.sort] } else { vec![self.sort, second] }
    }
}

async fn show(list: &'static List, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    visitor.must_be(list.side)?;
    let mut choice = Choice::read(&asked, list);
    let me = visitor.ctx().caller().user().map(|user| user.id.clone());
    let filter = DashboardFilter {
        completed: list.completed,
        cancelled: list.cancelled,
        unassigned: list.unassigned,
        assigned_to: me.filter(|_| list.is_mine),
        ..DashboardFilter::default()
    };
    let read =
        |choice: Choice| dashboard::page(visitor.ctx(), filter.clone(), choice.order(list), choice.page, choice.size);
    let mut found = read(choice).await?;
    if found.rows.is_empty() && found.total > 0 {
        // Beyond the end: the last page.
        choice.page = found.pages.max(1);
        found = read(choice).await?;
    }
    let rows = found.rows.iter().map(|row| list.columns.iter().map(|column| (column.cell)(row)).collect()).collect();
    visitor.page(&ListView::new(list, choice, (found.total, found.pages), rows))
}

/// Links to all lists of a side, of which the one at `path` is shown.
pub(super) fn tabs(side: UserType, path: Plain) -> Vec<Tab> {
    let tab = |text, other: Plain| Tab { text, href: other.href(), active: other.0 == path.0 };
    let mut tabs: Vec<Tab> =
        LISTS.iter().filter(|list| list.side == side).map(|list| tab(list.name, list.path)).collect();
    if side == UserType::Practitioner {
        tabs.push(tab(TEXT.drafts.title, routes::PP_DRAFTS));
    }
    tabs
}

/// A link to a list.
#[derive(Serialize)]
pub(super) struct Tab {
    text: &'static str,
    href: Href,
    active: bool,
}

/// A page of a list.
#[derive(Serialize)]
pub(crate) struct ListView {
    heading: &'static str,
    tabs: Vec<Tab>,
    caption: String,
    headings: Vec<Heading>,
    rows: Vec<Vec<Cell>>,
    empty: &'static str,
    showing: Option<String>,
    paging: Option<Paging>,
    sizes: Vec<Size>,
}

/// A number of rows that one may choose.
#[derive(Serialize)]
struct Size {
    text: String,
    href: Href,
    is_current: bool,
}

impl ListView {
    /// A page of `total` referrals on so many `pages`.
    fn new(list: &List, choice: Choice, (total, pages): (u64, u32), rows: Vec<Vec<Cell>>) -> Self {
        let headings = list
            .columns
            .iter()
            .map(|column| column.heading(choice.sort, |sort| Choice { sort, page: 1, ..choice }.href(list)))
            .collect();
        let sorted_by = list.columns.iter().find(|column| column.sort == Some(choice.sort.0));
        let direction = match choice.sort.1 {
            Direction::Ascending => TEXT.lists.ascending,
            Direction::Descending => TEXT.lists.descending,
        };
        let caption = fill(
            TEXT.lists.caption,
            &[
                ("list", list.name),
                ("column", &sorted_by.map_or(String::new(), |column| column.text.to_lowercase())),
                ("direction", direction),
            ],
        );
        let mut sizes = SIZES;
        sizes.sort_unstable();
        let smallest = u64::from(sizes[0]);
        Self {
            heading: list.name,
            tabs: tabs(list.side, list.path),
            caption,
            headings,
            showing: paging::showing(choice.page, choice.size, rows.len(), total),
            rows,
            empty: list.empty,
            paging: Paging::of(choice.page, pages, |page| Choice { page, ..choice }.href(list)),
            sizes: sizes
                .iter()
                .filter(|_| total > smallest)
                .map(|size| Size {
                    text: fill(TEXT.lists.size_link, &[("size", &size.to_string())]),
                    href: Choice { size: *size, page: 1, ..choice }.href(list),
                    is_current: *size == choice.size,
                })
                .collect(),
        }
    }
}

impl View for ListView {
    const TEMPLATE: &'static str = "pages/lists/list.html";

    fn title(&self) -> String {
        self.heading.to_owned()
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Referrals)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let rows = |list: &List, count: usize| -> Vec<Vec<Cell>> {
            let sample = columns::sample_rows();
            sample
                .iter()
                .cycle()
                .take(count)
                .map(|row| list.columns.iter().map(|column| (column.cell)(row)).collect())
                .collect()
        };
        let choice = |list: &List, page| Choice { page, size: 50, sort: list.default_sort };
        let mut samples: Vec<Self> =
            LISTS.iter().map(|list| Self::new(list, choice(list, 1), (3, 1), rows(list, 3))).collect();
        samples.push(Self::new(&LISTS[0], choice(&LISTS[0], 1), (0, 0), Vec::new()));
        samples.push(Self::new(&LISTS[6], choice(&LISTS[6], 7), (612, 13), rows(&LISTS[6], 50)));
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(page: &str, sort: &str, size: &str) -> Asked {
        let text = |text: &str| Some(text.to_owned());
        Asked { page: text(page), sort: text(sort), size: text(size) }
    }

    #[test]
    fn what_cannot_be_read_falls_back() {
        let list = &LISTS[0];
        let usual = Choice { page: 1, size: 50, sort: list.default_sort };
        for query in [
            Asked::default(),
            asked("0", "", ""),
            asked("-3", "surname", "51"),
            asked("two", "surname,upwards", "many"),
            asked("", "password,ascending", "0"),
            asked("1", "expected-release-date,ascending", "50"),
        ] {
            assert_eq!(Choice::read(&query, list), usual);
        }
        let read = Choice::read(&asked("3", "date-sent,descending", "25"), list);
        assert_eq!(read, Choice { page: 3, size: 25, sort: (SortKey::SentAt, Direction::Descending) });
    }

    #[test]
    fn links_carry_the_whole_choice_and_leave_out_defaults() {
        let list = &LISTS[0];
        let usual = Choice { page: 1, size: 50, sort: list.default_sort };
        assert_eq!(usual.href(list).as_str(), "/probation-practitioner/dashboard/open-cases");
        let chosen = Choice { page: 2, size: 100, sort: (SortKey::SentAt, Direction::Descending) };
        assert_eq!(
            chosen.href(list).as_str(),
            "/probation-practitioner/dashboard/open-cases?sort=date-sent%2Cdescending&size=100&page=2"
        );
    }

    #[test]
    fn every_order_ends_with_the_date() {
        for list in &LISTS {
            for key in list.columns.iter().filter_map(|column| column.sort) {
                let choice = Choice { page: 1, size: 50, sort: (key, Direction::Ascending) };
                assert_eq!(choice.order(list).last().map(|(key, _)| *key), Some(SortKey::SentAt));
            }
        }
    }

    #[test]
    fn lists_ask_for_what_their_names_say() {
        for list in &LISTS {
            let is_open = list.completed == Some(false) && list.cancelled == Some(false);
            let only = (list.completed == Some(true)) != (list.cancelled == Some(true));
            assert!(is_open || only, "{}", list.name);
        }
        assert_eq!(LISTS.iter().filter(|list| list.is_mine).count(), 1);
    }
}
