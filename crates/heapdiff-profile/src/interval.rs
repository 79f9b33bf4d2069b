//! How sure an estimate is: intervals of sums of samples, and of the difference of two.
//!
//! A sample of weight `w` that had the chance `p` to be taken adds `w² (1 - p)` to the variance of its sum. Limits of
//! one sum are those of Fay and Feuer for a weighted sum of Poisson counts, which with equal weights are Garwood's exact
//! ones, but for what was seen counting half (mid-p): exact limits of counts hold the truth far more often than they
//! say, and growth is missed for it. The upper limit must allow for a block that could have been seen and was not. Fay
//! and Feuer take the biggest weight for that; here it is the period: the standard deviation that one block of size `s`
//! contributes is `s exp(-s/2R) / (1 - exp(-s/R))`, which is at most `R` and reaches it for the smallest blocks.
//!
//! The difference of two sums combines their limits by MOVER, so it inherits their coverage.
//!
//! **Source:** Fay and Feuer, Statistics in Medicine 16 (1997), 791-801; Fay and Kim, Biometrical Journal 59 (2017),
//! 549-560; Zou and Donner, Statistics in Medicine 27 (2008), 1693-1702.

use statrs::distribution::{ContinuousCDF as _, Normal};
use statrs::function::gamma::{gamma_lr, ln_gamma};

/// An interval with a stated chance of holding the true value, its [`Confidence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Lower end, inclusive.
    pub low: i64,
    /// Upper end, inclusive.
    pub high: i64,
}

/// The chance that an interval holds the true value. It may be higher: intervals of few samples are wide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    /// The chance left out on either side.
    tail: f64,
    /// The quantile of the standard normal distribution at `tail`.
    z: f64,
}

impl Confidence {
    /// A chance of at least 0.5 and less than 1; `None` for any other.
    #[must_use]
    pub fn new(chance: f64) -> Option<Self> {
        let tail = (1.0 - chance) / 2.0;
        (0.5..1.0).contains(&chance).then(|| Self { tail, z: Normal::standard().inverse_cdf(tail) })
    }

    /// The confidence whose tails begin `deviations` standard deviations from the middle of a normal distribution.
    pub(crate) fn of_deviations(deviations: f64) -> Self {
        let z = -deviations.abs();
        Self { tail: Normal::standard().cdf(z), z }
    }

    /// How many standard deviations from the middle of a normal distribution the tails begin.
    pub(crate) fn deviations(self) -> f64 {
        -self.z
    }

    /// The chance itself.
    #[must_use]
    pub fn chance(self) -> f64 {
        1.0 - 2.0 * self.tail
    }
}

impl Default for Confidence {
    /// 0.95.
    fn default() -> Self {
        Self { tail: 0.025, z: -1.959_963_984_540_054 }
    }
}

impl Interval {
    /// Whether the interval lies wholly above or wholly below zero.
    #[must_use]
    pub fn excludes_zero(self) -> bool {
        self.low > 0 || self.high < 0
    }
}

/// The smallest growth of one stack, in bytes, that cannot have been missed: if nothing was sampled, then less than this
/// was allocated, with the chance of `confidence`. At 95 % three periods; nothing where every allocation is recorded.
///
/// The number of samples of blocks much smaller than the period is Poisson with mean `bytes / period`, so the chance
/// to see none falls to 1/20 at `period * ln 20`.
pub(crate) fn resolution_bytes(period_bytes: i64, confidence: Confidence) -> u64 {
    if period_bytes <= 1 {
        return 0;
    }
    // What is left out on both sides stands on one here.
    let periods = -(2.0 * confidence.tail).ln();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; `as` saturates")]
    let resolution = (period_bytes as f64 * periods).ceil() as u64;
    resolution
}

/// The variance that `samples` allocations sampled with a mean of `period_bytes` between samples add to an estimate
/// of `bytes`, in bytes². All are taken for equally big.
///
/// The size behind a weight follows from the weight and the period. Where `objects` contradict that, the period was
/// another when the samples were taken, and the chance to be sampled is read off the objects instead, which is less
/// exact for large blocks because objects are whole numbers.
pub(crate) fn sample_variance(bytes: i64, objects: Option<i64>, samples: i64, period_bytes: i64) -> i128 {
    if period_bytes <= 1 || samples <= 0 || bytes <= 0 {
        return 0;
    }
    let (count, period) = (samples as f64, period_bytes as f64);
    let weight = bytes as f64 / count;
    let mut missed = chance_missed(weight / period);
    if let Some(objects) = objects {
        let objects = (objects as f64).max(1.0);
        // Each sample's share of the objects may be rounded by a half.
        let off = (objects - count / (1.0 - missed).max(f64::EPSILON)).abs();
        let is_contradicted = missed < 1.0 && off > 0.5 * count + 1.0;
        if weight < WEIGHT_LEAST * period || is_contradicted {
            missed = (1.0 - count / objects).max(0.0);
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "bytes² of an i64 fit an i128; `as` saturates")]
    let variance = (count * weight * weight * missed).round() as i128;
    variance
}

