//! `heapdiff traces`: every stack with what it holds.

use super::TextOptions;
use super::naming::RowName;
use super::subject_table::{SubjectColumns, SubjectHead};
use super::table::{Align, Cell, Row, Table};
use super::wrapping::write_remark;
use crate::elide;
use crate::quantity;
use crate::row_title::range;
use crate::side::Sides;
use heapdiff_profile::{Trace, TraceLabel, TracesReport};
use std::io::{self, Write};

/// How far frames are indented below the numbers.
const INDENT: usize = 4;
/// Words of one label that are named; the rest is counted.
const WORDS_MAX: usize = 3;

/// The stacks of a profile or of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct TracesText<'a> {
    /// The stacks.
    pub report: &'a TracesReport,
    /// The files.
    pub sides: Sides<'a>,
}

impl TracesText<'_> {
    /// Writes them.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        SubjectHead { sides: self.sides, subject: &report.subject }.write(options, out)?;
        // What did not change at all says nothing in a list of changes.
        let traces: Vec<&Trace> =
            report.traces.iter().filter(|trace| trace.figures.value.delta() != 0).collect();
        let level = report.traces.len() - traces.len();
        if traces.is_empty() {
            return match level {
                0 => writeln!(out, "\nNo sample to show."),
                level => writeln!(out, "\nNothing changed: {} as before.", counted(level)),
            };
        }
        writeln!(out)?;
        let figures: Vec<_> = traces.iter().map(|trace| &trace.figures).collect();
        let columns = SubjectColumns::of(&report.subject, &figures, options);
        let has_labels = traces.iter().any(|trace| !trace.labels.is_empty());
        let mut titles = columns.titles();
        titles.push((if has_labels { "labels" } else { "" }, Align::Left));
        // There is no line below a row: what would stand there has a column.
        titles.extend(options.is_markdown.then_some(("stack", Align::Left)));
        let mut table = Table::new(titles);
        let shown = traces.len().min(options.rows_max);
        for (index, trace) in traces.iter().take(shown).enumerate() {
            let mut cells = columns.cells(&trace.figures, options);
            let labels = labels(&trace.labels);
            cells.push(Cell::painted(labels, |text| options.theme.faint(text)));
            let mut below = self.frames(trace, options);
            if index + 1 < shown {
                below.push(Cell::plain(""));
            }
            table.push(Row { cells, below });
        }
        table.write(options, out)?;
        self.write_rest(traces.get(shown..).unwrap_or_default(), level, options, out)?;
        columns.write_legend(options, out)
    }

    /// A line a frame, leaf first, functions and places below each other.
    fn frames(&self, trace: &Trace, options: &TextOptions) -> Vec<Cell> {
        let frames = &self.report.frames;
        let names: Vec<RowName> =
            trace.stack.iter().map(|&frame| RowName::of(frames.frame(frame), options)).collect();
        let room = options.width.saturating_sub(INDENT);
        let mut below = Vec::new();
        if let Some(leaf) = names.first() {
            let via = RowName { names: leaf.names, ..RowName::default() }.through(trace.via, frames);
            let line = elide::middle(&via.through, room).into_owned();
            below.extend((!line.is_empty()).then(|| faint(&line, options)));
        }
        let widest =
            |text: fn(&RowName) -> &str| names.iter().map(|name| elide::width(text(name))).max().unwrap_or(0);
        let (functions, places) = (widest(|name| &name.function), widest(|name| &name.place));
        let places = places.min((room / 2).max(room.saturating_sub(functions + 2)));
        let room = room.saturating_sub(places + 2);
        let functions: Vec<_> = names.iter().map(|name| name.function_in(functions.min(room))).collect();
        let width = functions.iter().map(|function| elide::width(function)).max().unwrap_or(0);
        let width = if options.is_markdown { 0 } else { width };
        for (index, (function, name)) in functions.iter().zip(&names).enumerate() {
            let padding = width.saturating_sub(elide::width(function));
            let place = elide::start(&name.place, places);
            let line = format!("{function}{:padding$}  {place}", "");
            let line = format!("{:INDENT$}{}", "", line.trim_end());
            below.push(match index {
                0 => Cell::painted(line, |text| options.theme.strong(text)).code(),
                _ => Cell::plain(line).code(),
            });
        }
        below
    }

    fn write_rest(
        &self,
        rest: &[&Trace],
        level: usize,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let unit = options.unit(&self.report.subject.sample_type);
        let mut parts = Vec::new();
        if !rest.is_empty() {
            let sum = rest.iter().fold(0_i64, |sum, trace| sum.saturating_add(trace.figures.value.delta()));
            let sum = match self.report.subject.pairing {
                Some(_) => unit.format_change(sum),
                None => unit.format(sum),
            };
            parts.push(format!("{} ({sum} together; -n N shows more)", counted(rest.len())));
        }
        if level > 0 && self.report.subject.is_diff() {
            parts.push(format!("{} without change", counted(level)));
        }
        match parts.as_slice() {
            [] => Ok(()),
            parts => {
                writeln!(out)?;
                write_remark(&format!("not shown: {}", parts.join(", ")), options, out)
            }
        }
    }
}

fn counted(stacks: usize) -> String {
    quantity::counted(stacks as u64, "stack")
}

fn faint(line: &str, options: &TextOptions) -> Cell {
    Cell::painted(format!("{:INDENT$}{line}", ""), |text| options.theme.faint(text))
}

/// `bytes 64 B to 4.00 KiB, epoch 3`.
fn labels(labels: &[TraceLabel]) -> String {
    let labels = labels.iter().map(|label| {
        let mut values: Vec<String> = label.numbers.iter().map(range).collect();
        values.extend(label.words.iter().take(WORDS_MAX).cloned());
        let rest = label.words.len().saturating_sub(WORDS_MAX);
        values.extend((rest > 0).then(|| format!("{rest} more")));
        format!("{} {}", label.key, values.join(" | "))
    });
    elide::printable(&labels.collect::<Vec<_>>().join(", ")).into_owned()
}
