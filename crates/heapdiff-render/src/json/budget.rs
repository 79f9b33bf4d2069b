//! `heapdiff/check/v1`.

use super::frame::{FiguresJson, FrameJson};
use heapdiff_profile::{
    BudgetOutcome, BudgetReport, BudgetVerdict, ItemSeries, Limit, Pairing, RateLimit, RateNeeds, RateOutcome,
};
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
                budgets: self.outcomes(rows_max).collect(),
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
        super::csv::write(self.outcomes(0), true, out)
    }

    fn outcomes(&self, rows_max: usize) -> impl Iterator<Item = OutcomeJson<'_>> {
        let of_growth = self.report.outcomes.iter().map(move |outcome| OutcomeJson::of(outcome, rows_max));
        of_growth.chain(self.report.rates.iter().map(move |outcome| OutcomeJson::of_rate(outcome, rows_max)))
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
    /// What became of each, in the order in which they were given; limits of rates, which those for each item are over a
    /// series, behind the others.
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
    /// How much growth is allowed between these two profiles, in the unit; of a rate, between the first snapshot and the
    /// last, null where it is not known when they were taken.
    allowed: Option<i64>,
    /// The limit as it was given, in the unit; null if it was given otherwise.
    max_growth: Option<i64>,
    /// The limit as a part of the base, 0.02 for 2 %; null if it was given otherwise.
    max_relative: Option<f64>,
    /// The limit for each item, in the unit; null if it was given otherwise.
    max_per_item: Option<f64>,
    /// The limit of the rate, in the unit in a second; null if the limit is none of a rate.
    max_per_second: Option<f64>,
    /// How fast it grows, in the unit in a second; null if the limit is none of a rate, or the rate is not known.
    per_second: Option<f64>,
    /// How much it grows with each item over a series, in the unit; null unless that is what is limited. Of two profiles,
    /// growth and `items` tell.
    per_item: Option<f64>,
    /// Lower end of the interval of `per_second`, or of `per_item`; null where both are null.
    low: Option<f64>,
    /// Upper end of that interval; null where both are null.
    high: Option<f64>,
    /// The time from the first snapshot to the last; null if the limit is none of a rate, or the time is not known.
    seconds: Option<f64>,
    /// How many items were handled; null unless the limit is for each.
    items: Option<f64>,
    /// The program's own counter of these items; null where their number was given.
    counter: Option<&'a str>,
    /// How sure the verdict must be, from 0 to 1.
    confidence: f64,
    /// Growth that rests on fewer samples is not judged.
    min_samples: u64,
    /// Whether base and head are snapshots of one process, so that what is alive in both cancels exactly; otherwise
    /// they are compared as two estimates.
    paired: bool,
    /// About how many samples a verdict would take; null unless it is inconclusive for the lack of them.
    samples_needed: Option<u64>,
    /// How many snapshots a verdict on a rate takes at least; null unless it is inconclusive for the lack of them.
    snapshots_needed: Option<u64>,
    /// About how long a series would decide a rate; null unless it is inconclusive and that is known.
    seconds_needed: Option<f64>,
    /// About how many items would have to be handled in a series that decides; null unless it is inconclusive and that is
    /// known.
    items_needed: Option<f64>,
    #[serde(flatten)]
    figures: FiguresJson,
    /// The rows that grew, which are to blame, the largest first; of a rate, the most suspect first.
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
        let (mut max_growth, mut max_relative, mut max_per_item) = (None, None, None);
        match &outcome.budget.limit {
            Limit::Absolute(limit) => max_growth = Some(*limit),
            Limit::Relative(share) => max_relative = Some(*share),
            Limit::PerItem { limit, .. } => max_per_item = Some(*limit),
        }
        let items = report.per.as_ref();
        let row = |row: &heapdiff_profile::DiffRow| RowJson {
            frame: FrameJson::of(row.frame, &report.frames),
            figures: FiguresJson::of(&row.figures),
        };
        Self {
            pattern: outcome.budget.pattern.as_deref(),
            verdict: VerdictJson::of(outcome.verdict),
            sample_type: &report.sample_type.kind,
            unit: &report.sample_type.unit,
            allowed: Some(outcome.allowed),
            max_growth,
            max_relative,
            max_per_item,
            max_per_second: None,
            per_second: None,
            per_item: None,
            low: None,
            high: None,
            seconds: None,
            items: items.map(|items| items.items),
            counter: items.and_then(|items| items.name.as_deref()),
            confidence: report.confidence.chance(),
            min_samples: outcome.budget.samples_min,
            paired: report.pairing == Pairing::Paired,
            samples_needed: outcome.samples_needed,
            snapshots_needed: None,
            seconds_needed: None,
            items_needed: None,
            figures: FiguresJson::of(&report.total.shown),
            rows: report.rows.iter().take(rows_max).map(row).collect(),
        }
    }

    fn of_rate(outcome: &'a RateOutcome, rows_max: usize) -> Self {
        let (report, budget) = (&outcome.report, &outcome.budget);
        let (mut samples_needed, mut snapshots_needed) = (None, None);
        let (mut seconds_needed, mut items_needed) = (None, None);
        match outcome.needs {
            Some(RateNeeds::Samples(needed)) => samples_needed = Some(needed),
            Some(RateNeeds::Snapshots(needed)) => snapshots_needed = Some(needed),
            Some(RateNeeds::Seconds(needed)) => seconds_needed = Some(needed),
            Some(RateNeeds::Items(needed)) => items_needed = Some(needed),
            Some(RateNeeds::Times) | None => {}
        }
        let rate = outcome.extent().map(|_| outcome.rate);
        let pace = budget.limit.pace();
        let (max_per_second, max_per_item) = match budget.limit {
            RateLimit::InTime { .. } => (Some(pace), None),
            RateLimit::PerItem { .. } => (None, Some(pace)),
        };
        let estimate = |limit: Option<f64>| limit.and(rate).map(|rate| rate.per_second);
        let row = |row: &heapdiff_profile::TrendRow| RowJson {
            frame: FrameJson::of(row.frame, &report.frames),
            figures: FiguresJson::of(&row.figures),
        };
        Self {
            pattern: budget.pattern.as_deref(),
            verdict: VerdictJson::of(outcome.verdict),
            sample_type: &report.sample_type.kind,
            unit: &report.sample_type.unit,
            allowed: outcome.allowed(),
            max_growth: None,
            max_relative: None,
            max_per_item,
            max_per_second,
            per_second: estimate(max_per_second),
            per_item: estimate(max_per_item),
            low: rate.map(|rate| rate.low),
            high: rate.map(|rate| rate.high),
            seconds: outcome.seconds(),
            items: report.items.as_ref().map(ItemSeries::total),
            counter: report.items.as_ref().and_then(|items| items.name.as_deref()),
            confidence: report.confidence.chance(),
            min_samples: budget.samples_min,
            paired: report.pairing == Pairing::Paired,
            samples_needed,
            snapshots_needed,
            seconds_needed,
            items_needed,
            figures: FiguresJson::of(&report.total.figures),
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
