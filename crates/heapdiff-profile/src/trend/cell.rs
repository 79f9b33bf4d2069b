//! What a stack holds in one snapshot of a series: all that is kept of it.

use crate::amounts::Amounts;

/// The sums of a stack in one snapshot; deviations are squared, in the unit of the value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) snapshot: u32,
    pub(super) value: i64,
    pub(super) aged: i64,
    pub(super) confirmed: i64,
    pub(super) objects: f32,
    pub(super) variance: f32,
    pub(super) aged_variance: f32,
}

impl Cell {
    /// Adds a sample; of what was there at the snapshot before, and at the one before that.
    pub(super) fn add(&mut self, amounts: &Amounts, is_aged: bool, was_aged: bool) {
        #[expect(clippy::cast_possible_truncation, reason = "seven digits of a variance are plenty")]
        let variance = amounts.value_deviation().powi(2) as f32;
        self.value = self.value.saturating_add(amounts.value);
        self.objects += amounts.objects as f32;
        self.variance += variance;
        if is_aged {
            self.aged = self.aged.saturating_add(amounts.value);
            self.aged_variance += variance;
        }
        if is_aged && !was_aged {
            self.confirmed = self.confirmed.saturating_add(amounts.value);
        }
    }
}
