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

#[cfg(test)]
mod tests;

/// What speaks for growth of a row, and what speaks against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) up: Estimate,
    pub(crate) down: Estimate,
}

/// A clearer change is as good as certain: p is below one in a billion, and written as 0.
const DEVIATIONS_MAX: f64 = 6.1;
/// How exactly p is sought, in standard deviations: two digits of p and more.
const DEVIATIONS_STEP: f64 = 1e-3;

impl Evidence {
    pub(crate) fn interval(self, confidence: Confidence) -> Interval {
        self.up.minus(self.down, confidence)
    }

    /// The chance to see a change at least as clear where nothing changed.
    fn p(self) -> f64 {
        let Self { up, down } = self;
        let (more, less) = if up.bytes >= down.bytes { (up, down) } else { (down, up) };
        if more.bytes == less.bytes {
            return 1.0;
        }
        // A sample of what cannot fall proves that it rose.
        if less == Estimate::default() {
            return 0.0;
        }
        let excess = |deviations: f64| more.excess_over(less, Confidence::of_deviations(deviations)) as f64;
        let (mut clear, mut at_clear) = (0.0, excess(0.0));
        let (mut unclear, mut at_unclear) = (DEVIATIONS_MAX, excess(DEVIATIONS_MAX));
        if at_clear <= 0.0 {
            return 1.0;
        }
        if at_unclear > 0.0 {
            return 0.0;
        }
        // False position in the Illinois variant: the end of the interval falls almost evenly with the deviations.
        let mut last_was_clear = None;
        while unclear - clear > DEVIATIONS_STEP {
            let guess = (clear * at_unclear - unclear * at_clear) / (at_unclear - at_clear);
            // Not so near to an end that the other one could never come in.
            let margin = DEVIATIONS_STEP / 4.0;
            let guess = guess.clamp(clear + margin, unclear - margin);
            let found = excess(guess);
            let is_clear = found > 0.0;
            let is_again = last_was_clear == Some(is_clear);
            if is_clear {
                (clear, at_clear) = (guess, found);
                at_unclear /= if is_again { 2.0 } else { 1.0 };
            } else {
                (unclear, at_unclear) = (guess, found.min(-f64::MIN_POSITIVE));
                at_clear /= if is_again { 2.0 } else { 1.0 };
            }
            last_was_clear = Some(is_clear);
        }
        1.0 - Confidence::of_deviations(clear).chance()
    }

    /// Whether the row could be told from zero if all its samples spoke for the same side.
    fn may_be_clear(self, confidence: Confidence) -> bool {
        let Self { up, down } = self;
        let all = Estimate {
            bytes: up.bytes.saturating_add(down.bytes),
            variance: up.variance.saturating_add(down.variance),
            ..up
        };
        let unseen_bytes = up.unseen_bytes.min(down.unseen_bytes);
        let none = Estimate { unseen_bytes, ..Estimate::default() };
        all.bytes > 0 && (unseen_bytes == 0 || all.excess_over(none, confidence) > 0)
    }

    /// Whether all of it is counted, not estimated.
    fn is_exact(self) -> bool {
        let is_exact = |of: Estimate| of.variance == 0 && of.unseen_bytes == 0;
        is_exact(self.up) && is_exact(self.down)
    }
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
    fn chance(&self) -> Option<f64> {
        let evidence = self.evidence?;
        if evidence.is_exact() {
            return Some(if self.is_changed() { 0.0 } else { 1.0 });
        }
        Some(evidence.p())
    }

    fn is_changed(&self) -> bool {
        self.value.delta() != 0 || self.bytes.is_some_and(|bytes| bytes.delta() != 0)
    }
}

/// Judges figures that stand alone, such as a total.
pub(crate) fn judge_alone(figures: &mut DiffFigures, confidence: Confidence) {
    figures.p = figures.chance();
    figures.significant = figures.p.map(|p| p <= chance_to_err(confidence));
}

/// Judges the rows of a report together.
pub(crate) fn judge_together(rows: Vec<&mut DiffFigures>, confidence: Confidence) {
    let mut judged = Vec::new();
    for figures in rows {
        figures.p = figures.chance();
        figures.significant = figures.p.map(|_| false);
        let may_be_clear = |evidence: Evidence| evidence.is_exact() || evidence.may_be_clear(confidence);
        if let (Some(p), true) = (figures.p, figures.evidence.is_some_and(may_be_clear)) {
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
