//! How fast a row moves: a slope that outliers do not bend, its interval, and whether it is a trend at all.
//!
//! The slope is the median of the slopes between all pairs of points (Theil and Sen). Its interval and the test of
//! monotonicity (Mann and Kendall) come from the same pairs. Snapshots of one heap resemble their neighbours, which
//! makes both look surer than they are; the variance is widened by the autocorrelation of the ranks of what is left
//! when the slope is taken out (Hamed and Rao).
//!
//! **Source:** Sen, Journal of the American Statistical Association 63 (1968), 1379-1389; Hamed and Rao, Journal of
//! Hydrology 204 (1998), 182-196.

use crate::interval::Confidence;
use std::cmp::Ordering;

/// More points than this are thinned: pairs grow with the square, and 128 points have 8,128.
const POINTS_MAX: usize = 128;
/// Autocorrelation of fewer standard deviations than this may be chance: 2.5 % on either side.
const RELEVANT_DEVIATIONS: f64 = 1.959_963_984_540_054;

/// A slope with its interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Slope {
    /// Change of the value in a second.
    pub(crate) per_second: f64,
    /// Lower end of its interval.
    pub(crate) low: f64,
    /// Upper end.
    pub(crate) high: f64,
    /// How many standard deviations the count of rising pairs lies above that of falling ones: positive for a rise.
    pub(crate) monotonicity: f64,
}

impl Slope {
    /// The slope of `values` over `seconds`, which rise; nothing if there are fewer than two points.
    pub(crate) fn of(seconds: &[f64], values: &[f64], confidence: Confidence) -> Self {
        Self::of_lines(&[thinned(seconds, values)], confidence)
    }

    /// The slope that several lines have in common, such as the tops and the bottoms of teeth: each is compared with
    /// itself alone.
    ///
    /// **Source:** the seasonal test of Hirsch, Slack and Smith, Water Resources Research 18 (1982), 107-121.
    pub(crate) fn of_lines(lines: &[Vec<(f64, f64)>], confidence: Confidence) -> Self {
        let mut slopes = Vec::new();
        let mut score = 0.0;
        for points in lines {
            for (at, from) in points.iter().enumerate() {
                for to in points.iter().skip(at + 1) {
                    let (run, rise) = (to.0 - from.0, to.1 - from.1);
                    if run > 0.0 {
                        slopes.push(rise / run);
                        score += sign(rise);
                    }
                }
            }
        }
        if slopes.is_empty() {
            return Self::default();
        }
        slopes.sort_by(f64::total_cmp);
        let per_second = median_of_sorted(&slopes);
        let variance: f64 = lines
            .iter()
            .map(|points| score_variance(points) * autocorrelation_factor(points, per_second))
            .sum();
        let deviation = variance.sqrt();
        let monotonicity = if deviation > 0.0 { (score - sign(score)) / deviation } else { 0.0 };
        let [low, high] = limits(&slopes, confidence.deviations() * deviation);
        Self { per_second, low, high, monotonicity }
    }
}

/// The slopes whose ranks lie `reach` pairs apart, around the middle.
fn limits(sorted: &[f64], reach: f64) -> [f64; 2] {
    let count = sorted.len() as f64;
    let at = |rank: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the slice")]
        let index = rank.clamp(0.0, count - 1.0) as usize;
        sorted.get(index).copied().unwrap_or(0.0)
    };
    [at(((count - reach) / 2.0).floor() - 1.0), at(((count + reach) / 2.0).ceil())]
}

/// Evenly chosen points, first and last among them.
fn thinned(seconds: &[f64], values: &[f64]) -> Vec<(f64, f64)> {
    let count = seconds.len().min(values.len());
    let points = || seconds.iter().copied().zip(values.iter().copied());
    if count <= POINTS_MAX {
        return points().collect();
    }
    let wanted = |at: usize| at * (count - 1) / (POINTS_MAX - 1);
    let all: Vec<_> = points().collect();
    (0..POINTS_MAX).filter_map(|at| all.get(wanted(at)).copied()).collect()
}

/// The variance of the Mann-Kendall score if there is no trend, with its correction for ties.
fn score_variance(points: &[(f64, f64)]) -> f64 {
    let term = |count: f64| count * (count - 1.0) * (2.0 * count + 5.0);
    let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
    values.sort_by(f64::total_cmp);
    let ties: f64 =
        values.chunk_by(|a, b| a.total_cmp(b) == Ordering::Equal).map(|group| term(group.len() as f64)).sum();
    (term(points.len() as f64) - ties) / 18.0
}

