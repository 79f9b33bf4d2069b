//! `heapdiff/top/v1`.

use super::frame::{FrameJson, OriginJson};
use crate::side::Side;
use heapdiff_profile::{TopBy, TopReport};
use serde::Serialize;
use std::io::{self, Write};

/// The table of one profile for other programs.
#[derive(Clone, Copy, Debug)]
pub struct TopJson<'a> {
    /// The table.
    pub report: &'a TopReport,
    /// What makes a row.
    pub by: TopBy,
    /// The file.
    pub side: &'a Side,
    /// Rows that are written at most, in the report's order; `None` writes all.
    pub rows_max: Option<usize>,
}

impl TopJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/top/v1";

    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let rows = report.rows.iter().take(self.rows_max.unwrap_or(usize::MAX)).map(|row| RowJson {
            frame: FrameJson::of(row.frame, &report.frames),
            flat: row.flat,
            flat_percent: percent(row.flat, report.total),
            cum: row.cum,
            cum_percent: percent(row.cum, report.total),
            flat_objects: row.flat_objects,
            flat_samples: row.flat_samples,
        });
        super::write(
            &Document {
                schema: Self::SCHEMA,
                origin: OriginJson::of(self.side),
                by: match self.by {
                    TopBy::Function => "function",
                    TopBy::Line => "line",
                    TopBy::File => "file",
                },
                sample_type: &report.sample_type.kind,
                unit: &report.sample_type.unit,
                total: report.total,
                shown: report.shown,
                rows_all: report.rows.len(),
                rows: rows.collect(),
                notes: report.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }
}

/// `part` in percent of `total`; null where the total is nothing.
fn percent(part: i64, total: i64) -> Option<f64> {
    (total != 0).then(|| part as f64 / total as f64 * 100.0)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    origin: OriginJson,
    by: &'static str,
    sample_type: &'a str,
    unit: &'a str,
    /// What 100 % is.
    total: i64,
    /// What the filters let through.
    shown: i64,
    /// Rows before `-n` cut them.
    rows_all: usize,
    rows: Vec<RowJson>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct RowJson {
    #[serde(flatten)]
    frame: FrameJson,
    flat: i64,
    flat_percent: Option<f64>,
    cum: i64,
    cum_percent: Option<f64>,
    flat_objects: Option<i64>,
    /// Sampled allocations that `flat` rests on; null where the profile does not count them.
    flat_samples: Option<u64>,
}
