//! The rows that match in each stretch of a column's axis.
//!
//! A set of rows for each stretch would take memory by the square of the rows. So a stretch has a *page*, a set that it
//! shares, and the rows that *flip* from it. The first page is the rows whose cells are empty; whatever differs little
//! from it is kept as what differs, so that most lookups read one page, which stays near the processor. Elsewhere,
//! flips accumulate from stretch to stretch until reading them would cost as much as a page, and a new page begins.
//! Each page and each list of differences is paid for by as many flips, so memory grows with the number of intervals.

use std::collections::BTreeSet;

use super::axis::{Span, Stretch};
use super::rows::{self, Rows};

/// The least number of flips that a page is worth.
const FLIPS_OF_A_PAGE: usize = 16;
/// How many rows are few: so many are looked at one by one.
const FEW_ROWS: usize = 16;

/// The rows of all stretches.
#[derive(Debug)]
pub(super) struct Sets {
    kept: Vec<Kept>,
    flips: Vec<u32>,
    /// Set after set.
    pages: Vec<u64>,
    page_words: usize,
    /// Whether some cell of the column is empty, so that its row matches always.
    some_always: bool,
}

/// How the rows of a stretch are kept.
#[derive(Debug, Clone, Copy)]
struct Kept {
    page: u32,
    /// The flips from the page: from the first, up to but without the second.
    flips: (u32, u32),
}

/// The rows that match: those of a page with some flipped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matching<'s> {
    pub(super) page: &'s [u64],
    pub(super) flips: &'s [u32],
}

impl Sets {
    /// The sets of so many stretches, by what the cell of each row covers. A cell that covers nothing is empty, and
    /// matches always.
    pub(super) fn new(stretches: usize, spans: &[Box<[Span]>]) -> Self {
        let mut always = Rows::none(spans.len());
        let mut flips: Vec<(Stretch, u32)> = Vec::new();
        for (row, spans) in (0..).zip(spans) {
            if spans.is_empty() {
                always.flip(row);
            }
            flips.extend(spans.iter().flat_map(|(from, to)| [(*from, row), (*to, row)]));
        }
        flips.sort_unstable();

        let page_words = always.as_words().len();
        let some_always = spans.iter().any(|spans| spans.is_empty());
        let pages = always.as_words().to_vec();
        let mut sets = Self { kept: Vec::with_capacity(stretches), flips: Vec::new(), pages, page_words, some_always };
        let mut current = always;
        // How the current rows differ from the first page.
        let mut differs = BTreeSet::new();
        let mut flips = flips.iter().peekable();
        for number in 0..small(stretches) {
            let begin = sets.flips.len();
            while let Some((_, row)) = flips.next_if(|(begins, _)| *begins == number) {
                current.flip(*row);
                if !differs.remove(row) {
                    differs.insert(*row);
                }
                sets.flips.push(*row);
            }
            sets.keep(begin, &current, &differs);
        }
        sets.flips.shrink_to_fit();
        sets.pages.shrink_to_fit();
        sets
    }

    /// Keeps the next stretch, whose rows are `current` and differ so from the first page. What flipped where it
    /// begins is at the end of the flips, from `begin` on.
    fn keep(&mut self, begin: usize, current: &Rows, differs: &BTreeSet<u32>) {
        let of_a_page = (self.page_words / 2).max(FLIPS_OF_A_PAGE);
        let before = self.kept.last().copied().unwrap_or(Kept { page: 0, flips: (0, 0) });
        let is_full = self.flips.len() - index(before.flips.0) >= of_a_page;
        let (page, from) = if differs.len() <= of_a_page / 2 && (is_full || differs.len() <= self.flips.len() - begin) {
            self.flips.truncate(begin);
            self.flips.extend(differs);
            (0, small(begin))
        } else if is_full {
            self.flips.truncate(begin);
            let page = self.pages.len() / self.page_words.max(1);
            self.pages.extend(current.as_words());
            (small(page), small(begin))
        } else {
            (before.page, before.flips.0)
        };
        self.kept.push(Kept { page, flips: (from, small(self.flips.len())) });
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.kept) + size_of_val(&*self.flips) + size_of_val(&*self.pages)
    }

    /// The rows that match in a stretch; without one, those whose cell is empty.
    pub(super) fn matching(&self, stretch: Option<Stretch>) -> Matching<'_> {
        let kept = stretch.and_then(|stretch| self.kept.get(index(stretch)));
        let Kept { page, flips: (from, to) } = kept.copied().unwrap_or(Kept { page: 0, flips: (0, 0) });
        let begin = index(page) * self.page_words;
        let page = self.pages.get(begin..begin + self.page_words).unwrap_or_default();
        Matching { page, flips: self.flips.get(index(from)..index(to)).unwrap_or_default() }
    }

    /// The rows that match in a stretch, in order, if they are few. Columns with empty cells are not asked for it.
    pub(super) fn few(&self, stretch: impl FnOnce() -> Option<Stretch>) -> Option<Vec<u32>> {
        if self.some_always {
            return None;
        }
        let stretch = stretch();
        let is_first = stretch.and_then(|stretch| self.kept.get(index(stretch))).is_none_or(|kept| kept.page == 0);
        let flips = self.matching(stretch).flips;
        (is_first && flips.len() <= FEW_ROWS).then(|| {
            let mut rows = flips.to_vec();
            rows.sort_unstable();
            // A row that flips back does not match.
            let odd = |same: &[u32]| same.first().copied().filter(|_| same.len() % 2 == 1);
            rows.chunk_by(u32::eq).filter_map(odd).collect()
        })
    }

    /// Keeps a few `rows` that match in a stretch. An empty cell matches whatever the stretch is, so it need not be
    /// known where all are empty.
    pub(super) fn keep_few(&self, rows: &mut Vec<u32>, stretch: impl FnOnce() -> Option<Stretch>) {
        let always = self.matching(None).page;
        if self.some_always && rows.iter().all(|row| rows::has(always, *row)) {
            return;
        }
        let Matching { page, flips } = self.matching(stretch());
        rows.retain(|row| flips.iter().fold(rows::has(page, *row), |has, flipped| has ^ (flipped == row)));
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
