//! Random numbers for the sampler: small, seedable, one a thread.

/// `SplitMix64`: eight bytes of state, a few cycles a number, and equal seeds give equal runs.
///
/// **Source:** Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Clone, Copy, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose numbers follow from `seed` alone.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The state, to be kept in a thread local between samples.
    #[must_use]
    pub const fn state(self) -> u64 {
        self.0
    }

    /// The next 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number in (0, 1], with 53 random bits: never 0, so that its logarithm is finite.
    pub fn next_unit(&mut self) -> f64 {
        /// 2^-53.
        const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let bits = ((self.next_u64() >> 11) + 1) as f64;
        bits * STEP
    }
}
