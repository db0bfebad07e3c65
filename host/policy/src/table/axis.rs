//! The axis of one column: where its cells and a value lie.
//!
//! Everything that a cell says is an interval of ordered values. `>=100` is one without an end; a single value is one
//! that begins before it and ends after it; `IM-*` is the texts from `IM-` up to the first that begins otherwise. The
//! ends of all intervals *cut* the axis into *stretches*, and for every value of a stretch the same rows match. Where
//! all intervals are single values, only these are stretches, found by their hash; all others share one.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use super::cell::Interval;

/// On which side of a value the axis is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Before it: the value belongs to what follows.
    Before,
    /// After it: the value belongs to what precedes.
    After,
}

/// A place at which the axis is cut.
pub(super) type Cut<K> = (K, Side);

/// The number of a stretch, from 0.
pub(super) type Stretch = u32;

/// Neighbouring stretches: from the first, up to but without the second.
pub(super) type Span = (Stretch, Stretch);

/// The axis of a column whose values are `K`.
#[derive(Debug)]
pub(super) enum Axis<K> {
    /// The stretch of each value, from 1; that of all others is 0.
    Values(HashMap<K, Stretch>),
    /// In order. The stretch after the n-th cut has the number n; the one before all of them is 0.
    Cuts(Box<[Cut<K>]>),
}

impl<K: Ord + Hash + Clone> Axis<K> {
    /// The axis of a column, and what each of its cells covers: stretches in order, apart from each other.
    pub(super) fn new(cells: &[Vec<Interval<K>>]) -> (Self, Vec<Box<[Span]>>) {
        let single = cells.iter().flatten().all(|interval| interval.value().is_some());
        if single { values(cells) } else { cuts(cells) }
    }

    /// How many stretches it has.
    pub(super) fn stretches(&self) -> usize {
        1 + match self {
            Self::Values(stretches) => stretches.len(),
            Self::Cuts(cuts) => cuts.len(),
        }
    }

    /// How many bytes it takes, without what texts take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Values(stretches) => stretches.capacity() * size_of::<(K, Stretch)>(),
            Self::Cuts(cuts) => size_of_val(&**cuts),
        }
    }

    /// The stretch that `value` lies in.
    pub(super) fn find<Q>(&self, value: &Q) -> Stretch
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        match self {
            Self::Values(stretches) => stretches.get(value).copied().unwrap_or_default(),
            Self::Cuts(cuts) => small(cuts.partition_point(|(key, side)| match key.borrow().cmp(value) {
                std::cmp::Ordering::Less => true,
                std::cmp::Ordering::Equal => *side == Side::Before,
                std::cmp::Ordering::Greater => false,
            })),
        }
    }
}

/// The stretch of each single value, and which of them each cell covers.
fn values<K: Ord + Hash + Clone>(cells: &[Vec<Interval<K>>]) -> (Axis<K>, Vec<Box<[Span]>>) {
    let mut numbers = HashMap::new();
    let mut number = |value: &K| {
        let next = small(numbers.len() + 1);
        let number = numbers.get(value).copied();
        number.unwrap_or_else(|| *numbers.entry(value.clone()).or_insert(next))
    };
    let spans = cells.iter().map(|cell| {
        let numbers = cell.iter().filter_map(Interval::value).map(&mut number);
        joined(numbers.map(|number| (number, number.saturating_add(1))).collect())
    });
    let spans = spans.collect();
    (Axis::Values(numbers), spans)
}

/// All ends of intervals in order, and the stretches between them that each cell covers.
fn cuts<K: Ord + Clone>(cells: &[Vec<Interval<K>>]) -> (Axis<K>, Vec<Box<[Span]>>) {
    let ends = cells.iter().flatten().flat_map(|interval| [interval.from.as_ref(), interval.to.as_ref()]);
    let mut cuts: Vec<&Cut<K>> = ends.flatten().collect();
    cuts.sort_unstable();
    cuts.dedup();
    let after = |cut: &Cut<K>| small(cuts.partition_point(|other| *other <= cut));
    let end = small(cuts.len()).saturating_add(1);
    let span =
        |interval: &Interval<K>| (interval.from.as_ref().map_or(0, after), interval.to.as_ref().map_or(end, after));
    let spans = cells.iter().map(|cell| joined(cell.iter().map(span).collect())).collect();
    (Axis::Cuts(cuts.into_iter().cloned().collect()), spans)
}

/// Spans in order, those that touch made one, so that no row flips twice where a stretch begins.
fn joined(mut spans: Vec<Span>) -> Box<[Span]> {
    spans.sort_unstable();
    spans.dedup_by(|next, last| {
        let touches = next.0 <= last.1;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
    spans.into()
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
