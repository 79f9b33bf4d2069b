//! `heapdiff/check/v1`.

use super::frame::{FiguresJson, FrameJson};
use heapdiff_profile::{BudgetOutcome, BudgetReport, BudgetVerdict, Limit, Pairing};
use schemars::JsonSchema;
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
                verdict: VerdictJson::of(self.report.verdict()),
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

    /// Writes what became of each budget as comma-separated values.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let outcomes = self.report.outcomes.iter().map(|outcome| OutcomeJson::of(outcome, 0));
        super::csv::write(outcomes, true, out)
    }
}

/// Whether growth stays within its budgets.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Check")]
pub(super) struct Document<'a> {
    /// Name and version of this schema.
    schema: &'static str,
    /// The worst of all budgets.
    verdict: VerdictJson,
    /// What became of each, in the order in which they were given.
    budgets: Vec<OutcomeJson<'a>>,
    /// What a reader must know to understand the figures, each a sentence.
    notes: Vec<String>,
}

/// A budget, and how what it is about changed.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Outcome")]
struct OutcomeJson<'a> {
    /// The regular expression that stacks must match; null for everything.
    pattern: Option<&'a str>,
    /// What became of it.
    verdict: VerdictJson,
    /// What is counted, such as `inuse_space`.
    sample_type: &'a str,
    /// The unit of every `value`, such as `bytes` or `count`.
    unit: &'a str,
    /// How much growth is allowed between these two profiles, in the unit.
    allowed: i64,
    /// The limit as it was given, in the unit; null if it was given otherwise.
    max_growth: Option<i64>,
    /// The limit as a part of the base, 0.02 for 2 %; null if it was given otherwise.
    max_relative: Option<f64>,
    /// The limit for each item, in the unit; null if it was given otherwise.
    max_per_item: Option<f64>,
    /// How many items were served; null unless the limit is for each.
    items: Option<u64>,
    /// How sure the verdict must be, from 0 to 1.
    confidence: f64,
    /// Growth that rests on fewer samples is not judged.
    min_samples: u64,
    /// Whether base and head are snapshots of one process, so that what is alive in both cancels exactly; otherwise
    /// they are compared as two estimates.
    paired: bool,
    /// About how many samples a verdict would take; null unless it is inconclusive for the lack of them.
    samples_needed: Option<u64>,
    #[serde(flatten)]
    figures: FiguresJson,
    /// The rows that grew, which are to blame, the largest first.
    rows: Vec<RowJson>,
}

/// A stack, and how it changed.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "CheckRow")]
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
            verdict: VerdictJson::of(outcome.verdict),
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

/// What became of a budget.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum VerdictJson {
    /// Growth is surely more than is allowed.
    Exceeded,
    /// The profiles do not tell.
    Inconclusive,
    /// Growth is not more than is allowed.
    Held,
}

impl VerdictJson {
    fn of(verdict: BudgetVerdict) -> Self {
        match verdict {
            BudgetVerdict::Exceeded => Self::Exceeded,
            BudgetVerdict::Inconclusive => Self::Inconclusive,
            BudgetVerdict::Held => Self::Held,
        }
    }
}
