//! `heapdiff diff`: born, died and net, a row a stack, line or function.

use super::TextOptions;
use super::diff_columns::DiffColumns;
use super::naming::{NamedRows, RowName};
use super::wrapping::write_remark;
use crate::elide;
use crate::quantity::{self, Unit};
use crate::side::Side;
use crate::theme;
use heapdiff_profile::{DiffBy, DiffReport, DiffRow, Pairing};
use std::io::{self, Write};

/// The table of a diff.
#[derive(Clone, Copy, Debug)]
pub struct DiffText<'a> {
    /// The diff.
    pub report: &'a DiffReport,
    /// What makes a row.
    pub by: DiffBy,
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
        self.write_sides(options, out)?;
        let (grew, shrank, level) = self.by_direction();
        if self.report.rows.is_empty() {
            return writeln!(out, "\nNothing to compare: no sample in base or head.");
        }
        if grew.is_empty() && shrank.is_empty() {
            return writeln!(out, "\nNothing changed: {} as before.", self.counted(level));
        }
        writeln!(out)?;
        let columns = DiffColumns::of(self.report, options);
        let mut rows = NamedRows::new(&columns.titles());
        let shown = |rows: &[&DiffRow]| rows.len().min(options.rows_max);
        let grew_shown = grew.iter().take(shown(&grew));
        let shrank_shown = shrank.iter().take(shown(&shrank));
        for row in grew_shown.chain(shrank_shown) {
            rows.push(columns.cells(&row.figures, options), self.name(row, options));
        }
        let total = RowName {
            function: format!("total of {}", self.counted(self.report.rows.len())),
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

    fn write_sides(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let unit = Unit::from_name(&self.report.sample_type.unit);
        let whole = self.report.total.unfiltered;
        let sides = [("base", self.base), ("head", self.head)];
        let longest = |length: &dyn Fn(&Side) -> usize| sides.iter().map(|(_, side)| length(side)).max();
        let whens = longest(&|side| elide::width(&self.when(side))).unwrap_or(0);
        let room = options.width.saturating_sub(whens + 8).max(options.width / 2);
        let width = longest(&|side| elide::width(&side.name)).unwrap_or(0).min(room);
        for (title, side) in sides {
            let name = elide::printable(&side.name);
            let name = elide::start(&name, room);
            let padding = width.saturating_sub(elide::width(&name));
            let title = options.theme.heading(title);
            match self.when(side).as_str() {
                "" => writeln!(out, "{title}  {name}")?,
                when => writeln!(out, "{title}  {name}{:padding$}  {}", "", options.theme.faint(when))?,
            }
        }
        let change = format!("{} {}", theme::direction(whole.delta()), unit.format_change(whole.delta()));
        writeln!(
            out,
            "{}: {} in base, {} in head, {}",
            self.report.sample_type.kind,
            unit.format(whole.base),
            unit.format(whole.head),
            options.theme.change(whole.delta(), change.trim_start())
        )?;
        let shown = self.report.total.shown.value;
        if shown != whole && (shown.base, shown.head) != (whole.base, whole.head) {
            writeln!(
                out,
                "the filters let through: {} in base, {} in head, {}",
                unit.format(shown.base),
                unit.format(shown.head),
                unit.format_change(shown.delta())
            )?;
        }
        let pairing = match self.report.pairing {
            Pairing::Paired if self.report.sample_type.kind.starts_with("alloc_") => {
                "one process: sums since recording began, of which one contains the other"
            }
            Pairing::Paired => "one process: what is alive in both cancels exactly",
            Pairing::Independent => "compared as two estimates: the sampling error of both counts",
        };
        write_remark(pairing, options, out)?;
        write_remark(&resolution(self.report.resolution_bytes), options, out)
    }

    /// `snapshot 31, 15 min 20 s later`.
    fn when(&self, side: &Side) -> String {
        let mut parts = Vec::new();
        if let Some(sequence) = side.sequence {
            parts.push(format!("snapshot {sequence}"));
        }
        let is_head = std::ptr::eq(side, self.head);
        match (self.base.time_nanos, self.head.time_nanos) {
            (base @ 1.., head) if is_head && head == base => parts.push("the same moment".to_owned()),
            (base @ 1.., head @ 1..) if is_head && head >= base => {
                parts.push(format!("{} later", quantity::duration(head.abs_diff(base))));
            }
            (base @ 1.., head @ 1..) if is_head => {
                parts.push(format!("{} earlier", quantity::duration(head.abs_diff(base))));
            }
            _ => parts.extend(quantity::moment(side.time_nanos)),
        }
        parts.join(", ")
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
        let name = RowName::of(frames.frame(row.frame), options).through(row.via, frames);
        match self.by {
            DiffBy::Stack => name.called_by(row.stack.get(1..).unwrap_or_default(), frames),
            DiffBy::Function | DiffBy::Line => name,
        }
    }

    fn counted(&self, number: usize) -> String {
        let what = match self.by {
            DiffBy::Function => "function",
            DiffBy::Line => "line",
            DiffBy::Stack => "stack",
        };
        quantity::counted(number as u64, what)
    }

    fn write_rest(
        &self,
        rest: [(&str, Option<&[&DiffRow]>); 2],
        level: usize,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let unit = Unit::from_name(&self.report.sample_type.unit);
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

/// What growth may go unseen.
pub(super) fn resolution(bytes: Option<u64>) -> String {
    match bytes {
        None => "resolution: not known, for the profiles do not say how they were sampled".to_owned(),
        Some(0) => "resolution: exact, for every allocation was recorded".to_owned(),
        Some(bytes) => {
            let bytes = quantity::bytes(bytes);
            format!("resolution: a stack that changed by less than ±{bytes} may be noise or unseen")
        }
    }
}
