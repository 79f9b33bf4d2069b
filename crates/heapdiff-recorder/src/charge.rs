//! How likely a block was to become a sample, and so what a sample stands for.
//!
//! Sample points lie on the stream of allocated bytes as a Poisson process with one point every [`Period`] bytes in
//! the mean. A block becomes a sample when at least one point falls into its bytes. With a charge λ, the expected
//! number of points in the bytes that the block was ever charged for, that has probability p = 1 - e^-λ, and the
//! sample stands for 1/p objects and size/p bytes (Horvitz-Thompson): the sum over samples of either has the true
//! total as its mean, whatever sizes are mixed.
//!
//! With a period of 512 KiB a block of 4 KiB has p = 0.0078 and stands for 128.5 objects; one of 1 MiB has p = 0.86
//! and stands for 1.16.
//!
//! A block that grows is charged for the grown bytes only. Staying unsampled through both charges has probability
//! e^-λ₁ · e^-λ₂ = e^-(λ₁+λ₂), so adding charges keeps the inclusion probability exact.

use crate::rng::Rng;

/// Mean bytes between sample points; 1 means that every allocation is a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(u64);

impl Period {
    /// Every allocation is recorded, and every figure is exact.
    pub const EXACT: Self = Self(1);
    /// 512 KiB, as Go and jemalloc have it: below 1 % of overhead in most programs.
    pub const DEFAULT: Self = Self(512 * 1024);
    /// 1 TiB. Larger ones would sample nothing, and the draw must fit the countdown.
    pub const MAX: Self = Self(1 << 40);

    /// A period of `bytes`, brought into 1..=[`Self::MAX`].
    #[must_use]
    #[inline]
    pub const fn new(bytes: u64) -> Self {
        if bytes == 0 {
            Self::EXACT
        } else if bytes > Self::MAX.0 {
            Self::MAX
        } else {
            Self(bytes)
        }
    }

    /// The mean distance in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Whether every allocation is recorded.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        self.0 == Self::EXACT.0
    }

    /// Draws the number of whole bytes before the next sample point.
    ///
    /// An allocation of `size` bytes is a sample if the draw is less than `size`. The exponential distribution has no
    /// memory, so one fresh draw after each sample is all that the process needs.
    #[must_use]
    pub fn draw(self, rng: &mut Rng) -> i64 {
        if self.is_exact() {
            return 0;
        }
        let bytes = rng.next_exponential() * self.as_f64();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 46 periods, below 2^46; rounds down, as it must"
        )]
        let whole = bytes as i64;
        whole
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 2^40")]
    fn as_f64(self) -> f64 {
        self.0 as f64
    }
}

/// λ: the number of sample points to be expected in the bytes that a block was charged for.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Charge(f32);

impl Charge {
    /// The charge of a block of `size` bytes. Certain (infinite) in exact mode.
    #[must_use]
    pub fn new(size: u64, period: Period) -> Self {
        if period.is_exact() {
            return Self(f32::INFINITY);
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a relative error of 2^-24 is far below the sampling error"
        )]
        #[expect(clippy::cast_possible_truncation, reason = "narrowing to f32 is meant")]
        let charge = (size as f64 / period.as_f64()) as f32;
        Self(charge)
    }

    /// The charge after the block grew by `bytes` while `period` was in force.
    #[must_use]
    pub fn grown(self, bytes: u64, period: Period) -> Self {
        Self(self.0 + Self::new(bytes, period).0)
    }

    /// The charge as bits, to be stored in a word.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0.to_bits()
    }

    /// The charge that [`Self::to_bits`] stored.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(f32::from_bits(bits))
    }

    /// Whether the block was to become a sample in any case, as in exact mode.
    #[must_use]
    pub const fn is_certain(self) -> bool {
        self.0 == f32::INFINITY
    }

    /// The probability with which the block became a sample, in (0, 1].
    ///
    /// A charge of zero would make its weight infinite; such a block is never a sample, and 1 is returned.
    #[must_use]
    pub fn probability(self) -> f64 {
        if self.is_certain() {
            return 1.0;
        }
        let probability = one_minus_exp(f64::from(self.0));
        if probability > 0.0 { probability } else { 1.0 }
    }

    /// The number of objects that the sample stands for: 1/p.
    #[must_use]
    pub fn objects_estimate(self) -> f64 {
        1.0 / self.probability()
    }

    /// The number of bytes that the sample of a block of `size` bytes stands for: size/p.
    #[must_use]
    pub fn bytes_estimate(self, size: u64) -> f64 {
        Self::bytes_as_f64(size) / self.probability()
    }

    pub(crate) const fn bytes_as_f64(size: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^48")]
        let size = size as f64;
        size
    }
}

