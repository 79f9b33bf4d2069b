//! `heapdiff/trend/v1`.

use super::frame::{FiguresJson, FrameJson};
use crate::row_title;
use crate::verdict_words::{reason, shape, verdict};
use heapdiff_profile::{Confidence, Headroom, Pairing, Process, Rate, TrendReport, TrendRow};
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
                files: report
                    .points
                    .iter()
                    .zip(&report.seconds)
                    .map(|(point, &second)| FileJson {
                        file: &point.name,
                        second: Some(second).filter(|_| report.has_times),
                        live: point.live,
                        rss: point.rss,
                    })
                    .collect(),
                by: report.by.name(),
                sample_type: &report.sample_type.kind,
                unit: &report.sample_type.unit,
                paired: report.pairing == Pairing::Paired,
                resolution_bytes: report.resolution_bytes,
                floor: report.floor,
                confidence: Confidence::default().chance(),
                total: MovementJson::of(&report.total, report),
                headroom: report.headroom.map(HeadroomJson::of),
                rows_all: report.rows.len(),
                rows: rows.map(|row| RowJson::of(row, report)).collect(),
                notes: report.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    process: Option<&'a Process>,
    snapshots: usize,
    /// From the first snapshot to the last; null where times are not known.
    seconds: Option<f64>,
    files: Vec<FileJson<'a>>,
    by: String,
    sample_type: &'a str,
    unit: &'a str,
    paired: bool,
    resolution_bytes: Option<u64>,
    /// What moves less than this, in the unit of the report, is not judged.
    floor: i64,
    confidence: f64,
    total: MovementJson<'a>,
    headroom: Option<HeadroomJson>,
    rows_all: usize,
    rows: Vec<RowJson<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    file: &'a str,
    second: Option<f64>,
    live: i64,
    rss: Option<u64>,
}

/// Until the limit of the cgroup is reached.
#[derive(Serialize)]
struct HeadroomJson {
    limit_bytes: u64,
    used_bytes: u64,
    bytes_per_second: f64,
    low: f64,
    high: f64,
    seconds: f64,
    seconds_low: f64,
    /// Null where memory may not be growing at all.
    seconds_high: Option<f64>,
}

impl HeadroomJson {
    fn of(headroom: Headroom) -> Self {
        let [seconds_low, seconds_high] = headroom.interval();
        let Rate { per_second, low, high } = headroom.rate;
        Self {
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

#[derive(Serialize)]
struct RowJson<'a> {
    /// See [`row_title::key`].
    key: Option<String>,
    #[serde(flatten)]
    frame: FrameJson,
    via: Option<FrameJson>,
    stack: Vec<FrameJson>,
    whole_stack: Vec<FrameJson>,
    stacks: usize,
    #[serde(flatten)]
    movement: MovementJson<'a>,
}

/// How a row moves. Rates are in a second, or in a snapshot where times are not known.
#[derive(Serialize)]
struct MovementJson<'a> {
    /// Null where bytes are not what is counted.
    bytes_per_second: Option<f64>,
    /// In the unit of the report.
    per_second: f64,
    /// Ends of the interval of `per_second`.
    low: f64,
    high: f64,
    /// Null where there are too few snapshots.
    shape: Option<&'static str>,
    verdict: &'static str,
    reason: String,
    /// Mann and Kendall's test, in standard deviations.
    monotonicity: f64,
    survival: Option<f64>,
    spread: Option<f64>,
    turnover: Option<f64>,
    /// Indexes into `files`.
    change_points: &'a [usize],
    /// The value at each of `files`.
    values: &'a [i64],
    #[serde(flatten)]
    figures: FiguresJson,
}

impl<'a> RowJson<'a> {
    fn of(row: &'a TrendRow, report: &TrendReport) -> Self {
        let frames = &report.frames;
        Self {
            key: row_title::key(&row.title, &report.by, frames.frame(row.frame)),
            frame: FrameJson::of(row.frame, frames),
            via: row.via.map(|via| FrameJson::of(via, frames)),
            stack: FrameJson::stack(&row.stack, frames),
            whole_stack: FrameJson::stack(frames.stack(row.whole_stack), frames),
            stacks: row.stacks,
            movement: MovementJson::of(row, report),
        }
    }
}

impl<'a> MovementJson<'a> {
    fn of(row: &'a TrendRow, report: &TrendReport) -> Self {
        let Rate { per_second, low, high } = row.rate;
        let is_bytes = report.sample_type.unit == "bytes";
        Self {
            bytes_per_second: Some(per_second).filter(|_| is_bytes),
            per_second,
            low,
            high,
            shape: row.judgement.shape.map(shape),
            verdict: verdict(row.judgement.verdict),
            reason: reason(row.judgement.reason),
            monotonicity: row.monotonicity,
            survival: row.survival,
            spread: row.spread,
            turnover: row.turnover,
            change_points: &row.change_points,
            values: &row.values,
            figures: FiguresJson::of(&row.figures),
        }
    }
}
