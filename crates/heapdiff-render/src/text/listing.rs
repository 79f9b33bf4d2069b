//! `heapdiff list`: the source of functions, with what each line holds beside it.

use super::TextOptions;
use super::interval::{Intervals, is_uncertain};
use super::naming::RowName;
use super::subject_table::SubjectHead;
use super::table::{Align, Cell, Row, Table};
use super::wrapping::write_remark;
use crate::elide;
use crate::quantity;
use crate::side::Sides;
use crate::source_file::SourceFile;
use crate::theme;
use heapdiff_profile::{DiffFigures, ListedFunction, ListedLine, Listing};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Columns of a tab.
const TAB: &str = "    ";
/// From this width on there is room for the interval of each cum value, in columns.
const INTERVAL_WIDTH_MIN: usize = 110;
/// Columns that source code gets however narrow the terminal is.
const CODE_MIN: usize = 20;

/// The source of the functions that were asked for.
#[derive(Clone, Copy, Debug)]
pub struct ListText<'a> {
    /// What the lines hold.
    pub report: &'a Listing,
    /// The source of each of its functions, in the same order; what is missing counts as not known.
    pub sources: &'a [SourceFile],
    /// The files.
    pub sides: Sides<'a>,
    /// Lines that are shown before and after each that holds something.
    pub context: usize,
}

impl ListText<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        SubjectHead { sides: self.sides, subject: &report.subject }.write(options, out)?;
        if report.functions.is_empty() {
            return writeln!(out, "\nNo function to list.");
        }
        let shown = report.functions.len().min(options.rows_max);
        let intervals = self.intervals(shown, options);
        for (index, function) in report.functions.iter().take(shown).enumerate() {
            let source = self.sources.get(index).unwrap_or(&SourceFile::Unknown);
            writeln!(out)?;
            self.write_function(function, source, &intervals, options, out)?;
        }
        writeln!(out)?;
        let all = report.functions.len();
        if shown < all {
            let remark = format!("{} of {all} functions (-n {all} shows all)", quantity::count(shown as u64));
            write_remark(&remark, options, out)?;
        }
        intervals.write_legend(options, out)?;
        let legend = match report.subject.pairing {
            Some(_) => "flat: changed by the line itself   cum: with all it called",
            None => "flat: held by the line itself   cum: with all it called",
        };
        write_remark(legend, options, out)
    }

    /// How sure the cum values are of the functions that are shown.
    fn intervals(&self, shown: usize, options: &TextOptions) -> Intervals {
        let report = self.report;
        let lines = report.functions.iter().take(shown).flat_map(|function| &function.lines);
        let figures: Vec<&DiffFigures> = lines.map(|line| &line.cum).collect();
        let kind = (report.subject.is_diff(), report.subject.confidence);
        Intervals::of(&report.subject.sample_type, &figures, kind, INTERVAL_WIDTH_MIN, options)
    }

    fn write_function(
        &self,
        function: &ListedFunction,
        source: &SourceFile,
        intervals: &Intervals,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let name = RowName::of(self.report.frames.frame(function.frame), options);
        let title = name.function_in(options.width);
        writeln!(out, "{}", options.theme.heading(&title))?;
        let file = source.path().unwrap_or(self.report.frames.frame(function.frame).file);
        let figures = format!(
            "flat {}, cum {}",
            self.amount(&function.flat, options),
            self.amount(&function.cum, options)
        );
        write_remark(&figures, options, out)?;
        if !file.is_empty() {
            let file = elide::printable(crate::source_path::shorten(file, options.source_root.as_deref()))
                .into_owned();
            writeln!(out, "{}", options.theme.faint(elide::start(&file, options.width)))?;
        }
        let last_line = function.lines.last().map_or(0, |line| line.line);
        if let Some(remark) = source.remark(last_line) {
            let remark = elide::printable(&remark).into_owned();
            super::wrapping::wrapped(&remark, options.width)
                .iter()
                .try_for_each(|line| writeln!(out, "{}", options.theme.strong(line)))?;
        }
        self.write_lines(function, source, intervals, options, out)
    }

    /// `24.0 MiB (72.7 %)`, or `▲ +20.0 MiB` of a comparison, with the samples that it rests on.
    fn amount(&self, figures: &DiffFigures, options: &TextOptions) -> String {
        let unit = options.unit(&self.report.subject.sample_type);
        let value = figures.value.delta();
        let mut remarks = Vec::new();
        let text = match self.report.subject.pairing {
            Some(_) => {
                if figures.significant == Some(false) && value != 0 {
                    remarks.push("may be chance".to_owned());
                }
                format!("{} {}", theme::direction(value), unit.format_change(value)).trim_start().to_owned()
            }
            None => {
                remarks.push(quantity::share(value, self.report.subject.total.unfiltered.head));
                unit.format(value)
            }
        };
        remarks.extend(figures.samples.map(|samples| quantity::counted(samples, "sample")));
        match remarks.as_slice() {
            remarks if remarks.is_empty() || value == 0 => text,
            remarks => format!("{text} ({})", remarks.join(", ")),
        }
    }

    fn write_lines(
        &self,
        function: &ListedFunction,
        source: &SourceFile,
        intervals: &Intervals,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let lines = source.lines();
        let is_diff = self.report.subject.is_diff();
        let values: BTreeMap<i64, &ListedLine> =
            function.lines.iter().map(|line| (line.line, line)).collect();
        let shown = shown_lines(values.keys().copied(), lines.len(), self.context);
        let code = |line: i64| line_of(&lines, line);
        let indent = shown.iter().filter_map(|&line| code(line)).filter_map(indentation).min().unwrap_or(0);
        let sign = is_diff.then_some(("", Align::Left));
        let mut columns: Vec<_> =
            sign.into_iter().chain(["flat", "cum"].map(|title| (title, Align::Right))).collect();
        columns.extend(intervals.title().into_iter().chain([("line", Align::Right)]));
        let mut rows: Vec<(Vec<Cell>, Option<String>, bool)> = Vec::new();
        let mut before = None;
        for &line in &shown {
            if before.is_some_and(|before| line - before > 1) {
                let mut cells = vec![Cell::plain(""); columns.len() - 1];
                cells.push(Cell::painted("…", |text| options.theme.faint(text)));
                rows.push((cells, None, false));
            }
            before = Some(line);
            let value = values.get(&line).copied();
            let text = match line {
                0 => Some("(line not known)".to_owned()),
                _ => code(line).map(|code| code.get(indent..).unwrap_or_default().to_owned()),
            };
            rows.push((self.cells(line, value, intervals, options), text, value.is_some()));
        }
        let room = options.width.saturating_sub(taken(&columns, &rows)).max(CODE_MIN);
        let mut table = Table::new(columns.into_iter().chain([("", Align::Left)]));
        for (mut cells, text, is_annotated) in rows {
            let text = text.unwrap_or_default();
            let text = elide::end(text.trim_end(), room).into_owned();
            cells.push(Cell::painted(text, |text| match is_annotated {
                true => options.theme.strong(text),
                false => options.theme.faint(text),
            }));
            table.push(Row { cells, below: Vec::new() });
        }
        table.write(options, out)
    }

    fn cells(
        &self,
        line: i64,
        value: Option<&ListedLine>,
        intervals: &Intervals,
        options: &TextOptions,
    ) -> Vec<Cell> {
        let unit = options.unit(&self.report.subject.sample_type);
        let number = if line == 0 { "?".to_owned() } else { line.to_string() };
        let number = Cell::painted(number, |text| match value {
            Some(_) => text.to_owned(),
            None => options.theme.faint(text),
        });
        let is_diff = self.report.subject.is_diff();
        let mut cells = Vec::new();
        if is_diff {
            let change = value.map_or(0, |value| value.cum.value.delta());
            cells.push(match value.is_some_and(|value| is_uncertain(&value.cum)) {
                true => Cell::painted("~", |text| options.theme.faint(text)),
                false => {
                    Cell::painted(theme::direction(change).trim(), |text| options.theme.change(change, text))
                }
            });
        }
        for figures in [value.map(|value| &value.flat), value.map(|value| &value.cum)] {
            cells.push(match figures.map(|figures| (figures, figures.value.delta())) {
                None => Cell::plain(""),
                Some((figures, amount)) if is_diff => {
                    Cell::painted(unit.format_change(amount), |text| match is_uncertain(figures) {
                        true => options.theme.faint(text),
                        false => options.theme.change(amount, text),
                    })
                }
                Some((_, amount)) => Cell::plain(unit.format(amount)),
            });
        }
        cells.extend(match value {
            Some(value) => intervals.cell(&value.cum),
            None => intervals.title().map(|_| Cell::default()),
        });
        cells.push(number);
        cells
    }
}

