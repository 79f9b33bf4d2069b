//! What a row is about: function, source line and callers, in the space that the numbers leave.

use super::TextOptions;
use super::table::{Align, Cell, Row, Table};
use super::wrapping::wrapped;
use crate::elide;
use crate::source_path;
use heapdiff_profile::{Frame, FrameId, FrameTable, Names, PoolChunk};
use std::borrow::Cow;
use std::io::{self, Write};

/// Columns that must be left for names on the line of the numbers; with less they get a line of their own.
const BESIDE_MIN: usize = 64;
/// How far lines below a row are indented.
const BELOW_INDENT: usize = 6;
/// Space between function and source line.
const GAP: usize = 2;

/// What a row is about.
#[derive(Debug, Default)]
pub(super) struct RowName {
    /// The function.
    pub(super) function: String,
    /// `file:line`; empty where it is not known.
    pub(super) place: String,
    /// The function that hides behind it; empty where there is none.
    pub(super) through: String,
    /// Who called it, leaf first, as `function (file:line)`; empty where that is not shown.
    pub(super) callers: Vec<String>,
    /// Why the row is what it is; empty where that is not said.
    pub(super) reason: String,
    /// How much of names is written; `None` for as much as fits.
    pub(super) names: Option<Names>,
    /// Whether it is no name, but words about the rows above.
    pub(super) is_words: bool,
}

impl RowName {
    /// A function and its source line.
    pub(super) fn of(frame: Frame<'_>, options: &TextOptions) -> Self {
        let place = source_path::with_line(frame.file, frame.line, options.source_root.as_deref());
        Self {
            function: elide::printable(&options.names.unwrap_or_default().of(frame.function)).into_owned(),
            place: place.map_or(String::new(), |place| elide::printable(&place).into_owned()),
            names: options.names,
            ..Self::default()
        }
    }

    /// The function in at most `columns`: in full if that fits, else without generic arguments, else its last parts.
    /// What is too long in the form that was asked for loses its middle.
    pub(super) fn function_in(&self, columns: usize) -> Cow<'_, str> {
        let is_in_full = self.names.is_some() || elide::width(&self.function) <= columns;
        if is_in_full {
            return elide::middle(&self.function, columns);
        }
        let collapsed = Names::Generics.of(&self.function);
        if elide::width(&collapsed) <= columns {
            return collapsed;
        }
        Cow::Owned(elide::middle(&Names::Short.of(&self.function), columns).into_owned())
    }

    /// Something else than a function, and the function that most of it is put to, of `stacks` stacks.
    pub(super) fn titled(title: String, stacks: usize, chief: Frame<'_>, options: &TextOptions) -> Self {
        let of_chief = Self::of(chief, options).caller(chief);
        let by = if stacks > 1 { "chiefly by" } else { "by" };
        let through = format!("{by} {of_chief}");
        Self { function: title, through, names: Some(Names::Full), ..Self::default() }
    }

    /// Adds the function that hides behind the row: the one that asked for the memory on its behalf.
    pub(super) fn through(mut self, via: Option<FrameId>, frames: &FrameTable) -> Self {
        if let Some(via) = via {
            self.through = format!("through {}", elide::printable(&self.other(frames.function(via))));
        }
        self
    }

    /// Adds where the task that waits was spawned.
    pub(super) fn spawned_at(mut self, spawn: FrameId, frames: &FrameTable) -> Self {
        self.through = format!("spawned at {}", self.caller(frames.frame(spawn)));
        self
    }

    /// Adds who called it: the rest of a stack, leaf first.
    pub(super) fn called_by(mut self, callers: &[FrameId], frames: &FrameTable) -> Self {
        self.callers = callers.iter().map(|&caller| self.caller(frames.frame(caller))).collect();
        self
    }

    /// Adds why the row is what it is.
    pub(super) fn because(mut self, reason: String) -> Self {
        self.reason = match self.reason.as_str() {
            "" => reason,
            before => format!("{before}; {reason}"),
        };
        self
    }

    /// Adds that the memory is a chunk of a pool, and where to see who holds its parts.
    pub(super) fn in_pool(self, pool: Option<&PoolChunk>) -> Self {
        let Some(PoolChunk { pool, resource }) = pool else { return self };
        let holders = match resource.as_str() {
            "" => "not who holds its parts".to_owned(),
            resource => format!("who holds its parts is in resources/{}", elide::printable(resource)),
        };
        self.because(format!("a chunk of the pool `{}`: {holders}", elide::printable(pool)))
    }

    /// The name of a function beside that of the row.
    fn other<'a>(&self, function: &'a str) -> Cow<'a, str> {
        self.names.unwrap_or(Names::Short).of(function)
    }

    /// `Cache::insert (session.rs:88)`.
    fn caller(&self, frame: Frame<'_>) -> String {
        let name = self.other(frame.function);
        let file = frame.file.rsplit('/').next().unwrap_or_default();
        let name = match (file, frame.line) {
            ("", _) => name.into_owned(),
            (file, 1..) => format!("{name} ({file}:{})", frame.line),
            (file, _) => format!("{name} ({file})"),
        };
        elide::printable(&name).into_owned()
    }

    /// The callers in one line: as many as fit, but always the first, for two rows may differ in it alone.
    fn callers_in(&self, columns: usize) -> String {
        let mut line = String::new();
        for (index, caller) in self.callers.iter().enumerate() {
            let next = format!("{}{caller}", if index == 0 { "called by " } else { " ← " });
            let left = self.callers.len() - index;
            let more = if left > 1 { format!(" ← … {} more", left - 1) } else { String::new() };
            if index > 0 && elide::width(&line) + elide::width(&next) + elide::width(&more) > columns {
                line.push_str(&format!(" ← … {left} more"));
                break;
            }
            line.push_str(&next);
        }
        line
    }

    /// What is said below function and source, in lines of at most `columns`.
    fn below(&self, columns: usize) -> Vec<String> {
        let room_beside = columns.saturating_sub(elide::width(&self.through) + 2);
        let beside = self.callers_in(room_beside);
        let is_short = !self.through.is_empty() && !beside.is_empty() && elide::width(&beside) <= room_beside;
        let lines = if is_short {
            vec![format!("{}, {beside}", self.through)]
        } else {
            vec![self.through.clone(), self.callers_in(columns)]
        };
        let lines = lines.into_iter().filter(|line| !line.is_empty());
        let reason = wrapped(&self.reason, columns).into_iter().filter(|line| !line.is_empty());
        lines.map(|line| elide::middle(&line, columns).into_owned()).chain(reason).collect()
    }

    /// All of it, in lines of at most `columns`, each with whether it is the name itself.
    fn lines(&self, columns: usize) -> Vec<(String, bool)> {
        let place = elide::start(&self.place, columns.max(file_and_line(&self.place)));
        let room = columns.saturating_sub(elide::width(&place) + GAP);
        let mut lines = Vec::new();
        if elide::width(&self.function_in(columns)) <= room || room >= columns / 2 {
            let function = self.function_in(room);
            lines.push((format!("{function}  {place}").trim_end().to_owned(), true));
        } else {
            lines.push((self.function_in(columns).into_owned(), true));
            lines.push((place.into_owned(), true));
        }
        lines.extend(self.below(columns).into_iter().map(|line| (line, false)));
        lines
    }
}

