//! Pages of lists: which one is asked for, and what is answered.
//!
//! A page is found by its number, or, when it is known where the page before it ended, from there. How either is done
//! is each list's own matter.

/// Which page of a list is asked for. `B` is what the list takes for the end of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAt<B> {
    /// From 1.
    pub number: u32,
    /// The most rows of a page.
    pub size: u32,
    /// Where the page before ended. If it is known, this page begins after it, however many rows come before by now.
    pub after: Option<B>,
}

impl<B> PageAt<B> {
    /// A page found by its number.
    pub fn numbered(number: u32, size: u32) -> Self {
        Self { number, size, after: None }
    }

    /// A page that begins after the end of the one before.
    pub fn after(number: u32, size: u32, end: B) -> Self {
        Self { number, size, after: Some(end) }
    }

    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size)
    }

    /// Rows before the page, by its number.
    pub(crate) fn offset(&self) -> i64 {
        i64::from(self.number.saturating_sub(1)) * self.limit()
    }

    /// The page with these rows, out of so many, of which some follow or none.
    pub(crate) fn page<T>(&self, rows: Vec<T>, total: i64, is_followed: bool) -> Page<T> {
        let total = u64::try_from(total).unwrap_or_default();
        let counted = u32::try_from(total.div_ceil(u64::from(self.size.max(1)))).unwrap_or(u32::MAX);
        let pages = if rows.is_empty() {
            counted.min(self.number.saturating_sub(1))
        } else if is_followed {
            counted.max(self.number.saturating_add(1))
        } else {
            self.number
        };
        Page { rows, total, pages }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows, in order.
    pub rows: Vec<T>,
    /// Rows on all pages, now.
    pub total: u64,
    /// How many pages the reader has in all: as many as the total fills, unless the list changed since the page before.
    /// Whatever follows this page is on a later one, and when nothing follows there is none.
    pub pages: u32,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        let Self { rows, total, pages } = self;
        Page { rows: rows.into_iter().map(show).collect(), total, pages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(number: u32, rows: usize, total: i64, is_followed: bool) -> u32 {
        PageAt::<()>::numbered(number, 10).page(vec![(); rows], total, is_followed).pages
    }

    #[test]
    fn an_unchanged_list_has_as_many_pages_as_its_total_fills() {
        assert_eq!([pages(1, 10, 31, true), pages(3, 10, 31, true), pages(4, 1, 31, false)], [4; 3]);
        assert_eq!([pages(1, 0, 0, false), pages(3, 0, 0, false), pages(1, 10, 10, false)], [0, 0, 1]);
        assert_eq!(pages(9, 0, 31, false), 4, "beyond the end");
    }

    #[test]
    fn what_follows_can_be_reached_and_what_does_not_is_no_page() {
        // Thirty, of which the first ten left: ten of twenty are shown, and ten follow.
        assert_eq!(pages(2, 10, 20, true), 3);
        // Twenty, of which the first ten left.
        assert_eq!(pages(2, 10, 10, false), 2);
        // Twenty, before which ten more came.
        assert_eq!(pages(2, 10, 30, false), 2);
        // Nothing is left after the first.
        assert_eq!((pages(2, 0, 10, false), pages(2, 0, 20, false)), (1, 1));
    }
}
