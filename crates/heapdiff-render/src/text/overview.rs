//! `heapdiff DIR`: the answer for a series, on one screen.

use super::TextOptions;
use super::comparison_head::resolution;
use super::memory_table::write_memory;
use super::naming::{NamedRows, RowName};
use super::next::write_next;
use super::overview_head::{write_head, write_recording};
use super::rates::Rates;
use super::sparkline::{sparkline, sparkline_columns};
use super::table::{Align, Cell};
use super::things::write_things;
use super::wrapping::write_remark;
use crate::elide;
use crate::quantity;
use crate::verdict_words;
use heapdiff_profile::{Overview, Pairing, Reason, Tendency, TrendRow, Verdict};
use std::io::{self, Write};

/// Columns of a row's history on a terminal of 80.
const SPARKLINE_COLUMNS: usize = 12;
/// Rows that are said in a line each, at most.
const ONE_LINERS_MAX: usize = 6;

/// The answer for a series.
#[derive(Clone, Copy, Debug)]
pub struct OverviewText<'a> {
    /// The answer.
    pub overview: &'a Overview,
    /// What to type next, each with what it is good for.
    pub next: &'a [(String, &'static str)],
}

impl OverviewText<'_> {
    /// Writes the answer.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        write_head(self.overview, options, out)?;
        if !self.overview.is_of_things {
            writeln!(out)?;
            if self.overview.is_short() {
                self.write_changes(options, out)?;
            } else {
                self.write_verdicts(options, out)?;
            }
        }
        write_things(self.overview, options, out)?;
        writeln!(out)?;
        write_memory(self.overview, options, out)?;
        let is_exact = self.overview.trend.resolution_bytes == Some(0);
        if self.overview.trend.pairing == Pairing::Independent && !is_exact {
            write_remark("first and last are compared as two estimates", options, out)?;
        }
        write_remark(
            &resolution(self.overview.trend.resolution_bytes, &self.overview.trend.sample_type),
            options,
            out,
        )?;
        write_recording(self.overview, options, out)?;
        write_next(self.next, options, out)
    }

    /// What keeps growing, what may be, and what does not, by verdict.
    fn write_verdicts(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let trend = &self.overview.trend;
        let of = |verdict: Verdict| trend.rows.iter().filter(move |row| row.judgement.verdict == verdict);
        if trend.rows.is_empty() {
            return writeln!(out, "No line to show: nothing that was sampled is left.");
        }
        let rates = Rates::of(trend);
        let has_samples = trend.rows.iter().any(|row| row.figures.samples.is_some());
        let mut columns =
            vec![("verdict", Align::Left), (rates.per(), Align::Right), ("interval", Align::Right)];
        columns.extend(has_samples.then_some(("samples", Align::Right)));
        columns.push(("over time", Align::Left));
        let mut rows = NamedRows::new(&columns);
        let mut hidden = Vec::new();
        let mut listed = 0;
        for (verdict, share) in
            [(Verdict::LeakLike, options.rows_max), (Verdict::Inconclusive, options.rows_max.div_ceil(3))]
        {
            for row in of(verdict).take(share) {
                rows.push(verdict_cells(row, &rates, has_samples, options), self.name(row, options));
                listed += 1;
            }
            let rest = of(verdict).count().saturating_sub(share);
            if rest > 0 {
                hidden.push(format!(
                    "{} more {}",
                    quantity::count(rest as u64),
                    verdict_words::verdict(verdict)
                ));
            }
        }
        if listed > 0 {
            rows.write(options, out)?;
        }
        // What did not move at all is no news.
        let moved = || of(Verdict::Bounded).filter(|row| row.judgement.reason != Reason::StandsStill);
        let share = ONE_LINERS_MAX.min(options.rows_max);
        for row in moved().take(share) {
            self.write_one_line(row, &rates, options, out)?;
        }
        let rest = moved().count().saturating_sub(share);
        if rest > 0 {
            hidden.push(format!("{} more BOUNDED", quantity::count(rest as u64)));
        }
        let still = of(Verdict::Bounded).count() - moved().count();
        if still > 0 {
            let verb = if still == 1 { "stands" } else { "stand" };
            hidden.push(format!("{} that {verb} still", quantity::counted(still as u64, "line")));
        }
        let noise = of(Verdict::Noise).count();
        if noise > 0 {
            hidden.push(format!("{} of NOISE", quantity::counted(noise as u64, "line")));
        }
        if !hidden.is_empty() {
            write_remark(&format!("not shown: {}", hidden.join(", ")), options, out)?;
        }
        write_legend(listed + moved().count(), has_samples, options, out)
    }

    /// `● BOUNDED  jumped by +61.0 MiB at 14:03:30  index::load  index.rs:41`.
    fn write_one_line(
        &self,
        row: &TrendRow,
        rates: &Rates<'_>,
        options: &TextOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let words = bounded_words(row, rates);
        let name = self.name(row, options);
        let place = name.place.rsplit('/').next().unwrap_or_default();
        let (mark, _) = verdict_words::signed(row.judgement.verdict);
        let taken = elide::width(&mark) + 2 + elide::width(&words) + 2 + 2 + elide::width(place);
        let function = name.function_in(options.width.saturating_sub(taken).max(8)).into_owned();
        let line = format!("{words}  {}  {place}", options.theme.strong(function));
        writeln!(out, "{}  {}", options.theme.change(0, mark), line.trim_end())
    }

    /// What changed from the first snapshot to the last, where there are too few for verdicts.
    fn write_changes(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let trend = &self.overview.trend;
        let rates = Rates::of(trend);
        let has_samples = trend.rows.iter().any(|row| row.figures.samples.is_some());
        let mut columns = vec![
            ("", Align::Left),
            ("change", Align::Right),
            ("interval", Align::Right),
            ("peak", Align::Right),
        ];
        columns.extend(has_samples.then_some(("samples", Align::Right)));
        columns.push(("over time", Align::Left));
        let mut rows = NamedRows::new(&columns);
        let (mut listed, mut hidden) = (0, Vec::new());
        for (tendency, share, verb) in [
            (Tendency::Grew, options.rows_max, "grew"),
            (Tendency::CameBack, options.rows_max.div_ceil(2), "came back"),
            (Tendency::Shrank, options.rows_max.div_ceil(3), "shrank"),
        ] {
            let of = || trend.rows.iter().filter(|row| self.overview.tendency(row) == Some(tendency));
            for row in of().take(share) {
                let cells = change_cells(row, tendency, &rates, has_samples, options);
                rows.push(cells, self.name(row, options));
                listed += 1;
            }
            let rest = of().count().saturating_sub(share);
            if rest > 0 {
                hidden.push(format!("{} more {verb}", quantity::count(rest as u64)));
            }
        }
        let noise = |row: &&TrendRow| self.overview.tendency(row) == Some(Tendency::WithinNoise);
        let noise = trend.rows.iter().filter(noise).count();
        let lines = quantity::counted(noise as u64, "line");
        if trend.rows.is_empty() {
            return writeln!(out, "No line to show: nothing that was sampled is left.");
        }
        if listed == 0 {
            return writeln!(out, "No line of the program moved more than chance explains ({lines}).");
        }
        rows.write(options, out)?;
        if noise > 0 {
            hidden.push(format!("{lines} moved no more than chance explains"));
        }
        if !hidden.is_empty() {
            write_remark(&format!("not shown: {}", hidden.join(", ")), options, out)?;
        }
        write_remark("▲ grew   ▼ shrank   ● came back from a peak", options, out)?;
        write_samples_legend(has_samples, options, out)
    }

    fn name(&self, row: &TrendRow, options: &TextOptions) -> RowName {
        let frames = &self.overview.trend.frames;
        let name = RowName::of(frames.frame(row.frame), options)
            .through(row.via, frames)
            .in_pool(frames.pool_of(row.whole_stack));
        match row.judgement.verdict {
            Verdict::Inconclusive if !self.overview.is_short() => {
                name.because(verdict_words::reason(row.judgement.reason))
            }
            _ => name,
        }
    }
}

