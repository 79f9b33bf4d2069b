//! The words that a row of a series gets, and why.

/// The form of a row over a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
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

/// What follows from the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It keeps growing and nothing takes it back, teeth or not.
    LeakLike,
    /// It may be growing, but this series does not tell.
    Inconclusive,
    /// It grew and stopped, or comes back, or stands still.
    Bounded,
    /// It cannot be told from chance.
    Noise,
}

/// Why a row got its verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// It grew to the end, and what it gained stays.
    KeepsGrowing,
    /// Each time it comes back, it then rises higher.
    TeethGrow,
    /// It grew after a jump or a warm-up had ended.
    GrowsAfterwards,
    /// Fewer snapshots than a verdict takes.
    TooFewSnapshots {
        /// How many a verdict takes.
        needed: usize,
    },
    /// The growth rests on fewer samples than a verdict takes.
    TooFewSamples {
        /// How many a verdict takes.
        needed: u64,
    },
    /// It grew, but its rate may be zero.
    RateUncertain,
    /// Fewer rises and falls than it takes to tell whether they grow.
    TooFewTeeth {
        /// How many it takes.
        needed: usize,
    },
    /// It grew, but ever slower: it may be about to stop.
    Slowing,
    /// It jumped too short a time ago to tell what comes next.
    JumpedLately,
    /// Its jumps are too few to tell whether more will come.
    FewJumps,
    /// It grew, but what it holds is replaced: a bigger load looks like that, too.
    Replaced,
    /// It grew and then stopped.
    Stopped,
    /// It jumped once.
    JumpedOnce,
    /// Of what the allocator keeps: no more than the live heap had needed at its highest.
    WithinPeak,
    /// It came back.
    CameBack,
    /// It rises and falls without rising higher.
    TeethStay,
    /// It shrinks.
    Shrinks,
    /// It did not move.
    StandsStill,
    /// It moved no more than sampling explains.
    WithinNoise,
}

/// The words for one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The form; `None` where there are too few points to have one.
    pub shape: Option<Shape>,
    /// What follows from it.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

impl Judgement {
    pub(crate) const fn new(shape: Shape, verdict: Verdict, reason: Reason) -> Self {
        Self { shape: Some(shape), verdict, reason }
    }
}
