//! Random numbers that are the same in every run.

/// A generator (`SplitMix64`: a counter, well mixed).
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Begins at `seed`; equal seeds give equal numbers.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, `end` excluded.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Whether something happens that happens once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A size from 1 to 2^`bits`, each power of two as likely as the next.
    pub(crate) fn size(&mut self, bits: usize) -> usize {
        let power = 1 << self.below(bits);
        power + self.below(power)
    }
}