pub(super) fn verdict_cells(
    row: &TrendRow,
    rates: &Rates<'_>,
    has_samples: bool,
    options: &TextOptions,
) -> Vec<Cell> {
    let (words, tendency) = verdict_words::signed(row.judgement.verdict);
    let paint = |text: &str| match tendency {
        1 => options.theme.change(1, text),
        _ => text.to_owned(),
    };
    let mut cells = vec![
        Cell::painted(words, paint),
        Cell::painted(rates.amount(row.rate.per_second), paint),
        Cell::plain(rates.interval(row.rate)),
    ];
    if has_samples {
        cells.push(Cell::plain(row.figures.samples.map_or("-".to_owned(), quantity::count)));
    }
    cells.push(Cell::plain(sparkline(&row.values, sparkline_columns(SPARKLINE_COLUMNS, options.width))));
    cells
}

pub(super) fn change_cells(
    row: &TrendRow,
    tendency: Tendency,
    rates: &Rates<'_>,
    has_samples: bool,
    options: &TextOptions,
) -> Vec<Cell> {
    let delta = row.figures.value.delta();
    let (words, direction) = verdict_words::tendency(tendency);
    let is_of_values = row.figures.estimated_change().is_some_and(|estimated| estimated.delta() == delta);
    let interval = row.figures.interval.filter(|_| is_of_values);
    let interval = interval.map(|interval| rates.interval_of(interval.low, interval.high));
    let peak = row.values.iter().copied().max().unwrap_or(0);
    let mut cells = vec![
        Cell::painted(words, |words| options.theme.change(direction, words)),
        Cell::painted(rates.change(delta), |text| options.theme.change(delta, text)),
        Cell::plain(interval.unwrap_or_else(|| "-".to_owned())),
        Cell::plain(rates.value(peak)),
    ];
    if has_samples {
        cells.push(Cell::plain(row.figures.samples.map_or("-".to_owned(), quantity::count)));
    }
    cells.push(Cell::plain(sparkline(&row.values, sparkline_columns(SPARKLINE_COLUMNS, options.width))));
    cells
}

