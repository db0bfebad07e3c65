//! What a cell of a condition column says.
//!
//! ```text
//! cell   = nothing | item { "|" item }
//! item   = range | prefix | value
//! range  = bound [ " " bound ]                 >=10   <5   >=10 <20
//! bound  = ( ">=" | ">" | "<=" | "<" ) ( number | date )
//! prefix = value "*"                           IM-*
//! value  = text | '"' text '"'                 strategic   "a|b"   "10"   ""
//! ```
//!
//! Between quotes every letter stands for itself, a quote is doubled, and what would be a number is a text.

use std::borrow::Cow;
use std::hash::Hash;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::axis::{Cut, Side};
use crate::vocabulary::Wrong;

/// What may stand in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    Number,
    Boolean,
}

/// One alternative of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Value { text: Cow<'a, str>, quoted: bool },
    Prefix(Cow<'a, str>),
    Range { from: Option<Bound<'a>>, to: Option<Bound<'a>> },
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound<'a> {
    text: &'a str,
    side: Side,
}

impl Item<'_> {
    /// As what it can be read; everything can be read as a text but a range of numbers.
    pub(super) fn sort(&self) -> Sort {
        match self {
            Self::Value { quoted: true, .. } | Self::Prefix(_) => Sort::Text,
            Self::Value { text, .. } => sort(text),
            Self::Range { from, to } => from.or(*to).map_or(Sort::Text, |bound| sort(bound.text)),
        }
    }
}

/// As what a text without quotes can be read.
pub(super) fn sort(text: &str) -> Sort {
    match text {
        "true" | "false" => Sort::Boolean,
        _ if number(text).is_some() => Sort::Number,
        _ => Sort::Text,
    }
}

/// A number as JSON writes it, without an exponent: `0012` is the number of a part, not twelve.
pub(super) fn number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_digit());
    let plain = all_digits(whole) && all_digits(fraction) && (whole == "0" || !whole.starts_with('0'));
    plain.then(|| Decimal::from_str_exact(text).ok()).flatten()
}

/// A date, or a time in UTC: what is written so that comparing texts compares times.
fn is_date(text: &str) -> bool {
    text.len() == "2026-01-05".len() && text.parse::<Date>().is_ok()
        || text.ends_with('Z') && text.parse::<Timestamp>().is_ok()
}

/// The alternatives of a cell; none when it is empty.
pub(super) fn parse(cell: &str) -> Result<Vec<Item<'_>>, Wrong> {
    let mut items = Vec::new();
    let mut rest = cell.trim();
    if rest.is_empty() {
        return Ok(items);
    }
    loop {
        let (item, after) = if rest.starts_with('"') { quoted(rest)? } else { bare(rest)? };
        items.push(item);
        match after {
            Some(after) => rest = after.trim(),
            None => return Ok(items),
        }
    }
}

/// The value of a result cell, and whether it stood between quotes; `None` when the cell is empty.
pub(super) fn literal(cell: &str) -> Result<Option<(Cow<'_, str>, bool)>, Wrong> {
    if !cell.starts_with('"') {
        return Ok((!cell.is_empty()).then(|| (cell.into(), false)));
    }
    match quoted(cell)? {
        (Item::Value { text, quoted }, None) => Ok(Some((text, quoted))),
        _ => Err(hinted(format!("`{cell}` goes on after its closing quote"), "double a quote that is part of it")),
    }
}

/// An item that begins with a quote, and what follows its `|`.
fn quoted(text: &str) -> Result<(Item<'_>, Option<&str>), Wrong> {
    let inside = text.get(1..).unwrap_or_default();
    let mut quotes = inside.match_indices('"').map(|(at, _)| at);
    let end = loop {
        let Some(at) = quotes.next() else {
            return Err(hinted(format!("`{text}` has no closing quote"), "double a quote that is part of the value"));
        };
        if inside.get(at + 1..).is_some_and(|after| after.starts_with('"')) {
            quotes.next();
        } else {
            break at;
        }
    };
    let value = inside.get(..end).unwrap_or_default();
    let value = if value.contains('"') { Cow::from(value.replace("\"\"", "\"")) } else { Cow::from(value) };
    let after = inside.get(end + 1..).unwrap_or_default();
    let (marks, next) = after.split_once('|').map_or((after, None), |(marks, next)| (marks, Some(next)));
    match marks.trim() {
        "" => Ok((Item::Value { text: value, quoted: true }, next)),
        "*" if !value.is_empty() => Ok((Item::Prefix(value), next)),
        more => Err(hinted(format!("`{more}` follows a closing quote"), "double a quote that is part of the value")),
    }
}

