//! Where ids, salts and jitter come from: one seed, stretched by BLAKE3.
//!
//! The seed is an argument. A seed from the operating system's randomness gives bytes that nobody can foretell, as
//! salts must be; a fixed one gives the same bytes every time, as simulations need.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bytes. It never runs dry.
///
/// The bytes are BLAKE3, keyed with the seed, of a counter: a pseudo-random function, so that who sees some of
/// them learns nothing about the others.
pub struct Random {
    seed: [u8; 32],
    drawn: AtomicU64,
}

impl Random {
    /// The bytes of this seed, the same every time.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }

    /// Sixteen bytes, for a salt.
    #[must_use]
    pub fn bytes16(&self) -> [u8; 16] {
        self.next().0
    }

    /// A number, evenly drawn from all of them.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.next().1
    }

    fn next(&self) -> ([u8; 16], u64) {
        let counter = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut stream = blake3::Hasher::new_keyed(&self.seed).update(&counter.to_be_bytes()).finalize_xof();
        let (mut salt, mut number) = ([0; 16], [0; 8]);
        stream.fill(&mut salt);
        stream.fill(&mut number);
        (salt, u64::from_be_bytes(number))
    }
}

/// Shows nothing: whoever knows the seed knows the salts.
impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Random").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_stream_and_no_value_twice() {
        let draw = |seed| {
            let random = Random::from_seed([seed; 32]);
            (0..100).map(|_| random.number()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        let mut both = [draw(1), draw(2)].concat();
        both.sort_unstable();
        both.dedup();
        assert_eq!(both.len(), 200);
        let random = Random::from_seed([1; 32]);
        assert_ne!(random.bytes16(), random.bytes16());
    }
}
