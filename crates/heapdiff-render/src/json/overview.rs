//! `heapdiff/overview/v2`.

use super::things::ThingsJson;
use super::trend::{HeadroomJson, MovementJson, RowJson};
use super::verdict::{ShapeJson, VerdictJson};
use crate::verdict_words;
use heapdiff_profile::{
    AllocatorFigures, GrowthKind, MemorySplit, Overview, Pairing, Process, RecorderCost, Recording,
    SnapshotPoint, SnapshotReason, StackQuality, Tendency, TrendReport, TrendRow, Unwinder,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The answer for a series, for other programs.
#[derive(Clone, Copy, Debug)]
pub struct OverviewJson<'a> {
    /// The answer.
    pub overview: &'a Overview,
    /// Rows that are written at most, in the report's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl OverviewJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/overview/v2";

    /// Writes the answer.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (overview, trend) = (self.overview, &self.overview.trend);
        let rows = trend.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::write(
            &Document {
                schema: Self::SCHEMA,
                process: trend.process.as_ref(),
                recording: overview.recording.as_ref().map(RecordingJson::of),
                paired: trend.pairing == Pairing::Paired,
                sample_type: &trend.sample_type.kind,
                unit: &trend.sample_type.unit,
                headline: HeadlineJson::of(overview),
                resolution_bytes: trend.resolution_bytes,
                floor: trend.floor,
                confidence: trend.confidence.chance(),
                seconds: trend.seconds.last().copied().filter(|_| trend.has_times),
                peak: overview.peak,
                snapshots: trend
                    .points
                    .iter()
                    .zip(&trend.seconds)
                    .map(|(point, &second)| PointJson::of(point, Some(second).filter(|_| trend.has_times)))
                    .collect(),
                total: MovementJson::of(&trend.total, trend),
                headroom: trend.headroom.map(HeadroomJson::of),
                rows_all: trend.rows.len(),
                rows: rows.map(|row| OverviewRowJson::of(row, trend, overview.tendency(row))).collect(),
                things: overview.things.iter().map(|things| ThingsJson::of(things, self.rows_max)).collect(),
                notes: trend.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }

    /// Writes the rows as comma-separated values.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.overview.trend.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::csv::write(
            rows.map(|row| OverviewRowJson::of(row, &self.overview.trend, self.overview.tendency(row))),
            true,
            out,
        )
    }
}

/// What grew in a series of snapshots, and where.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Overview")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    /// The process whose series this is; null where heapdiff did not record it.
    process: Option<&'a Process>,
    /// How the newest snapshot was recorded; null where heapdiff did not record it.
    recording: Option<RecordingJson<'a>>,
    /// Whether the snapshots are of one process, so that what is alive in two of them cancels exactly; otherwise they
    /// are compared as estimates of their own.
    paired: bool,
    /// What is counted, such as `inuse_space`.
    sample_type: &'a str,
    /// The unit of every `value`, such as `bytes` or `count`.
    unit: &'a str,
    /// Which part of the memory grew, and by how much.
    headline: HeadlineJson,
    /// The smallest growth of one stack that cannot have been missed, in bytes; 0 where every allocation was recorded,
    /// null where it is not known.
    resolution_bytes: Option<u64>,
    /// What moves less than this, in the unit of the report, is not judged.
    floor: i64,
    /// The chance with which each interval holds the true value, from 0 to 1.
    confidence: f64,
    /// Time from the first snapshot to the last, in seconds; null where times are not known.
    seconds: Option<f64>,
    /// Index into `snapshots` of the one in which most is alive.
    peak: usize,
    /// The series, oldest first.
    snapshots: Vec<PointJson<'a>>,
    /// What the filters let through, all rows together.
    total: MovementJson<'a>,
    /// When the memory that the process may have is used up at this rate; null where no limit is known or nothing grows.
    headroom: Option<HeadroomJson>,
    /// How many rows there are; `-n` may have kept some out of `rows`.
    rows_all: usize,
    /// Lines of the program, the most suspect first.
    rows: Vec<OverviewRowJson<'a>>,
    /// What is counted beside the heap: tasks, and the open resources of each type.
    things: Vec<ThingsJson<'a>>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// How a snapshot was recorded.
