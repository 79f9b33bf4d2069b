//! `heapdiff/trend/v1`.

use super::frame::{FiguresJson, FrameJson};
use super::verdict::{ShapeJson, VerdictJson};
use crate::row_title;
use crate::verdict_words::reason;
use heapdiff_profile::{
    Cohort, Headroom, MemoryLimit, Pairing, Process, Rate, SnapshotPoint, Step, TrendReport, TrendRow,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};

/// The trend of a series, for other programs.
#[derive(Clone, Copy, Debug)]
pub struct TrendJson<'a> {
    /// The trend.
    pub report: &'a TrendReport,
    /// Rows that are written at most, in the report's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl TrendJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/trend/v1";

    /// Writes the trend.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let rows = report.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::write(
            &Document {
                schema: Self::SCHEMA,
                process: report.process.as_ref(),
                snapshots: report.points.len(),
                seconds: report.seconds.last().copied().filter(|_| report.has_times),
                files: FileJson::all(report),
                by: report.by.name(),
                per: report.items.as_ref().map(|items| ItemsJson {
                    counter: items.name.as_deref(),
                    items: items.total(),
                    total: ItemRateJson::of(&report.total),
                }),
                sample_type: &report.sample_type.kind,
                unit: &report.sample_type.unit,
                paired: report.pairing == Pairing::Paired,
                resolution_bytes: report.resolution_bytes,
                floor: report.floor,
                confidence: report.confidence.chance(),
                total: MovementJson::of(&report.total, report),
                headroom: report.headroom.map(HeadroomJson::of),
                rows_all: report.rows.len(),
                rows: rows.map(|row| TrendRowJson::of(row, report)).collect(),
                notes: report.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }

    /// Writes the rows as comma-separated values.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.report.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::csv::write(rows.map(|row| TrendRowJson::of(row, self.report)), true, out)
    }
}

/// How fast each line grows over a series, and whether that is a leak.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Trend")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    /// The process whose series this is; null where heapdiff did not record it.
    process: Option<&'a Process>,
    /// How many snapshots the series has.
    snapshots: usize,
    /// Time from the first snapshot to the last; null where times are not known.
    seconds: Option<f64>,
    /// The snapshots, oldest first.
    files: Vec<FileJson<'a>>,
    /// What makes a row, as `--by` takes it: `stack`, `line`, `function`, `file`, `module`, `crate`, `type`,
    /// `thread` or `label:` and a name.
    by: String,
    /// What rates are told by beside time; null unless that was asked for.
    per: Option<ItemsJson<'a>>,
    /// What is counted, such as `inuse_space`.
    sample_type: &'a str,
    /// The unit of every `value`, such as `bytes` or `count`.
    unit: &'a str,
    /// Whether the snapshots are of one process, so that what is alive in two of them cancels exactly.
    paired: bool,
    /// The smallest growth of one stack that cannot have been missed, in bytes; 0 where every allocation was recorded,
    /// null where it is not known.
    resolution_bytes: Option<u64>,
    /// What moves less than this, in the unit of the report, is not judged.
    floor: i64,
    /// The chance with which each interval holds the true value, from 0 to 1.
    confidence: f64,
    /// All that the filters let through.
    total: MovementJson<'a>,
    /// When the memory that the process may have is used up at this rate; null where no limit is known or nothing grows.
    headroom: Option<HeadroomJson>,
    /// How many rows there are; `-n` may have kept some out of `rows`.
    rows_all: usize,
    /// What moves, the most suspect first.
    rows: Vec<TrendRowJson<'a>>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// A snapshot of the series.
#[derive(JsonSchema, Serialize)]
struct FileJson<'a> {
    /// Path of the snapshot.
    file: &'a str,
    /// Time since the first snapshot; null where times are not known.
    second: Option<f64>,
    /// All that it holds after filters, in the unit of the report.
    live: i64,
    /// Resident set size of the process in bytes; null where it is not known.
    rss: Option<u64>,
    /// What the program had handled since the first snapshot; null unless rates by items were asked for.
    items: Option<f64>,
}

/// What a program handles, such as requests.
#[derive(JsonSchema, Serialize)]
struct ItemsJson<'a> {
    /// The name of the program's own counter; null where the number was given.
    counter: Option<&'a str>,
    /// How many there were from the first snapshot to the last.
    items: f64,
    /// How much all that the filters let through grows with each.
    #[serde(flatten)]
    total: ItemRateJson,
}

/// How much something grows with each item that the program handles, in the unit of the report.
#[derive(JsonSchema, Serialize)]
struct ItemRateJson {
    /// The estimate; null unless rates by items were asked for.
    per_item: Option<f64>,
    /// Lower end of the interval of `per_item`; null where that is null.
    per_item_low: Option<f64>,
    /// Upper end of that interval; null where that is null.
    per_item_high: Option<f64>,
}