/// 1 - e^-λ for λ ≥ 0.
///
/// Small ones, which are nearly all, take a few terms of λ - λ²/2! + λ³/3! - ...: up to λ = 1/2 the first that is
/// left off, which bounds the error since signs alternate, is λ⁹/9!. That is less than 2 · 10^-8 of the result,
/// and a charge is rounded to 6 · 10^-8 of itself.
fn one_minus_exp(lambda: f64) -> f64 {
    if lambda > 0.5 {
        return -libm::expm1(-lambda);
    }
    // The factors between one term and the next.
    const FACTORS: [f64; 7] = [1.0 / 8.0, 1.0 / 7.0, 1.0 / 6.0, 1.0 / 5.0, 1.0 / 4.0, 1.0 / 3.0, 1.0 / 2.0];
    lambda * FACTORS.iter().fold(1.0, |sum, factor| 1.0 - lambda * factor * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_numbers_of_the_module_page_hold() {
        let small = Charge::new(4096, Period::DEFAULT);
        assert!((small.probability() - 0.007_782).abs() < 1e-6);
        assert!((small.objects_estimate() - 128.5).abs() < 0.01);
        let large = Charge::new(1 << 20, Period::DEFAULT);
        assert!((large.objects_estimate() - 1.1565).abs() < 1e-4);
    }

    #[test]
    fn probabilities_are_those_of_the_exponential_function() {
        // Neighbouring bits are neighbouring numbers.
        for bits in (1e-10f32.to_bits()..1e6f32.to_bits()).step_by(100_003) {
            let charge = Charge::from_bits(bits);
            let exact = -libm::expm1(-f64::from(charge.0));
            assert!((charge.probability() / exact - 1.0).abs() < 2e-8, "{charge:?}");
        }
    }

    #[test]
    fn exact_mode_counts_each_block_as_itself() {
        let charge = Charge::new(24, Period::EXACT);
        assert_eq!(charge.objects_estimate(), 1.0);
        assert_eq!(charge.bytes_estimate(24), 24.0);
        assert_eq!(charge.grown(8, Period::EXACT).bytes_estimate(32), 32.0);
        assert_eq!(Period::EXACT.draw(&mut Rng::new(1)), 0);
    }

    #[test]
    fn growth_in_steps_has_the_charge_of_the_final_size() {
        let steps =
            Charge::new(1000, Period::DEFAULT).grown(3000, Period::DEFAULT).grown(4000, Period::DEFAULT);
        let once = Charge::new(8000, Period::DEFAULT);
        assert!((steps.probability() / once.probability() - 1.0).abs() < 1e-6);
    }

    /// The gaps are exponential: their mean is the period and their distribution function 1 - e^(-x/R). A million draws
    /// put the mean within 0.4 % (4 standard errors) and the Kolmogorov-Smirnov distance below 1.95/√n (p = 0.001).
    #[test]
    fn draws_are_exponential() {
        const N: usize = 1_000_000;
        let mut rng = Rng::new(7);
        let mut draws: std::vec::Vec<f64> = (0..N).map(|_| Period::DEFAULT.draw(&mut rng) as f64).collect();
        let period = Period::DEFAULT.bytes() as f64;
        let mean = draws.iter().sum::<f64>() / N as f64;
        assert!((mean / period - 1.0).abs() < 4.0 / (N as f64).sqrt(), "mean {mean}");
        draws.sort_by(f64::total_cmp);
        let distance = draws
            .iter()
            .enumerate()
            .map(|(rank, draw)| (1.0 - (-draw / period).exp() - rank as f64 / N as f64).abs())
            .fold(0.0, f64::max);
        assert!(distance < 1.95 / (N as f64).sqrt(), "distance {distance}");
    }
}