/// What a row did that does not keep growing.
fn bounded_words(row: &TrendRow, rates: &Rates<'_>) -> String {
    let peak = row.values.iter().copied().max().unwrap_or(0);
    let peak_at = row.values.iter().position(|&value| value == peak).unwrap_or(0);
    match (row.judgement.reason, row.steps.as_slice()) {
        (Reason::JumpedOnce, [step, ..]) => {
            format!("jumped by {} {}, then stayed", rates.change(step.size), rates.at(step.to))
        }
        (Reason::Stopped, _) => format!("rose to {} and stopped", rates.value(peak)),
        (Reason::CameBack, _) => format!("rose to {} {}, came back", rates.value(peak), rates.at(peak_at)),
        (Reason::TeethStay, _) => format!("comes back from {} at most", rates.value(peak)),
        (Reason::Shrinks, _) => {
            format!("shrank by {}", rates.value(row.figures.value.delta().saturating_abs()))
        }
        (reason, _) => verdict_words::reason(reason),
    }
}

fn write_legend(
    shown: usize,
    has_samples: bool,
    options: &TextOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    if shown == 0 {
        return Ok(());
    }
    for line in verdict_words::LEGEND {
        write_remark(line, options, out)?;
    }
    write_samples_legend(has_samples, options, out)
}

fn write_samples_legend(has_samples: bool, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
    if !has_samples {
        return Ok(());
    }
    write_remark("samples: sampled allocations that the change rests on; the more, the surer", options, out)
}