/// The lines to show: those with values, and `context` around each that the source has. A gap of one line is none.
fn shown_lines(annotated: impl Iterator<Item = i64>, count: usize, context: usize) -> Vec<i64> {
    let (count, context) = (to_i64(count), to_i64(context));
    let mut shown: Vec<i64> = Vec::new();
    for line in annotated {
        let first = line.saturating_sub(context).max(1);
        let last = line.saturating_add(context).min(count);
        let end = shown.last().copied().unwrap_or(0);
        // What is not known stands before the first line, and what is beyond the end has no neighbours.
        if line == 0 || line > count {
            shown.push(line);
            continue;
        }
        let first = if end > 0 && first - end <= 2 { end + 1 } else { first.max(end + 1) };
        shown.extend(first..=last);
    }
    shown
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A line of source without tabs and control characters.
fn line_of(lines: &[&str], line: i64) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let text = lines.get(index)?.replace('\t', TAB);
    Some(elide::printable(&text).into_owned())
}

/// Blanks that a line begins with; `None` for an empty one.
fn indentation(line: String) -> Option<usize> {
    line.find(|character| character != ' ')
}

/// Columns of the numbers, with the gap behind them.
fn taken(columns: &[(&'static str, Align)], rows: &[(Vec<Cell>, Option<String>, bool)]) -> usize {
    let widths = columns.iter().enumerate().map(|(index, (title, _))| {
        let cells = rows.iter().filter_map(|(cells, ..)| cells.get(index));
        cells.map(Cell::columns).chain([elide::width(title)]).max().unwrap_or(0) + 2
    });
    widths.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_ends_at_the_file_and_small_gaps_are_filled() {
        let shown = |lines: &[i64], count, context| shown_lines(lines.iter().copied(), count, context);
        assert_eq!(shown(&[2, 9], 10, 2), [1, 2, 3, 4, 7, 8, 9, 10]);
        assert_eq!(shown(&[2, 8], 10, 2), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(shown(&[3, 4], 10, 0), [3, 4]);
        assert_eq!(shown(&[0, 3, 99], 4, 1), [0, 2, 3, 4, 99]);
        assert_eq!(shown(&[5], 0, 3), [5], "without source");
        assert_eq!(shown(&[], 10, 3), [0; 0]);
    }
}
