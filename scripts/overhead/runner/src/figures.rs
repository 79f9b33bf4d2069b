//! Figures of many rounds, and how they compare with those of the same rounds.

use overhead_workloads::median;
use serde::Serialize;

/// One figure for each round.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    pub(crate) fn of(figures: impl Iterator<Item = f64>) -> Self {
        Self(figures.collect())
    }

    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn median(&self) -> f64 {
        median(self.0.clone())
    }

    /// Both figures of each round, made into one.
    pub(crate) fn with(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(&a, &b)| combine(a, b)).collect())
    }

    pub(crate) fn ratio_to(&self, other: &Self) -> Self {
        self.with(other, |a, b| a / b)
    }

    pub(crate) fn over(&self, other: &Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    pub(crate) fn summary(&self) -> Summary {
        let mut values = self.0.clone();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| match values.len() {
            0 => f64::NAN,
            len => {
                let place = share * (len - 1) as f64;
                let (low, part) = (place.floor(), place.fract());
                let high = values[place.ceil() as usize];
                values[low as usize] * (1.0 - part) + high * part
            }
        };
        Summary { rounds: values.len(), median: at(0.5), low: at(0.25), high: at(0.75) }
    }
}

/// The middle of the rounds, and the quartiles.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) rounds: usize,
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Nanoseconds with three digits and a unit.
pub(crate) fn nanos(value: f64) -> String {
    let (value, unit) = match value.abs() {
        size if size < 9_999.5 => (value, "ns"),
        size if size < 9_999_500.0 => (value / 1e3, "µs"),
        _ => (value / 1e6, "ms"),
    };
    let digits = match value.abs() {
        size if size < 99.95 => 2,
        size if size < 999.5 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

/// The same with a sign.
pub(crate) fn signed_nanos(value: f64) -> String {
    let text = nanos(value);
    if value < 0.0 { text } else { format!("+{text}") }
}