/// How many sampled allocations stand behind an estimate of so many bytes in so many objects, all taken for equally big:
/// each object was sampled with the chance `1 - exp(-size / period)`.
pub(crate) fn samples_behind(bytes: i64, objects: i64, period_bytes: i64) -> i64 {
    if period_bytes <= 1 || bytes <= 0 || objects <= 0 {
        return objects.max(0);
    }
    let (bytes, objects, period) = (bytes as f64, objects as f64, period_bytes as f64);
    let chance = -(-bytes / objects / period).exp_m1();
    #[expect(clippy::cast_possible_truncation, reason = "no more than the objects")]
    let samples = (objects * chance).round() as i64;
    // Something was seen, or there would be no estimate.
    samples.max(1)
}

/// No sample weighs less than a period: one that weighs less than this part of it was taken with a shorter one.
const WEIGHT_LEAST: f64 = 0.999;

/// The chance that a block was not sampled whose weight is `ratio` periods: `exp(-u)` for the size of `u` periods
/// that solves `u / (1 - exp(-u)) = ratio`.
fn chance_missed(ratio: f64) -> f64 {
    // Smaller than the smallest weight, or so close to it that the size is nothing beside the period.
    if ratio <= 1.0 + 1e-6 {
        return 1.0;
    }
    // Newton's method from the right of the root of a convex function: it never overshoots.
    let mut size = ratio;
    for _ in 0..64 {
        let missed = (-size).exp();
        let step = (size - ratio * (1.0 - missed)) / (1.0 - ratio * missed);
        size -= step;
        if step.abs() <= 1e-9 * size {
            break;
        }
    }
    (-size).exp()
}

/// An estimate with its error: of bytes, or of whatever was sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Estimate {
    /// Sum of the weights.
    pub(crate) sum: i64,
    /// Its variance, in the square of its unit.
    pub(crate) variance: i128,
    /// Standard deviation of what could have been sampled and was not: of a block the period. 0 where none can be
    /// missing.
    pub(crate) unseen: i64,
}

impl Estimate {
    /// The interval of `self - other`, both estimated independently.
    pub(crate) fn minus(self, other: Self, confidence: Confidence) -> Interval {
        let high = other.excess_over(self, confidence).saturating_neg();
        Interval { low: self.excess_over(other, confidence), high }
    }

    /// The lower end of the interval of `self - other`.
    pub(crate) fn excess_over(self, other: Self, confidence: Confidence) -> i64 {
        let delta = self.sum.saturating_sub(other.sum);
        let margin = self.margin_below(confidence).hypot(other.margin_above(confidence));
        #[expect(clippy::cast_possible_truncation, reason = "a margin is at least 0; `as` saturates")]
        let margin = margin.ceil() as i64;
        delta.saturating_sub(margin)
    }

    /// How far the lower limit lies below the estimate.
    fn margin_below(self, Confidence { tail, z }: Confidence) -> f64 {
        let (sum, variance) = (self.sum as f64, self.variance as f64);
        if self.variance <= 0 || self.sum <= 0 {
            return 0.0;
        }
        let limit = variance / sum * mid_p_quantile(tail, z, sum * sum / variance);
        (sum - limit).clamp(0.0, sum)
    }

    /// How far the upper limit lies above the estimate.
    fn margin_above(self, Confidence { tail, z }: Confidence) -> f64 {
        let unseen = self.unseen as f64;
        let (sum, variance) = (self.sum.max(0) as f64, self.variance.max(0) as f64 + unseen * unseen);
        let raised = sum + unseen;
        if variance <= 0.0 || raised <= 0.0 {
            return 0.0;
        }
        let count = (raised * raised / variance - 1.0).max(0.0);
        let limit = variance / raised * mid_p_quantile(1.0 - tail, -z, count);
        (limit - sum).max(0.0)
    }
}

