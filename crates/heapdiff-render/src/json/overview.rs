//! `heapdiff/overview/v1`.

use super::frame::{FiguresJson, FrameJson};
use heapdiff_profile::{
    AllocatorFigures, GrowthKind, MemorySplit, Movement, Overview, OverviewRow, Pairing, Process,
    RecorderCost, Recording, SnapshotPoint, StackQuality, Unwinder,
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
    pub const SCHEMA: &'static str = "heapdiff/overview/v1";

    /// Writes the answer.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let overview = self.overview;
        let rows = overview.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::write(
            &Document {
                schema: Self::SCHEMA,
                process: overview.process.as_ref(),
                recording: overview.recording.as_ref().map(RecordingJson::of),
                paired: overview.pairing == Pairing::Paired,
                sample_type: &overview.sample_type.kind,
                unit: &overview.sample_type.unit,
                headline: HeadlineJson::of(overview),
                resolution_bytes: overview.resolution_bytes,
                confidence: overview.confidence.chance(),
                base: overview.base,
                head: overview.head,
                peak: overview.peak,
                snapshots: overview.points.iter().map(PointJson::of).collect(),
                total: FiguresJson::of(&overview.total.shown),
                rows_all: overview.rows.len(),
                rows: rows.map(|row| RowJson::of(row, overview)).collect(),
                notes: overview.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }

    /// Writes the rows as comma-separated values.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.overview.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::csv::write(rows.map(|row| RowJson::of(row, self.overview)), true, out)
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
    /// Whether base and head are snapshots of one process, so that what is alive in both cancels exactly; otherwise
    /// they are compared as two estimates.
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
    /// The chance with which each interval holds the true value, from 0 to 1.
    confidence: f64,
    /// Index into `snapshots` of the one that is compared against.
    base: usize,
    /// Index into `snapshots` of the one that is asked about.
    head: usize,
    /// Index into `snapshots` of the one in which most is alive.
    peak: usize,
    /// The series, oldest first.
    snapshots: Vec<PointJson<'a>>,
    /// What the filters let through, all rows together.
    total: FiguresJson,
    /// How many rows there are; `-n` may have kept some out of `rows`.
    rows_all: usize,
    /// Lines of the program, those that grew most first.
    rows: Vec<RowJson<'a>>,
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
    /// How far the highs of that kind rose.
    rise: i64,
    /// Change from base to head of the rows that grew; null where none did.
    rows_delta: Option<i64>,
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
            rise: headline.rise,
            rows_delta: headline.rows_delta,
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
    fn of(point: &'a SnapshotPoint) -> Self {
        Self {
            file: &point.name,
            sequence: point.sequence,
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

/// A line of the program, and how it moved.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "OverviewRow")]
struct RowJson<'a> {
    #[serde(flatten)]
    frame: FrameJson,
    /// The hidden function that asked for the memory, such as `Vec::reserve`; null where there is none.
    via: Option<FrameJson>,
    /// Shown frames, leaf first. Where a row sums over several stacks, those of the one that changed most.
    stack: Vec<FrameJson>,
    /// The same with the frames that are hidden by default.
    whole_stack: Vec<FrameJson>,
    /// How the row moved over the series.
    movement: MovementJson,
    #[serde(flatten)]
    figures: FiguresJson,
    /// The value at each of `snapshots`, in the unit of the report.
    values: &'a [i64],
    /// The largest of them.
    peak: i64,
    /// Index into `snapshots` of the largest.
    peak_at: usize,
    /// Objects at the peak; null where the profile does not count them.
    peak_objects: Option<i64>,
    /// Samples at the peak; null where the profile does not count them.
    peak_samples: Option<u64>,
    /// How far its highs rose over the series, in the unit of the report.
    rise: i64,
}

impl<'a> RowJson<'a> {
    fn of(row: &'a OverviewRow, overview: &Overview) -> Self {
        let frames = &overview.frames;
        Self {
            frame: FrameJson::of(row.frame, frames),
            via: row.via.map(|via| FrameJson::of(via, frames)),
            stack: FrameJson::stack(&row.stack, frames),
            whole_stack: FrameJson::stack(frames.stack(row.whole_stack), frames),
            movement: MovementJson::of(row.movement),
            figures: FiguresJson::of(&row.figures),
            values: &row.values,
            peak: row.peak,
            peak_at: row.peak_at,
            peak_objects: row.peak_objects,
            peak_samples: row.peak_samples,
            rise: row.rise,
        }
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
    /// None.
    None,
}

impl KindJson {
    fn of(kind: GrowthKind) -> Self {
        match kind {
            GrowthKind::LiveHeap => Self::LiveHeap,
            GrowthKind::RetainedByAllocator => Self::RetainedByAllocator,
            GrowthKind::OutsideAllocator => Self::OutsideAllocator,
            GrowthKind::None => Self::None,
        }
    }
}

/// How a row moved.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum MovementJson {
    /// Its highs keep rising, and what it gained outlives the time between two snapshots.
    Grew,
    /// It ends higher than it began, but that is all.
    Higher,
    /// It was at least twice as big at its peak as it is at the end.
    CameBack,
    /// It ends lower than it began.
    Shrank,
    /// It moved no more than chance explains, or too little to matter.
    WithinNoise,
}

impl MovementJson {
    fn of(movement: Movement) -> Self {
        match movement {
            Movement::Grew => Self::Grew,
            Movement::Higher => Self::Higher,
            Movement::CameBack => Self::CameBack,
            Movement::Shrank => Self::Shrank,
            Movement::WithinNoise => Self::WithinNoise,
        }
    }
}
