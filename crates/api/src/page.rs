//! Numbered pages: what the query asks for, read leniently, and the envelope around an answer. The query counts pages
//! from one, the envelope from zero.

use app::pages;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::error::Failure;
use crate::extract::Params;

/// The most rows of one page.
const SIZE_MAX: u32 = 2000;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    /// From zero.
    pub(crate) number: u32,
    /// Rows of a page; from 1 to 2000.
    pub(crate) size: u32,
}

impl PageRequest {
    /// Reads `page` and `size`. What cannot be read, and what is below one, means the first page or the usual size.
    pub(crate) fn read(params: &Params, usual_size: u32) -> Self {
        for name in ["page", "size"] {
            params.ask(name, || json!({ "type": "integer", "format": "int32" }));
        }
        let number = |name| params.first(name).and_then(|text| text.trim().parse::<i32>().ok());
        let above_zero = |number: Option<i32>| number.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        Self {
            number: above_zero(number("page")).map_or(0, |page| page - 1),
            size: above_zero(number("size")).map_or(usual_size, |size| size.min(SIZE_MAX)),
        }
    }

    /// How many rows come before this page.
    pub(crate) fn offset(self) -> u64 {
        u64::from(self.number) * u64::from(self.size)
    }
}

/// One `sort` of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order<K> {
    /// By what.
    pub(crate) key: K,
    /// Whether the greatest comes first.
    pub(crate) descending: bool,
}

/// Reads every `sort`, each `property` or `property,ASC|DESC`; empty ones are skipped.
pub(crate) fn read_sort<K>(params: &Params, key_of: impl Fn(&str) -> Option<K>) -> Result<Vec<Order<K>>, Failure> {
    params.ask("sort", || json!({ "type": "array", "items": { "type": "string" } }));
    params
        .all("sort")
        .filter(|text| !text.is_empty())
        .map(|text| {
            let (property, direction) = text.split_once(',').unwrap_or((text, "ASC"));
            let descending = match direction.trim().to_ascii_uppercase().as_str() {
                "ASC" | "" => false,
                "DESC" => true,
                _ => return Err(Failure::invalid_parameter("sort must end in ASC or DESC")),
            };
            let property = property.trim();
            let key = key_of(property).ok_or_else(|| {
                Failure::invalid_parameter(format!("sort names \"{property}\", which is no property to sort by"))
            })?;
            Ok(Order { key, descending })
        })
        .collect()
}

/// Whether and how a page is sorted; ours always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Sort {
    empty: bool,
    sorted: bool,
    unsorted: bool,
}

const SORTED: Sort = Sort { empty: false, sorted: true, unsorted: false };

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Pageable {
    page_number: u32,
    page_size: u32,
    sort: Sort,
    offset: u64,
    paged: bool,
    unpaged: bool,
}

/// One page of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PageOf{T}")]
pub(crate) struct Page<T> {
    content: Vec<T>,
    pageable: Pageable,
    last: bool,
    total_pages: u32,
    total_elements: u64,
    first: bool,
    size: u32,
    number: u32,
    sort: Sort,
    number_of_elements: usize,
    empty: bool,
}

impl<T> Page<T> {
    /// The envelope around a page.
    pub(crate) fn new(asked: PageRequest, found: pages::Page<impl Into<T>>) -> Self {
        let PageRequest { number, size } = asked;
        let pages::Page { rows: content, total, pages: total_pages } = found.map(Into::into);
        Self {
            pageable: Pageable {
                page_number: number,
                page_size: size,
                sort: SORTED,
                offset: asked.offset(),
                paged: true,
                unpaged: false,
            },
            last: number.saturating_add(1) >= total_pages,
            total_pages,
            total_elements: total,
            first: number == 0,
            size,
            number,
            sort: SORTED,
            number_of_elements: content.len(),
            empty: content.is_empty(),
            content,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(query: &str) -> PageRequest {
        PageRequest::read(&Params::parse(query).expect("readable"), 50)
    }

    #[test]
    fn pages_are_read_leniently() {
        assert_eq!(asked(""), PageRequest { number: 0, size: 50 });
        assert_eq!(asked("page=0&size=0"), PageRequest { number: 0, size: 50 });
        assert_eq!(asked("page=-3&size=-1"), PageRequest { number: 0, size: 50 });
        assert_eq!(asked("page=two&size=ten"), PageRequest { number: 0, size: 50 });
        assert_eq!(asked("page=2&size=10"), PageRequest { number: 1, size: 10 });
        assert_eq!(asked("page=1&size=99999"), PageRequest { number: 0, size: 2000 });
    }

    fn found<T>(rows: Vec<T>, total: u64, pages: u32) -> pages::Page<T> {
        pages::Page { rows, total, pages }
    }

    #[test]
    fn the_envelope_counts_from_zero() {
        let page = Page::<&str>::new(asked("page=2&size=2"), found(vec!["c"], 3, 2));
        let sort = json!({"empty": false, "sorted": true, "unsorted": false});
        assert_eq!(
            serde_json::to_value(page).expect("pages serialise"),
            json!({
                "content": ["c"],
                "pageable": {"pageNumber": 1, "pageSize": 2, "sort": sort, "offset": 2, "paged": true, "unpaged": false},
                "last": true, "totalPages": 2, "totalElements": 3, "first": false, "size": 2, "number": 1,
                "sort": sort, "numberOfElements": 1, "empty": false
            })
        );
    }

    #[test]
    fn an_empty_answer_is_both_first_and_last() {
        let page = Page::<()>::new(asked(""), found(Vec::<()>::new(), 0, 0));
        assert!(page.first && page.last && page.empty);
        assert_eq!(page.total_pages, 0);
    }

    #[test]
    fn sorts_are_allow_listed() {
        let read = |query| read_sort(&Params::parse(query).expect("readable"), |name| (name == "sentAt").then_some(()));
        assert_eq!(read("sort=sentAt%2Cdesc&sort="), Ok(vec![Order { key: (), descending: true }]));
        assert_eq!(read("sort=sentAt"), Ok(vec![Order { key: (), descending: false }]));
        assert!(read("sort=secret").is_err());
        assert!(read("sort=sentAt,sideways").is_err());
    }
}
