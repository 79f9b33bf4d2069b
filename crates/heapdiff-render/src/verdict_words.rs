//! Shapes, verdicts and reasons in words, the same in every report.

use heapdiff_profile::{Reason, Shape, Tendency, Verdict};

pub(crate) fn shape(shape: Shape) -> &'static str {
    match shape {
        Shape::Linear => "linear",
        Shape::Staircase => "staircase",
        Shape::Sawtooth => "sawtooth",
        Shape::Doubling => "doubling",
        Shape::Step => "step",
        Shape::Saturating => "saturating",
        Shape::Burst => "burst",
        Shape::Plateau => "plateau",
        Shape::Churn => "churn",
    }
}

/// The shape of a curve, as the noun of a sentence.
pub(crate) fn curve(shape: Shape) -> &'static str {
    match shape {
        Shape::Linear => "a steady line",
        Shape::Staircase => "a staircase",
        Shape::Sawtooth => "a sawtooth",
        Shape::Doubling => "a buffer that doubles",
        Shape::Step => "a step",
        Shape::Saturating => "a curve that flattens",
        Shape::Burst => "a burst",
        Shape::Plateau => "a plateau",
        Shape::Churn => "churn",
    }
}

/// A verdict with its sign, and 1 if it is growth: what colours it.
pub(crate) fn signed(verdict: Verdict) -> (String, i64) {
    let (sign, direction) = match verdict {
        Verdict::LeakLike => ("▲", 1),
        Verdict::Inconclusive => ("?", 0),
        Verdict::Bounded => ("●", 0),
        Verdict::Noise => ("~", 0),
    };
    (format!("{sign} {}", self::verdict(verdict)), direction)
}

/// What a row did in a series that is too short for a verdict, with its sign and the direction that colours it.
pub(crate) fn tendency(tendency: Tendency) -> (&'static str, i64) {
    match tendency {
        Tendency::Grew => ("▲ grew", 1),
        Tendency::CameBack => ("● came back", 0),
        Tendency::Shrank => ("▼ shrank", -1),
        Tendency::WithinNoise => ("~ noise", 0),
    }
}

pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::LeakLike => "LEAK-LIKE",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Bounded => "BOUNDED",
        Verdict::Noise => "NOISE",
    }
}

/// What the verdicts mean, a line each.
pub(crate) const LEGEND: [&str; 2] = [
    "LEAK-LIKE keeps growing, nothing takes it back   BOUNDED stopped, or comes back",
    "INCONCLUSIVE may be growing: watch it for longer   NOISE is what chance explains",
];

/// Why, as a fragment of a sentence about the row.
pub(crate) fn reason(reason: Reason) -> String {
    match reason {
        Reason::KeepsGrowing => "grows to the end, and keeps what it gained".to_owned(),
        Reason::TeethGrow => "comes back again and again, and rises higher each time".to_owned(),
        Reason::GrowsAfterwards => "went on growing after its jump or warm-up".to_owned(),
        Reason::TooFewSnapshots { needed } => format!("too few snapshots: a verdict takes {needed}"),
        Reason::TooFewSamples { needed } => {
            format!("its growth rests on too few samples: a verdict takes {needed}")
        }
        Reason::RateUncertain => "grew, but its rate may be zero: watch it for longer".to_owned(),
        Reason::TooFewTeeth { needed } => {
            format!("rises and falls, each time higher so far: a verdict takes {needed} peaks")
        }
        Reason::Slowing => "grows ever slower, and may be about to stop: watch it for longer".to_owned(),
        Reason::JumpedLately => "jumped just before the end: watch it for longer".to_owned(),
        Reason::FewJumps => "jumped a few times: a verdict takes three jumps".to_owned(),
        Reason::Replaced => {
            "grew, but what it holds is replaced: a bigger load looks like that, too".to_owned()
        }
        Reason::Stopped => "grew and then stopped".to_owned(),
        Reason::JumpedOnce => "jumped once, and stands still before and after".to_owned(),
        Reason::WithinPeak => "keeps what was in use at its highest, and no more".to_owned(),
        Reason::CameBack => "rose and came back".to_owned(),
        Reason::TeethStay => "rises and falls without rising higher".to_owned(),
        Reason::Shrinks => "shrinks".to_owned(),
        Reason::StandsStill => "stands still".to_owned(),
        Reason::WithinNoise => "moved no more than sampling explains".to_owned(),
    }
}
