//! Whether a series grows no faster than it may.

use crate::budget::{BudgetVerdict, least_planted, plant, sample_of, selected};
use crate::error::AnalysisError;
use crate::interval::Confidence;
use crate::per_item::Per;
use crate::profile::Sample;
use crate::sample_type::sample_type_index;
use crate::selection::Selection;
use crate::series::NamedProfile;
use crate::trend::{ItemRate, ItemRates, Rate, Slope, TrendBuilder, TrendOptions, TrendReport};

/// How fast some functions may grow over a series: with time, or with what the program handles.
#[derive(Clone, Debug, PartialEq)]
pub struct RateBudget {
    /// A regular expression: stacks with a frame that matches are what grows. `None` for everything.
    pub pattern: Option<String>,
    /// How fast that may be.
    pub limit: RateLimit,
    /// How sure a verdict must be.
    pub confidence: Confidence,
    /// Growth that rests on fewer samples is not judged, unless every allocation was recorded.
    pub samples_min: u64,
}

/// What a rate is limited to, in the unit of the sample type.
#[derive(Clone, Debug, PartialEq)]
pub enum RateLimit {
    /// So much in a length of time.
    InTime {
        /// How much.
        amount: i64,
        /// The time.
        unit: RateUnit,
    },
    /// So much for each item, such as a request: the slope against their number.
    PerItem {
        /// For one item.
        limit: f64,
        /// Which items.
        per: Per,
    },
}

/// The length of time that a rate is stated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateUnit {
    /// One second.
    Second,
    /// 60 s.
    Minute,
    /// 3,600 s.
    Hour,
    /// 86,400 s.
    Day,
}

/// A limit of a rate beside how fast it grew.
#[derive(Clone, Debug)]
pub struct RateOutcome {
    /// The budget.
    pub budget: RateBudget,
    /// What of the series matches.
    pub report: TrendReport,
    /// How fast that grows: a second, or, where the limit is for each item, an item. Meaningless where
    /// [`Self::extent`] is `None`.
    pub rate: Rate,
    /// What became of it.
    pub verdict: BudgetVerdict,
    /// What would probably decide it where it is inconclusive. `None` there means that no length of a series would: the
    /// rate is the limit, as far as can be told.
    pub needs: Option<RateNeeds>,
}

/// What an inconclusive rate lacks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateNeeds {
    /// So many snapshots, at least; of a limit for each item, with items between them.
    Snapshots(u64),
    /// Snapshots that say when they were taken.
    Times,
    /// So many samples, because the budget says so.
    Samples(u64),
    /// A series that is about so many seconds long.
    Seconds(f64),
    /// A series in which about so many items are handled.
    Items(f64),
}

/// Judges a series, snapshot by snapshot, by several limits at once.
#[derive(Debug)]
pub struct RateCheck<'a> {
    budgets: Vec<(&'a RateBudget, TrendBuilder<'a>)>,
}

/// No series of more seconds than this, ten years, is asked for,
const SECONDS_MAX: f64 = 3650.0 * 86_400.0;
/// nor of more items.
const ITEMS_MAX: f64 = 1e15;

impl RateUnit {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    /// How long it is.
    #[must_use]
    pub fn seconds(self) -> f64 {
        match self {
            Self::Second => 1.0,
            Self::Minute => 60.0,
            Self::Hour => 3600.0,
            Self::Day => 86_400.0,
        }
    }

    /// As it is written behind the amount and a slash.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "day",
        }
    }
}

impl RateLimit {
    /// In a second, or for an item.
    #[must_use]
    pub fn pace(&self) -> f64 {
        match self {
            Self::InTime { amount, unit } => *amount as f64 / unit.seconds(),
            Self::PerItem { limit, .. } => *limit,
        }
    }
}

impl RateBudget {
    /// What [`RateCheck::new`] needs for this budget.
    ///
    /// # Errors
    /// If the pattern is not a regular expression.
    pub fn options(&self, selection: &Selection) -> Result<TrendOptions, AnalysisError> {
        let selection = selected(self.pattern.as_deref(), self.confidence, selection)?;
        let per = match &self.limit {
            RateLimit::InTime { .. } => None,
            RateLimit::PerItem { per, .. } => Some(per.clone()),
        };
        Ok(TrendOptions { selection, per, ..TrendOptions::default() })
    }
}

