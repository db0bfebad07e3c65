//! Pages of lists: cursors, limits, and one list out of several partitions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{FieldError, Problem, ProblemKind};

/// How many items a page has where the client does not say.
pub(crate) const PAGE_DEFAULT_ITEMS: usize = 50;
/// The most items of a page.
pub(crate) const PAGE_LIMIT_ITEMS: usize = 200;

/// A page of a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The `cursor` of the next page. A page may be empty and yet have a next one; without it, this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which part of a list a client asks for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// How many items to list: 1 to 200, otherwise 50.
    pub limit: Option<usize>,
}

/// How many items a client asked for.
pub(crate) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(PAGE_DEFAULT_ITEMS) {
        limit @ 1..=PAGE_LIMIT_ITEMS => Ok(limit),
        other => Err(parameter("limit", format!("{other} is not from 1 to {PAGE_LIMIT_ITEMS}"))),
    }
}

/// A wrong parameter of a query.
pub(crate) fn parameter(name: &str, message: impl ToString) -> Problem {
    Problem::of_fields(ProblemKind::Query, vec![FieldError::new(name, message)])
}

/// A cursor that says where a list stands; to clients it is a word without a meaning.
pub(crate) fn write_cursor<T: Serialize>(place: &T) -> Option<String> {
    serde_json::to_vec(place).ok().map(|json| URL_SAFE_NO_PAD.encode(json))
}

/// Where a cursor says that the list stands.
pub(crate) fn read_cursor<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let json = URL_SAFE_NO_PAD.decode(cursor).ok();
    let place = json.and_then(|json| serde_json::from_slice(&json).ok());
    place.map(Some).ok_or_else(|| parameter("cursor", "this is no `next` of a page of this list"))
}

/// A part of a list, as one partition has it.
pub(crate) struct Part<T, K> {
    /// Its first items, in the list's order.
    pub(crate) items: Vec<T>,
    /// How far the partition has looked; `None` if to its end.
    pub(crate) looked_until: Option<K>,
}

/// The first `limit` items of the list that `parts` make together, and where to go on. `place` says where an item
/// stands; smaller places come first.
///
/// A part that was not looked through to its end hides what comes after: nothing behind that place can be
/// shown yet.
pub(crate) fn merge<T, K: Ord + Clone>(
    parts: Vec<Part<T, K>>,
    limit: usize,
    place: impl Fn(&T) -> K,
) -> (Vec<T>, Option<K>) {
    let horizon = parts.iter().filter_map(|part| part.looked_until.clone()).min();
    let mut items: Vec<T> = parts.into_iter().flat_map(|part| part.items).collect();
    items.retain(|item| horizon.as_ref().is_none_or(|horizon| place(item) <= *horizon));
    items.sort_by_cached_key(&place);
    if items.len() > limit {
        items.truncate(limit);
        let last = items.last().map(&place);
        return (items, last);
    }
    (items, horizon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_one_list_without_gaps() {
        // For each partition its items and how far it looked; then what is shown of them, and where to go on.
        type Case = (&'static [(&'static [u32], Option<u32>)], &'static [u32], Option<u32>);
        let cases: &[Case] = &[
            (&[(&[1, 4], None), (&[2, 3], None)], &[1, 2, 3], Some(3)),
            (&[(&[1, 4], None), (&[2], None)], &[1, 2, 4], None),
            (&[(&[1, 2], Some(2)), (&[3, 5], None)], &[1, 2], Some(2)),
            (&[(&[], Some(7)), (&[3, 9], Some(9))], &[3], Some(7)),
            (&[(&[], Some(2)), (&[3], None)], &[], Some(2)),
            (&[], &[], None),
        ];
        for (parts, items, next) in cases {
            let parts = parts.iter().map(|(items, until)| Part { items: items.to_vec(), looked_until: *until });
            assert_eq!(merge(parts.collect(), 3, |item| *item), (items.to_vec(), *next));
        }
    }

    #[test]
    fn cursors_read_back() {
        let place = ("2026-11-23T00:00:00Z".to_owned(), 7_u32);
        let cursor = write_cursor(&place).unwrap();
        assert_eq!(read_cursor(Some(&cursor)), Ok(Some(place)));
        assert_eq!(read_cursor::<u32>(None), Ok(None));
        for wrong in ["", "?", "e30"] {
            assert_eq!(read_cursor::<(String, u32)>(Some(wrong)).unwrap_err().kind, ProblemKind::Query, "{wrong}");
        }
        assert_eq!(limit(Some(PAGE_LIMIT_ITEMS)), Ok(PAGE_LIMIT_ITEMS));
        assert!(limit(Some(0)).is_err() && limit(Some(PAGE_LIMIT_ITEMS + 1)).is_err());
    }
}
