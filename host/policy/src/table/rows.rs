//! A set of rows, a bit for each.

use super::sets::Matching;

/// How many rows a word of a set speaks of.
const WORD_ROWS: usize = 64;

/// A set of rows. All sets that meet are of the same table, and have the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows(Vec<u64>);

impl Rows {
    /// None of `rows` rows.
    pub(super) fn none(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(WORD_ROWS)])
    }

    /// All of `rows` rows.
    pub(super) fn all(rows: usize) -> Self {
        let mut all = vec![u64::MAX; rows.div_ceil(WORD_ROWS)];
        if let Some(last) = all.last_mut() {
            *last >>= (WORD_ROWS - rows % WORD_ROWS) % WORD_ROWS;
        }
        Self(all)
    }

    /// The set as words, the lowest bit of the first for the first row.
    pub(super) fn as_words(&self) -> &[u64] {
        &self.0
    }

    /// Puts a row in if it is not there, and takes it out if it is.
    pub(super) fn flip(&mut self, row: u32) {
        let (word, bit) = place(row);
        if let Some(word) = self.0.get_mut(word) {
            *word ^= bit;
        }
    }

    /// Keeps what also matches.
    ///
    /// *And* distributes over *exclusive or*: the page is cut with as it is, and of the flips only those count whose
    /// rows were still in. `kept` is for those, so that a chain of cuts needs one buffer.
    pub(super) fn cut(&mut self, matching: Matching<'_>, kept: &mut Vec<u32>) {
        let Matching { page, flips } = matching;
        kept.clear();
        kept.extend(flips.iter().filter(|row| has(&self.0, **row)));
        for (word, other) in self.0.iter_mut().zip(page) {
            *word &= other;
        }
        for row in kept.iter() {
            self.flip(*row);
        }
    }

    /// Takes out the first row of the set at or after the word `from`. Says in which word it was, to go on from there.
    pub(super) fn take_first(&mut self, from: usize) -> Option<(usize, u32)> {
        let rest = self.0.get_mut(from..)?;
        let (skipped, word) = rest.iter_mut().enumerate().find(|(_, word)| **word != 0)?;
        let bit = word.trailing_zeros();
        *word &= *word - 1;
        let at = from + skipped;
        let row = u32::try_from(at * WORD_ROWS).unwrap_or(u32::MAX).saturating_add(bit);
        Some((at, row))
    }
}

/// Whether `row` is in the set of these words.
pub(super) fn has(words: &[u64], row: u32) -> bool {
    let (word, bit) = place(row);
    words.get(word).is_some_and(|word| word & bit != 0)
}

fn place(row: u32) -> (usize, u64) {
    let row = usize::try_from(row).unwrap_or(usize::MAX);
    (row / WORD_ROWS, 1 << (row % WORD_ROWS))
}
