//! What is counted beside the heap of a process: its tasks, and the open resources of a type.

use crate::cell_series::{CellSite, SpawnKey};
use crate::frame::{FrameId, FrameTable};
use crate::task_series::OddTasks;
use crate::tendency::Tendency;
use crate::trend::{Part, Rate, SNAPSHOTS_MIN, TrendReport, TrendRow, Verdict, sum_of_rates};

/// A series of things that are counted.
#[derive(Clone, Debug)]
pub struct Things {
    /// What they are.
    pub kind: ThingKind,
    /// Where they come from, and how many of them there are.
    pub trend: TrendReport,
    /// How many of them there are exactly, where not all of them are known one by one. `None` for tasks, and where a
    /// snapshot does not say.
    pub open: Option<OpenCounts>,
    /// Of tasks that are known by their cells: what is known of each row's number. Empty for all else.
    pub cells: Vec<CellSite>,
    /// Of tasks: what is odd about those of the last snapshot, the gravest first.
    pub odd: Vec<OddTasks>,
    /// The frames of [`Self::odd`].
    pub odd_frames: FrameTable,
    /// Of tasks: how many each place has spawned of those in the last snapshot.
    pub(crate) spawned: Vec<(SpawnKey, i64)>,
}

/// Exact numbers over a series.
#[derive(Clone, Debug)]
pub struct OpenCounts {
    /// At each snapshot.
    pub values: Vec<i64>,
    /// What they do. Nothing is said of it where the series is too short.
    pub verdict: Verdict,
    /// How fast they grow.
    pub rate: Rate,
}

/// Fewer more than before are no growth that a verdict could rest on.
const GROWTH_MIN: i64 = 10;
/// Nor is less than this part of the most that there were.
const GROWTH_SHARE: i64 = 100;

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThingKind {
    /// Tasks that have not ended.
    Tasks,
    /// Tasks that have not ended and that nobody has wrapped for `heapdiff::task`, as far as samples of the heap tell.
    TaskCells,
    /// Resources of this type that have not been released.
    Resources(String),
}

impl Things {
    /// Things whose places are in a trend.
    #[must_use]
    pub fn new(kind: ThingKind, trend: TrendReport) -> Self {
        let open = OpenCounts::of(&trend);
        Self {
            kind,
            trend,
            open,
            cells: Vec::new(),
            odd: Vec::new(),
            odd_frames: FrameTable::default(),
            spawned: Vec::new(),
        }
    }

    /// The function that stands between where a task waits and where it was spawned.
    pub const SPAWNED_AT: &str = "[spawned at]";

    /// The function that stands for what was counted and not traced.
    pub const NO_STACK: &str = "[no stack trace]";

    /// What they do: the gravest verdict of a row, or of the exact numbers. In a series that is too short for verdicts
    /// [`Verdict::Inconclusive`] if a row grew.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.trend.rows.iter().map(|row| row.judgement.verdict);
        match self.is_short() {
            false => {
                verdicts.chain(self.open.as_ref().map(|open| open.verdict)).min().unwrap_or(Verdict::Noise)
            }
            true if self.growing().next().is_some() => Verdict::Inconclusive,
            true => Verdict::Noise,
        }
    }

    /// Whether there are too few snapshots for verdicts.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.trend.points.len() < SNAPSHOTS_MIN
    }

    /// How many of them are not shown since the program started, for there was no room.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.trend.points.last().map_or(0, |point| point.refused)
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

    /// How fast they grow: all of them where their number is known exactly, else those that look like leaks together.
    /// `None` where nothing does.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        if let Some(open) = self.open.as_ref().filter(|open| open.verdict == Verdict::LeakLike) {
            return Some(open.rate);
        }
        let leaks: Vec<&TrendRow> = self.growing().collect();
        (!self.is_short() && !leaks.is_empty()).then(|| sum_of_rates(&leaks))
    }

    /// How many there were at the first snapshot, and at the last.
    #[must_use]
    pub fn first_and_last(&self) -> (i64, i64) {
        let value = |value: Option<&i64>| value.copied().unwrap_or(0);
        if self.kind == ThingKind::TaskCells {
            // The total has tracked ones, too.
            let sum = |of: fn(&[i64]) -> Option<&i64>| {
                let values = self.trend.rows.iter().map(|row| value(of(&row.values)));
                values.fold(0_i64, i64::saturating_add)
            };
            return (sum(<[i64]>::first), sum(<[i64]>::last));
        }
        let values = self.open.as_ref().map_or(&self.trend.total.values, |open| &open.values);
        (value(values.first()), value(values.last()))
    }

    /// Where the tasks of a row were spawned: the frame behind the mark; `None` for resources.
    #[must_use]
    pub fn spawned_at(&self, row: &TrendRow) -> Option<FrameId> {
        behind_mark(&self.trend, row)
    }
}

/// The frame behind the mark between where a task waits and where it was spawned.
pub(crate) fn behind_mark(trend: &TrendReport, row: &TrendRow) -> Option<FrameId> {
    let is_mark = |&frame: &FrameId| trend.frames.function(frame) == Things::SPAWNED_AT;
    let mark = row.stack.iter().position(is_mark)?;
    row.stack.get(mark + 1).copied()
}

impl OpenCounts {
    fn of(trend: &TrendReport) -> Option<Self> {
        let counts = trend.points.iter().map(|point| point.open);
        let values: Vec<i64> = counts.collect::<Option<_>>()?;
        let floor = GROWTH_MIN.max(values.iter().copied().max()? / GROWTH_SHARE);
        let exact: Vec<(i64, f64)> = values.iter().map(|&value| (value, 0.0)).collect();
        let part = Part::of(&trend.seconds, &exact, floor, trend.confidence);
        let verdict = match part.judgement.verdict {
            _ if values.len() < SNAPSHOTS_MIN => Verdict::Noise,
            // No growth without a rate that is surely above zero.
            Verdict::LeakLike if part.rate.low <= 0.0 => Verdict::Inconclusive,
            verdict => verdict,
        };
        Some(Self { values, verdict, rate: part.rate })
    }
}
