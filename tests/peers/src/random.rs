//! Numbers that look random and are the same in every run: SplitMix64 (Steele, Lea and Flood, 2014).

/// A generator.
pub(crate) struct Random(u64);

impl Random {
    /// The numbers that follow from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`, each about as likely as the next; 0 below 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        let scaled = (u128::from(mixed) * u128::try_from(limit).unwrap_or_default()) >> 64;
        usize::try_from(scaled).unwrap_or_default()
    }
}
