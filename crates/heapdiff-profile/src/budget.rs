//! Whether growth stays within what it may be.

use crate::diff::{DiffInputs, DiffOptions, DiffReport, diff};
use crate::error::AnalysisError;
use crate::interval::Confidence;
use crate::note::Note;
use crate::per_item::Per;
use crate::profile::{LabelValue, Profile, Sample};
use crate::rate_budget::RateOutcome;
use crate::relation::EPOCH;
use crate::resolve::Resolver;
use crate::row_key::DiffBy;
use crate::sample_type::sample_type_index;
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
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// By this much.
    Absolute(i64),
    /// By this part of what the base holds: 0.02 is two percent.
    Relative(f64),
    /// By this much for each item, such as a request that was served between base and head.
    PerItem {
        /// For one item.
        limit: f64,
        /// Which items. Of two processes, the base is scaled to as many as the head handled.
        per: Per,
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
    let per = match &budget.limit {
        Limit::PerItem { per, .. } => Some(per.clone()),
        Limit::Absolute(_) | Limit::Relative(_) => None,
    };
    let options = DiffOptions { by: DiffBy::Line, selection, per };
    let report = diff(inputs, &options)?;
    let figures = &report.total.shown;
    let items = report.per.as_ref().map_or(0.0, |counts| counts.items);
    let allowed = budget.limit.of(figures.value.base, items);
    let growth = figures.value.delta();
    // What the interval is not about has the same error, relative to itself.
    let (low, high) = match (figures.interval, figures.estimated_change()) {
        (Some(interval), Some(estimated)) => {
            let unit = if estimated.delta() == 0 { 1.0 } else { growth as f64 / estimated.delta() as f64 };
            let scaled =
                |end: i64| growth as f64 + (end.saturating_sub(estimated.delta())) as f64 * unit.abs();
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
        selection.filters = selection.filters.about(pattern)?;
    }
    Ok(selection)
}

impl Limit {
    /// What it allows where the base holds `base` and `items` were handled.
    #[expect(clippy::cast_possible_truncation, reason = "rounds down; `as` saturates")]
    fn of(&self, base: i64, items: f64) -> i64 {
        match self {
            Self::Absolute(limit) => *limit,
            Self::Relative(share) => (base.max(0) as f64 * share).floor() as i64,
            Self::PerItem { limit, .. } => (limit * items).floor() as i64,
        }
    }
}

/// A copy of the head in which one sample that a budget is about stands for so much more that the budget must be
/// exceeded; `None` if the budget is about no sample.
///
/// What it grows by is several times what is allowed, and as many samples as make that sure. `outcome` is what became of
/// the budget without that, judged by `selection`.
#[must_use]
pub fn plant_leak(head: &Profile, outcome: &BudgetOutcome, selection: &Selection) -> Option<Profile> {
    let column = sample_type_index(head, Some(&outcome.report.sample_type.kind)).ok()?;
    let held = |sample: &Sample| sample.values.get(column).copied().unwrap_or(0);
    let mut sample =
        sample_of(head, outcome.budget.pattern.as_deref(), selection, |sample| held(sample) > 0)?;
    let wanted = outcome.allowed.saturating_mul(4).max(least_planted(head, column));
    // A whole number of times the sample, so that its samples, objects and bytes still agree.
    let times = (wanted / held(&sample)).saturating_add(1).max(PLANTED_SAMPLES);
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
    selection: &Selection,
    is_wanted: impl Fn(&Sample) -> bool,
) -> Option<Sample> {
    let options = selected(pattern, Confidence::default(), selection).ok()?;
    let mut resolver = Resolver::new(&options);
    let resolved = resolver.resolve(profile);
    let mut matching = profile.samples.iter().zip(&resolved.stacks).filter(|(_, stack)| stack.is_some());
    matching.find(|(sample, _)| is_wanted(sample)).map(|(sample, _)| sample.clone())
}

/// What is planted is at least so much, in the unit of the column, that no budget of the profile can miss it.
pub(crate) fn least_planted(profile: &Profile, column: usize) -> i64 {
    let in_bytes = profile.sample_types.get(column).is_some_and(|of| of.unit.trim_end_matches('s') == "byte");
    match in_bytes {
        true => profile.period.saturating_mul(PLANTED_SAMPLES).max(1 << 20),
        false => PLANTED_SAMPLES,
    }
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
const PLANTED_SAMPLES: i64 = 100;
