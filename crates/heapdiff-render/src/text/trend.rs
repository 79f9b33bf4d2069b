//! `heapdiff trend`: how fast each row grows, and whether that is a leak.

use super::TextOptions;
use super::diff_columns::is_of_things;
use super::naming::{NamedRows, RowName};
use super::next::write_next;
use super::rates::{Rates, duration, headroom_words};
use super::sparkline::{sparkline, sparkline_columns};
use super::table::{Align, Cell};
use super::wrapping::{wrapped, write_remark};
use crate::elide;
use crate::quantity;
use crate::row_title;
use crate::verdict_words;
use heapdiff_profile::{Reason, TrendReport, TrendRow, Verdict};
use std::io::{self, Write};

/// Columns of a row's history on a terminal of 80.
const SPARKLINE_COLUMNS: usize = 16;

/// The trend of a series.
#[derive(Clone, Copy, Debug)]
pub struct TrendText<'a> {
    /// The trend.
    pub report: &'a TrendReport,
    /// What to type next, each with what it is good for.
    pub next: &'a [(String, &'static str)],
}

impl TrendText<'_> {
    /// Writes the trend.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        self.write_process(options, out)?;
        self.write_headline(options, out)?;
        self.write_total(options, out)?;
        writeln!(out)?;
        self.write_rows(options, out)?;
        write_next(self.next, options, out)
    }

    fn write_process(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let snapshots = quantity::counted(report.points.len() as u64, "snapshot");
        let span = match report.seconds.last() {
            Some(&seconds) if report.has_times => format!(" over {}", duration(seconds)),
            _ => String::new(),
        };
        match &report.process {
            Some(process) => {
                let name = format!("{} (pid {})", elide::printable(&process.program), process.pid);
                writeln!(out, "{}: {snapshots}{span}", options.theme.strong(name))
            }
            None => writeln!(out, "{snapshots}{span} by another profiler"),
        }
    }

    /// What looks like a leak, in a sentence.
    fn write_headline(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let of =
            |verdict: Verdict| self.report.rows.iter().filter(move |row| row.judgement.verdict == verdict);
        let noun = row_title::noun(&self.report.by);
        let (leaks, open) = (of(Verdict::LeakLike).count(), of(Verdict::Inconclusive).count());
        let open_words = match open {
            0 => String::new(),
            _ => format!(" {} cannot be told yet.", quantity::counted(open as u64, noun)),
        };
        if leaks == 0 {
            let sentence = match (open, self.report.rows.is_empty()) {
                (_, true) => format!("No {noun} to show: nothing was sampled."),
                (0, false) => format!("No {noun} looks like a leak."),
                _ => format!("No {noun} is surely a leak.{open_words}"),
            };
            return wrapped(&sentence, options.width)
                .iter()
                .try_for_each(|line| writeln!(out, "{}", options.theme.strong(line)));
        }
        let rates = Rates::of(self.report);
        let sum: f64 = of(Verdict::LeakLike).map(|row| Rates::of_row(row).rate).sum();
        let verb = if leaks == 1 { "looks like a leak" } else { "look like leaks, together" };
        let sentence =
            format!("▲ {} {verb}: {}.{open_words}", quantity::counted(leaks as u64, noun), rates.rate(sum));
        wrapped(&sentence, options.width)
            .iter()
            .try_for_each(|line| writeln!(out, "{}", options.theme.change(1, line)))
    }

    /// How all lines together move, and how long the memory lasts.
    fn write_total(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        if self.report.points.len() < 2 {
            return Ok(());
        }
        let rates = Rates::of(self.report);
        let speed = Rates::of_row(&self.report.total);
        let kind = &self.report.sample_type.kind;
        let line = format!(
            "all of {kind}: {}, {} interval {}",
            rates.rate(speed.rate),
            quantity::chance(self.report.confidence.chance()),
            rates.interval(speed)
        );
        write_remark(&line, options, out)?;
        if let Some(items) = &self.report.items {
            write_remark(&row_title::items_words(items), options, out)?;
        }
        match &self.report.headroom {
            Some(headroom) => write_remark(&headroom_words(headroom), options, out),
            None => Ok(()),
        }
    }

    fn write_rows(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let has_samples = self.report.rows.iter().any(|row| row.figures.samples.is_some());
        let rates = Rates::of(self.report);
        let mut columns = vec![
            ("verdict", Align::Left),
            ("shape", Align::Left),
            (rates.per(), Align::Right),
            ("interval", Align::Right),
        ];
        columns.extend(has_samples.then_some(("samples", Align::Right)));
        columns.push(("over time", Align::Left));
        let mut rows = NamedRows::new(&columns).called(row_title::heading(&self.report.by));
        let (mut shown, mut hidden) = (0, Vec::new());
        for verdict in [Verdict::LeakLike, Verdict::Inconclusive, Verdict::Bounded, Verdict::Noise] {
            let share = match verdict {
                Verdict::LeakLike => options.rows_max,
                Verdict::Inconclusive => options.rows_max.div_ceil(2),
                Verdict::Bounded => options.rows_max.div_ceil(3),
                Verdict::Noise => 0,
            };
            // What did not move at all is no news.
            let is_news = |row: &&TrendRow| row.judgement.reason != Reason::StandsStill;
            let of_kind = || self.report.rows.iter().filter(|row| row.judgement.verdict == verdict);
            let mut listed = 0;
            for row in of_kind().filter(is_news).take(share) {
                rows.push(self.cells(row, &rates, has_samples, options), self.name(row, options));
                listed += 1;
            }
            shown += listed;
            let rest = of_kind().count() - listed;
            if rest > 0 {
                hidden.push(format!("{} {}", quantity::count(rest as u64), verdict_words::verdict(verdict)));
            }
        }
        if shown > 0 {
            rows.write(options, out)?;
        }
        if !hidden.is_empty() {
            write_remark(&format!("not shown: {}", hidden.join(", ")), options, out)?;
        }
        verdict_words::LEGEND
            .iter()
            .filter(|_| shown > 0)
            .try_for_each(|line| write_remark(line, options, out))
    }

    fn cells(
        &self,
        row: &TrendRow,
        rates: &Rates<'_>,
        has_samples: bool,
        options: &TextOptions,
    ) -> Vec<Cell> {
        let (words, tendency) = verdict_words::signed(row.judgement.verdict);
        let mut cells = vec![
            Cell::painted(words, |words| options.theme.change(tendency, words)),
            Cell::plain(row.judgement.shape.map_or("-", verdict_words::shape)),
        ];
        cells.extend(if self.report.points.len() > 1 {
            let speed = Rates::of_row(row);
            let rate = Cell::painted(rates.amount(speed.rate), |text| options.theme.change(tendency, text));
            [rate, Cell::plain(rates.interval(speed))]
        } else {
            [Cell::plain("-"), Cell::plain("-")]
        });
        if has_samples {
            cells.push(Cell::plain(row.figures.samples.map_or("-".to_owned(), quantity::count)));
        }
        cells.push(Cell::plain(sparkline(&row.values, sparkline_columns(SPARKLINE_COLUMNS, options.width))));
        cells
    }

    fn name(&self, row: &TrendRow, options: &TextOptions) -> RowName {
        let frames = &self.report.frames;
        let by = &self.report.by;
        let name = match row_title::words(&row.title, by, options.source_root.as_deref()) {
            Some(title) => RowName::titled(title, row.stacks, frames.frame(row.frame), options),
            None => RowName::of(frames.frame(row.frame), options)
                .through(row.via, frames)
                .in_pool(frames.pool_of(row.whole_stack)),
        };
        let is_of_things = is_of_things(&self.report.sample_type, [&row.figures].iter());
        name.because(why(row, is_of_things, &Rates::of(self.report)))
    }
}

