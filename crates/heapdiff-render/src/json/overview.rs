//! `heapdiff/overview/v1`.

use super::frame::{FiguresJson, FrameJson};
use heapdiff_profile::{
    AllocatorFigures, Confidence, GrowthKind, MemorySplit, Movement, Overview, OverviewRow, Pairing, Process,
    RecorderCost, Recording, SnapshotPoint, StackQuality, Unwinder,
};
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
                confidence: Confidence::default().chance(),
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
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    process: Option<&'a Process>,
    recording: Option<RecordingJson<'a>>,
    paired: bool,
    sample_type: &'a str,
    unit: &'a str,
    headline: HeadlineJson,
    /// The smallest growth of one stack that cannot have been missed; 0 is exact, null is not known.
    resolution_bytes: Option<u64>,
    /// The chance with which each interval holds the true change.
    confidence: f64,
    /// Indexes into `snapshots`.
    base: usize,
    head: usize,
    peak: usize,
    snapshots: Vec<PointJson<'a>>,
    total: FiguresJson,
    /// Rows before `-n` cut them.
    rows_all: usize,
    rows: Vec<RowJson<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct RecordingJson<'a> {
    period_bytes: u64,
    unwinder: Unwinder,
    stacks: StackQuality,
    dropped: &'a BTreeMap<String, u64>,
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

/// All in bytes.
#[derive(Serialize)]
struct HeadlineJson {
    kind: &'static str,
    /// How far the highs of that kind rose.
    rise: i64,
    /// The change from base to head of the rows that grew.
    rows_delta: Option<i64>,
    rss_delta: Option<i64>,
    live_delta: Option<i64>,
    retained_delta: Option<i64>,
    outside_delta: Option<i64>,
}

impl HeadlineJson {
    fn of(overview: &Overview) -> Self {
        let headline = overview.headline;
        Self {
            kind: match headline.kind {
                GrowthKind::LiveHeap => "live_heap",
                GrowthKind::RetainedByAllocator => "retained_by_allocator",
                GrowthKind::OutsideAllocator => "outside_allocator",
                GrowthKind::None => "none",
            },
            rise: headline.rise,
            rows_delta: headline.rows_delta,
            rss_delta: headline.rss_delta,
            live_delta: headline.live_delta,
            retained_delta: headline.retained_delta,
            outside_delta: headline.outside_delta,
        }
    }
}

/// Sizes in bytes.
#[derive(Serialize)]
struct PointJson<'a> {
    file: &'a str,
    sequence: Option<u32>,
    time_nanos: i64,
    recording_nanos: Option<u64>,
    /// In the unit of the report.
    live: i64,
    live_bytes: Option<i64>,
    live_objects: Option<i64>,
    live_samples: Option<u64>,
    rss: Option<u64>,
    allocator: Option<&'a AllocatorFigures>,
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

/// The resident set size in parts that add up to it.
#[derive(Serialize)]
struct SplitJson {
    live: i64,
    retained: Option<i64>,
    /// Null where it cannot be told apart from `retained`, which holds it then.
    outside: Option<i64>,
    recorder: i64,
}

impl SplitJson {
    fn of(split: MemorySplit) -> Self {
        Self { live: split.live, retained: split.retained, outside: split.outside, recorder: split.recorder }
    }
}

#[derive(Serialize)]
struct RowJson<'a> {
    #[serde(flatten)]
    frame: FrameJson,
    via: Option<FrameJson>,
    stack: Vec<FrameJson>,
    whole_stack: Vec<FrameJson>,
    movement: &'static str,
    #[serde(flatten)]
    figures: FiguresJson,
    /// The value at each of `snapshots`.
    values: &'a [i64],
    peak: i64,
    peak_at: usize,
    peak_objects: Option<i64>,
    peak_samples: Option<u64>,
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
            movement: match row.movement {
                Movement::Grew => "grew",
                Movement::Higher => "higher",
                Movement::CameBack => "came_back",
                Movement::Shrank => "shrank",
                Movement::WithinNoise => "within_noise",
            },
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
