//! `heapdiff check`: budgets and what was spent.

use super::TextOptions;
use super::naming::RowName;
use super::table::{Align, Cell, Row, Table};
use super::wrapping::write_remark;
use crate::budget::Words;
use crate::elide;
use crate::quantity::{self, Unit};
use heapdiff_profile::{BudgetOutcome, BudgetReport, BudgetVerdict};
use std::io::{self, Write};

/// Rows below a budget that is not held.
const CULPRITS: usize = 3;

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
        for outcome in &self.report.outcomes {
            table.push(row(outcome, options));
        }
        table.write(options, out)?;
        writeln!(out)?;
        let count =
            |verdict| self.report.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
        let (exceeded, open) = (count(BudgetVerdict::Exceeded), count(BudgetVerdict::Inconclusive));
        let all = quantity::counted(self.report.outcomes.len() as u64, "budget");
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
        let Some(needed) = self.report.outcomes.iter().filter_map(|outcome| outcome.samples_needed).max()
        else {
            return Ok(());
        };
        let remark = format!(
            "some {} would decide: record for longer, or with a shorter `HEAPDIFF_PERIOD`",
            quantity::counted(needed, "sample")
        );
        write_remark(&remark, options, out)
    }
}

fn row(outcome: &BudgetOutcome, options: &TextOptions) -> Row {
    let words = Words::of(outcome, options.source_root.as_deref());
    let (sign, tendency) = match outcome.verdict {
        BudgetVerdict::Exceeded => ("▲", 1),
        BudgetVerdict::Inconclusive => ("?", 0),
        BudgetVerdict::Held => ("●", 0),
    };
    let verdict = format!("{sign} {}", words.verdict);
    let samples = outcome.report.total.shown.samples;
    let cells = vec![
        Cell::painted(verdict, |text| options.theme.change(tendency, text)),
        Cell::plain(words.growth),
        Cell::plain(if words.interval.is_empty() { "-".to_owned() } else { words.interval }),
        Cell::plain(words.allowed),
        Cell::plain(samples.map_or("-".to_owned(), quantity::count)),
    ];
    let basis = if words.basis.is_empty() { String::new() } else { format!(", by {} at most", words.basis) };
    let name = format!("      {}{basis}", elide::printable(&words.what));
    let mut below = vec![Cell::painted(name, |text| options.theme.strong(text))];
    if outcome.verdict != BudgetVerdict::Held {
        let unit = Unit::from_name(&outcome.report.sample_type.unit);
        let growers = outcome.report.rows.iter().filter(|row| row.figures.value.delta() > 0).take(CULPRITS);
        below.extend(growers.map(|row| {
            let name = RowName::of(outcome.report.frames.frame(row.frame), options);
            let growth = unit.format_change(row.figures.value.delta());
            let line = format!("      {growth}  {}  {}", name.function, name.place);
            Cell::painted(elide::middle(line.trim_end(), options.width), |text| options.theme.faint(text))
        }));
    }
    Row { cells, below }
}
