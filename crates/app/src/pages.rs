//! Where the pages of a list ended that its reader was shown, so that the next page begins there.
//!
//! Whoever concludes what is on the first page and opens the second wants what came after the first, and not what is
//! second by now. The contract knows pages by number only, so this service remembers what the number cannot say: for
//! ten minutes, in this process alone, bounded. Where nothing is remembered, a page is found by its number.
//!
//! A list is known by a digest: who reads and what was searched for is not kept.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::AuthSource;
use domain::access::Caller;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{Context, SHA256};
pub use store::page::{Page, PageAt};

use crate::OpCtx;

/// A list that nobody reads for so long is forgotten.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(10);
/// More lists than this are not remembered: the one that was read the longest ago goes.
const LISTS: usize = 5_000;
/// More pages of one list than this are not remembered: the first go.
const PAGES: usize = 50;

/// One reader's list in one order, cut into pages of one size.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ListId([u8; 32]);

impl ListId {
    /// The list that is told from all others by these values, for this caller.
    pub(crate) fn of(ctx: &OpCtx, list: impl Hash) -> Self {
        let mut digest = Digest(Context::new(&SHA256));
        reader(&ctx.caller).hash(&mut digest);
        list.hash(&mut digest);
        let mut id = [0; 32];
        id.copy_from_slice(digest.0.finish().as_ref());
        Self(id)
    }
}

/// Who reads: a user by source and id, a machine by its id.
fn reader(caller: &Caller) -> (Option<&AuthSource>, &str) {
    match caller {
        Caller::User { user, roles: _ } => (Some(&user.source), &user.id),
        Caller::Client { client_id, .. } => (None, client_id),
    }
}

/// A digest of everything that is hashed into it.
struct Digest(Context);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finish();
        digest.as_ref().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// The ends of pages that were shown, of many lists of one kind.
pub(crate) struct Pages<B>(Mutex<HashMap<ListId, Shown<B>>>);

struct Shown<B> {
    ends: BTreeMap<u32, B>,
    last_read: Timestamp,
}

impl<B: Clone> Pages<B> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// The page of this number (from 1), from where the one before it ended if that was shown.
    pub(crate) fn find(&self, list: ListId, number: u32, size: u32, now: Timestamp) -> PageAt<B> {
        let lists = self.lists();
        let shown = lists.get(&list).filter(|shown| shown.is_kept(now));
        let after = number.checked_sub(1).and_then(|before| shown?.ends.get(&before).cloned());
        PageAt { number, size, after }
    }

    /// Takes note of where a page ended that is shown now; nowhere if it has no rows. The first page begins anew.
    pub(crate) fn show(&self, list: ListId, number: u32, end: Option<B>, now: Timestamp) {
        let mut lists = self.lists();
        let known = lists.remove(&list).filter(|shown| shown.is_kept(now) && number > 1);
        let mut ends = known.map(|shown| shown.ends).unwrap_or_default();
        match end {
            Some(end) => ends.insert(number, end),
            None => ends.remove(&number),
        };
        if ends.len() > PAGES {
            ends.pop_first();
        }
        if ends.is_empty() {
            return;
        }
        if lists.len() >= LISTS {
            lists.retain(|_, shown| shown.is_kept(now));
        }
        if lists.len() >= LISTS {
            let oldest = lists.iter().min_by_key(|(_, shown)| shown.last_read).map(|(list, _)| *list);
            oldest.map(|list| lists.remove(&list));
        }
        lists.insert(list, Shown { ends, last_read: now });
    }

    fn lists(&self) -> MutexGuard<'_, HashMap<ListId, Shown<B>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Shown<B> {
    fn is_kept(&self, now: Timestamp) -> bool {
        now.duration_since(self.last_read) < KEPT_FOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(number: usize) -> ListId {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&number.to_be_bytes());
        ListId(id)
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn begin(pages: &Pages<u32>, number: u32, at: i64) -> Option<u32> {
        pages.find(list(0), number, 10, second(at)).after
    }

    #[test]
    fn a_page_begins_where_the_one_before_it_ended() {
        let pages = Pages::new();
        for number in 1..=3 {
            pages.show(list(0), number, Some(number * 10), second(0));
        }
        assert_eq!([1, 2, 3, 4, 5].map(|number| begin(&pages, number, 0)), [None, Some(10), Some(20), Some(30), None]);
        assert_eq!(begin(&pages, 2, 0), Some(10), "whenever it is read");
        pages.show(list(0), 2, Some(25), second(0));
        assert_eq!((begin(&pages, 2, 0), begin(&pages, 3, 0)), (Some(10), Some(25)), "what was shown last counts");
        pages.show(list(0), 2, None, second(0));
        assert_eq!(begin(&pages, 3, 0), None, "nothing was shown");
        assert_eq!((begin(&pages, 0, 0), pages.find(list(1), 2, 10, second(0)).after), (None, None));
    }

    #[test]
    fn the_first_page_begins_anew() {
        let pages = Pages::new();
        for number in [1, 2, 1] {
            pages.show(list(0), number, Some(number), second(0));
        }
        assert_eq!((begin(&pages, 2, 0), begin(&pages, 3, 0)), (Some(1), None));
        pages.show(list(0), 1, None, second(0));
        assert!(pages.lists().is_empty());
    }

    #[test]
    fn what_nobody_reads_for_ten_minutes_is_forgotten() {
        let pages = Pages::new();
        pages.show(list(0), 1, Some(1), second(0));
        assert_eq!((begin(&pages, 2, 599), begin(&pages, 2, 600)), (Some(1), None));
        pages.show(list(0), 2, Some(2), second(599));
        assert_eq!((begin(&pages, 2, 1198), begin(&pages, 3, 1198)), (Some(1), Some(2)), "reading keeps it");
        pages.show(list(0), 3, Some(3), second(1199));
        assert_eq!((begin(&pages, 2, 1199), begin(&pages, 4, 1199)), (None, Some(3)));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let pages = Pages::new();
        for number in 1..=250 {
            pages.show(list(0), number, Some(number), second(0));
        }
        let count = |pages: &Pages<u32>| pages.lists().len();
        assert_eq!((count(&pages), pages.lists()[&list(0)].ends.len()), (1, PAGES));
        assert_eq!((begin(&pages, 251, 0), begin(&pages, 2, 0)), (Some(250), None));
        for number in 1..LISTS + 10 {
            pages.show(list(number), 1, Some(1), second(1));
        }
        assert_eq!((count(&pages), begin(&pages, 251, 1)), (LISTS, None), "the oldest is gone");
        pages.show(list(0), 1, Some(1), second(601));
        assert_eq!(count(&pages), 1, "the old ones go first");
    }

    #[test]
    fn lists_are_told_apart_by_all_that_makes_them() {
        let id = |value: &dyn Fn(&mut Digest)| {
            let mut digest = Digest(Context::new(&SHA256));
            value(&mut digest);
            (digest.finish(), digest.0.finish().as_ref().to_vec())
        };
        let one = id(&|digest| ("ab", "c").hash(digest));
        assert_eq!(one, id(&|digest| ("ab", "c").hash(digest)));
        assert_ne!(one, id(&|digest| ("a", "bc").hash(digest)));
        let user = |id: &str, source| {
            let user = domain::User { id: id.to_owned(), source, username: "SAME".to_owned() };
            Caller::User { user, roles: std::collections::BTreeSet::new() }
        };
        let (here, there) = (user("1", AuthSource::Delius), user("1", AuthSource::Auth));
        assert_ne!(reader(&here), reader(&there));
        assert_ne!(reader(&here), reader(&user("2", AuthSource::Delius)));
    }
}
