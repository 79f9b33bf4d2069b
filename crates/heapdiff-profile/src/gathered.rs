//! What stacks sum to on both sides: births, deaths and survivors, and what speaks for growth.

use crate::amounts::Amounts;
use crate::diff::{Change, Flow};
use crate::interval::Estimate;

/// The values of one stack.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StackSums {
    pub(crate) base: Amounts,
    pub(crate) head: Amounts,
    /// That part of the newer side which was allocated before the older one was taken.
    pub(crate) survived: Amounts,
}

/// What some stacks sum to, before it is known what else a row holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) base: Amounts,
    pub(crate) head: Amounts,
    pub(crate) value: Flow,
    pub(crate) bytes: Flow,
    pub(crate) objects: Flow,
    pub(crate) samples: i64,
    /// What speaks for growth, and what speaks against it.
    pub(crate) up: Estimate,
    pub(crate) down: Estimate,
}

impl Gathered {
    /// By how much the value changed.
    pub(crate) fn delta(&self) -> i64 {
        self.head.value.saturating_sub(self.base.value)
    }

    /// The values of the sample type that was asked for, and nothing else.
    pub(crate) fn value(&self) -> Change {
        Change { base: self.base.value, head: self.head.value, flow: None }
    }

    /// How much these stacks changed, then how much they hold: for finding the one that matters most.
    pub(crate) fn magnitude(&self) -> (u64, i64) {
        let delta = self.head.value.saturating_sub(self.base.value);
        (delta.unsigned_abs(), self.head.value.saturating_add(self.base.value))
    }

    /// Each side is an estimate of its own.
    pub(crate) fn independent(sums: &StackSums) -> Self {
        let estimate = |side: &Amounts| Estimate { sum: side.estimated, variance: side.variance, unseen: 0 };
        Self {
            base: sums.base,
            head: sums.head,
            samples: sums.base.samples.saturating_add(sums.head.samples),
            up: estimate(&sums.head),
            down: estimate(&sums.base),
            ..Self::default()
        }
    }

    /// Survivors kept their sampling decision, so that they cancel and only births and deaths carry error.
    pub(crate) fn in_use(sums: &StackSums, reversed: bool) -> Self {
        let (older, newer) = if reversed { (sums.head, sums.base) } else { (sums.base, sums.head) };
        let born = newer - sums.survived;
        let lost = older - sums.survived;
        let flow = |born: i64, lost: i64| {
            let (died, grown) = (lost.max(0), lost.min(0).saturating_neg());
            if reversed {
                Flow { born: died, died: born, grown: grown.saturating_neg() }
            } else {
                Flow { born, died, grown }
            }
        };
        // A survivor that outweighs what the base had grew in place, and its growth was sampled like a birth.
        let grown = lost.estimated.min(0).saturating_neg();
        let grown_variance = if grown > 0 { lost.variance.abs() } else { 0 };
        let births = Estimate {
            sum: born.estimated.saturating_add(grown),
            variance: born.variance.saturating_add(grown_variance),
            unseen: 0,
        };
        let died_variance = if lost.estimated > 0 { lost.variance.max(0) } else { 0 };
        let deaths = Estimate { sum: lost.estimated.max(0), variance: died_variance, unseen: 0 };
        let (up, down) = if reversed { (deaths, births) } else { (births, deaths) };
        Self {
            base: sums.base,
            head: sums.head,
            value: flow(born.value, lost.value),
            bytes: flow(born.bytes, lost.bytes),
            objects: flow(born.objects, lost.objects),
            samples: born.samples.saturating_add(lost.samples.max(0)),
            up,
            down,
        }
    }

    /// Sums since recording began: the older one is part of the newer one.
    pub(crate) fn cumulative(sums: &StackSums, reversed: bool) -> Self {
        let (older, newer) = if reversed { (sums.head, sums.base) } else { (sums.base, sums.head) };
        let added = newer - older;
        let estimate = Estimate { sum: added.estimated, variance: added.variance.max(0), unseen: 0 };
        let (up, down) =
            if reversed { (Estimate::default(), estimate) } else { (estimate, Estimate::default()) };
        Self { base: sums.base, head: sums.head, samples: added.samples.max(0), up, down, ..Self::default() }
    }
}

impl std::ops::AddAssign for Gathered {
    fn add_assign(&mut self, other: Self) {
        let add_flow = |a: Flow, b: Flow| Flow {
            born: a.born.saturating_add(b.born),
            died: a.died.saturating_add(b.died),
            grown: a.grown.saturating_add(b.grown),
        };
        let add_estimate = |a: Estimate, b: Estimate| Estimate {
            sum: a.sum.saturating_add(b.sum),
            variance: a.variance.saturating_add(b.variance),
            unseen: 0,
        };
        *self = Self {
            base: self.base + other.base,
            head: self.head + other.head,
            value: add_flow(self.value, other.value),
            bytes: add_flow(self.bytes, other.bytes),
            objects: add_flow(self.objects, other.objects),
            samples: self.samples.saturating_add(other.samples),
            up: add_estimate(self.up, other.up),
            down: add_estimate(self.down, other.down),
        };
    }
}
