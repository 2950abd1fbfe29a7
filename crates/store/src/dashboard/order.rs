//! In which order rows are read and from which end, so that as few as possible are passed over: a page in the second
//! half is read backwards from the end, and contracts whose rows all come before or after the page are left out. A page
//! that is sought from the end of the one before passes over none.

use uuid::Uuid;

use super::seek::Start;
use super::{Direction, SortKey};
use crate::seek::parts;

/// Keys to sort by, each once; the id decides between equals, in the direction of the last key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    keys: Vec<(SortKey, Direction)>,
}

impl Order {
    /// The order asked for, oldest first without one. Equals come in order of sending, as the indexes have them.
    pub(super) fn of(sort: &[(SortKey, Direction)]) -> Self {
        let mut keys: Vec<(SortKey, Direction)> = Vec::new();
        for (key, direction) in sort {
            if keys.iter().all(|(earlier, _)| earlier != key) {
                keys.push((*key, *direction));
            }
        }
        if keys.iter().all(|(key, _)| *key != SortKey::SentAt) {
            keys.push((SortKey::SentAt, keys.last().map_or(Direction::Ascending, |(_, direction)| *direction)));
        }
        Self { keys }
    }

    pub(super) fn keys(&self) -> &[(SortKey, Direction)] {
        &self.keys
    }

    /// The direction of the last key.
    pub(super) fn last(&self) -> Direction {
        self.keys.last().map_or(Direction::Ascending, |(_, direction)| *direction)
    }

    fn reversed(self) -> Self {
        let opposite = |direction| match direction {
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        Self { keys: self.keys.into_iter().map(|(key, direction)| (key, opposite(direction))).collect() }
    }
}

/// What a provider's people are referred to, with its place among the others by title and by provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) intervention: Uuid,
    pub(super) by_title: i64,
    pub(super) by_provider: i64,
}

impl Branch {
    /// Its place by a key that is the same for all its rows; none for other keys.
    pub(super) fn place(self, key: SortKey) -> Option<i64> {
        match key {
            SortKey::InterventionTitle => Some(self.by_title),
            SortKey::ProviderName => Some(self.by_provider),
            SortKey::SentAt
            | SortKey::Reference
            | SortKey::Surname
            | SortKey::AssigneeUsername
            | SortKey::ExpectedReleaseDate => None,
        }
    }
}

/// Some rows of an order: so many, after so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) limit: i64,
    pub(super) offset: i64,
}

/// How the ids of a page are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) branches: Vec<Branch>,
    pub(super) order: Order,
    pub(super) window: Window,
    /// After which row, if not from the beginning.
    pub(super) start: Option<Start>,
    /// Whether the last id is read first.
    pub(super) is_backwards: bool,
}

impl Reading {
    /// From the beginning.
    pub(super) fn first(branches: Vec<Branch>, order: Order, limit: i64) -> Self {
        Self { branches, order, window: Window { limit, offset: 0 }, start: None, is_backwards: false }
    }

    /// From somewhere in the middle. None if no branch can have a row after that.
    pub(super) fn sought(mut branches: Vec<Branch>, order: Order, limit: i64, start: Start) -> Option<Self> {
        let are_contracts = !branches.is_empty();
        branches.retain(|branch| !parts(&start.keys(&order, Some(*branch))).is_empty());
        let reading = Self { start: Some(start), ..Self::first(branches, order, limit) };
        (!are_contracts || !reading.branches.is_empty()).then_some(reading)
    }

    /// The shortest way, when it is known how many rows each branch has; without branches there is one number, that of
    /// all rows. None beyond the end.
    pub(super) fn shortest(branches: Vec<Branch>, counts: &[i64], order: Order, window: Window) -> Option<Self> {
        let mut reading = Self { branches, order, window, start: None, is_backwards: false };
        let total = reading.leave_out(counts);
        let Window { limit, offset } = reading.window;
        if offset >= total {
            return None;
        }
        if offset > total / 2 {
            let limit = limit.min(total - offset);
            reading.window = Window { limit, offset: total - offset - limit };
            reading.order = reading.order.reversed();
            reading.is_backwards = true;
        }
        Some(reading)
    }

