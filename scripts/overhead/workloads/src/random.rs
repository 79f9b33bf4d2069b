//! Random numbers that are the same in every run.

/// xorshift64*: two or three nanoseconds a number, the same for every allocator.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    #[inline(always)]
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A size from 1 to 2,048 bytes, small ones more often: evenly below a limit that is evenly one of 32, 64 to 2,048.
    #[inline(always)]
    pub(crate) fn size(&mut self) -> usize {
        let number = self.next();
        let limit = 32_u64 << ((number >> 40) % 7);
        1 + ((number >> 16) & (limit - 1)) as usize
    }
}