#[derive(JsonSchema, Serialize)]
struct RecordingJson<'a> {
    /// Mean bytes between samples; 1 where every allocation was recorded.
    period_bytes: u64,
    /// How stacks were walked.
    unwinder: Unwinder,
    /// How many sampled allocations have a whole stack.
    stacks: StackQuality,
    /// Losses by name, such as `live_table_full`: how often since recording began.
    dropped: &'a BTreeMap<String, u64>,
    /// What recording cost the process.
    cost: RecorderCost,
}

impl<'a> RecordingJson<'a> {
    fn of(recording: &'a Recording) -> Self {
        Self {
            period_bytes: recording.period_bytes,
            unwinder: recording.unwinder,
            stacks: recording.stacks,
            dropped: &recording.dropped,
            cost: recording.cost,
        }
    }
}

/// Which part of the memory of the process grew, in bytes, whatever the report counts or leaves out.
#[derive(JsonSchema, Serialize)]
struct HeadlineJson {
    /// Which kind of memory grew.
    kind: KindJson,
    /// What it does; `INCONCLUSIVE` for any growth in a series too short for verdicts.
    verdict: VerdictJson,
    /// The shape of its curve; null where lines of the live heap decide, each of which has its own, for tasks and
    /// resources, and in a series too short for verdicts.
    shape: Option<ShapeJson>,
    /// Why it is judged so, as a part of a sentence for people; null with `shape`.
    reason: Option<String>,
    /// How far the highs of that kind rose, in bytes; 0 for tasks and resources, whose figures are in `things`.
    rise: i64,
    /// How fast it grows; null where nothing is sure to keep growing.
    bytes_per_second: Option<f64>,
    /// Lower end of the interval of `bytes_per_second`; null with it.
    bytes_per_second_low: Option<f64>,
    /// Upper end of that interval; null with it.
    bytes_per_second_high: Option<f64>,
    /// How many lines of the live heap look like leaks; in a series too short for verdicts, how many grew.
    growing: usize,
    /// How many lines of the live heap may be growing.
    undecided: usize,
    /// Change of the resident set size; null where it is not known.
    rss_delta: Option<i64>,
    /// Change of the live heap; null where it is not known.
    live_delta: Option<i64>,
    /// Change of what the allocator retains; null where it is not known.
    retained_delta: Option<i64>,
    /// Change of the memory outside the allocator; null where it is not known.
    outside_delta: Option<i64>,
}

impl HeadlineJson {
    fn of(overview: &Overview) -> Self {
        let headline = overview.headline;
        Self {
            kind: KindJson::of(headline.kind),
            verdict: VerdictJson::of(headline.verdict),
            shape: headline.shape.map(ShapeJson::of),
            reason: headline.reason.map(verdict_words::reason),
            rise: headline.rise,
            bytes_per_second: headline.rate.map(|rate| rate.per_second),
            bytes_per_second_low: headline.rate.map(|rate| rate.low),
            bytes_per_second_high: headline.rate.map(|rate| rate.high),
            growing: headline.growing,
            undecided: headline.undecided,
            rss_delta: headline.rss_delta,
            live_delta: headline.live_delta,
            retained_delta: headline.retained_delta,
            outside_delta: headline.outside_delta,
        }
    }
}