/// An item without quotes, and what follows its `|`.
fn bare(text: &str) -> Result<(Item<'_>, Option<&str>), Wrong> {
    let (item, next) = text.split_once('|').map_or((text, None), |(item, next)| (item, Some(next)));
    let item = item.trim();
    let says = |message: &str, hint: &str| Err(hinted(format!("`{item}` {message}"), hint));
    if item.is_empty() {
        return Err(hinted("an alternative is empty".to_owned(), "delete the `|`, or write `\"\"` for the empty text"));
    }
    if item.starts_with(['<', '>']) {
        return range(item).map(|range| (range, next));
    }
    if let Some((from, to)) = item.split_once("..")
        && (number(from).is_some() || is_date(from))
    {
        let hint = format!("write `>={from} <={}`, or quote the text", to.trim_start_matches('='));
        return says("is no range", &hint);
    }
    match item.strip_suffix('*') {
        Some("") => says("stands for every value", "leave the cell empty to match always"),
        Some(prefix) if !prefix.contains('*') => Ok((Item::Prefix(prefix.into()), next)),
        None if !item.contains('*') => Ok((Item::Value { text: item.into(), quoted: false }, next)),
        _ => says("has a `*` that is not its end", "quote a text that contains one"),
    }
}

fn range(item: &str) -> Result<Item<'_>, Wrong> {
    let (mut from, mut to) = (None, None);
    let mut rest = item;
    while !rest.is_empty() {
        let operators = [(">=", true, Side::Before), (">", true, Side::After), ("<=", false, Side::After)];
        let operators = operators.into_iter().chain([("<", false, Side::Before)]);
        let found = operators.into_iter().find_map(|(sign, lower, side)| Some((rest.strip_prefix(sign)?, lower, side)));
        let wrong = |hint: &str| Err(hinted(format!("`{item}` is no range"), hint));
        let Some((after, lower, side)) = found else {
            return wrong("a range is one bound or two, such as `>=10` or `>=10 <20`; quote a text");
        };
        let after = after.trim_start();
        let (text, after) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
        if number(text).is_none() && !is_date(text) {
            return wrong("a bound is a number, a date (`2026-01-05`) or a time in UTC; quote a text");
        }
        let end = if lower { &mut from } else { &mut to };
        if end.replace(Bound { text, side }).is_some() {
            return wrong("one bound is the least and the other the most");
        }
        rest = after.trim_start();
    }
    match (from, to) {
        (Some(one), Some(other)) if sort(one.text) != sort(other.text) => {
            Err(hinted(format!("`{item}` is no range"), "both bounds are numbers, or both are dates"))
        }
        (from, to) => Ok(Item::Range { from, to }),
    }
}

fn hinted(message: String, hint: &str) -> Wrong {
    Wrong::new(message).hint(Some(hint.to_owned()))
}

/// Values from one cut to another; without one, from the first or to the last that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interval<K> {
    pub(super) from: Option<Cut<K>>,
    pub(super) to: Option<Cut<K>>,
}

impl<K: PartialEq> Interval<K> {
    /// The one value that lies in it, if it is one.
    pub(super) fn value(&self) -> Option<&K> {
        match (&self.from, &self.to) {
            (Some((from, Side::Before)), Some((to, Side::After))) if from == to => Some(from),
            _ => None,
        }
    }
}

impl<K: Key> Interval<K> {
    /// What an item says of values of this type; `None` if it does not speak of them.
    pub(super) fn of(item: &Item<'_>) -> Option<Self> {
        match item {
            Item::Value { text, .. } => {
                let key = K::read(text)?;
                Some(Self { from: Some((key.clone(), Side::Before)), to: Some((key, Side::After)) })
            }
            Item::Prefix(prefix) => K::beginning_with(prefix),
            Item::Range { from, to } => {
                let cut = |bound: &Option<Bound<'_>>| match bound {
                    Some(bound) => K::read(bound.text).map(|key| Some((key, bound.side))),
                    None => Some(None),
                };
                Some(Self { from: cut(from)?, to: cut(to)? })
            }
        }
    }

    /// Whether no value lies in it, such as in `>=20 <10`.
    pub(super) fn is_empty(&self) -> bool {
        matches!((&self.from, &self.to), (Some(from), Some(to)) if from >= to)
    }
}

/// A type that the values of a column have.
pub(super) trait Key: Ord + Hash + Clone {
    /// Reads a value of this type.
    fn read(text: &str) -> Option<Self>;

    /// The values that begin with `prefix`, where values are such that have a beginning.
    fn beginning_with(_prefix: &str) -> Option<Interval<Self>> {
        None
    }
}

impl Key for Decimal {
    fn read(text: &str) -> Option<Self> {
        number(text)
    }
}

impl Key for bool {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Key for Box<str> {
    fn read(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn beginning_with(prefix: &str) -> Option<Interval<Self>> {
        let to = successor(prefix).map(|text| (text.into(), Side::Before));
        Some(Interval { from: Some((prefix.into(), Side::Before)), to })
    }
}

/// The least text above all that begin with `prefix`; `None` if there is none.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // A range of letters knows where no letters are.
        if let Some(next) = (last..=char::MAX).nth(1) {
            text.push(next);
            return Some(text);
        }
    }
    None
}
