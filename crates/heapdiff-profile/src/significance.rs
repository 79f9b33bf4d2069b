//! Which rows of a report changed, and which may be chance, when one looks at many of them.
//!
//! A row's **p** is the chance to see a change at least as clear as its own where nothing changed. It is found by turning
//! the interval round: the smallest chance to err at which the interval still excludes zero. So the two never contradict
//! each other, whatever the formula of the interval is.
//!
//! Of 100 rows that did not change, some are clear by chance alone. The rows of a report are therefore judged together,
//! by the procedure of Benjamini and Hochberg: of those that it calls significant, no more than one minus the confidence
//! are expected to be false. It looks at all rows of a report, shown or not, but for those that could not be told from
//! zero even if all their samples spoke for the same side: most stacks have a sample or two, and counting them would
//! only raise the bar for the others. That choice looks at the sum of both sides alone, of which the direction of each
//! sample is independent where nothing changed, so it favours no row.
//!
//! **Source:** Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995), 289-300; for leaving out
//! rows that cannot pass, Gilbert, Applied Statistics 54 (2005), 143-158.

use crate::diff::DiffFigures;
use crate::interval::{Confidence, Estimate, Interval};
use indexmap::IndexMap;

#[cfg(test)]
mod tests;

/// What speaks for growth of a row, and what speaks against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Evidence {
    pub(crate) up: Estimate,
    pub(crate) down: Estimate,
}

/// A clearer change is as good as certain: p is below one in a billion, and written as 0.
const DEVIATIONS_MAX: f64 = 6.1;
/// How exactly p is sought, in standard deviations: two digits of p and more.
const DEVIATIONS_STEP: f64 = 1e-3;
/// Where it has not been found after so many steps, it is taken for larger than it is.
const STEPS_MAX: usize = 40;

impl Evidence {
    pub(crate) fn interval(self, confidence: Confidence) -> Interval {
        self.up.minus(self.down, confidence)
    }

    /// The chance to see a change at least as clear where nothing changed.
    ///
    /// The end of the interval falls almost evenly with its deviations from the estimate, so that a line through two
    /// points finds where it meets zero in some three steps; the first is that of the interval of `confidence`.
    fn p(self, confidence: Confidence) -> f64 {
        let Self { up, down } = self;
        let (more, less) = if up.sum >= down.sum { (up, down) } else { (down, up) };
        let change = more.sum.saturating_sub(less.sum) as f64;
        if change <= 0.0 {
            return 1.0;
        }
        // A sample of what cannot fall proves that it rose.
        if less == Estimate::default() {
            return 0.0;
        }
        let (mut clear, mut unclear) = ((0.0, change), None);
        let mut deviations = confidence.deviations().min(DEVIATIONS_MAX);
        for _ in 0..STEPS_MAX {
            let excess = more.excess_over(less, Confidence::of_deviations(deviations)) as f64;
            match excess > 0.0 {
                true if deviations >= DEVIATIONS_MAX => return 0.0,
                true => clear = (deviations, excess),
                false => unclear = Some((deviations, excess)),
            }
            let zero = match unclear {
                Some(unclear) => zero_between(clear, unclear),
                None => clear.0 * change / (change - clear.1).max(f64::MIN_POSITIVE),
            };
            if zero - clear.0 <= DEVIATIONS_STEP {
                break;
            }
            // A little before it, so that what is found is clear more often than not; and never where it was looked.
            let margin = DEVIATIONS_STEP / 4.0;
            let end = unclear.map_or(DEVIATIONS_MAX, |(at, _)| at - margin);
            deviations = (zero - 2.0 * margin).max(clear.0 + margin).min(end);
        }
        1.0 - Confidence::of_deviations(clear.0).chance()
    }

    /// Whether the row could be told from zero if all its samples spoke for the same side.
    fn may_be_clear(self, confidence: Confidence) -> bool {
        let Self { up, down } = self;
        let all = Estimate {
            sum: up.sum.saturating_add(down.sum),
            variance: up.variance.saturating_add(down.variance),
            ..up
        };
        let unseen = up.unseen.min(down.unseen);
        let none = Estimate { unseen, ..Estimate::default() };
        all.sum > 0 && (unseen == 0 || all.excess_over(none, confidence) > 0)
    }

    /// Whether all of it is counted, not estimated.
    fn is_exact(self) -> bool {
        let is_exact = |of: Estimate| of.variance == 0 && of.unseen == 0;
        is_exact(self.up) && is_exact(self.down)
    }
}

/// Where the line through two points meets zero.
fn zero_between(clear: (f64, f64), unclear: (f64, f64)) -> f64 {
    clear.0 + (unclear.0 - clear.0) * clear.1 / (clear.1 - unclear.1)
}

impl DiffFigures {
    /// Whether the interval excludes zero, the row judged by itself; `None` where there is no interval.
    ///
    /// Among 100 rows that did not change, up to 5 may do so by chance: see [`Self::significant`].
    #[must_use]
    pub fn excludes_zero(&self) -> Option<bool> {
        self.interval.map(Interval::excludes_zero)
    }

    /// The chance to see such a change where there is none; `None` where it is not known how sure the figures are.
    fn chance(&self, confidence: Confidence) -> Option<f64> {
        let evidence = self.evidence?;
        if evidence.is_exact() {
            return Some(if self.is_changed() { 0.0 } else { 1.0 });
        }
        Some(evidence.p(confidence))
    }

    fn is_changed(&self) -> bool {
        self.value.delta() != 0 || self.bytes.is_some_and(|bytes| bytes.delta() != 0)
    }
}

/// Judges figures that stand alone, such as a total.
pub(crate) fn judge_alone(figures: &mut DiffFigures, confidence: Confidence) {
    figures.p = figures.chance(confidence);
    figures.significant = figures.p.map(|p| p <= chance_to_err(confidence));
}

/// Judges the rows of a report together.
pub(crate) fn judge_together(rows: Vec<&mut DiffFigures>, confidence: Confidence) {
    let mut judged = Vec::new();
    // Most rows rest on a sample or two of common sizes, and say the same.
    let mut known: IndexMap<(Evidence, bool), (Option<f64>, bool)> = IndexMap::new();
    for figures in rows {
        let Some(evidence) = figures.evidence else { continue };
        let (p, may_be_clear) = *known.entry((evidence, figures.is_changed())).or_insert_with(|| {
            let may_be_clear = figures.excludes_zero() == Some(true)
                || evidence.is_exact()
                || evidence.may_be_clear(confidence);
            (figures.chance(confidence), may_be_clear)
        });
        (figures.p, figures.significant) = (p, Some(false));
        if let (Some(p), true) = (p, may_be_clear) {
            judged.push((p, figures));
        }
    }
    let mut chances: Vec<f64> = judged.iter().map(|&(p, _)| p).collect();
    let threshold = threshold(&mut chances, chance_to_err(confidence));
    for (p, figures) in judged {
        figures.significant = Some(threshold.is_some_and(|threshold| p <= threshold));
    }
}

fn chance_to_err(confidence: Confidence) -> f64 {
    1.0 - confidence.chance()
}

/// The largest p that is significant; `None` if none is.
///
/// The procedure of Benjamini and Hochberg: the largest of the sorted p that is no larger than its rank's share of `q`.
fn threshold(chances: &mut [f64], q: f64) -> Option<f64> {
    chances.sort_unstable_by(f64::total_cmp);
    let count = chances.len() as f64;
    let ranked = chances.iter().enumerate().rev();
    ranked.map(|(index, &p)| (p, q * (index + 1) as f64 / count)).find(|&(p, bar)| p <= bar).map(|(p, _)| p)
}
