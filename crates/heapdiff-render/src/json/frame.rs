//! Frames, intervals and files, as all reports write them.

use crate::side::Side;
use heapdiff_profile::{Change, DiffFigures, FrameId, FrameTable, Interval};
use schemars::JsonSchema;
use serde::Serialize;

/// A frame of a stack.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub(super) struct FrameJson {
    /// Name of the function, demangled and in full.
    pub(super) function: String,
    /// Path of its source file, as the debug information has it; empty where it is not known.
    pub(super) file: String,
    /// Line in that file; 0 where it is not known.
    pub(super) line: i64,
}

impl FrameJson {
    pub(super) fn of(id: FrameId, frames: &FrameTable) -> Self {
        let frame = frames.frame(id);
        Self { function: frame.function.to_owned(), file: frame.file.to_owned(), line: frame.line }
    }

    pub(super) fn stack(ids: &[FrameId], frames: &FrameTable) -> Vec<Self> {
        ids.iter().map(|&id| Self::of(id, frames)).collect()
    }
}

/// A file that a report is about, and where it stands in time.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub(super) struct OriginJson {
    /// Path of the profile, as it was typed or found.
    pub(super) file: String,
    /// File name of the program that wrote it; null where heapdiff did not record it.
    pub(super) program: Option<String>,
    /// Its process id; null where heapdiff did not record it.
    pub(super) pid: Option<u32>,
    /// How many snapshots the process had begun before this one; null where heapdiff did not record it.
    pub(super) sequence: Option<u32>,
    /// When it was taken, in nanoseconds since 1970 UTC; 0 where it is not known.
    pub(super) time_nanos: i64,
    /// Time since recording began, in nanoseconds; null where heapdiff did not record it.
    pub(super) recording_nanos: Option<u64>,
    /// Mean bytes between samples; 1 where every allocation was recorded, 0 where it is not known.
    pub(super) period_bytes: i64,
}

impl OriginJson {
    pub(super) fn of(side: &Side) -> Self {
        Self {
            file: side.name.clone(),
            program: side.program.clone(),
            pid: side.pid,
            sequence: side.sequence,
            time_nanos: side.time_nanos,
            recording_nanos: side.recording_nanos,
            period_bytes: side.period_bytes,
        }
    }
}

/// A file that a report compares.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub(super) struct SideJson {
    #[serde(flatten)]
    pub(super) origin: OriginJson,
    /// The whole value of the file before filters, in the unit of the report.
    pub(super) value: i64,
}

impl SideJson {
    pub(super) fn of(side: &Side, value: i64) -> Self {
        Self { origin: OriginJson::of(side), value }
    }
}

/// A chance with as many digits as it is worth.
pub(super) fn two_digits(chance: f64) -> f64 {
    format!("{chance:.1e}").parse().unwrap_or(chance)
}

/// The numbers of a row of a diff. Fields in `bytes` are null where the profiles do not count bytes.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize)]
pub(super) struct FiguresJson {
    /// Bytes in the base; null where the profiles do not count bytes.
    pub(super) base_bytes: Option<i64>,
    /// Bytes in the head; null where the profiles do not count bytes.
    pub(super) head_bytes: Option<i64>,
    /// `head_bytes` less `base_bytes`.
    pub(super) delta_bytes: Option<i64>,
    /// Lower end of the interval of `delta_bytes`, or of `delta_value` for objects, resources and tasks; null where it is not known how many samples there were, or how often.
    pub(super) delta_low: Option<i64>,
    /// Upper end of that interval.
    pub(super) delta_high: Option<i64>,
    /// Objects in the base; null where the profiles do not count them.
    pub(super) base_objects: Option<i64>,
    /// Objects in the head; null where the profiles do not count them.
    pub(super) head_objects: Option<i64>,
    /// `head_objects` less `base_objects`.
    pub(super) delta_objects: Option<i64>,
    /// Bytes in the head and not in the base; null unless the sides are paired.
    pub(super) born_bytes: Option<i64>,
    /// Bytes in the base and not in the head; null unless the sides are paired.
    pub(super) died_bytes: Option<i64>,
    /// Bytes by which blocks that are in both grew in place, or of tasks what was in other rows of the base: `born_bytes`
    /// less `died_bytes` plus this is `delta_bytes`; null unless the sides are paired.
    pub(super) grown_bytes: Option<i64>,
    /// Objects in the head and not in the base; null unless the sides are paired.
    pub(super) born_objects: Option<i64>,
    /// Objects in the base and not in the head; null unless the sides are paired.
    pub(super) died_objects: Option<i64>,
    /// The base, in the unit of the report.
    pub(super) base_value: i64,
    /// The head, in the unit of the report.
    pub(super) head_value: i64,
    /// `head_value` less `base_value`.
    pub(super) delta_value: i64,
    /// Sampled allocations that the change rests on; null where they are not known.
    pub(super) samples: Option<u64>,
    /// The chance to see such a change where there is none, the row judged by itself: the smallest chance to err at which
    /// the interval excludes zero. 0 stands for less than 1e-9. Null without an interval.
    pub(super) p: Option<f64>,
    /// Whether it changed, judged together with all rows of the report: of those that are called significant no more than
    /// one minus the confidence are expected to be false. Without an interval, whether there is any change.
    pub(super) significant: bool,
}

impl FiguresJson {
    pub(super) fn of(figures: &DiffFigures) -> Self {
        let bytes = figures.bytes;
        let objects = figures.objects;
        let delta = figures.value.delta();
        Self {
            base_bytes: bytes.map(|bytes| bytes.base),
            head_bytes: bytes.map(|bytes| bytes.head),
            delta_bytes: bytes.map(Change::delta),
            delta_low: figures.interval.map(|interval: Interval| interval.low),
            delta_high: figures.interval.map(|interval| interval.high),
            base_objects: objects.map(|objects| objects.base),
            head_objects: objects.map(|objects| objects.head),
            delta_objects: objects.map(Change::delta),
            born_bytes: bytes.and_then(|bytes| bytes.flow).map(|flow| flow.born),
            died_bytes: bytes.and_then(|bytes| bytes.flow).map(|flow| flow.died),
            grown_bytes: bytes.and_then(|bytes| bytes.flow).map(|flow| flow.grown),
            born_objects: objects.and_then(|objects| objects.flow).map(|flow| flow.born),
            died_objects: objects.and_then(|objects| objects.flow).map(|flow| flow.died),
            base_value: figures.value.base,
            head_value: figures.value.head,
            delta_value: delta,
            samples: figures.samples,
            p: figures.p.map(two_digits),
            significant: figures.significant.unwrap_or(delta != 0),
        }
    }
}
