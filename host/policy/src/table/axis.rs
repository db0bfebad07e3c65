//! The index of one column: which rows' cells a value lies in.
//!
//! Everything that a cell says is an interval of ordered values. `>=100` is one without an end; a single value is one
//! that begins before it and ends after it; `IM-*` is the texts from `IM-` up to the first that begins otherwise. The
//! ends of all intervals *cut* the axis into *stretches*, and for every value of a stretch the same rows match.
//!
//! From one stretch to the next few rows change. So the rows of a stretch are not kept as a set of their own, but as
//! the nearest *page* before it, a whole set, and the rows that *flip* since then. A new page begins when about as
//! many rows have flipped as cutting two sets of rows with each other costs: memory then grows with the number of
//! intervals and not with its square, and no value is dearer to look up than another.

use std::collections::BTreeSet;

use super::cell::Interval;
use super::rows::{Rows, words};

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

/// Neighbouring stretches: from the first, up to but without the second.
pub(super) type Span = (u32, u32);

/// The least number of flips between two pages.
const FLIPS_BETWEEN_PAGES: usize = 8;

/// The rows of a stretch.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    page: u32,
    /// The flips since the page: from the first, up to but without the second.
    flips: (u32, u32),
}

/// The index of a column whose values are `K`.
#[derive(Debug)]
pub(super) struct Axis<K> {
    /// In order. The stretch after the n-th cut has the number n; the one before all of them is 0.
    cuts: Box<[Cut<K>]>,
    stretches: Box<[Stretch]>,
    flips: Box<[u32]>,
    /// Set after set.
    pages: Vec<u64>,
    page_words: usize,
}

impl<K: Ord + Clone> Axis<K> {
    /// The index of a column, and what each of its cells covers: stretches in order, apart from each other. A cell
    /// without intervals is empty, and matches always.
    pub(super) fn new(cells: &[Vec<Interval<K>>]) -> (Self, Vec<Box<[Span]>>) {
        let ends = cells.iter().flatten().flat_map(|interval| [interval.from.as_ref(), interval.to.as_ref()]);
        let mut cuts: Vec<&Cut<K>> = ends.flatten().collect();
        cuts.sort_unstable();
        cuts.dedup();
        let spans: Vec<_> = cells.iter().map(|cell| spans(&cuts, cell)).collect();

        let mut always = Rows::none(cells.len());
        let mut flips: Vec<(u32, u32)> = Vec::new();
        for (row, spans) in (0..).zip(&spans) {
            if spans.is_empty() {
                always.flip(row);
            }
            flips.extend(spans.iter().flat_map(|(from, to)| [(*from, row), (*to, row)]));
        }
        flips.sort_unstable();
        let cuts = cuts.into_iter().cloned().collect();
        (Self::lay_out(cuts, always, &flips), spans)
    }

    /// Pages and stretches of `flips`, each a stretch and a row that flips where it begins.
    fn lay_out(cuts: Box<[Cut<K>]>, mut current: Rows, flips: &[(u32, u32)]) -> Self {
        let page_words = current.as_words().len();
        let between = (page_words / 4).max(FLIPS_BETWEEN_PAGES);
        let mut pages = current.as_words().to_vec();
        let mut stretches = Vec::with_capacity(cuts.len() + 1);
        // What differs from the page: of a column of single values, hardly anything ever does from the first.
        let (mut page, mut differs, mut differences) = (0_u32, BTreeSet::new(), Vec::new());
        let mut flips = flips.iter().peekable();
        for stretch in 0..=small(cuts.len()) {
            while let Some((_, row)) = flips.next_if(|(begins, _)| *begins == stretch) {
                current.flip(*row);
                if !differs.remove(row) {
                    differs.insert(*row);
                }
            }
            if differs.len() >= between {
                pages.extend_from_slice(current.as_words());
                page += 1;
                differs.clear();
            }
            let begin = small(differences.len());
            differences.extend(&differs);
            stretches.push(Stretch { page, flips: (begin, small(differences.len())) });
        }
        let flips = differences.into();
        Self { cuts, stretches: stretches.into(), flips, pages, page_words }
    }

    /// Keeps of `rows` those whose cell `value` lies in.
    pub(super) fn cut<Q: Ord + ?Sized>(&self, rows: &mut Rows, value: &Q, kept: &mut Vec<u32>)
    where
        K: std::borrow::Borrow<Q>,
    {
        let before = |(key, side): &Cut<K>| match key.borrow().cmp(value) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => *side == Side::Before,
            std::cmp::Ordering::Greater => false,
        };
        self.cut_stretch(rows, small(self.cuts.partition_point(before)), kept);
    }

    /// Keeps of `rows` those that match in a stretch.
    pub(super) fn cut_stretch(&self, rows: &mut Rows, stretch: u32, kept: &mut Vec<u32>) {
        let Some(Stretch { page, flips: (from, to) }) = self.stretches.get(index(stretch)) else { return };
        let begin = index(*page) * self.page_words;
        let page = self.pages.get(begin..begin + self.page_words).unwrap_or_default();
        rows.cut(page, self.flips.get(index(*from)..index(*to)).unwrap_or_default(), kept);
    }

    /// Keeps of `rows` those whose cell is empty.
    pub(super) fn cut_empty(&self, rows: &mut Rows, kept: &mut Vec<u32>) {
        rows.cut(self.pages.get(..self.page_words).unwrap_or_default(), &[], kept);
    }
}

/// The bytes that the index of a column takes at most, without the texts: of so many rows, with so many intervals.
pub(super) fn bytes_at_most<K>(rows: usize, intervals: usize) -> usize {
    let flips = intervals.saturating_mul(2);
    let page_words = words(rows);
    let pages = 1 + flips / (page_words / 4).max(FLIPS_BETWEEN_PAGES);
    let each = size_of::<Cut<K>>() + size_of::<Stretch>() + size_of::<u32>();
    flips.saturating_mul(each).saturating_add(pages.saturating_mul(page_words * size_of::<u64>()))
}

/// What a cell covers: its intervals in order, those that touch made one, so that no row flips twice at a cut.
fn spans<K: Ord>(cuts: &[&Cut<K>], cell: &[Interval<K>]) -> Box<[Span]> {
    let after = |cut: &Cut<K>| small(cuts.partition_point(|other| *other <= cut));
    let end = small(cuts.len()).saturating_add(1);
    let span =
        |interval: &Interval<K>| (interval.from.as_ref().map_or(0, after), interval.to.as_ref().map_or(end, after));
    let mut spans: Vec<Span> = cell.iter().map(span).collect();
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

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
