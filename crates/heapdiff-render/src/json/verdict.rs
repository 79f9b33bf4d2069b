//! The shape of a row's curve and what follows from it.

use heapdiff_profile::{Shape, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

/// The shape of a curve.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShapeJson {
    /// It rises, or falls, all along.
    Linear,
    /// It rises in jumps and stands still between them.
    Staircase,
    /// It rises and falls again and again.
    Sawtooth,
    /// It rises in jumps that double it: one buffer that grows.
    Doubling,
    /// It jumps once, and stands still before and after.
    Step,
    /// It rises ever slower, or has stopped.
    Saturating,
    /// It rises once and comes back.
    Burst,
    /// It stands still.
    Plateau,
    /// It stands still in sum, while what it holds is replaced all the time.
    Churn,
}

impl ShapeJson {
    pub(super) fn of(shape: Shape) -> Self {
        match shape {
            Shape::Linear => Self::Linear,
            Shape::Staircase => Self::Staircase,
            Shape::Sawtooth => Self::Sawtooth,
            Shape::Doubling => Self::Doubling,
            Shape::Step => Self::Step,
            Shape::Saturating => Self::Saturating,
            Shape::Burst => Self::Burst,
            Shape::Plateau => Self::Plateau,
            Shape::Churn => Self::Churn,
        }
    }
}

/// What follows from the curve.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub(super) enum VerdictJson {
    /// It keeps growing, and nothing takes it back.
    LeakLike,
    /// It may be growing, but this series does not tell.
    Inconclusive,
    /// It grew and stopped, or comes back, or stands still.
    Bounded,
    /// It cannot be told from chance.
    Noise,
}

impl VerdictJson {
    pub(super) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::LeakLike => Self::LeakLike,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Bounded => Self::Bounded,
            Verdict::Noise => Self::Noise,
        }
    }
}
