//! `heapdiff top`: flat and cum, as pprof shows them.

use super::TextOptions;
use super::naming::{NamedRows, RowName};
use super::table::{Align, Cell};
use super::wrapping::write_remark;
use crate::quantity::{self, Unit};
use heapdiff_profile::{TopBy, TopReport};
use std::io::{self, Write};

/// The table of one profile.
#[derive(Clone, Copy, Debug)]
pub struct TopText<'a> {
    /// The table.
    pub report: &'a TopReport,
    /// What makes a row, for the headings.
    pub by: TopBy,
    /// The file, as the user would type it.
    pub name: &'a str,
}

impl TopText<'_> {
    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let unit = Unit::from_name(&report.sample_type.unit);
        let shown = report.rows.iter().take(options.rows_max);
        let accounted = shown.clone().fold(0_i64, |sum, row| sum.saturating_add(row.flat));
        writeln!(out, "{}", options.theme.strong(self.name))?;
        writeln!(
            out,
            "{}: {} in all; percentages are of that",
            report.sample_type.kind,
            unit.format(report.total)
        )?;
        if report.rows.is_empty() {
            return writeln!(out, "No sample to show.");
        }
        if report.shown != report.total {
            writeln!(
                out,
                "the filters let {} of it through ({})",
                unit.format(report.shown),
                quantity::share(report.shown, report.total)
            )?;
        }
        let columns = [("flat", "flat%"), ("", "sum%"), ("cum", "cum%")]
            .into_iter()
            .flat_map(|(value, percent)| [value, percent]);
        let columns: Vec<_> =
            columns.filter(|title| !title.is_empty()).map(|title| (title, Align::Right)).collect();
        let mut rows = NamedRows::new(&columns);
        let mut sum = 0_i64;
        for row in shown {
            sum = sum.saturating_add(row.flat);
            let mut name = RowName::of(report.frames.frame(row.frame), options);
            if self.by == TopBy::File {
                name.function = std::mem::take(&mut name.place);
            }
            rows.push(
                vec![
                    Cell::plain(unit.format(row.flat)),
                    Cell::plain(quantity::share(row.flat, report.total)),
                    Cell::plain(quantity::share(sum, report.total)),
                    Cell::plain(unit.format(row.cum)),
                    Cell::plain(quantity::share(row.cum, report.total)),
                ],
                name,
            );
        }
        writeln!(out)?;
        rows.write(options, out)?;
        let hidden = report.rows.len().saturating_sub(options.rows_max);
        if hidden > 0 {
            let rest = unit.format(report.shown.saturating_sub(accounted));
            let shown = quantity::count(options.rows_max as u64);
            let all = report.rows.len();
            write_remark(
                &format!("{shown} of {all} rows; the rest has {rest} (-n {all} shows all)"),
                options,
                out,
            )?;
        }
        writeln!(out)?;
        let legend = "flat: held by the function itself   cum: with all it called   sum%: flat% so far";
        write_remark(legend, options, out)
    }
}