impl ItemRateJson {
    fn of(row: &TrendRow) -> Self {
        let rate = row.per_item.map(|rates| rates.rate);
        Self {
            per_item: rate.map(|rate| rate.per_item),
            per_item_low: rate.map(|rate| rate.low),
            per_item_high: rate.map(|rate| rate.high),
        }
    }
}

impl<'a> FileJson<'a> {
    fn all(report: &'a TrendReport) -> Vec<Self> {
        let file = |(at, point): (usize, &'a SnapshotPoint)| Self {
            file: &point.name,
            second: report.seconds.get(at).copied().filter(|_| report.has_times),
            live: point.live,
            rss: point.rss,
            items: report.items.as_ref().and_then(|series| series.items.get(at)).copied(),
        };
        report.points.iter().enumerate().map(file).collect()
    }
}

/// When the memory is used up if it goes on growing as it does. Times are in seconds.
#[derive(JsonSchema, Serialize)]
pub(super) struct HeadroomJson {
    /// Which limit is reached first.
    limit: LimitJson,
    /// The limit.
    limit_bytes: u64,
    /// What all that share this limit used when the last snapshot was taken.
    used_bytes: u64,
    /// How fast memory grows.
    bytes_per_second: f64,
    /// Lower end of the interval of `bytes_per_second`.
    low: f64,
    /// Upper end of that interval.
    high: f64,
    /// Time from the last snapshot until the limit is reached.
    seconds: f64,
    /// The earliest that the interval allows.
    seconds_low: f64,
    /// The latest; null where memory may not be growing at all.
    seconds_high: Option<f64>,
}

/// What limits the memory of a process.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum LimitJson {
    /// The limit of its cgroup, such as a container's, or of one above it.
    Cgroup,
    /// The memory of the machine.
    Host,
}

impl LimitJson {
    const fn of(limit: MemoryLimit) -> Self {
        match limit {
            MemoryLimit::Cgroup => Self::Cgroup,
            MemoryLimit::Host => Self::Host,
        }
    }
}

impl HeadroomJson {
    pub(super) fn of(headroom: Headroom) -> Self {
        let [seconds_low, seconds_high] = headroom.interval();
        let Rate { per_second, low, high } = headroom.rate;
        Self {
            limit: LimitJson::of(headroom.limit),
            limit_bytes: headroom.limit_bytes,
            used_bytes: headroom.used_bytes,
            bytes_per_second: per_second,
            low,
            high,
            seconds: headroom.seconds(),
            seconds_low,
            seconds_high: Some(seconds_high).filter(|seconds| seconds.is_finite()),
        }
    }
}

/// A row, and how it moves.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "TrendRow")]
struct TrendRowJson<'a> {
    #[serde(flatten)]
    row: RowJson<'a>,
    #[serde(flatten)]
    per_item: ItemRateJson,
}

impl<'a> TrendRowJson<'a> {
    fn of(row: &'a TrendRow, report: &TrendReport) -> Self {
        Self { row: RowJson::of(row, report), per_item: ItemRateJson::of(row) }
    }
}

/// A row, and how it moves.
#[derive(JsonSchema, Serialize)]
pub(super) struct RowJson<'a> {
    /// What the row is by: the function, `file:line`, the name, word or number, `low..high` of several numbers; null
    /// where
    /// that is a whole stack, or where its samples do not have the label.
    key: Option<String>,
    #[serde(flatten)]
    frame: FrameJson,
    /// The hidden function that asked for the memory, such as `Vec::reserve`; null where there is none.
    via: Option<FrameJson>,
    /// Shown frames, leaf first. Where a row sums over several stacks, those of the one that changed most.
    stack: Vec<FrameJson>,
    /// The same with the frames that are hidden by default.
    whole_stack: Vec<FrameJson>,
    /// The pool that this memory is a chunk of; null for all other memory. Who holds its parts is in the profile of its
    /// resources.
    pool: Option<String>,
    /// How many stacks the row sums over.
    stacks: usize,
    #[serde(flatten)]
    movement: MovementJson<'a>,
}

