//! The trend of a series, row by row.

use super::headroom::Headroom;
use super::rate::{ItemRates, Rate};
use super::verdict::Judgement;
use crate::diff::{DiffFigures, Pairing};
use crate::frame::{FrameId, FrameTable, StackId};
use crate::interval::Confidence;
use crate::metadata::Process;
use crate::note::Note;
use crate::per_item::{ItemSeries, Per};
use crate::profile::ValueType;
use crate::row_key::{DiffBy, RowTitle};
use crate::selection::Selection;
use crate::snapshot_point::SnapshotPoint;

/// How to look for trends.
#[derive(Clone, Debug)]
pub struct TrendOptions {
    /// What makes a row. Default: the line.
    pub by: DiffBy,
    /// Which values, samples and frames.
    pub selection: Selection,
    /// By what rates are told beside time. Default: nothing.
    pub per: Option<Per>,
}

impl Default for TrendOptions {
    fn default() -> Self {
        Self { by: DiffBy::Line, selection: Selection::default(), per: None }
    }
}

/// The trend of a series.
#[derive(Clone, Debug)]
pub struct TrendReport {
    /// What makes a row.
    pub by: DiffBy,
    /// The frames that the rows name.
    pub frames: FrameTable,
    /// What the values count.
    pub sample_type: ValueType,
    /// Which process.
    pub process: Option<Process>,
    /// What is known at each snapshot, oldest first.
    pub points: Vec<SnapshotPoint>,
    /// Seconds from the first snapshot to each.
    pub seconds: Vec<f64>,
    /// Whether [`Self::seconds`] are known. Where they are not, they count snapshots.
    pub has_times: bool,
    /// Items that were handled up to each snapshot, where [`TrendOptions::per`] asks for them.
    pub items: Option<ItemSeries>,
    /// How first and last snapshot relate.
    pub pairing: Pairing,
    /// As [`crate::DiffReport::resolution_bytes`].
    pub resolution_bytes: Option<u64>,
    /// How often intervals hold the truth: see [`crate::DiffReport::confidence`].
    pub confidence: Confidence,
    /// What moves less than this does not matter, in the unit of [`Self::sample_type`].
    pub floor: i64,
    /// By verdict, in the order of [`super::Verdict`]; within one, what grows fastest first, by the lower end of its
    /// rate.
    pub rows: Vec<TrendRow>,
    /// The sum of all rows, as a row: its frame is meaningless.
    pub total: TrendRow,
    /// How long the memory lasts; `None` where nothing grows, or no limit is known.
    pub headroom: Option<Headroom>,
    /// What a reader must know.
    pub notes: Vec<Note>,
}

/// One row over the series.
#[derive(Clone, Debug)]
pub struct TrendRow {
    /// As [`crate::DiffRow::title`].
    pub title: RowTitle,
    /// As [`crate::DiffRow::frame`].
    pub frame: FrameId,
    /// As [`crate::DiffRow::via`].
    pub via: Option<FrameId>,
    /// As [`crate::DiffRow::stack`].
    pub stack: Vec<FrameId>,
    /// As [`crate::DiffRow::whole_stack`].
    pub whole_stack: StackId,
    /// How many stacks the row sums over.
    pub stacks: usize,
    /// Its value at each snapshot.
    pub values: Vec<i64>,
    /// How fast it moves. Where it rises and falls, how fast its tops do.
    pub rate: Rate,
    /// How much it moves with each item, where [`TrendReport::items`] counts them. As [`Self::rate`] otherwise.
    pub per_item: Option<ItemRates>,
    /// The word for its form, what follows, and why.
    pub judgement: Judgement,
    /// The change from the first snapshot to the last.
    pub figures: DiffFigures,
    /// Mann and Kendall's test, in standard deviations: above 2 it rises, below -2 it falls, more than by chance.
    pub monotonicity: f64,
    /// Of what was new in the first half of the series and outlived one snapshot, the part that is there at the end.
    /// `None` where samples do not tell their age.
    pub survival: Option<f64>,
    /// The part of the snapshots at which something was new that is there at the end.
    pub spread: Option<f64>,
    /// The part of it that is new at a snapshot, on average.
    pub turnover: Option<f64>,
    /// Of what came in each part of the series, how much is there at the end. None where samples do not tell their age.
    pub cohorts: Vec<Cohort>,
    /// How fast its troughs move, where it rises and falls: what is left when all that comes back has come back. `None`
    /// with fewer than three.
    pub troughs: Option<Rate>,
    /// Snapshots at which it turns or jumps.
    pub change_points: Vec<usize>,
    /// Its jumps, in order. None where it rises and falls.
    pub steps: Vec<Step>,
}

/// What came to a row in a part of the series, in the unit of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// The first snapshot at which it was new.
    pub first: usize,
    /// The last one.
    pub last: usize,
    /// What was new at these snapshots and still there at the one after each.
    pub came: i64,
    /// The part of the row's last value that was new at these snapshots.
    pub kept: i64,
}

impl Cohort {
    /// The part that is still there; `None` where nothing came.
    #[must_use]
    pub fn survival(self) -> Option<f64> {
        (self.came > 0).then(|| (self.kept as f64 / self.came as f64).clamp(0.0, 1.0))
    }
}

/// A jump of a row, in the unit of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The last snapshot before it.
    pub from: usize,
    /// The first snapshot after it.
    pub to: usize,
    /// How far it went.
    pub size: i64,
    /// Ends of the interval of [`Self::size`], by sampling alone.
    pub low: i64,
    /// The upper end.
    pub high: i64,
}