/// From this count on the approximation is within 1e-3 of the quantile.
const COUNT_LARGE: f64 = 50.0;

/// Where a Poisson mean lies at `chance` if `count` events were seen, which need not be a whole number. `z` is the
/// quantile of the standard normal distribution at `chance`.
///
/// Of an exact interval the lower limit is a quantile of the gamma distribution of shape `count`, and the upper one of
/// that of `count + 1`; here both are quantiles of an even mixture of the two.
fn mid_p_quantile(chance: f64, z: f64, count: f64) -> f64 {
    // Wilson and Hilferty's approximation for the shape between the two.
    let shape = count + 0.5;
    let spread = 1.0 / (9.0 * shape);
    let hilferty = shape * (1.0 - spread + z * spread.sqrt()).powi(3);
    if count >= COUNT_LARGE {
        return hilferty;
    }
    if count <= 0.0 {
        return (-(2.0 * (1.0 - chance)).ln()).max(0.0);
    }
    // For small x the mixture is x^k / 2 Γ(k + 1); better than a cube below zero.
    let scale = ln_gamma(count + 1.0);
    let small = (((2.0 * chance).ln() + scale) / count).exp();
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut x = if hilferty > small { hilferty } else { small };
    for _ in 0..64 {
        if x <= 0.0 || !x.is_finite() {
            return 0.0;
        }
        // The density of shape k + 1, by which the two distribution functions differ; that of shape k is k/x of it.
        let density = (count * x.ln() - x - scale).exp();
        let excess = gamma_lr(count + 1.0, x) + density / 2.0 - chance;
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let newton = x - excess / (density * (1.0 + count / x) / 2.0);
        let next = match newton {
            // Out of bounds, or not a number: half the way instead.
            _ if newton > low && newton < high => newton,
            _ if high.is_finite() => f64::midpoint(low, high),
            _ => 2.0 * x,
        };
        let step = (next - x).abs();
        x = next;
        if step <= 1e-9 * x {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const R: i64 = 512 << 10;
    const CONFIDENCE: Confidence = Confidence { tail: 0.025, z: -1.959_963_984_540_054 };

    #[test]
    fn quantiles_equal_those_of_bisection() {
        for count in [0.05, 0.5, 1.0, 1.9, 5.0, 20.0, 49.0, 51.0, 500.0] {
            let mixture = |x: f64| f64::midpoint(gamma_lr(count, x), gamma_lr(count + 1.0, x));
            for (chance, z) in [(CONFIDENCE.tail, CONFIDENCE.z), (1.0 - CONFIDENCE.tail, -CONFIDENCE.z)] {
                let (mut low, mut high) = (0.0, 10.0 * count + 100.0);
                for _ in 0..200 {
                    let middle = f64::midpoint(low, high);
                    if mixture(middle) < chance { low = middle } else { high = middle }
                }
                let found = mid_p_quantile(chance, z, count);
                assert!((found - low).abs() <= 1e-3 * low.max(1e-6), "{count} {chance}: {found} {low}");
            }
        }
    }

    /// For one event, from the definition: half the chance of what was seen, and all of that of what is more extreme.
    #[test]
    fn limits_of_a_count_are_those_of_mid_p() {
        let low = mid_p_quantile(CONFIDENCE.tail, CONFIDENCE.z, 1.0);
        assert!((1.0 - (-low).exp() * (1.0 + low / 2.0) - CONFIDENCE.tail).abs() < 1e-9, "{low}");
        let high = mid_p_quantile(1.0 - CONFIDENCE.tail, -CONFIDENCE.z, 1.0);
        assert!(((-high).exp() * (1.0 + high / 2.0) - CONFIDENCE.tail).abs() < 1e-9, "{high}");
    }

    #[test]
    fn the_chance_to_be_missed_follows_from_the_weight() {
        for size in [0.01_f64, 0.1, 1.0, 2.0, 10.0] {
            let missed = (-size).exp();
            let found = chance_missed(size / (1.0 - missed));
            assert!((found - missed).abs() < 1e-6, "{size}: {found}, not {missed}");
        }
        assert!((chance_missed(0.5) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn nothing_seen_is_still_up_to_the_resolution() {
        assert_eq!(resolution_bytes(R, CONFIDENCE), 1_570_627);
        assert_eq!(resolution_bytes(1, CONFIDENCE), 0);
        let nothing = Estimate { unseen: R, ..Estimate::default() };
        let Interval { low, high } = nothing.minus(Estimate::default(), CONFIDENCE);
        assert_eq!((low, high), (0, 1_570_627));
    }

    #[test]
    fn what_is_recorded_exactly_has_no_error() {
        assert_eq!(sample_variance(4096, Some(4), 4, 1), 0);
        let exact = Estimate { sum: 4096, ..Estimate::default() };
        assert_eq!(exact.minus(Estimate::default(), CONFIDENCE), Interval { low: 4096, high: 4096 });
        assert_eq!(Estimate::default().minus(exact, CONFIDENCE), Interval { low: -4096, high: -4096 });
    }

    #[test]
    fn variance_is_that_of_the_samples() {
        // 1 KiB blocks: each is sampled with a chance of 1/512.5, and stands for 512.5 of them.
        let variance = sample_variance(10 * 524_800, Some(5125), 10, R);
        let expected = 10.0 * 524_800.0_f64.powi(2) * (-1.0_f64 / 512.0).exp();
        assert!((variance as f64 / expected - 1.0).abs() < 0.01, "{variance}, not {expected}");
        // 8 MiB blocks are always seen.
        assert!(sample_variance(10 * (8 << 20), Some(10), 10, R) < 1 << 30);
        // Exact samples from before the period was raised: the objects say so.
        assert_eq!(sample_variance(10 << 20, Some(10), 10, 64 << 20), 0);
    }

    /// Blocks of one size: how many, and how big.
    type Blocks = (i64, i64);

    impl Random {
        /// The sampled estimate of blocks of these sizes, as a profile would state it.
        #[expect(clippy::cast_possible_truncation, reason = "rounds, as the writer of a profile does")]
        fn sampled(&mut self, blocks: &[Blocks]) -> Estimate {
            let mut estimate = Estimate { unseen: R, ..Estimate::default() };
            for &(count, size) in blocks {
                let chance = 1.0 - (-(size as f64) / R as f64).exp();
                let samples = (0..count).filter(|_| self.uniform() < chance).count();
                let bytes = (samples as f64 * size as f64 / chance).round() as i64;
                let objects = (samples as f64 / chance).round() as i64;
                estimate.sum += bytes;
                let samples = i64::try_from(samples).unwrap();
                estimate.variance += sample_variance(bytes, Some(objects), samples, R);
            }
            estimate
        }
    }

    /// The share of 2,000 intervals that hold the truth is at least 93.5 %: 95 % less three standard errors.
    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        let cases: [(&str, &[Blocks], &[Blocks]); 6] = [
            ("few small births", &[(1024, 1 << 10)], &[]),
            ("many small births, few deaths", &[(15_000, 1 << 10)], &[(1000, 1 << 10)]),
            ("as many births as deaths", &[(640, 8 << 10)], &[(640, 8 << 10)]),
            ("megabytes", &[(12, 1 << 20)], &[(3, 1 << 20)]),
            ("mixed sizes on one stack", &[(2000, 1 << 10), (3, 2 << 20)], &[(500, 1 << 10), (1, 2 << 20)]),
            ("nothing but two big blocks", &[(2, 1 << 20)], &[]),
        ];
        let mut random = Random(20_26);
        let runs = 2000;
        for (name, births, deaths) in cases {
            let sum = |blocks: &[Blocks]| blocks.iter().map(|(count, size)| count * size).sum::<i64>();
            let truth = sum(births) - sum(deaths);
            let held = (0..runs).filter(|_| {
                let interval = random.sampled(births).minus(random.sampled(deaths), CONFIDENCE);
                interval.low <= truth && truth <= interval.high
            });
            let coverage = held.count() as f64 / f64::from(runs);
            assert!(coverage >= 0.935, "{name}: {coverage}");
        }
    }

    /// A stack on which as much is born as dies is called significant in at most 5 of 100 cases, plus three standard
    /// errors of 2,000 runs.
    #[test]
    fn what_did_not_change_is_rarely_significant() {
        let mut random = Random(7);
        for count in [64, 512, 5120] {
            let blocks = [(count, 4 << 10)];
            let alarms = (0..2000)
                .filter(|_| {
                    random.sampled(&blocks).minus(random.sampled(&blocks), CONFIDENCE).excludes_zero()
                })
                .count();
            assert!(alarms <= 100 + 29, "{count}: {alarms} of 2000");
        }
    }
}
