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

    /// A number of the exponential distribution with mean 1, above 0 and at most 45.1, to within 10^-9.
    ///
    /// It is -ln u for u = m · 2^-(z+1), with z the zeros that the random bits begin with and m in [1, 2) what follows
    /// them. So -ln u = (z + 1) ln 2 - ln m, and with s = (m - √2) / (m + √2) that is (z + 1/2) ln 2 - 2 artanh s.
    /// Since |s| is at most 3 - 2√2 = 0.172, the series of artanh is cut after s⁹: what is left off is below
    /// s¹¹ / 10.6 < 4 · 10^-10.
    ///
    /// Nothing branches and nothing is looked up, so the processor does this beside what follows, where a general
    /// logarithm, or a ziggurat with its table, would hold a sample up.
    pub fn next_exponential(&mut self) -> f64 {
        use core::f64::consts::{LN_2, SQRT_2};
        /// The bits of 1, to which any mantissa can be added.
        const ONE: u64 = 1.0f64.to_bits();
        let bits = self.next_u64();
        let zeros = bits.leading_zeros();
        // Without the one that follows the zeros. If there is none, all bits are zeros.
        let mantissa = bits.unbounded_shl(zeros + 1) >> (64 - 52);
        let m = f64::from_bits(ONE | mantissa);
        let s = (m - SQRT_2) / (m + SQRT_2);
        let z = s * s;
        let artanh = s * (1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0)))));
        (f64::from(zeros) + 0.5) * LN_2 - 2.0 * artanh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator whose next number has these bits.
    fn about_to_give(bits: u64) -> Rng {
        // Each step of `next_u64` backwards: x ^ x >> n is undone by shifting on, a product by the inverse.
        const INVERSES: [u64; 2] = [0x3196_42b2_d24d_8ec3, 0x96de_1b17_3f11_9089];
        let unshift = |bits: u64, n: u32| bits ^ bits >> n ^ bits >> (2 * n);
        let bits = unshift(bits, 31).wrapping_mul(INVERSES[0]);
        let bits = unshift(bits, 27).wrapping_mul(INVERSES[1]);
        Rng(unshift(bits, 30).wrapping_sub(0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn exponentials_are_logarithms() {
        let mut rng = Rng::new(3);
        let extremes = [0, 1, 2, 3, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1, (1 << 63) + 1];
        let few_bits = (0..64).map(|shift| rng.next_u64() >> shift);
        let bits: std::vec::Vec<u64> = extremes.into_iter().chain(few_bits).collect();
        let usual = std::iter::repeat_with(|| rng.next_u64()).take(100_000);
        for bits in bits.into_iter().chain(usual) {
            let mut rng = about_to_give(bits);
            let number = rng.next_exponential();
            assert_eq!(about_to_give(bits).next_u64(), bits);
            // For no bits at all the smallest u that a single one would give, halved.
            let exact = if bits == 0 {
                65.0 * core::f64::consts::LN_2
            } else {
                64.0 * core::f64::consts::LN_2 - libm::log(bits as f64)
            };
            assert!(
                (number - exact).abs() < 1e-9 && (0.0..45.1).contains(&number),
                "{bits:x}: {number}, not {exact}"
            );
        }
    }
}
