//! How a row moved over a series that is too short for a verdict: from its values and the interval of its change alone.

use crate::diff::DiffFigures;

/// A word for what was seen from the first snapshot to the last, not a verdict: nothing here says that it goes on.
///
/// Rows are listed in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tendency {
    /// It ends higher than it began.
    Grew,
    /// It was at least twice as big at its peak as at either end.
    CameBack,
    /// It ends lower than it began.
    Shrank,
    /// It moved no more than chance explains, or too little to matter.
    WithinNoise,
}

impl Tendency {
    /// The word for a row with these values, of which less than `floor` does not matter.
    pub(crate) fn of(values: &[i64], figures: &DiffFigures, floor: i64) -> Self {
        let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return Self::WithinNoise };
        let peak = values.iter().copied().max().unwrap_or(0);
        let ends = first.max(last);
        let change = last.saturating_sub(first);
        // Where the samples are not known, what matters is all that can be asked.
        let is_sure = figures.significant != Some(false);
        if is_sure && change > floor {
            Self::Grew
        } else if peak.saturating_sub(ends) > floor && peak / 2 >= ends {
            Self::CameBack
        } else if is_sure && change < floor.saturating_neg() {
            Self::Shrank
        } else {
            Self::WithinNoise
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Change;
    use crate::interval::Interval;

    #[test]
    fn a_word_for_every_way() {
        for (values, interval, expected) in [
            (&[0, 5][..], Some([3, 7]), Tendency::Grew),
            (&[0, 5], Some([-1, 11]), Tendency::WithinNoise),
            (&[0, 5], None, Tendency::Grew),
            (&[0, 1], Some([1, 1]), Tendency::WithinNoise),
            (&[9, 5], Some([-6, -2]), Tendency::Shrank),
            (&[0, 10, 0], Some([0, 0]), Tendency::CameBack),
            (&[6, 10, 6], Some([0, 0]), Tendency::WithinNoise),
            (&[0, 30, 10], Some([8, 12]), Tendency::Grew),
            (&[i64::MIN, i64::MAX], None, Tendency::Grew),
            (&[i64::MAX, i64::MIN], None, Tendency::Shrank),
            (&[5], None, Tendency::WithinNoise),
            (&[], None, Tendency::WithinNoise),
        ] {
            let value = Change {
                base: values.first().copied().unwrap_or(0),
                head: values.last().copied().unwrap_or(0),
                flow: None,
            };
            let interval = interval.map(|[low, high]| Interval { low, high });
            let significant = interval.map(Interval::excludes_zero);
            let figures =
                DiffFigures { value, bytes: Some(value), interval, significant, ..DiffFigures::default() };
            assert_eq!(Tendency::of(values, &figures, 2), expected, "{values:?} {interval:?}");
        }
    }
}
