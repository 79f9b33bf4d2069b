//! `heapdiff tags`: each label with its values, and how much each of them stands for.

use super::TextOptions;
use super::subject_table::{SubjectColumns, SubjectHead};
use super::table::{Align, Cell, Row, Table};
use super::wrapping::write_remark;
use crate::elide;
use crate::quantity;
use crate::row_title::range;
use crate::side::Sides;
use heapdiff_profile::{DiffFigures, Tag, TagText, TagValue, TagsReport};
use std::io::{self, Write};

/// The labels of a profile or of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct TagsText<'a> {
    /// The labels.
    pub report: &'a TagsReport,
    /// The files.
    pub sides: Sides<'a>,
}

impl TagsText<'_> {
    /// Writes them.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        SubjectHead { sides: self.sides, subject: &report.subject }.write(options, out)?;
        if report.tags.is_empty() {
            return writeln!(out, "\nNo label to show.");
        }
        let of_values = report.tags.iter().flat_map(|tag| &tag.values).map(|value| &value.figures);
        let figures: Vec<_> = of_values.chain(report.tags.iter().map(|tag| &tag.untagged)).collect();
        let columns = SubjectColumns::of(&report.subject, &figures, options);
        for tag in &report.tags {
            writeln!(out)?;
            self.write_tag(tag, &columns, options, out)?;
        }
        columns.write_legend(options, out)
    }

    fn write_tag(
        &self,
        tag: &Tag,
        columns: &SubjectColumns,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let titles = columns.titles().into_iter().map(|(title, align)| (title.to_owned(), align));
        let key = elide::printable(&tag.key).into_owned();
        let mut table = Table::with_titles(titles.chain([(key, Align::Left)]));
        let row = |figures: &DiffFigures, cell: Cell| {
            let mut cells = columns.cells(figures, options);
            cells.push(cell);
            Row { cells, below: Vec::new() }
        };
        let shown = self.shown(&tag.values, options.rows_max);
        for value in &shown {
            let text = match &value.value {
                TagText::Numbers(numbers) => range(numbers),
                TagText::Words(words) => elide::printable(words).into_owned(),
            };
            // Half of the line is for numbers.
            let text = elide::middle(&text, options.width / 2).into_owned();
            table.push(row(&value.figures, Cell::painted(text, |text| options.theme.strong(text))));
        }
        let is_nothing = (tag.untagged.value.base, tag.untagged.value.head) == (0, 0);
        if !is_nothing {
            table.push(row(&tag.untagged, Cell::painted("(without)", |text| options.theme.faint(text))));
        }
        table.write(options, out)?;
        let rest: Vec<&TagValue> = tag.values.iter().filter(|value| !shown.contains(value)).collect();
        if rest.is_empty() {
            return Ok(());
        }
        let unit = options.unit(&self.report.subject.sample_type);
        let sum = rest.iter().fold(0_i64, |sum, value| sum.saturating_add(value.figures.value.delta()));
        let sum = if self.report.subject.is_diff() { unit.format_change(sum) } else { unit.format(sum) };
        let rest = quantity::counted(rest.len() as u64, "value");
        write_remark(&format!("not shown: {rest} ({sum} together; -n N shows more)"), options, out)
    }

    /// The values that hold or changed most, in the order of the report.
    fn shown<'a>(&self, values: &'a [TagValue], rows_max: usize) -> Vec<&'a TagValue> {
        let size = |value: &TagValue| value.figures.value.delta().unsigned_abs();
        let mut by_size: Vec<(usize, &TagValue)> = values.iter().enumerate().collect();
        by_size.sort_by_key(|&(place, value)| (std::cmp::Reverse(size(value)), place));
        by_size.truncate(rows_max);
        by_size.sort_by_key(|&(place, _)| place);
        by_size.into_iter().map(|(_, value)| value).collect()
    }
}