    /// Leaves out branches that lie wholly before or after the window, if the first key puts them one after another.
    /// Answers how many rows are left.
    fn leave_out(&mut self, counts: &[i64]) -> i64 {
        let mut counted: Vec<(Branch, i64)> = self.branches.iter().copied().zip(counts.iter().copied()).collect();
        let Some((first, direction)) = self.order.keys.first().copied() else { return counts.iter().sum() };
        if counted.iter().any(|(branch, _)| branch.place(first).is_none()) || counted.is_empty() {
            return counts.iter().sum();
        }
        counted.sort_by_key(|(branch, _)| branch.place(first));
        if direction == Direction::Descending {
            counted.reverse();
        }
        let Window { limit, offset } = self.window;
        let (mut passed, mut before, mut left) = (0, 0, 0);
        self.branches.clear();
        for same in counted.chunk_by(|(one, _), (other, _)| one.place(first) == other.place(first)) {
            let rows: i64 = same.iter().map(|(_, rows)| rows).sum();
            if passed + rows <= offset {
                before += rows;
            } else if passed < offset.saturating_add(limit) {
                left += rows;
                self.branches.extend(same.iter().map(|(branch, _)| branch));
            }
            passed += rows;
        }
        self.window.offset -= before;
        let place = |branch: &Branch| branch.place(first);
        if self.branches.windows(2).all(|two| place(&two[0]) == place(&two[1])) {
            // All the same by the first key: the others decide.
            self.order.keys.remove(0);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Direction::{Ascending, Descending};

    fn branch(number: u128, place: i64) -> Branch {
        Branch { intervention: Uuid::from_u128(number), by_title: place, by_provider: 1 }
    }

    fn by_title() -> Order {
        Order::of(&[(SortKey::InterventionTitle, Ascending)])
    }

    #[test]
    fn every_order_ends_with_the_time_of_sending_and_names_a_key_once() {
        assert_eq!(Order::of(&[]).keys(), [(SortKey::SentAt, Ascending)]);
        let twice = [(SortKey::Surname, Descending), (SortKey::Surname, Ascending)];
        assert_eq!(Order::of(&twice).keys(), [(SortKey::Surname, Descending), (SortKey::SentAt, Descending)]);
        let sent = [(SortKey::Surname, Ascending), (SortKey::SentAt, Descending)];
        assert_eq!(Order::of(&sent).keys(), sent);
    }

    #[test]
    fn the_second_half_is_read_from_the_end() {
        let of = |offset| Reading::shortest(Vec::new(), &[100], Order::of(&[]), Window { limit: 30, offset });
        let near = of(30).expect("within");
        assert_eq!((near.window.offset, near.is_backwards), (30, false));
        let far = of(90).expect("within");
        assert_eq!((far.window, far.is_backwards), (Window { limit: 10, offset: 0 }, true));
        assert_eq!(far.order.keys(), [(SortKey::SentAt, Descending)]);
        assert_eq!(of(60).expect("within").window, Window { limit: 30, offset: 10 });
        assert_eq!(of(100), None);
    }

    #[test]
    fn contracts_that_a_page_does_not_touch_are_left_out() {
        let branches = vec![branch(1, 2), branch(2, 1), branch(3, 3), branch(4, 2)];
        let counts = [10, 20, 30, 5];
        let of = |order, limit, offset| {
            Reading::shortest(branches.clone(), &counts, order, Window { limit, offset }).expect("within")
        };
        // Places: 20 rows, then 15 of two contracts, then 30.
        let inside = of(by_title(), 5, 20);
        assert_eq!(inside.branches, [branches[0], branches[3]]);
        assert_eq!((inside.window.offset, inside.order.keys()), (0, &[(SortKey::SentAt, Ascending)][..]));
        let across = of(by_title(), 10, 15);
        assert_eq!(across.branches.len(), 3);
        assert_eq!((across.window.offset, across.order), (15, by_title()));
        let last = of(by_title(), 10, 60);
        assert_eq!((last.branches.as_slice(), last.window), (&[branches[2]][..], Window { limit: 5, offset: 0 }));
        assert!(last.is_backwards);
        let downwards = of(Order::of(&[(SortKey::InterventionTitle, Descending)]), 10, 0);
        assert_eq!(downwards.branches, [branches[2]]);
        let by_sent = of(Order::of(&[]), 10, 10);
        assert_eq!(by_sent.branches, branches);
    }
}
