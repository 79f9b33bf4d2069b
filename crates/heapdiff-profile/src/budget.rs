//! Whether growth stays within what it may be.

use crate::comparison::EPOCH;
use crate::diff::{DiffInputs, DiffOptions, DiffReport, diff};
use crate::error::AnalysisError;
use crate::filter::{FilterPatterns, Filters};
use crate::interval::Confidence;
use crate::note::Note;
use crate::profile::{LabelValue, Profile, Sample};
use crate::rate_budget::RateOutcome;
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
#[derive(Clone, Debug, Default)]
pub struct BudgetReport {
    /// What may grow by so much, in the order in which it was given.
    pub outcomes: Vec<BudgetOutcome>,
    /// What may grow so fast, in the order in which it was given.
    pub rates: Vec<RateOutcome>,
    /// What a reader must know, each once.
    pub notes: Vec<Note>,
}

impl BudgetReport {
    /// The worst of all verdicts: [`BudgetVerdict::Held`] where there are no budgets.
    #[must_use]
    pub fn verdict(&self) -> BudgetVerdict {
        let of_rates = self.rates.iter().map(|outcome| outcome.verdict);
        let of_growth = self.outcomes.iter().map(|outcome| outcome.verdict);
        of_growth.chain(of_rates).min().unwrap_or(BudgetVerdict::Held)
    }

    /// Adds what became of the rates, and what a reader must know of them.
    pub fn add_rates(&mut self, rates: Vec<RateOutcome>) {
        for outcome in &rates {
            add_notes(&mut self.notes, &outcome.report.notes);
        }
        self.rates.extend(rates);
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
        add_notes(&mut notes, &outcome.report.notes);
        outcomes.push(outcome);
    }
    Ok(BudgetReport { outcomes, rates: Vec::new(), notes })
}

fn add_notes(to: &mut Vec<Note>, notes: &[Note]) {
    for note in notes {
        if !to.contains(note) {
            to.push(note.clone());
        }
    }
}

fn judge(
    inputs: DiffInputs<'_>,
    budget: &Budget,
    selection: &Selection,
) -> Result<BudgetOutcome, AnalysisError> {
    let selection = selected(budget.pattern.as_deref(), budget.confidence, selection)?;
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

/// What a budget is about, and how sure its verdict must be.
pub(crate) fn selected(
    pattern: Option<&str>,
    confidence: Confidence,
    selection: &Selection,
) -> Result<Selection, AnalysisError> {
    let mut selection = Selection { confidence, ..selection.clone() };
    if let Some(pattern) = pattern {
        selection.filters =
            Filters::new(&FilterPatterns { focus: vec![pattern.to_owned()], ..FilterPatterns::default() })?;
    }
    Ok(selection)
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
    let is_positive = |sample: &Sample| sample.values.iter().any(|&value| value > 0);
    let mut sample = sample_of(head, budget.pattern.as_deref(), is_positive)?;
    let biggest = sample.values.iter().copied().max().unwrap_or(1).max(1);
    let wanted = allowed.saturating_mul(4).max(head.period.saturating_mul(PLANTED_SAMPLES)).max(1 << 20);
    // A whole number of times the sample, so that its samples, objects and bytes still agree.
    let times = (wanted / biggest).saturating_add(1);
    for value in &mut sample.values {
        *value = value.saturating_mul(times);
    }
    let mut planted = head.clone();
    plant(&mut planted, sample);
    Some(planted)
}

/// The first sample of a profile that a pattern is about and for which `is_wanted` holds.
pub(crate) fn sample_of(
    profile: &Profile,
    pattern: Option<&str>,
    is_wanted: impl Fn(&Sample) -> bool,
) -> Option<Sample> {
    let options = selected(pattern, Confidence::default(), &Selection::default()).ok()?;
    let mut resolver = Resolver::new(&options);
    let resolved = resolver.resolve(profile);
    let mut matching = profile.samples.iter().zip(&resolved.stacks).filter(|(_, stack)| stack.is_some());
    matching.find(|(sample, _)| is_wanted(sample)).map(|(sample, _)| sample.clone())
}

/// Adds a sample as one that was allocated after every snapshot before.
pub(crate) fn plant(profile: &mut Profile, mut sample: Sample) {
    let epoch = profile.strings.find(EPOCH);
    for label in &mut sample.labels {
        if let (true, LabelValue::Number { value, .. }) = (Some(label.key) == epoch, &mut label.value) {
            *value = i64::MAX;
        }
    }
    profile.samples.push(sample);
}

/// A planted leak rests on at least so many samples.
pub(crate) const PLANTED_SAMPLES: i64 = 100;
