//! What a form allows in a field, as far as ranges and beginnings can be compared with it.
//!
//! A form says that by types, by a list of values, by a least and a greatest number. What it says otherwise, as by a
//! pattern or by several forms of which one holds, is not looked at: it may allow less than is found here, never more.

use std::fmt;

use jsonschema::Validator;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::table::axis::Side;
use crate::table::cell::{Interval, Key};
use crate::vocabulary::one_of;

/// How many values of a list are told.
const SHOWN: usize = 8;
/// What bounds numbers: the keyword, whether it is the least, and on which side of its number the bound lies.
const BOUNDS: [(&str, bool, Side); 4] = [
    ("minimum", true, Side::Before),
    ("exclusiveMinimum", true, Side::After),
    ("maximum", false, Side::After),
    ("exclusiveMaximum", false, Side::Before),
];

/// Values of a column, as forms speak of them.
pub(super) trait Typed: Key + fmt::Display {
    /// What forms call their types.
    const TYPES: &'static [&'static str];
    /// What people call one of them.
    const TITLE: &'static str;

    /// Reads a value of a form, if it is of this type.
    fn of_json(value: &Json) -> Option<Self>;
}

impl Typed for Decimal {
    const TYPES: &'static [&'static str] = &["integer", "number"];
    const TITLE: &'static str = "number";

    fn of_json(value: &Json) -> Option<Self> {
        Self::read(&value.as_number()?.to_string())
    }
}

impl Typed for Box<str> {
    const TYPES: &'static [&'static str] = &["string"];
    const TITLE: &'static str = "text";

    fn of_json(value: &Json) -> Option<Self> {
        value.as_str().map(Self::from)
    }
}

/// What lies in one of these, and nothing else, is allowed.
pub(super) struct Allowed<K>(Vec<Interval<K>>);

impl<K: Typed> Allowed<K> {
    /// What `form` allows in its field `name`, whose values `rule` checks.
    pub(super) fn of(form: &Json, name: &str, rule: &Validator) -> Self {
        let parts = parts(form, name);
        if !parts.iter().all(|part| may_be(part, K::TYPES)) {
            return Self(Vec::new());
        }
        let listed = parts.iter().find_map(|part| match part.get("const") {
            Some(only) => Some(std::slice::from_ref(only)),
            None => part.get("enum")?.as_array().map(Vec::as_slice),
        });
        if let Some(listed) = listed {
            let values = listed.iter().filter(|&value| rule.is_valid(value)).filter_map(K::of_json);
            return Self(values.map(single).collect());
        }
        let bounds = parts.iter().flat_map(|part| BOUNDS.iter().filter_map(|bound| bounded(part, *bound)));
        let everything = Interval { from: None, to: None };
        Self(vec![bounds.fold(everything, |all, bound| both(&all, &bound))])
    }

    /// Whether something that is allowed lies in `range`.
    pub(super) fn meets(&self, range: &Interval<K>) -> bool {
        self.0.iter().any(|allowed| !both(allowed, range).is_empty())
    }
}

/// As cells say it.
impl<K: Typed> fmt::Display for Allowed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.0.iter().take(SHOWN).map(written).collect();
        match self.0.len().saturating_sub(SHOWN) {
            _ if shown.is_empty() => write!(f, "no {}", K::TITLE),
            0 => f.write_str(&one_of(shown.iter().map(String::as_str))),
            more => write!(f, "`{}` and {more} more", shown.join("`, `")),
        }
    }
}

/// An interval as a cell says it.
pub(super) fn written<K: PartialEq + fmt::Display>(interval: &Interval<K>) -> String {
    if let Some(value) = interval.value() {
        return value.to_string();
    }
    let sign = |side, before, after| if side == Side::Before { before } else { after };
    let from = interval.from.as_ref().map(|(key, side)| format!("{}{key}", sign(*side, ">=", ">")));
    let to = interval.to.as_ref().map(|(key, side)| format!("{}{key}", sign(*side, "<", "<=")));
    from.into_iter().chain(to).collect::<Vec<_>>().join(" ")
}

/// Every part of `form` that each value of its field `name` has to meet.
fn parts<'f>(form: &'f Json, name: &str) -> Vec<&'f Json> {
    let mut parts: Vec<_> = form.get("properties").and_then(|fields| fields.get(name)).into_iter().collect();
    let mut next = 0;
    while let Some(part) = parts.get(next).copied() {
        let referred = part.get("$ref").and_then(Json::as_str).and_then(|place| form.pointer(place.strip_prefix('#')?));
        let all = part.get("allOf").and_then(Json::as_array).into_iter().flatten();
        for other in all.chain(referred) {
            // A form may contain itself.
            if !parts.iter().any(|known| std::ptr::eq(*known, other)) {
                parts.push(other);
            }
        }
        next += 1;
    }
    parts
}

/// Whether `part` lets a value be of one of these types.
fn may_be(part: &Json, types: &[&str]) -> bool {
    let is_one = |named: &Json| named.as_str().is_some_and(|named| types.contains(&named));
    match part.get("type") {
        Some(Json::Array(named)) => named.iter().any(is_one),
        Some(named) => is_one(named),
        None => true,
    }
}

/// What `part` bounds by a keyword.
fn bounded<K: Typed>(part: &Json, (keyword, is_least, side): (&str, bool, Side)) -> Option<Interval<K>> {
    let cut = Some((K::of_json(part.get(keyword)?)?, side));
    Some(if is_least { Interval { from: cut, to: None } } else { Interval { from: None, to: cut } })
}

fn single<K: Typed>(value: K) -> Interval<K> {
    Interval { from: Some((value.clone(), Side::Before)), to: Some((value, Side::After)) }
}

/// What lies in both.
fn both<K: Typed>(one: &Interval<K>, other: &Interval<K>) -> Interval<K> {
    Interval {
        from: one.from.iter().chain(&other.from).max().cloned(),
        to: one.to.iter().chain(&other.to).min().cloned(),
    }
}