/// Why a row got its verdict, with the figures that it rests on.
fn why(row: &TrendRow, is_of_things: bool, rates: &Rates<'_>) -> String {
    let mut words = verdict_words::reason(row.judgement.reason);
    // Where it comes back, nothing stays by definition.
    let keeps = matches!(row.judgement.reason, Reason::KeepsGrowing | Reason::GrowsAfterwards);
    match (row.survival, row.spread) {
        _ if !keeps => {}
        (_, Some(0.0)) if is_of_things => words.push_str(": what was elsewhere before is here now"),
        (_, Some(0.0)) => words.push_str(": blocks that were there grow in place"),
        (Some(survival), Some(spread)) => words.push_str(&format!(
            "; of what was new in the first half, {:.0} % is still there, from {:.0} % of the snapshots",
            survival * 100.0,
            spread * 100.0
        )),
        _ => {}
    }
    for step in row.steps.iter().take(STEPS_SHOWN) {
        let interval = rates.interval_of(step.low, step.high);
        words.push_str(&format!("; {} ({interval}) {}", rates.change(step.size), rates.at(step.to)));
    }
    if row.steps.len() > STEPS_SHOWN {
        words.push_str(&format!("; {} more jumps", row.steps.len() - STEPS_SHOWN));
    }
    if let Some(troughs) = Rates::of_troughs(row) {
        words.push_str(&format!("; its troughs: {} ({})", rates.rate(troughs.rate), rates.interval(troughs)));
    }
    words
}

/// Jumps of a row that are told one by one.
const STEPS_SHOWN: usize = 3;
