//! `heapdiff top`: flat and cum, as pprof shows them.

use super::TextOptions;
use super::naming::{NamedRows, RowName};
use super::table::{Align, Cell};
use super::wrapping::write_remark;
use crate::elide;
use crate::quantity::{self, Unit};
use crate::side::Side;
use heapdiff_profile::{TopBy, TopReport};
use std::io::{self, Write};

/// The table of one profile.
#[derive(Clone, Copy, Debug)]
pub struct TopText<'a> {
    /// The table.
    pub report: &'a TopReport,
    /// What makes a row, for the headings.
    pub by: TopBy,
    /// The file.
    pub side: &'a Side,
}

impl TopText<'_> {
    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        self.write_head(options, out)?;
        if self.report.rows.is_empty() {
            return writeln!(out, "No sample to show.");
        }
        writeln!(out)?;
        // As everywhere, the samples behind a value tell how sure it is.
        let has_samples = self.report.rows.iter().any(|row| row.flat_samples.is_some());
        self.write_rows(has_samples, options, out)?;
        writeln!(out)?;
        let legend = [
            Some("flat: held by the function itself   cum: with all it called   sum%: flat% so far"),
            has_samples.then_some("samples: sampled allocations that flat rests on; the more, the surer"),
        ];
        legend.iter().flatten().try_for_each(|line| write_remark(line, options, out))
    }

    /// Which file this is, what is counted, and what 100 % is.
    fn write_head(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let unit = Unit::from_name(&report.sample_type.unit);
        writeln!(out, "{}", options.theme.strong(elide::printable(&self.side.name)))?;
        let origin = self.origin();
        if !origin.is_empty() {
            write_remark(&origin, options, out)?;
        }
        writeln!(
            out,
            "{}: {} in all; percentages are of that",
            report.sample_type.kind,
            unit.format(report.total)
        )?;
        if report.shown != report.total {
            writeln!(
                out,
                "the filters let {} of it through ({})",
                unit.format(report.shown),
                quantity::share(report.shown, report.total)
            )?;
        }
        Ok(())
    }

    fn write_rows(&self, has_samples: bool, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let unit = Unit::from_name(&report.sample_type.unit);
        let titles = ["flat", "flat%", "sum%", "cum", "cum%"].into_iter();
        let columns: Vec<_> =
            titles.chain(has_samples.then_some("samples")).map(|title| (title, Align::Right)).collect();
        let mut rows = NamedRows::new(&columns);
        let mut sum = 0_i64;
        for row in report.rows.iter().take(options.rows_max) {
            sum = sum.saturating_add(row.flat);
            let mut name = RowName::of(report.frames.frame(row.frame), options);
            if self.by == TopBy::File {
                name.function = std::mem::take(&mut name.place);
            }
            let mut cells = vec![
                Cell::plain(unit.format(row.flat)),
                Cell::plain(quantity::share(row.flat, report.total)),
                Cell::plain(quantity::share(sum, report.total)),
                Cell::plain(unit.format(row.cum)),
                Cell::plain(quantity::share(row.cum, report.total)),
            ];
            if has_samples {
                cells.push(Cell::plain(row.flat_samples.map_or("-".to_owned(), quantity::count)));
            }
            rows.push(cells, name);
        }
        rows.write(options, out)?;
        if report.rows.len() > options.rows_max {
            let rest = unit.format(report.shown.saturating_sub(sum));
            let shown = quantity::count(options.rows_max as u64);
            let all = report.rows.len();
            let remark = format!("{shown} of {all} rows; the rest has {rest} (-n {all} shows all)");
            write_remark(&remark, options, out)?;
        }
        Ok(())
    }

    /// `snapshot 31, 2026-11-20 14:03:30 UTC, a sample every 512 KiB on average`, as far as it is known.
    fn origin(&self) -> String {
        let side = self.side;
        let mut parts = Vec::new();
        parts.extend(side.sequence.map(|sequence| format!("snapshot {sequence}")));
        parts.extend(quantity::moment(side.time_nanos));
        parts.extend(match u64::try_from(side.period_bytes) {
            Ok(1) => Some("every allocation recorded".to_owned()),
            Ok(period @ 2..) => Some(format!("a sample every {} on average", quantity::bytes(period))),
            _ => None,
        });
        parts.join(", ")
    }
}