/// How a row moves. Rates are in a second, or in a snapshot where times are not known.
#[derive(JsonSchema, Serialize)]
pub(super) struct MovementJson<'a> {
    /// How fast it grows in bytes; null where bytes are not what is counted.
    bytes_per_second: Option<f64>,
    /// How fast it grows in the unit of the report.
    per_second: f64,
    /// Lower end of the interval of `per_second`.
    low: f64,
    /// Upper end of that interval.
    high: f64,
    /// The shape of its curve; null where there are too few snapshots.
    shape: Option<ShapeJson>,
    /// Whether this is a leak.
    verdict: VerdictJson,
    /// Why, as a part of a sentence for people.
    reason: String,
    /// How steadily it rises: Mann and Kendall's statistic, in standard deviations.
    monotonicity: f64,
    /// Of what was new in the first half of the series and outlived one snapshot, the part that is there at the end;
    /// null where samples do not tell their age.
    survival: Option<f64>,
    /// The part of the snapshots at which something was new that is there at the end; null where samples do not tell
    /// their age.
    spread: Option<f64>,
    /// The part of it that is new at a snapshot, on average; null where samples do not tell their age.
    turnover: Option<f64>,
    /// What came in each part of the series, oldest first, and how much of it is there at the end; none where samples do
    /// not tell their age.
    cohorts: Vec<CohortJson>,
    /// How fast its troughs move, where it rises and falls: what is left when all that comes back has come back; null
    /// with fewer than three.
    troughs: Option<TroughsJson>,
    /// Indexes into the snapshots of those from which on it moves differently.
    change_points: &'a [usize],
    /// Its jumps, in order; none where it rises and falls.
    steps: Vec<StepJson>,
    /// The value at each snapshot, in the unit of the report.
    values: &'a [i64],
    #[serde(flatten)]
    figures: FiguresJson,
}

/// What came to a row in a part of the series, in the unit of the report.
#[derive(JsonSchema, Serialize)]
struct CohortJson {
    /// Index of the first snapshot at which it was new.
    first: usize,
    /// Index of the last one.
    last: usize,
    /// What was new at these snapshots and still there at the one after each.
    came: i64,
    /// The part of the last value that was new at these snapshots.
    kept: i64,
    /// `kept` as a part of `came`; null where nothing came.
    survival: Option<f64>,
}

/// How fast the troughs of a row move, in the unit of the report.
#[derive(JsonSchema, Serialize)]
struct TroughsJson {
    /// Change in a second, or in a snapshot where times are not known.
    per_second: f64,
    /// Lower end of its interval.
    low: f64,
    /// Upper end of that interval.
    high: f64,
}

/// A jump of a row, in the unit of the report.
#[derive(JsonSchema, Serialize)]
struct StepJson {
    /// Index of the last snapshot before it.
    from: usize,
    /// Index of the first snapshot after it.
    to: usize,
    /// When that was taken, in seconds since the first; null where times are not known.
    second: Option<f64>,
    /// How far it went.
    size: i64,
    /// Lower end of the interval of `size`.
    size_low: i64,
    /// Upper end of that interval.
    size_high: i64,
}

impl CohortJson {
    fn of(cohort: Cohort) -> Self {
        let Cohort { first, last, came, kept } = cohort;
        Self { first, last, came, kept, survival: cohort.survival() }
    }
}

impl StepJson {
    fn of(step: Step, report: &TrendReport) -> Self {
        let second = report.seconds.get(step.to).copied().filter(|_| report.has_times);
        let Step { from, to, size, low, high } = step;
        Self { from, to, second, size, size_low: low, size_high: high }
    }
}

impl<'a> RowJson<'a> {
    pub(super) fn of(row: &'a TrendRow, report: &TrendReport) -> Self {
        let frames = &report.frames;
        Self {
            key: row_title::key(&row.title, &report.by, frames.frame(row.frame)),
            frame: FrameJson::of(row.frame, frames),
            via: row.via.map(|via| FrameJson::of(via, frames)),
            stack: FrameJson::stack(&row.stack, frames),
            whole_stack: FrameJson::stack(frames.stack(row.whole_stack), frames),
            pool: frames.pool_of(row.whole_stack).map(|chunk| chunk.pool.clone()),
            stacks: row.stacks,
            movement: MovementJson::of(row, report),
        }
    }
}

impl<'a> MovementJson<'a> {
    pub(super) fn of(row: &'a TrendRow, report: &TrendReport) -> Self {
        let Rate { per_second, low, high } = row.rate;
        let is_bytes = report.sample_type.unit == "bytes";
        Self {
            bytes_per_second: Some(per_second).filter(|_| is_bytes),
            per_second,
            low,
            high,
            shape: row.judgement.shape.map(ShapeJson::of),
            verdict: VerdictJson::of(row.judgement.verdict),
            reason: reason(row.judgement.reason),
            monotonicity: row.monotonicity,
            survival: row.survival,
            spread: row.spread,
            turnover: row.turnover,
            cohorts: row.cohorts.iter().copied().map(CohortJson::of).collect(),
            troughs: row.troughs.map(|Rate { per_second, low, high }| TroughsJson { per_second, low, high }),
            change_points: &row.change_points,
            steps: row.steps.iter().map(|&step| StepJson::of(step, report)).collect(),
            values: &row.values,
            figures: FiguresJson::of(&row.figures),
        }
    }
}