impl<'a> RateCheck<'a> {
    /// A check of budgets, each with its [`RateBudget::options`].
    #[must_use]
    pub fn new(budgets: &'a [(RateBudget, TrendOptions)]) -> Self {
        let builder =
            |(budget, options): &'a (RateBudget, TrendOptions)| (budget, TrendBuilder::new(options));
        Self { budgets: budgets.iter().map(builder).collect() }
    }

    /// Adds the next snapshot.
    ///
    /// # Errors
    /// As [`TrendBuilder::add`].
    pub fn add(&mut self, snapshot: &NamedProfile) -> Result<(), AnalysisError> {
        self.budgets.iter_mut().try_for_each(|(_, builder)| builder.add(snapshot.clone()))
    }

    /// What became of each budget.
    ///
    /// # Errors
    /// If nothing was added.
    pub fn finish(self) -> Result<Vec<RateOutcome>, AnalysisError> {
        self.budgets
            .into_iter()
            .map(|(budget, builder)| Ok(RateOutcome::of(budget, builder.finish()?)))
            .collect()
    }
}

impl RateOutcome {
    /// The time from the first snapshot to the last; `None` where it is not known.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        self.report.seconds.last().copied().filter(|_| self.report.has_times)
    }

    /// The time from the first snapshot to the last, in seconds, or the items between them: what the rate is told by.
    #[must_use]
    pub fn extent(&self) -> Option<f64> {
        extent(&self.report)
    }

    /// How many snapshots the rate rests on: those between which nothing was handled are one.
    #[must_use]
    pub fn snapshots(&self) -> u64 {
        snapshots(&self.report)
    }

    /// What the limit allows in [`Self::extent`], in the unit of the sample type.
    #[must_use]
    pub fn allowed(&self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "rounds down; `as` saturates")]
        let allowed = |extent: f64| (self.budget.limit.pace() * extent).floor() as i64;
        self.extent().map(allowed)
    }

    fn of(budget: &RateBudget, report: TrendReport) -> Self {
        let rate = rate(&report, budget.confidence);
        let limit = budget.limit.pace();
        let figures = &report.total.figures;
        let is_sampled = figures.interval.is_some_and(|interval| interval.low < interval.high);
        let snapshots_min = snapshots_min(budget.confidence);
        let lacks = if snapshots(&report) < snapshots_min {
            Some(RateNeeds::Snapshots(snapshots_min))
        } else if extent(&report).is_none() {
            Some(RateNeeds::Times)
        } else if is_sampled && figures.samples.unwrap_or(0) < budget.samples_min {
            Some(RateNeeds::Samples(budget.samples_min))
        } else {
            None
        };
        let (verdict, needs) = match lacks {
            Some(lacks) => (BudgetVerdict::Inconclusive, Some(lacks)),
            None if rate.low > limit => (BudgetVerdict::Exceeded, None),
            None if rate.high <= limit => (BudgetVerdict::Held, None),
            None => (BudgetVerdict::Inconclusive, longer_series(&report, rate, limit)),
        };
        Self { budget: budget.clone(), report, rate, verdict, needs }
    }
}

/// Where each snapshot stands: seconds since the first, or items since then.
fn positions(report: &TrendReport) -> &[f64] {
    report.items.as_ref().map_or(&report.seconds, |series| &series.items)
}

fn extent(report: &TrendReport) -> Option<f64> {
    positions(report).last().copied().filter(|_| report.has_times || report.items.is_some())
}

fn snapshots(report: &TrendReport) -> u64 {
    positions(report).chunk_by(|a, b| b <= a).count() as u64
}

/// How fast all that matches grows. The rate of what rises and falls rests on its tops, which may be two or three; the
/// interval of all points together counts as well.
fn rate(report: &TrendReport, confidence: Confidence) -> Rate {
    let values: Vec<f64> = report.total.values.iter().map(|&value| value as f64).collect();
    let slope = Slope::of(positions(report), &values, confidence);
    let rate = match report.total.per_item {
        Some(ItemRates { rate: ItemRate { per_item, low, high }, .. }) => {
            Rate { per_second: per_item, low, high }
        }
        None => report.total.rate,
    };
    Rate { low: rate.low.min(slope.low), high: rate.high.max(slope.high), ..rate }
}

