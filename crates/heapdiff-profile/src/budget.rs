//! Whether growth stays within what it may be.

use crate::comparison::EPOCH;
use crate::diff::{DiffInputs, DiffOptions, DiffReport, diff};
use crate::error::AnalysisError;
use crate::filter::{FilterPatterns, Filters};
use crate::interval::Confidence;
use crate::note::Note;
use crate::profile::{LabelValue, Profile};
use crate::resolve::Resolver;
use crate::row_key::DiffBy;
use crate::selection::Selection;

/// How much some functions may grow.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// A regular expression: stacks with a frame that matches are what is spent. `None` for everything.
    pub pattern: Option<String>,
    /// How much that may be.
    pub limit: Limit,
    /// How sure a verdict must be. Default: 0.95.
    pub confidence: Confidence,
    /// Growth that rests on fewer samples is not judged, unless every allocation was recorded. Default: 0.
    pub samples_min: u64,
}

/// How much something may grow, in the unit of the sample type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// By this much.
    Absolute(i64),
    /// By this part of what the base holds: 0.02 is two percent.
    Relative(f64),
    /// By this much for each of so many items, such as requests that were served between base and head.
    PerItem {
        /// For one item.
        limit: f64,
        /// How many there were.
        items: u64,
    },
}

/// What became of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BudgetVerdict {
    /// The growth is above the limit, and so is the lower end of its interval.
    Exceeded,
    /// The interval holds the limit, or there are too few samples: another measurement must tell.
    Inconclusive,
    /// The upper end of the interval is within the limit.
    Held,
}

/// A budget beside what was spent.
#[derive(Clone, Debug)]
pub struct BudgetOutcome {
    /// The budget.
    pub budget: Budget,
    /// What it allows, in the unit of the sample type.
    pub allowed: i64,
    /// What of it matches: growth and interval are [`DiffReport::total`]; the rows say where.
    pub report: DiffReport,
    /// What became of it.
    pub verdict: BudgetVerdict,
    /// Where it is inconclusive: how many samples would probably decide it.
    pub samples_needed: Option<u64>,
}

/// All budgets of a check.
#[derive(Clone, Debug)]
pub struct BudgetReport {
    /// In the order in which they were given.
    pub outcomes: Vec<BudgetOutcome>,
    /// What a reader must know, each once.
    pub notes: Vec<Note>,
}

impl BudgetReport {
    /// The worst of all verdicts: [`BudgetVerdict::Held`] where there are no budgets.
    #[must_use]
    pub fn verdict(&self) -> BudgetVerdict {
        self.outcomes.iter().map(|outcome| outcome.verdict).min().unwrap_or(BudgetVerdict::Held)
    }
}

