//! `heapdiff/diff/v1`.

use super::frame::{FiguresJson, FrameJson, SideJson};
use crate::row_title;
use crate::side::Side;
use heapdiff_profile::{DiffReport, DiffRow, Pairing, Renamed};
use serde::Serialize;
use std::io::{self, Write};

/// A diff for other programs.
#[derive(Clone, Copy, Debug)]
pub struct DiffJson<'a> {
    /// The diff.
    pub report: &'a DiffReport,
    /// The file that is compared against.
    pub base: &'a Side,
    /// The file that is asked about.
    pub head: &'a Side,
    /// Rows that are written at most, in the report's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl DiffJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/diff/v1";

    /// Writes the diff.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let total = &report.total;
        let rows = report.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::write(
            &Document {
                schema: Self::SCHEMA,
                paired: report.pairing == Pairing::Paired,
                by: report.by.name(),
                sample_type: &report.sample_type.kind,
                unit: &report.sample_type.unit,
                base: SideJson::of(self.base, total.unfiltered.base),
                head: SideJson::of(self.head, total.unfiltered.head),
                resolution_bytes: report.resolution_bytes,
                confidence: report.confidence.chance(),
                total: FiguresJson::of(&total.shown),
                rows_all: report.rows.len(),
                rows: rows.map(|row| RowJson::of(row, report)).collect(),
                renamed: report.renamed.iter().map(RenamedJson::of).collect(),
                notes: report.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    paired: bool,
    by: String,
    sample_type: &'a str,
    unit: &'a str,
    base: SideJson,
    head: SideJson,
    /// The smallest growth of one stack that cannot have been missed; 0 is exact, null is not known.
    resolution_bytes: Option<u64>,
    /// The chance with which each interval holds the true change.
    confidence: f64,
    total: FiguresJson,
    /// Rows before `-n` cut them.
    rows_all: usize,
    rows: Vec<RowJson>,
    /// Functions of two builds that may be one under two names.
    renamed: Vec<RenamedJson<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct RenamedJson<'a> {
    old: &'a str,
    new: &'a str,
    /// With all that it called.
    base_value: i64,
    head_value: i64,
    /// The value of `--rename` that makes one of both.
    rename: String,
}

impl<'a> RenamedJson<'a> {
    fn of(renamed: &'a Renamed) -> Self {
        Self {
            old: &renamed.old,
            new: &renamed.new,
            base_value: renamed.base,
            head_value: renamed.head,
            rename: renamed.rename(),
        }
    }
}

#[derive(Serialize)]
struct RowJson {
    /// See [`row_title::key`].
    key: Option<String>,
    function: String,
    file: String,
    line: i64,
    /// The hidden function that asked for the memory, such as `Vec::reserve`.
    via: Option<FrameJson>,
    /// Shown frames, leaf first. Where a row sums over several stacks, that of the one that changed most.
    stack: Vec<FrameJson>,
    /// The same with hidden frames.
    whole_stack: Vec<FrameJson>,
    /// How many stacks the row sums over.
    stacks: usize,
    #[serde(flatten)]
    figures: FiguresJson,
}

impl RowJson {
    fn of(row: &DiffRow, report: &DiffReport) -> Self {
        let frames = &report.frames;
        let FrameJson { function, file, line } = FrameJson::of(row.frame, frames);
        Self {
            key: row_title::key(&row.title, &report.by, frames.frame(row.frame)),
            function,
            file,
            line,
            via: row.via.map(|via| FrameJson::of(via, frames)),
            stack: FrameJson::stack(&row.stack, frames),
            whole_stack: FrameJson::stack(frames.stack(row.whole_stack), frames),
            stacks: row.stacks,
            figures: FiguresJson::of(&row.figures),
        }
    }
}
