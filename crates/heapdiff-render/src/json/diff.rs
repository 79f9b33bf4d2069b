//! `heapdiff/diff/v1`.

use super::frame::{FiguresJson, FrameJson, SideJson};
use crate::row_title;
use crate::side::Side;
use heapdiff_profile::{DiffReport, DiffRow, ItemCounts, Pairing, Renamed};
use schemars::JsonSchema;
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
                per: report.per.as_ref().map(PerJson::of),
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

    /// Writes the rows as comma-separated values.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.report.rows.iter().take(self.rows_max.unwrap_or(usize::MAX));
        super::csv::write(rows.map(|row| RowJson::of(row, self.report)), true, out)
    }
}

/// What changed between two profiles, row by row.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Diff")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    /// Whether base and head are snapshots of one process, so that what is alive in both cancels exactly; otherwise
    /// they are compared as two estimates.
    paired: bool,
    /// What makes a row, as `--by` takes it: `stack`, `line`, `function`, `file`, `module`, `crate`, `type`,
    /// `thread` or `label:` and a name.
    by: String,
    /// What the reader asked to divide values by; null where not. The values are whole.
    per: Option<PerJson<'a>>,
    /// What is counted, such as `inuse_space`.
    sample_type: &'a str,
    /// The unit of every `value`, such as `bytes` or `count`.
    unit: &'a str,
    /// The file that is compared against.
    base: SideJson,
    /// The file that is asked about.
    head: SideJson,
    /// The smallest growth of one stack that cannot have been missed, in bytes; 0 where every allocation was recorded,
    /// null where it is not known.
    resolution_bytes: Option<u64>,
    /// The chance with which each interval holds the true value, from 0 to 1.
    confidence: f64,
    /// What the filters let through, all rows together.
    total: FiguresJson,
    /// How many rows there are; `-n` may have kept some out of `rows`.
    rows_all: usize,
    /// What changed: the largest growth first, the largest shrinkage last.
    rows: Vec<RowJson>,
    /// Functions of two builds that may be one under two names.
    renamed: Vec<RenamedJson<'a>>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// Items, such as requests, that the program handled.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Per")]
struct PerJson<'a> {
    /// What they are called; null where their number was given without a name.
    counter: Option<&'a str>,
    /// How many: between base and head where both are of one process, otherwise in the head.
    items: f64,
    /// What the values of the base were multiplied by, so that it handled as many items; 1 in one process.
    base_scale: f64,
}

impl<'a> PerJson<'a> {
    fn of(per: &'a ItemCounts) -> Self {
        Self { counter: per.name.as_deref(), items: per.items, base_scale: per.base_scale }
    }
}

/// A function that may be one under two names.
#[derive(JsonSchema, Serialize)]
struct RenamedJson<'a> {
    /// Its name in the base.
    old: &'a str,
    /// Its name in the head.
    new: &'a str,
    /// What it holds in the base with all that it calls, in the unit of the report.
    base_value: i64,
    /// What it holds in the head with all that it calls, in the unit of the report.
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

/// A row: a stack, a line or a function, and how it changed.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "DiffRow")]
struct RowJson {
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
    figures: FiguresJson,
}

impl RowJson {
    fn of(row: &DiffRow, report: &DiffReport) -> Self {
        let frames = &report.frames;
        Self {
            key: row_title::key(&row.title, &report.by, frames.frame(row.frame)),
            frame: FrameJson::of(row.frame, frames),
            via: row.via.map(|via| FrameJson::of(via, frames)),
            stack: FrameJson::stack(&row.stack, frames),
            whole_stack: FrameJson::stack(frames.stack(row.whole_stack), frames),
            pool: frames.pool_of(row.whole_stack).map(|chunk| chunk.pool.clone()),
            stacks: row.stacks,
            figures: FiguresJson::of(&row.figures),
        }
    }
}
