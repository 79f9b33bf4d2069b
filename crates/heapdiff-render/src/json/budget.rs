//! `heapdiff/check/v1`.

use super::frame::{FiguresJson, FrameJson};
use heapdiff_profile::{BudgetOutcome, BudgetReport, BudgetVerdict, Limit, Pairing};
use serde::Serialize;
use std::io::{self, Write};

/// What became of the budgets, for other programs.
#[derive(Clone, Copy, Debug)]
pub struct BudgetJson<'a> {
    /// What became of them.
    pub report: &'a BudgetReport,
    /// Rows of each budget that are written at most.
    pub rows_max: Option<usize>,
}

impl BudgetJson<'_> {
    /// The name and version of the schema.
    pub const SCHEMA: &'static str = "heapdiff/check/v1";

    /// Writes the report.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows_max = self.rows_max.unwrap_or(usize::MAX);
        super::write(
            &Document {
                schema: Self::SCHEMA,
                verdict: verdict(self.report.verdict()),
                budgets: self
                    .report
                    .outcomes
                    .iter()
                    .map(|outcome| OutcomeJson::of(outcome, rows_max))
                    .collect(),
                notes: self.report.notes.iter().map(ToString::to_string).collect(),
            },
            out,
        )
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// The worst of all budgets'.
    verdict: &'static str,
    budgets: Vec<OutcomeJson<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct OutcomeJson<'a> {
    /// Null for everything.
    pattern: Option<&'a str>,
    verdict: &'static str,
    sample_type: &'a str,
    unit: &'a str,
    /// In the unit of the sample type.
    allowed: i64,
    max_growth: Option<i64>,
    max_relative: Option<f64>,
    max_per_item: Option<f64>,
    items: Option<u64>,
    confidence: f64,
    min_samples: u64,
    paired: bool,
    samples_needed: Option<u64>,
    #[serde(flatten)]
    figures: FiguresJson,
    rows: Vec<RowJson>,
}

#[derive(Serialize)]
struct RowJson {
    #[serde(flatten)]
    frame: FrameJson,
    #[serde(flatten)]
    figures: FiguresJson,
}

impl<'a> OutcomeJson<'a> {
    fn of(outcome: &'a BudgetOutcome, rows_max: usize) -> Self {
        let report = &outcome.report;
        let (mut max_growth, mut max_relative, mut max_per_item, mut of_items) = (None, None, None, None);
        match outcome.budget.limit {
            Limit::Absolute(limit) => max_growth = Some(limit),
            Limit::Relative(share) => max_relative = Some(share),
            Limit::PerItem { limit, items } => (max_per_item, of_items) = (Some(limit), Some(items)),
        }
        let row = |row: &heapdiff_profile::DiffRow| RowJson {
            frame: FrameJson::of(row.frame, &report.frames),
            figures: FiguresJson::of(&row.figures),
        };
        Self {
            pattern: outcome.budget.pattern.as_deref(),
            verdict: verdict(outcome.verdict),
            sample_type: &report.sample_type.kind,
            unit: &report.sample_type.unit,
            allowed: outcome.allowed,
            max_growth,
            max_relative,
            max_per_item,
            items: of_items,
            confidence: report.confidence.chance(),
            min_samples: outcome.budget.samples_min,
            paired: report.pairing == Pairing::Paired,
            samples_needed: outcome.samples_needed,
            figures: FiguresJson::of(&report.total.shown),
            rows: report.rows.iter().take(rows_max).map(row).collect(),
        }
    }
}

fn verdict(verdict: BudgetVerdict) -> &'static str {
    match verdict {
        BudgetVerdict::Exceeded => "exceeded",
        BudgetVerdict::Inconclusive => "inconclusive",
        BudgetVerdict::Held => "held",
    }
}
