//! What is counted beside the heap of a process: its tasks, and the open resources of a type.

use crate::frame::FrameId;
use crate::tendency::Tendency;
use crate::trend::{Rate, SNAPSHOTS_MIN, TrendReport, TrendRow, Verdict, sum_of_rates};

/// A series of things that are counted.
#[derive(Clone, Debug)]
pub struct Things {
    /// What they are.
    pub kind: ThingKind,
    /// Where they come from, and how many of them there are.
    pub trend: TrendReport,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThingKind {
    /// Tasks that have not ended.
    Tasks,
    /// Resources of this type that have not been released.
    Resources(String),
}

impl Things {
    /// The function that stands between where a task waits and where it was spawned.
    pub const SPAWNED_AT: &str = "[spawned at]";

    /// What they do: the gravest verdict of a row. In a series that is too short for verdicts
    /// [`Verdict::Inconclusive`] if a row grew.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.trend.rows.iter().map(|row| row.judgement.verdict);
        match self.is_short() {
            false => verdicts.min().unwrap_or(Verdict::Noise),
            true if self.growing().next().is_some() => Verdict::Inconclusive,
            true => Verdict::Noise,
        }
    }

    /// Whether there are too few snapshots for verdicts.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.trend.points.len() < SNAPSHOTS_MIN
    }

    /// How a row moved, if the series is too short for a verdict.
    #[must_use]
    pub fn tendency(&self, row: &TrendRow) -> Option<Tendency> {
        self.is_short().then(|| Tendency::of(&row.values, &row.figures, self.trend.floor))
    }

    /// Rows that look like leaks; in a series too short for verdicts, rows that grew.
    pub fn growing(&self) -> impl Iterator<Item = &TrendRow> {
        self.trend.rows.iter().filter(|row| match self.tendency(row) {
            Some(tendency) => tendency == Tendency::Grew,
            None => row.judgement.verdict == Verdict::LeakLike,
        })
    }

    /// How fast those that look like leaks grow together; `None` where none does.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        let leaks: Vec<&TrendRow> = self.growing().collect();
        (!self.is_short() && !leaks.is_empty()).then(|| sum_of_rates(&leaks))
    }

    /// Where the tasks of a row were spawned: the frame behind the mark; `None` for resources.
    #[must_use]
    pub fn spawned_at(&self, row: &TrendRow) -> Option<FrameId> {
        let is_mark = |&frame: &FrameId| self.trend.frames.function(frame) == Self::SPAWNED_AT;
        let mark = row.stack.iter().position(is_mark)?;
        row.stack.get(mark + 1).copied()
    }
}