/// A snapshot of the series. Sizes are in bytes.
#[derive(JsonSchema, Serialize)]
struct PointJson<'a> {
    /// Path of the snapshot.
    file: &'a str,
    /// How many snapshots the process had begun before this one; null where heapdiff did not record it.
    sequence: Option<u32>,
    /// Why it was taken.
    reason: SnapshotReason,
    /// Time since the first snapshot, in seconds; null where times are not known.
    second: Option<f64>,
    /// When it was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    time_nanos: i64,
    /// Time since recording began, in nanoseconds; null where heapdiff did not record it.
    recording_nanos: Option<u64>,
    /// All that it holds after filters, in the unit of the report.
    live: i64,
    /// Estimated bytes alive; null where it does not count them.
    live_bytes: Option<i64>,
    /// Estimated objects alive; null where it does not count them.
    live_objects: Option<i64>,
    /// Sampled blocks alive; null where it does not count them.
    live_samples: Option<u64>,
    /// Resident set size of the process; null where it is not known.
    rss: Option<u64>,
    /// The allocator's own figures; null where there are none.
    allocator: Option<&'a AllocatorFigures>,
    /// Where the resident set size goes; null where it is not known.
    split: Option<SplitJson>,
}

impl<'a> PointJson<'a> {
    fn of(point: &'a SnapshotPoint, second: Option<f64>) -> Self {
        Self {
            file: &point.name,
            sequence: point.sequence,
            reason: point.reason,
            second,
            time_nanos: point.time_nanos,
            recording_nanos: point.recording_nanos,
            live: point.live,
            live_bytes: point.live_bytes,
            live_objects: point.live_objects,
            live_samples: point.live_samples,
            rss: point.rss,
            allocator: point.allocator.as_ref(),
            split: point.split.map(SplitJson::of),
        }
    }
}

/// The resident set size in parts that add up to it, in bytes.
#[derive(JsonSchema, Serialize)]
struct SplitJson {
    /// Blocks that the program holds.
    live: i64,
    /// What the allocator holds beyond these; null where it is not known.
    retained: Option<i64>,
    /// What is outside the allocator; null where it cannot be told apart from `retained`, which holds it then.
    outside: Option<i64>,
    /// Tables of the recorder.
    recorder: i64,
}

impl SplitJson {
    fn of(split: MemorySplit) -> Self {
        Self { live: split.live, retained: split.retained, outside: split.outside, recorder: split.recorder }
    }
}

/// A line of the program, and how it moves.
#[derive(JsonSchema, Serialize)]
pub(super) struct OverviewRowJson<'a> {
    #[serde(flatten)]
    row: RowJson<'a>,
    /// How it moved from the first snapshot to the last; null where there are enough for verdicts.
    tendency: Option<TendencyJson>,
}

impl<'a> OverviewRowJson<'a> {
    pub(super) fn of(row: &'a TrendRow, trend: &'a TrendReport, tendency: Option<Tendency>) -> Self {
        Self { row: RowJson::of(row, trend), tendency: tendency.map(TendencyJson::of) }
    }
}

/// Which kind of memory grew.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum KindJson {
    /// Blocks that the program holds.
    LiveHeap,
    /// What the allocator holds beyond these.
    RetainedByAllocator,
    /// What is outside the allocator.
    OutsideAllocator,
    /// Tasks that do not end.
    Tasks,
    /// Resources that are not released.
    Resources,
    /// None.
    None,
}

impl KindJson {
    fn of(kind: GrowthKind) -> Self {
        match kind {
            GrowthKind::LiveHeap => Self::LiveHeap,
            GrowthKind::RetainedByAllocator => Self::RetainedByAllocator,
            GrowthKind::OutsideAllocator => Self::OutsideAllocator,
            GrowthKind::Tasks => Self::Tasks,
            GrowthKind::Resources => Self::Resources,
            GrowthKind::None => Self::None,
        }
    }
}

/// How a row moved, where there are too few snapshots for a verdict.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum TendencyJson {
    /// It ends higher than it began.
    Grew,
    /// It was at least twice as big at its peak as at either end.
    CameBack,
    /// It ends lower than it began.
    Shrank,
    /// It moved no more than chance explains, or too little to matter.
    WithinNoise,
}

impl TendencyJson {
    fn of(tendency: Tendency) -> Self {
        match tendency {
            Tendency::Grew => Self::Grew,
            Tendency::CameBack => Self::CameBack,
            Tendency::Shrank => Self::Shrank,
            Tendency::WithinNoise => Self::WithinNoise,
        }
    }
}