/// So many points can give an interval of a slope that has this confidence. The widest there is lies between the least
/// and the greatest slope of all pairs, and misses the truth if the errors of all points happen to rise, or to fall, in
/// their order: in 2 of n! cases.
fn snapshots_min(confidence: Confidence) -> u64 {
    let missed = 1.0 - confidence.chance();
    let (mut count, mut orders) = (3_u64, 6.0);
    // 20! is beyond any chance that can be told from 1.
    while count < 20 && 2.0 / orders > missed {
        count += 1;
        orders *= count as f64;
    }
    count
}

/// How long a series would probably decide, from how far the interval reaches beyond the limit.
///
/// Two errors make the interval, and each must shrink to the distance from the limit. That of the program's own ups and
/// downs falls with the length to the power of 3/2: there are more points, and they lie further apart. That of
/// sampling falls with its square root: the change from the first to the last rests on more samples.
fn longer_series(report: &TrendReport, rate: Rate, limit: f64) -> Option<RateNeeds> {
    let extent = extent(report)?;
    let is_above = rate.per_second > limit;
    let distance = (rate.per_second - limit).abs();
    let reach = if is_above { rate.per_second - rate.low } else { rate.high - rate.per_second };
    let figures = &report.total.figures;
    let sampling = figures.interval.zip(figures.estimated_change()).map_or(0.0, |(interval, estimated)| {
        let delta = estimated.delta();
        let end = if is_above { interval.low } else { interval.high };
        let unit = if delta == 0 { 1.0 } else { (figures.value.delta() as f64 / delta as f64).abs() };
        (end.saturating_sub(delta)).unsigned_abs() as f64 * unit / extent
    });
    let longer = (reach / distance).powf(2.0 / 3.0).max((sampling / distance).powi(2));
    let needed = Some(extent * longer).filter(|needed| needed.is_finite());
    match report.items {
        None => needed.filter(|seconds| *seconds <= SECONDS_MAX).map(RateNeeds::Seconds),
        Some(_) => needed.filter(|items| *items <= ITEMS_MAX).map(|items| RateNeeds::Items(items.ceil())),
    }
}

/// A copy of a series in which one sample that a budget is about grows with time, or with the items, so fast that the budget must be
/// exceeded; `None` if the budget is about no sample. `outcome` is what became of the budget without that.
///
/// It grows several times as fast as is allowed, and by as many samples as make that sure.
#[must_use]
pub fn plant_rate(
    snapshots: &[NamedProfile],
    outcome: &RateOutcome,
    selection: &Selection,
) -> Option<Vec<NamedProfile>> {
    let extent = outcome.extent().unwrap_or(0.0);
    let (mut planted, mut is_planted) = (snapshots.to_vec(), false);
    for NamedProfile { name, profile } in &mut planted {
        let column = sample_type_index(profile, Some(&outcome.report.sample_type.kind));
        let Some(column) = column.ok() else { continue };
        let held = |sample: &Sample| sample.values.get(column).copied().unwrap_or(0);
        let pattern = outcome.budget.pattern.as_deref();
        let Some(mut sample) = sample_of(profile, pattern, selection, |sample| held(sample) > 0) else {
            continue;
        };
        is_planted = true;
        let at = outcome.report.points.iter().position(|point| point.name == *name);
        let Some(&position) = at.and_then(|at| positions(&outcome.report).get(at)) else { continue };
        if position <= 0.0 || extent <= 0.0 {
            continue;
        }
        let least = least_planted(profile, column) as f64;
        let at_the_end = (4.0 * outcome.budget.limit.pace() * extent).max(least);
        let times = at_the_end * position / extent / held(&sample) as f64;
        for value in &mut sample.values {
            #[expect(clippy::cast_possible_truncation, reason = "rounds; `as` saturates")]
            let scaled = (*value as f64 * times).round() as i64;
            *value = scaled;
        }
        plant(profile, sample);
    }
    is_planted.then_some(planted)
}
