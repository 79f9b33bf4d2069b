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
    /// The size of the smallest objects among them, in bytes, where numbers of objects are estimated; 0 for none.
    pub(crate) object_bytes: i64,
}

impl Amounts {
    /// The standard deviation of [`Self::value`]: relative to it, that of what is estimated.
    pub(crate) fn value_deviation(&self) -> f64 {
        if self.estimated <= 0 {
            return 0.0;
        }
        (self.variance as f64).sqrt() * (self.value as f64 / self.estimated as f64)
    }

    /// The same with the objects for what is estimated. They are taken for equally big, so their error is that of the
    /// bytes.
    pub(crate) fn of_objects(self) -> Self {
        if self.objects <= 0 || self.bytes <= 0 {
            return Self { estimated: self.objects, variance: 0, ..self };
        }
        let of_byte = self.objects as f64 / self.bytes as f64;
        #[expect(clippy::cast_possible_truncation, reason = "no more than before; `as` saturates")]
        let variance = (self.variance as f64 * of_byte * of_byte).round() as i128;
        let object_bytes = (self.bytes / self.objects).max(1);
        Self { estimated: self.objects, variance, object_bytes, ..self }
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
            object_bytes: smaller(self.object_bytes, other.object_bytes),
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
            object_bytes: smaller(self.object_bytes, other.object_bytes),
        }
    }
}

/// The smaller of two sizes, of which 0 is none.
pub(crate) fn smaller(a: i64, b: i64) -> i64 {
    if a == 0 || b == 0 { a.max(b) } else { a.min(b) }
}
