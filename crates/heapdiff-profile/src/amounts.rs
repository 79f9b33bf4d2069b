//! The values of samples, summed column by column.

use crate::interval::{sample_variance, samples_behind};
use crate::profile::{Profile, Sample};
use crate::sample_type::Columns;
use std::ops::{Add, AddAssign, Sub};

/// What samples sum to. Columns that a profile does not have are 0: [`Columns`] tells.
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
    /// Of [`Self::bytes`], in bytes². An integer, so that a sum does not depend on the order of its parts.
    pub(crate) variance: i128,
}

impl Amounts {
    /// The values of one sample.
    pub(crate) fn of(sample: &Sample, columns: Columns, period_bytes: Option<i64>) -> Self {
        let column = |index: Option<usize>| index.and_then(|index| sample.values.get(index)).copied();
        let bytes = column(columns.bytes).unwrap_or(0);
        let objects = column(columns.objects);
        let samples = match (column(columns.samples), objects, period_bytes) {
            (Some(samples), ..) => samples,
            (None, Some(objects), Some(period)) => samples_behind(bytes, objects, period),
            (None, ..) => 0,
        };
        let variance = period_bytes.map_or(0, |period| sample_variance(bytes, objects, samples, period));
        let value = column(Some(columns.value)).unwrap_or(0);
        Self { value, bytes, objects: objects.unwrap_or(0), samples, variance }
    }

    /// The standard deviation of [`Self::value`]: relative to it, that of the bytes.
    pub(crate) fn value_deviation(&self) -> f64 {
        if self.bytes <= 0 {
            return 0.0;
        }
        (self.variance as f64).sqrt() * (self.value as f64 / self.bytes as f64)
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
            variance: self.variance.saturating_sub(other.variance),
        }
    }
}

/// The sampling period of a profile in bytes, if it was sampled by bytes and says so.
pub(crate) fn period_bytes(profile: &Profile) -> Option<i64> {
    let by_bytes =
        |of: &crate::profile::ValueType| of.kind == "space" && of.unit.trim_end_matches('s') == "byte";
    let of_metadata =
        profile.metadata.as_ref().and_then(|metadata| i64::try_from(metadata.period_bytes).ok());
    let of_profile = profile.period_type.as_ref().filter(|of| by_bytes(of)).map(|_| profile.period);
    of_metadata.filter(|&period| period > 0).or(of_profile).filter(|&period| period > 0)
}
