//! The values of samples, summed column by column.

use std::ops::{Add, AddAssign, Sub};

/// What samples sum to. Columns that a profile does not have are 0: [`Columns`](crate::sample_type::Columns) tells.
///
/// Sums saturate rather than wrap: a profile whose values reach 2^63 is not of this world, but must do no harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    /// Of the sample type that was asked for.
    pub(crate) value: i64,
    pub(crate) bytes: i64,
    pub(crate) objects: i64,
    /// Sampled allocations.
    pub(crate) samples: i64,
    /// What the error is that of: bytes, or the value that was asked for. [`Sampling`](crate::sampling::Sampling) tells.
    pub(crate) estimated: i64,
    /// Of [`Self::estimated`], in its unit squared. An integer, so that a sum does not depend on the order of its parts.
    pub(crate) variance: i128,
}

impl Amounts {
    /// The standard deviation of [`Self::value`]: relative to it, that of what is estimated.
    pub(crate) fn value_deviation(&self) -> f64 {
        if self.estimated <= 0 {
            return 0.0;
        }
        (self.variance as f64).sqrt() * (self.value as f64 / self.estimated as f64)
    }

    /// Whether nothing was counted at all.
    pub(crate) fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl Add for Amounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value.saturating_add(other.value),
            bytes: self.bytes.saturating_add(other.bytes),
            objects: self.objects.saturating_add(other.objects),
            samples: self.samples.saturating_add(other.samples),
            estimated: self.estimated.saturating_add(other.estimated),
            variance: self.variance.saturating_add(other.variance),
        }
    }
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amounts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            value: self.value.saturating_sub(other.value),
            bytes: self.bytes.saturating_sub(other.bytes),
            objects: self.objects.saturating_sub(other.objects),
            samples: self.samples.saturating_sub(other.samples),
            estimated: self.estimated.saturating_sub(other.estimated),
            variance: self.variance.saturating_sub(other.variance),
        }
    }
}
