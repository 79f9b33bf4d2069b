//! A table for a comment on a pull request.

use super::Words;
use crate::markdown::{code, row};
use crate::quantity;
use heapdiff_profile::{BudgetReport, BudgetVerdict};
use std::io::{self, Write};

/// One row a budget.
#[derive(Clone, Copy, Debug)]
pub struct BudgetMarkdown<'a> {
    /// What became of the budgets.
    pub report: &'a BudgetReport,
    /// The folder that source files are written relative to.
    pub source_root: Option<&'a str>,
}

impl BudgetMarkdown<'_> {
    /// Writes the table.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "| | memory | growth | {} | allowed | most by |", self.interval_title())?;
        writeln!(out, "|---|---|---:|---:|---:|---|")?;
        for words in Words::all(self.report, self.source_root) {
            let sign = match words.outcome {
                BudgetVerdict::Exceeded => "❌ exceeded",
                BudgetVerdict::Inconclusive => "❔ inconclusive",
                BudgetVerdict::Held => "✅ held",
            };
            let cells = [code(&words.what), words.growth, words.interval, words.limit, code(&words.culprit)];
            writeln!(out, "{}", row([sign.to_owned()].into_iter().chain(cells)))?;
        }
        Ok(())
    }

    /// `95 % interval`, if that is what all of them are.
    fn interval_title(&self) -> String {
        let of_growth = self.report.outcomes.iter().map(|outcome| outcome.budget.confidence.chance());
        let of_rates = self.report.rates.iter().map(|outcome| outcome.budget.confidence.chance());
        let mut chances: Vec<String> = of_growth.chain(of_rates).map(quantity::chance).collect();
        chances.dedup();
        match chances.as_slice() {
            [chance] => format!("{chance} interval"),
            _ => "interval".to_owned(),
        }
    }
}
