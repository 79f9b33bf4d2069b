//! `heapdiff diff`: born, died and net, row by row.

use super::TextOptions;
use super::comparison_head::ComparisonHead;
use super::diff_columns::DiffColumns;
use super::naming::{NamedRows, RowName};
use super::wrapping::write_remark;
use crate::quantity::{self, Measure};
use crate::row_title;
use crate::side::Side;
use heapdiff_profile::{DiffBy, DiffReport, DiffRow};
use std::io::{self, Write};

/// From this width on there is room for the interval of each change, in columns.
const INTERVAL_WIDTH_MIN: usize = 80;

/// The table of a diff.
#[derive(Clone, Copy, Debug)]
pub struct DiffText<'a> {
    /// The diff.
    pub report: &'a DiffReport,
    /// The file that is compared against.
    pub base: &'a Side,
    /// The file that is asked about.
    pub head: &'a Side,
}

impl DiffText<'_> {
    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let head = ComparisonHead {
            base: self.base,
            head: self.head,
            sample_type: &report.sample_type,
            total: &report.total,
            pairing: report.pairing,
            resolution_bytes: report.resolution_bytes,
        };
        // What the files hold is told as it is.
        let whole = TextOptions {
            measure: Measure { divide_by: None, ..options.measure.clone() },
            ..options.clone()
        };
        head.write(if report.per.is_some() { &whole } else { options }, out)?;
        if let Some(per) = &report.per {
            write_remark(&row_title::per_words(per), options, out)?;
        }
        let (grew, shrank, level) = self.by_direction();
        if self.report.rows.is_empty() {
            return writeln!(out, "\nNothing to compare: no sample in base or head.");
        }
        if grew.is_empty() && shrank.is_empty() {
            return writeln!(out, "\nNothing changed: {} as before.", self.counted(level));
        }
        writeln!(out)?;
        let figures: Vec<_> = report.rows.iter().map(|row| &row.figures).collect();
        let columns =
            DiffColumns::of(&report.sample_type, &figures, (report.confidence, INTERVAL_WIDTH_MIN), options);
        let mut rows = NamedRows::new(&columns.titles()).called(row_title::heading(&report.by));
        let shown = |rows: &[&DiffRow]| rows.len().min(options.rows_max);
        let grew_shown = grew.iter().take(shown(&grew));
        let shrank_shown = shrank.iter().take(shown(&shrank));
        for row in grew_shown.chain(shrank_shown) {
            rows.push(columns.cells(&row.figures, options), self.name(row, options));
        }
        let total = RowName {
            function: format!("total of {}", self.counted(self.report.rows.len())),
            is_words: true,
            ..RowName::default()
        };
        if self.report.rows.len() > 1 {
            rows.push(columns.cells(&self.report.total.shown, options), total);
        }
        rows.write(options, out)?;
        let rest = [("grew", grew.get(shown(&grew)..)), ("shrank", shrank.get(shown(&shrank)..))];
        self.write_rest(rest, level, options, out)?;
        writeln!(out)?;
        columns.write_legend(options, out)
    }

    /// Growers and shrinkers, the biggest first, and how many rows did not change.
    fn by_direction(&self) -> (Vec<&DiffRow>, Vec<&DiffRow>, usize) {
        let rows = &self.report.rows;
        let grew: Vec<&DiffRow> = rows.iter().filter(|row| row.figures.value.delta() > 0).collect();
        let shrank: Vec<&DiffRow> = rows.iter().rev().filter(|row| row.figures.value.delta() < 0).collect();
        let level = rows.len() - grew.len() - shrank.len();
        (grew, shrank, level)
    }

    fn name(&self, row: &DiffRow, options: &TextOptions) -> RowName {
        let frames = &self.report.frames;
        let by = &self.report.by;
        if let Some(title) = row_title::words(&row.title, by, options.source_root.as_deref()) {
            return RowName::titled(title, row.stacks, frames.frame(row.frame), options);
        }
        let name = RowName::of(frames.frame(row.frame), options)
            .through(row.via, frames)
            .in_pool(frames.pool_of(row.whole_stack));
        match by {
            DiffBy::Stack => name.called_by(row.stack.get(1..).unwrap_or_default(), frames),
            _ => name,
        }
    }

    fn counted(&self, number: usize) -> String {
        quantity::counted(number as u64, row_title::noun(&self.report.by))
    }

    fn write_rest(
        &self,
        rest: [(&str, Option<&[&DiffRow]>); 2],
        level: usize,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let unit = options.unit(&self.report.sample_type);
        let mut parts = Vec::new();
        for (verb, rows) in rest {
            let rows = rows.unwrap_or_default();
            if !rows.is_empty() {
                let sum = rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.figures.value.delta()));
                parts.push(format!(
                    "{} that {verb} ({} together)",
                    self.counted(rows.len()),
                    unit.format_change(sum)
                ));
            }
        }
        let more = if parts.is_empty() { "" } else { "; -n N shows more" };
        if level > 0 {
            parts.push(format!("{} without change", self.counted(level)));
        }
        match parts.as_slice() {
            [] => Ok(()),
            parts => write_remark(&format!("not shown: {}{more}", parts.join(", ")), options, out),
        }
    }
}
