//! Columns that line up, within the width of the terminal.

use super::TextOptions;
use super::markdown::write_line;
use crate::elide;
use crate::markdown;
use std::io::{self, Write};

/// Spaces between two columns.
const GAP: usize = 2;

/// On which side a column is flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A piece of text, as it is measured and as it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    plain: String,
    painted: Option<String>,
    /// Whether it is a name of something in a program.
    is_code: bool,
}

impl Cell {
    /// Text without colour.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { plain: text.into(), ..Self::default() }
    }

    /// Text with its colour codes, which take no columns.
    pub(super) fn painted(plain: impl Into<String>, paint: impl FnOnce(&str) -> String) -> Self {
        let plain = plain.into();
        let painted = Some(paint(&plain));
        Self { plain, painted, is_code: false }
    }

    /// The same, as the name of something in a program.
    pub(super) fn code(self) -> Self {
        Self { is_code: true, ..self }
    }

    fn markdown(&self) -> String {
        match (self.is_code, self.plain.trim()) {
            (true, name) => markdown::code(name),
            (false, text) => markdown::text(text),
        }
    }

    /// Columns that it takes.
    pub(super) fn columns(&self) -> usize {
        elide::width(&self.plain)
    }

    fn text(&self) -> &str {
        self.painted.as_deref().unwrap_or(&self.plain)
    }
}

/// Rows of numbers, each with what it is about behind them: on the same line if the terminal is wide enough, else
/// on lines of their own below.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Row>,
}

/// A row: its cells, and the lines that follow it.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// Written below the row, indented as they come.
    pub(super) below: Vec<Cell>,
}

impl Table {
    /// A table with these columns.
    pub(super) fn new(columns: impl IntoIterator<Item = (&'static str, Align)>) -> Self {
        Self::with_titles(columns.into_iter().map(|(title, align)| (title.to_owned(), align)))
    }

    /// A table with these columns, whose titles the data name.
    pub(super) fn with_titles(columns: impl IntoIterator<Item = (String, Align)>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Columns of the widest cell of each column, titles included.
    fn widths(&self) -> Vec<usize> {
        self.columns
            .iter()
            .enumerate()
            .map(|(index, (title, _))| {
                let cells = self.rows.iter().filter_map(|row| row.cells.get(index));
                cells.map(Cell::columns).chain([elide::width(title)]).max().unwrap_or(0)
            })
            .collect()
    }

    /// As Markdown. What follows a row stands in its last cell.
    fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let titles = self.columns.iter().map(|(title, _)| markdown::text(title));
        write_line(&markdown::row(titles), out)?;
        let rules = self.columns.iter().map(|(_, align)| match align {
            Align::Left => "---".to_owned(),
            Align::Right => "---:".to_owned(),
        });
        write_line(&markdown::row(rules), out)?;
        for row in &self.rows {
            let mut cells: Vec<String> = row.cells.iter().map(Cell::markdown).collect();
            cells.resize(self.columns.len(), String::new());
            let below = row.below.iter().map(Cell::markdown);
            let below = below.filter(|line| !line.is_empty());
            if let Some(last) = cells.last_mut() {
                let lines = [std::mem::take(last)].into_iter().filter(|line| !line.is_empty());
                *last = lines.chain(below).collect::<Vec<_>>().join("<br>");
            }
            write_line(&markdown::row(cells), out)?;
        }
        Ok(())
    }

    /// Writes the titles and all rows.
    pub(super) fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        if options.is_markdown {
            return self.write_markdown(out);
        }
        let widths = self.widths();
        if self.columns.iter().any(|(title, _)| !title.is_empty()) {
            let titles: Vec<Cell> = self
                .columns
                .iter()
                .map(|(title, _)| Cell::painted(title.as_str(), |title| options.theme.heading(title)))
                .collect();
            self.write_line(&titles, &widths, out)?;
        }
        for row in &self.rows {
            self.write_line(&row.cells, &widths, out)?;
            for line in &row.below {
                writeln!(out, "{}", line.text())?;
            }
        }
        Ok(())
    }

    fn write_line(&self, cells: &[Cell], widths: &[usize], out: &mut dyn Write) -> io::Result<()> {
        // Blanks at the end of a line would wrap on a narrow terminal and show up in comparisons.
        let last = cells.iter().rposition(|cell| !cell.plain.is_empty());
        let Some(last) = last else { return writeln!(out) };
        for (index, ((cell, width), (_, align))) in cells.iter().zip(widths).zip(&self.columns).enumerate() {
            let padding = width.saturating_sub(cell.columns());
            match align {
                Align::Right => write!(out, "{:padding$}{}", "", cell.text())?,
                Align::Left if index == last => write!(out, "{}", cell.text())?,
                Align::Left => write!(out, "{}{:padding$}", cell.text(), "")?,
            }
            if index == last {
                break;
            }
            write!(out, "{:GAP$}", "")?;
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_flush_right_and_lines_end_without_blanks() {
        let mut table = Table::new([("bytes", Align::Right), ("name", Align::Left), ("", Align::Left)]);
        table.push(Row { cells: vec![Cell::plain("1"), Cell::plain("a")], below: vec![Cell::plain("  b")] });
        let painted = Cell::painted("1234567", |text| format!("\x1b[1m{text}\x1b[0m"));
        table.push(Row { cells: vec![painted, Cell::plain(""), Cell::plain("")], below: vec![] });
        let mut out = Vec::new();
        table.write(&TextOptions::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "  bytes  name\n      1  a\n  b\n\x1b[1m1234567\x1b[0m\n");
    }
}
