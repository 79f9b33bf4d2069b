//! `heapdiff postmortem`: which process died, how it was doing, and the heap that it left.

use super::next::write_next;
use super::table::{Align, Cell, Row, Table};
use super::wrapping::{wrapped, write_remark};
use super::{DiffText, TextOptions, TopText};
use crate::elide;
use crate::quantity::{self, Unit};
use crate::theme;
use heapdiff_profile::{LastRow, LastSeconds, Process};
use std::io::{self, Write};

/// A process that died.
#[derive(Clone, Copy, Debug)]
pub struct PostmortemText<'a> {
    /// Which process.
    pub process: &'a Process,
    /// How it was doing before.
    pub last: &'a LastSeconds,
    /// The snapshot of its heap when it died.
    pub snapshot: &'a str,
    /// What is alive in that snapshot.
    pub heap: HeapText<'a>,
    /// What to type next, each with what it is good for.
    pub next: &'a [(String, &'static str)],
}

/// What is alive in the last snapshot.
#[derive(Clone, Copy, Debug)]
pub enum HeapText<'a> {
    /// Against the last snapshot that the process wrote.
    Since(DiffText<'a>),
    /// It wrote none.
    All(TopText<'a>),
}

impl PostmortemText<'_> {
    /// Writes the report.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        self.write_death(options, out)?;
        self.write_last_seconds(options, out)?;
        writeln!(out)?;
        match self.heap {
            HeapText::Since(diff) => diff.write(options, out)?,
            HeapText::All(top) => top.write(options, out)?,
        }
        write_next(self.next, options, out)
    }

    fn write_death(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let name = format!("{} (pid {})", elide::printable(&self.process.program), self.process.pid);
        let last = self.last.rows.last();
        let when = last.and_then(|row| quantity::moment(i64::try_from(row.figures.time_nanos).ok()?));
        let when = when.map_or("at a time that is not known".to_owned(), |when| {
            format!("at {when} or within a second of it")
        });
        let recording = last.map_or(String::new(), |row| {
            format!(", after {} of recording", quantity::duration(row.figures.recording_nanos))
        });
        writeln!(out, "{} died {when}{recording}", options.theme.strong(name))?;
        write_remark(&format!("its heap as it was then: {}", elide::printable(self.snapshot)), options, out)
    }

    fn write_last_seconds(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let rows = &self.last.rows;
        let has = |figure: fn(&LastRow) -> bool| rows.iter().any(figure);
        if !has(|row| row.figures.memory.rss.is_some()) {
            return Ok(());
        }
        writeln!(out)?;
        let has_rate = has(|row| row.allocated_per_second.is_some());
        let has_cgroup = has(|row| row.figures.memory.cgroup_current.is_some());
        let has_host = has(|row| row.figures.memory.host_available.is_some());
        let titles = [
            Some("before"),
            Some("RSS"),
            Some("live heap"),
            has_rate.then_some("allocated/s"),
            has_cgroup.then_some("cgroup"),
            has_host.then_some("host left"),
        ];
        let mut table = Table::new(titles.into_iter().flatten().map(|title| (title, Align::Right)));
        let bytes = |figure: Option<u64>| Cell::plain(figure.map_or("-".to_owned(), quantity::bytes));
        for row in rows {
            let mut cells = vec![
                Cell::plain(whole_seconds(row.before_nanos)),
                bytes(row.figures.memory.rss),
                bytes(row.figures.live_bytes),
            ];
            if has_rate {
                cells.push(bytes(row.allocated_per_second.map(rounded)));
            }
            if has_cgroup {
                cells.push(bytes(row.figures.memory.cgroup_current));
            }
            if has_host {
                cells.push(bytes(row.figures.memory.host_available));
            }
            table.push(Row { cells, below: Vec::new() });
        }
        table.write(options, out)?;
        self.write_conclusion(options, out)
    }

    fn write_conclusion(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        if let (Some(change), Some(first)) = (self.last.rss_change(), self.last.rows.first())
            && self.last.rows.len() > 1
        {
            let text = format!("{} {}", theme::direction(change), Unit::Bytes.format_change(change));
            let over = quantity::duration(first.before_nanos);
            writeln!(out, "RSS: {} in {over}", options.theme.change(change, text.trim_start()))?;
        }
        let Some(memory) = self.last.rows.last().map(|row| row.figures.memory) else { return Ok(()) };
        if let (Some(share), Some(limit)) = (self.last.cgroup_share, memory.cgroup_max) {
            let share = format!("{:.1} %", share * 100.0);
            let sentence = format!("Its cgroup was at {share} of its limit of {}", quantity::bytes(limit));
            write_fullness(&sentence, self.last.cgroup_was_full(), options, out)?;
        }
        if let (Some(left), Some(total)) = (memory.host_available, memory.host_total) {
            let (left, total) = (quantity::bytes(left), quantity::bytes(total));
            let sentence = format!("The host had {left} of its {total} left");
            write_fullness(&sentence, self.last.host_was_full(), options, out)?;
        }
        Ok(())
    }
}

/// How full the memory was that the process had to share, and what follows if that was all of it.
fn write_fullness(
    sentence: &str,
    was_full: bool,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let deadly = ": this is what a kill by the kernel for want of memory looks like";
    let sentence = format!("{sentence}{}.", if was_full { deadly } else { "" });
    wrapped(&sentence, options.width).iter().try_for_each(|line| {
        let line = if was_full { options.theme.strong(line).to_string() } else { line.to_string() };
        writeln!(out, "{line}")
    })
}

/// `12 s` or `4 min`, for moments that are a second apart.
fn whole_seconds(nanos: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    match nanos.saturating_add(SECOND / 2) / SECOND {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", (seconds + 30) / 60),
    }
}

fn rounded(value: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, at zero too")]
    let rounded = value.round() as u64;
    rounded
}
