//! The values of labels: words, numbers, and ranges of numbers.

use crate::profile::{Label, LabelValue, Profile};
use crate::tag_filter::number_unit;

/// A label's value, with its text looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelText<'a> {
    Word(&'a str),
    Number { value: i64, unit: &'a str },
}

impl<'a> LabelText<'a> {
    pub(crate) fn of(profile: &'a Profile, label: &Label) -> Self {
        match label.value {
            LabelValue::Text(text) => Self::Word(profile.strings.get(text)),
            LabelValue::Number { value, unit } => {
                let key = profile.strings.get(label.key);
                Self::Number { value, unit: number_unit(key, profile.strings.get(unit)) }
            }
        }
    }
}

/// Numbers from one to another, both included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelRange {
    /// The smallest.
    pub low: i64,
    /// The largest.
    pub high: i64,
    /// What they count: `bytes`, or the name of the label where none is stated.
    pub unit: String,
}

impl LabelRange {
    /// One number.
    pub(crate) fn point(value: i64, unit: &str) -> Self {
        Self { low: value, high: value, unit: unit.to_owned() }
    }

    /// Widens the range so that it holds `value`.
    pub(crate) fn include(&mut self, value: i64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }
}
