//! `heapdiff check`: budgets and what was spent.

use super::TextOptions;
use super::naming::RowName;
use super::table::{Align, Cell, Row, Table};
use super::wrapping::write_remark;
use crate::budget::{Words, lack};
use crate::elide;
use crate::quantity;
use heapdiff_profile::{BudgetReport, BudgetVerdict, FrameTable, RateNeeds, RateOutcome};
use std::io::{self, Write};

/// What became of the budgets.
#[derive(Clone, Copy, Debug)]
pub struct BudgetText<'a> {
    /// What became of them.
    pub report: &'a BudgetReport,
}

impl BudgetText<'_> {
    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, options: &TextOptions, out: &mut dyn Write) -> io::Result<()> {
        let titles = [
            ("", Align::Left),
            ("growth", Align::Right),
            ("interval", Align::Right),
            ("allowed", Align::Right),
            ("samples", Align::Right),
        ];
        let mut table = Table::new(titles);
        let budgets: Vec<Words> = Words::all(self.report, options.source_root.as_deref()).collect();
        let of_growth = self.report.outcomes.iter().map(|outcome| &outcome.report.frames);
        let frames = of_growth.chain(self.report.rates.iter().map(|outcome| &outcome.report.frames));
        for (words, frames) in budgets.iter().zip(frames) {
            table.push(row(words, frames, options));
        }
        table.write(options, out)?;
        writeln!(out)?;
        let count = |verdict| budgets.iter().filter(|words| words.outcome == verdict).count();
        let (exceeded, open) = (count(BudgetVerdict::Exceeded), count(BudgetVerdict::Inconclusive));
        let all = quantity::counted(budgets.len() as u64, "budget");
        match (exceeded, open) {
            (0, 0) => writeln!(out, "{all} held.",),
            (0, open) => writeln!(out, "{open} of {all} cannot be judged by these profiles."),
            (exceeded, 0) => {
                writeln!(out, "{}", options.theme.change(1, format!("{exceeded} of {all} exceeded.")))
            }
            (exceeded, open) => {
                let sentence =
                    format!("{exceeded} of {all} exceeded, {open} cannot be judged by these profiles.");
                writeln!(out, "{}", options.theme.change(1, sentence))
            }
        }?;
        let of_growth = self.report.outcomes.iter().filter_map(|outcome| outcome.samples_needed);
        let of_rates = self.report.rates.iter().filter_map(|outcome| match outcome.needs {
            Some(RateNeeds::Samples(needed)) => Some(needed),
            _ => None,
        });
        if let Some(needed) = of_growth.chain(of_rates).max() {
            let remark = format!(
                "some {} would decide: record for longer, or with a shorter `HEAPDIFF_PERIOD`",
                quantity::counted(needed, "sample")
            );
            write_remark(&remark, options, out)?;
        }
        let remarks = self.report.rates.iter().filter_map(remark);
        let mut said = Vec::new();
        for remark in remarks {
            if !said.contains(&remark) {
                write_remark(&remark, options, out)?;
                said.push(remark);
            }
        }
        Ok(())
    }
}

/// What would decide a rate that is inconclusive for another reason than its samples.
fn remark(outcome: &RateOutcome) -> Option<String> {
    match outcome.needs {
        _ if outcome.verdict != BudgetVerdict::Inconclusive => None,
        Some(RateNeeds::Samples(_)) => None,
        Some(RateNeeds::Snapshots(_) | RateNeeds::Seconds(_) | RateNeeds::Items(_)) => {
            Some(format!("{}: record for longer", lack(outcome)))
        }
        Some(RateNeeds::Times) | None => Some(lack(outcome)),
    }
}

fn row(words: &Words, frames: &FrameTable, options: &TextOptions) -> Row {
    let (sign, tendency) = match words.outcome {
        BudgetVerdict::Exceeded => ("▲", 1),
        BudgetVerdict::Inconclusive => ("?", 0),
        BudgetVerdict::Held => ("●", 0),
    };
    let verdict = format!("{sign} {}", words.verdict);
    let cells = vec![
        Cell::painted(verdict, |text| options.theme.change(tendency, text)),
        Cell::plain(words.growth.as_str()),
        Cell::plain(if words.interval.is_empty() { "-" } else { &words.interval }),
        Cell::plain(words.allowed.as_str()),
        Cell::plain(words.samples.map_or("-".to_owned(), quantity::count)),
    ];
    let basis = if words.basis.is_empty() { String::new() } else { format!(", by {} at most", words.basis) };
    let name = format!("      {}{basis}", elide::printable(&words.what));
    let mut below = vec![Cell::painted(name, |text| options.theme.strong(text))];
    if words.outcome != BudgetVerdict::Held {
        below.extend(words.growers.iter().map(|grower| {
            let name = RowName::of(frames.frame(grower.frame), options);
            let line = format!("      {}  {}  {}", grower.growth, name.function, name.place);
            Cell::painted(elide::middle(line.trim_end(), options.width), |text| options.theme.faint(text))
        }));
    }
    Row { cells, below }
}
