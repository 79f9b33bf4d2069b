//! A figure of the process over a series, judged as a row is: what the allocator keeps, what lies outside of it.

use super::rate::Rate;
use super::shape::judge;
use super::track::{Point, Track};
use super::verdict::Judgement;
use crate::interval::Confidence;

/// What such a figure does. It is measured, or what is left of a measured one when the estimate of the live heap is taken
/// off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) judgement: Judgement,
    pub(crate) rate: Rate,
}

impl Part {
    /// The figure with these values and the variances of their errors, of which less than `floor` does not matter.
    pub(crate) fn of(seconds: &[f64], values: &[(i64, f64)], floor: i64, confidence: Confidence) -> Self {
        let point = |(&second, &(value, variance)): (&f64, &(i64, f64))| Point {
            second,
            value: value as f64,
            variance,
            ..Point::default()
        };
        let track = Track::of_figure(seconds.iter().zip(values).map(point).collect(), floor as f64);
        let (judgement, outline) = judge(&track);
        let (rate, _) = Rate::of(&track, &outline, None, confidence);
        Self { judgement, rate }
    }
}