/// What the variance is multiplied by because neighbours resemble each other; at least 1.
fn autocorrelation_factor(points: &[(f64, f64)], slope: f64) -> f64 {
    let rest: Vec<f64> = points.iter().map(|(second, value)| value - slope * second).collect();
    let ranks = ranks(&rest);
    let count = ranks.len() as f64;
    let mean = (count - 1.0) / 2.0;
    let centred: Vec<f64> = ranks.iter().map(|rank| rank - mean).collect();
    let total: f64 = centred.iter().map(|rank| rank * rank).sum();
    if total <= 0.0 || count < 4.0 {
        return 1.0;
    }
    // Correlations within the error of an estimate from this many points are none.
    let relevant = RELEVANT_DEVIATIONS / count.sqrt();
    let mut sum = 0.0;
    for lag in 1..ranks.len().saturating_sub(2) {
        let products = centred.iter().zip(centred.iter().skip(lag));
        let correlation = products.map(|(a, b)| a * b).sum::<f64>() / total;
        // Beyond the first lag without correlation there is only noise.
        if correlation < relevant {
            break;
        }
        let left = count - lag as f64;
        sum += left * (left - 1.0) * (left - 2.0) * correlation;
    }
    1.0 + 2.0 / (count * (count - 1.0) * (count - 2.0)) * sum
}

/// The place of each value in their order; equal ones share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0.0;
    for group in order.chunk_by(|a, b| a.0.total_cmp(&b.0) == Ordering::Equal) {
        let shared = start + (group.len() as f64 - 1.0) / 2.0;
        for (_, index) in group {
            if let Some(rank) = ranks.get_mut(*index) {
                *rank = shared;
            }
        }
        start += group.len() as f64;
    }
    ranks
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let at = |index: usize| sorted.get(index).copied().unwrap_or(0.0);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { at(middle) } else { f64::midpoint(at(middle.saturating_sub(1)), at(middle)) }
}

fn sign(number: f64) -> f64 {
    match number.partial_cmp(&0.0) {
        Some(Ordering::Greater) => 1.0,
        Some(Ordering::Less) => -1.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(values: &[f64]) -> Slope {
        let seconds: Vec<f64> = (0..values.len()).map(|at| at as f64 * 2.0).collect();
        Slope::of(&seconds, values, Confidence::default())
    }

    #[test]
    fn a_line_has_its_slope_and_an_outlier_does_not_bend_it() {
        let mut line: Vec<f64> = (0..20).map(|at| 100.0 + 6.0 * f64::from(at)).collect();
        assert!((slope(&line).per_second - 3.0).abs() < 1e-12);
        line[19] = 1e9;
        assert!((slope(&line).per_second - 3.0).abs() < 0.2);
        assert_eq!(slope(&[5.0; 9]), Slope::default());
        assert_eq!(slope(&[5.0]), Slope::default());
        assert_eq!(slope(&[]), Slope::default());
    }

    /// Five rising values have an exact two-sided chance of 2/120 to be so ordered; the normal approximation, with its
    /// correction for continuity, gives z = 9 / sqrt(5 * 4 * 15 / 18).
    #[test]
    fn monotonicity_is_that_of_mann_and_kendall() {
        let found = slope(&[1.0, 2.0, 4.0, 8.0, 16.0]).monotonicity;
        assert!((found - 9.0 / (300.0_f64 / 18.0).sqrt()).abs() < 1e-12, "{found}");
        assert!(slope(&[16.0, 8.0, 4.0, 2.0, 1.0]).monotonicity < -2.0);
    }

    /// The fifteen slopes of six points, by hand: ranks (15 ∓ 1.96 sqrt(28.33)) / 2.
    #[test]
    fn the_interval_holds_the_slopes_around_the_middle() {
        let found = slope(&[0.0, 2.0, 3.0, 8.0, 9.0, 10.0]);
        assert!(found.low < found.per_second && found.per_second < found.high);
        assert!(found.low >= 0.25 && found.high <= 2.5, "{found:?}");
    }

    #[test]
    fn long_series_are_thinned_and_keep_their_ends() {
        let seconds: Vec<f64> = (0..5000).map(f64::from).collect();
        let points = thinned(&seconds, &seconds);
        assert_eq!(points.len(), POINTS_MAX);
        assert_eq!((points[0].0, points[POINTS_MAX - 1].0), (0.0, 4999.0));
    }
}