/// Rows of numbers with their names.
pub(super) struct NamedRows {
    columns: Vec<(&'static str, Align)>,
    called: &'static str,
    rows: Vec<(Vec<Cell>, RowName)>,
}

impl NamedRows {
    /// Rows with these columns of numbers.
    pub(super) fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), called: "function", rows: Vec::new() }
    }

    /// The same, with names under this heading.
    pub(super) fn called(self, called: &'static str) -> Self {
        Self { called, ..self }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, numbers: Vec<Cell>, name: RowName) {
        self.rows.push((numbers, name));
    }

    /// Writes the rows: names beside the numbers if there is room, else below them.
    pub(super) fn write(self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let taken = self.width_of_numbers() + GAP;
        let left = options.width.saturating_sub(taken);
        if left >= BESIDE_MIN {
            self.write_beside(taken, left, options, out)
        } else {
            self.write_below(options, out)
        }
    }

    fn width_of_numbers(&self) -> usize {
        let columns = self.columns.iter().enumerate().map(|(index, (title, _))| {
            let cells = self.rows.iter().filter_map(|(numbers, _)| numbers.get(index));
            cells.map(Cell::columns).chain([elide::width(title)]).max().unwrap_or(0)
        });
        let widths: Vec<usize> = columns.collect();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
    }

    fn write_beside(
        self,
        indent: usize,
        left: usize,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let place_columns = self.rows.iter().map(|(_, name)| elide::width(&name.place)).max().unwrap_or(0);
        // The path gets what the longest name leaves, and half of the room in any case.
        let longest = self.rows.iter().map(|(_, name)| elide::width(&name.function)).max().unwrap_or(0);
        let place_columns = place_columns.min((left / 2).max(left.saturating_sub(longest + GAP)));
        let function_columns = left.saturating_sub(place_columns + GAP);
        let columns = self.columns.into_iter().map(|(title, align)| (title.to_owned(), align));
        let source = if place_columns == 0 { "" } else { "source" };
        let names = [self.called, source].map(|title| (title.to_owned(), Align::Left));
        let mut table = Table::with_titles(columns.chain(names));
        for (mut cells, name) in self.rows {
            let function = name.function_in(function_columns);
            let function = Cell::painted(function, |text| options.theme.strong(text));
            cells.push(if name.is_words { function } else { function.code() });
            let place = elide::start(&name.place, place_columns.max(file_and_line(&name.place)));
            cells.push(Cell::plain(place).code());
            let room = options.width.saturating_sub(indent);
            let below = name
                .below(room)
                .into_iter()
                .map(|line| Cell::painted(format!("{:indent$}{line}", ""), |text| options.theme.faint(text)));
            table.push(Row { cells, below: below.collect() });
        }
        table.write(options, out)
    }

    fn write_below(self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let available = options.width.saturating_sub(BELOW_INDENT);
        let mut table = Table::new(self.columns);
        for (cells, name) in self.rows {
            let below = name.lines(available).into_iter().map(|(line, is_name)| {
                let indented = format!("{:BELOW_INDENT$}{line}", "");
                match is_name {
                    true => Cell::painted(indented, |text| options.theme.strong(text)),
                    false => Cell::painted(indented, |text| options.theme.faint(text)),
                }
            });
            let below = below.collect();
            table.push(Row { cells, below });
        }
        table.write(options, out)
    }
}

/// Columns of a path's last part with its line, which is never cut.
fn file_and_line(place: &str) -> usize {
    // One more for the mark of what is left out before it.
    place.rsplit_once('/').map_or(elide::width(place), |(_, file)| elide::width(file) + 1)
}