/// Compares what grew from base to head with what may grow.
///
/// # Errors
/// As [`diff`]; and if a pattern is not a regular expression.
pub fn check(
    inputs: DiffInputs<'_>,
    budgets: &[Budget],
    selection: &Selection,
) -> Result<BudgetReport, AnalysisError> {
    let (mut outcomes, mut notes) = (Vec::with_capacity(budgets.len()), Vec::new());
    for budget in budgets {
        let outcome = judge(inputs, budget, selection)?;
        for note in &outcome.report.notes {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        outcomes.push(outcome);
    }
    Ok(BudgetReport { outcomes, notes })
}

fn judge(
    inputs: DiffInputs<'_>,
    budget: &Budget,
    selection: &Selection,
) -> Result<BudgetOutcome, AnalysisError> {
    let mut selection = Selection { confidence: budget.confidence, ..selection.clone() };
    if let Some(pattern) = &budget.pattern {
        selection.filters =
            Filters::new(&FilterPatterns { focus: vec![pattern.clone()], ..FilterPatterns::default() })?;
    }
    let options = DiffOptions { by: DiffBy::Line, selection, per: None };
    let report = diff(inputs, &options)?;
    let figures = &report.total.shown;
    let allowed = budget.limit.of(figures.value.base);
    let growth = figures.value.delta();
    // Of what is no bytes the error is that of the bytes, relative to them.
    let (low, high) = match (figures.interval, figures.bytes) {
        (Some(interval), Some(bytes)) => {
            let unit = if bytes.delta() == 0 { 1.0 } else { growth as f64 / bytes.delta() as f64 };
            let scaled = |end: i64| growth as f64 + (end.saturating_sub(bytes.delta())) as f64 * unit.abs();
            (scaled(interval.low), scaled(interval.high))
        }
        _ => (growth as f64, growth as f64),
    };
    let is_sampled = high > low;
    let samples = figures.samples.unwrap_or(0);
    let verdict = match () {
        () if is_sampled && samples < budget.samples_min => BudgetVerdict::Inconclusive,
        () if low > allowed as f64 => BudgetVerdict::Exceeded,
        () if high <= allowed as f64 => BudgetVerdict::Held,
        () => BudgetVerdict::Inconclusive,
    };
    // The width falls with the root of the samples, and must fall to the distance from the limit.
    let distance = (allowed as f64 - growth as f64).abs().max(1.0);
    let ratio = ((high - low) / 2.0 / distance).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1; `as` saturates")]
    let by_width = (samples.max(1) as f64 * ratio * ratio).ceil() as u64;
    let samples_needed =
        (verdict == BudgetVerdict::Inconclusive).then(|| by_width.max(budget.samples_min).max(samples + 1));
    Ok(BudgetOutcome { budget: budget.clone(), allowed, report, verdict, samples_needed })
}

impl Limit {
    /// What it allows where the base holds `base`.
    #[expect(clippy::cast_possible_truncation, reason = "rounds down; `as` saturates")]
    fn of(self, base: i64) -> i64 {
        match self {
            Self::Absolute(limit) => limit,
            Self::Relative(share) => (base.max(0) as f64 * share).floor() as i64,
            Self::PerItem { limit, items } => (limit * items as f64).floor() as i64,
        }
    }
}

/// A copy of the head in which one sample that a budget is about stands for so much more that the budget must be
/// exceeded; `None` if the budget is about no sample.
///
/// What it grows by is several times `allowed`, and as many samples as make that sure.
#[must_use]
pub fn plant_leak(head: &Profile, budget: &Budget, allowed: i64) -> Option<Profile> {
    let mut options = Selection::default();
    if let Some(pattern) = &budget.pattern {
        let patterns = FilterPatterns { focus: vec![pattern.clone()], ..FilterPatterns::default() };
        options.filters = Filters::new(&patterns).ok()?;
    }
    let mut resolver = Resolver::new(&options);
    let resolved = resolver.resolve(head);
    let is_positive =
        |at: usize| head.samples.get(at).is_some_and(|sample| sample.values.iter().any(|&value| value > 0));
    let at = (0..head.samples.len())
        .find(|&at| resolved.stacks.get(at).is_some_and(Option::is_some) && is_positive(at))?;
    let mut planted = head.clone();
    let mut sample = planted.samples.get(at)?.clone();
    let biggest = sample.values.iter().copied().max().unwrap_or(1).max(1);
    let wanted = allowed.saturating_mul(4).max(head.period.saturating_mul(PLANTED_SAMPLES)).max(1 << 20);
    // A whole number of times the sample, so that its samples, objects and bytes still agree.
    let times = (wanted / biggest).saturating_add(1);
    for value in &mut sample.values {
        *value = value.saturating_mul(times);
    }
    // Allocated after the base was taken.
    let epoch = head.strings.find(EPOCH);
    for label in &mut sample.labels {
        if let (true, LabelValue::Number { value, .. }) = (Some(label.key) == epoch, &mut label.value) {
            *value = i64::MAX;
        }
    }
    planted.samples.push(sample);
    Some(planted)
}

/// A planted leak rests on at least so many samples.
const PLANTED_SAMPLES: i64 = 100;
