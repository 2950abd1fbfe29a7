//! Page numbers: which are linked, and what part of the whole is shown.

use serde::Serialize;

use crate::routes::Href;
use crate::text::{TEXT, fill};

/// Up to this many pages are all linked.
const ALL_LINKED: u32 = 5;

/// One entry of the row of page numbers, in the shape of the design system's component.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Item {
    /// A page.
    Page { number: u32, href: Href, current: bool },
    /// Pages that are left out.
    Gap { ellipsis: bool },
}

/// A link without a number.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    href: Href,
}

/// The row of page numbers, in the shape of the design system's component.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Paging {
    previous: Option<Step>,
    next: Option<Step>,
    items: Vec<Item>,
}

/// Which part of the whole a page shows; none when there is nothing. Where so many have left the list since its first
/// page that the page's number says nothing any more, how many.
pub(super) fn showing(page: u32, size: u32, rows: usize, total: u64) -> Option<String> {
    if rows == 0 {
        return None;
    }
    if total == 1 {
        return Some(TEXT.lists.showing_one.to_owned());
    }
    let before = u64::from(page - 1) * u64::from(size);
    let to = before + u64::try_from(rows).unwrap_or_default();
    let text = if to > total { TEXT.lists.showing_some } else { TEXT.lists.showing };
    let values = [
        ("from", (before + 1).to_string()),
        ("to", to.to_string()),
        ("rows", rows.to_string()),
        ("total", total.to_string()),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    Some(fill(text, &values))
}

/// The numbers that are linked: all of a few, else the first, the last, this one and its neighbours. `None` is a gap.
fn numbers(page: u32, pages: u32) -> Vec<Option<u32>> {
    if pages <= ALL_LINKED {
        return (1..=pages).map(Some).collect();
    }
    let mut numbers = Vec::new();
    let mut last = 0;
    for number in (1..=pages).filter(|number| *number == 1 || *number == pages || number.abs_diff(page) <= 1) {
        if number > last + 1 {
            numbers.push(None);
        }
        numbers.push(Some(number));
        last = number;
    }
    numbers
}

impl Paging {
    /// None when everything stands on one page.
    pub(super) fn of(page: u32, pages: u32, href: impl Fn(u32) -> Href) -> Option<Self> {
        (pages > 1).then(|| Self {
            previous: (page > 1).then(|| Step { href: href(page - 1) }),
            next: (page < pages).then(|| Step { href: href(page + 1) }),
            items: numbers(page, pages)
                .into_iter()
                .map(|number| match number {
                    Some(number) => Item::Page { number, href: href(number), current: number == page },
                    None => Item::Gap { ellipsis: true },
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(page: u32, pages: u32) -> String {
        let words: Vec<String> = numbers(page, pages)
            .into_iter()
            .map(|number| number.map_or("…".to_owned(), |number| number.to_string()))
            .collect();
        words.join(" ")
    }

    #[test]
    fn few_pages_are_all_linked_and_many_have_gaps() {
        assert_eq!(shown(2, 5), "1 2 3 4 5");
        assert_eq!(shown(1, 6), "1 2 … 6");
        assert_eq!(shown(3, 9), "1 2 3 4 … 9");
        assert_eq!(shown(5, 9), "1 … 4 5 6 … 9");
        assert_eq!(shown(9, 9), "1 … 8 9");
    }

    #[test]
    fn parts_are_named() {
        assert_eq!(showing(2, 50, 12, 62).as_deref(), Some("Showing 51 to 62 of 62 referrals"));
        assert_eq!(showing(2, 50, 50, 50).as_deref(), Some("Showing 50 of 50 referrals"), "the first fifty left");
        assert_eq!(showing(1, 50, 1, 1).as_deref(), Some("Showing 1 referral"));
        assert_eq!(showing(1, 50, 0, 0), None);
    }

    #[test]
    fn the_ends_have_no_further_step() {
        let href = |page: u32| crate::routes::HOME.href().with(&[("page", &page.to_string())]);
        assert_eq!(Paging::of(1, 1, href), None);
        let first = Paging::of(1, 2, href).unwrap();
        assert!(first.previous.is_none() && first.next.is_some());
        let last = Paging::of(2, 2, href).unwrap();
        assert!(last.previous.is_some() && last.next.is_none());
    }
}
