//! The outcome of one budget in words, the same in every form of report.

use crate::quantity::{self, Unit};
use crate::row_title::{counted_items, items};
use crate::source_path::shorten;
use heapdiff_profile::{
    BudgetOutcome, BudgetReport, BudgetVerdict, Frame, FrameId, FrameTable, ItemCounts, Limit, RateLimit,
    RateNeeds, RateOutcome, TrendRow, short_name,
};

/// Rows that are named at most.
const GROWERS_MAX: usize = 3;

/// The words for one budget.
pub(crate) struct Words {
    /// What it is about: its pattern, or `everything`.
    pub(crate) what: String,
    /// `+20.0 MiB`, `+1.41 GiB/h`, or `+4.10 KiB/item`.
    pub(crate) growth: String,
    /// `+14.0..+27.2 MiB`; empty where the growth is exact or its error is not known.
    pub(crate) interval: String,
    /// `1.00 MiB`, or `1.00 MiB/h`.
    pub(crate) allowed: String,
    /// What that is reckoned from: `2 %`, or `64 B for each of 1,000 requests`; empty where it is stated as it is.
    pub(crate) basis: String,
    /// Both: `360 KiB (2 %)`.
    pub(crate) limit: String,
    /// What became of it.
    pub(crate) outcome: BudgetVerdict,
    /// `exceeded`.
    pub(crate) verdict: &'static str,
    /// How many samples it rests on, where that is known.
    pub(crate) samples: Option<u64>,
    /// All of it as a sentence.
    pub(crate) sentence: String,
    /// The line of the program that grew most, as `function (file:line)`; empty where nothing grew.
    pub(crate) culprit: String,
    /// Its file and line, where they are known.
    pub(crate) place: Option<(String, i64)>,
    /// Where growth comes from, the worst first.
    pub(crate) growers: Vec<Grower>,
}

/// A line of the program that grew.
pub(crate) struct Grower {
    /// The line.
    pub(crate) frame: FrameId,
    /// `+20.0 MiB`, or `+1.41 GiB/h`.
    pub(crate) growth: String,
}

impl Words {
    /// The words for each budget, with source files relative to `source_root`.
    pub(crate) fn all<'a>(
        report: &'a BudgetReport,
        source_root: Option<&'a str>,
    ) -> impl Iterator<Item = Self> + 'a {
        let of_growth = report.outcomes.iter().map(move |outcome| Self::of(outcome, source_root));
        of_growth.chain(report.rates.iter().map(move |outcome| Self::of_rate(outcome, source_root)))
    }

    /// The words for growth.
    fn of(outcome: &BudgetOutcome, source_root: Option<&str>) -> Self {
        let report = &outcome.report;
        let items = report.per.as_ref();
        // By how much for each item, where that is what is limited.
        let divided = |unit: Unit| match items {
            Some(ItemCounts { items, .. }) => Unit::Divided { by: *items, unit: Box::new(unit) },
            None => unit,
        };
        let unit = divided(Unit::from_name(&report.sample_type.unit));
        let per = if items.is_some() { "/item" } else { "" };
        let figures = &report.total.shown;
        let what = outcome.budget.pattern.clone().unwrap_or_else(|| "everything".to_owned());
        let growth = format!("{}{per}", unit.format_change(figures.value.delta()));
        let interval = match figures.interval {
            Some(interval) if interval.low < interval.high => {
                unit.of_interval(figures.estimated).format_change_range(interval.low, interval.high)
            }
            _ => String::new(),
        };
        let allowed = format!("{}{per}", unit.format(outcome.allowed));
        let basis = match &outcome.budget.limit {
            Limit::Absolute(_) => String::new(),
            Limit::Relative(share) => format!("{} %", share * 100.0),
            Limit::PerItem { .. } => items.map_or_else(String::new, |items| {
                format!("{} for each of {}", unit.format(outcome.allowed), counted_items(items))
            }),
        };
        let limit = match (basis.is_empty(), items) {
            (true, _) => allowed.clone(),
            (false, Some(_)) => basis.clone(),
            (false, None) => format!("{allowed} ({basis})"),
        };
        let verdict = verdict(outcome.verdict);
        let growers = report.rows.iter().filter(|row| row.figures.value.delta() > 0);
        let growers: Vec<Grower> = growers
            .take(GROWERS_MAX)
            .map(|row| Grower {
                frame: row.frame,
                growth: format!("{}{per}", unit.format_change(row.figures.value.delta())),
            })
            .collect();
        let (culprit, place) = blame(&growers, &report.frames, source_root);
        let error = if interval.is_empty() { String::new() } else { format!(" [{interval}]") };
        let needed = outcome.samples_needed.map_or(String::new(), |needed| {
            let have = figures.samples.unwrap_or(0);
            format!(
                "; it rests on {}, some {} would decide",
                quantity::counted(have, "sample"),
                quantity::count(needed)
            )
        });
        let sentence = format!("{what} grew by {growth}{error}, {limit} allowed: {verdict}{needed}");
        Self {
            sentence,
            culprit,
            place,
            growers,
            outcome: outcome.verdict,
            samples: figures.samples,
            what,
            growth,
            interval,
            allowed,
            basis,
            limit,
            verdict,
        }
    }

    /// The words for a rate.
    fn of_rate(outcome: &RateOutcome, source_root: Option<&str>) -> Self {
        let report = &outcome.report;
        let pace = Pace::of(outcome);
        let what = outcome.budget.pattern.clone().unwrap_or_else(|| "everything".to_owned());
        let (rate, is_known) = (outcome.rate, outcome.extent().is_some());
        let growth = if is_known { pace.change(rate.per_second) } else { "-".to_owned() };
        let interval = if is_known && rate.low < rate.high {
            pace.unit.format_change_range(pace.amount(rate.low), pace.amount(rate.high))
        } else {
            String::new()
        };
        let limit = pace.amount(outcome.budget.limit.pace());
        let allowed = format!("{}/{}", pace.unit.format(limit), pace.per);
        let basis = report.items.as_ref().map_or_else(String::new, |series| {
            let items = items(series.total(), series.name.as_deref());
            format!("{} for each of {items}", pace.unit.format(limit))
        });
        let limit = if basis.is_empty() { allowed.clone() } else { basis.clone() };
        let verdict = verdict(outcome.verdict);
        // The most suspect first, as in a trend.
        let by_row = |row: &TrendRow| match row.per_item {
            Some(rates) => rates.rate.per_item,
            None => row.rate.per_second,
        };
        let growers = report.rows.iter().filter(|row| is_known && by_row(row) > 0.0);
        let growers: Vec<Grower> = growers
            .take(GROWERS_MAX)
            .map(|row| Grower { frame: row.frame, growth: pace.change(by_row(row)) })
            .collect();
        let (culprit, place) = blame(&growers, &report.frames, source_root);
        let error = if interval.is_empty() { String::new() } else { format!(" [{interval}]") };
        let grows =
            if is_known { format!("grows by {growth}{error}") } else { "has no known rate".to_owned() };
        let lack = if outcome.verdict == BudgetVerdict::Inconclusive {
            format!("; {}", lack(outcome))
        } else {
            String::new()
        };
        Self {
            sentence: format!("{what} {grows}, {limit} allowed: {verdict}{lack}"),
            culprit,
            place,
            growers,
            outcome: outcome.verdict,
            samples: report.total.figures.samples,
            what,
            growth,
            interval,
            limit,
            allowed,
            basis,
            verdict,
        }
    }
}

/// How rates are written: by a length of time, or by the item.
struct Pace {
    unit: Unit,
    /// `h`, or `item`.
    per: &'static str,
    /// What a rate is multiplied by to be a whole number of the unit.
    times: f64,
}

impl Pace {
    fn of(outcome: &RateOutcome) -> Self {
        let unit = Unit::from_name(&outcome.report.sample_type.unit);
        match &outcome.budget.limit {
            RateLimit::InTime { unit: time, .. } => Self { unit, per: time.symbol(), times: time.seconds() },
            RateLimit::PerItem { .. } => {
                // Less than one of the unit an item is more than nothing.
                let by = outcome.extent().unwrap_or(1.0);
                Self { unit: Unit::Divided { by, unit: Box::new(unit) }, per: "item", times: by }
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounds; `as` saturates")]
    fn amount(&self, rate: f64) -> i64 {
        (rate * self.times).round() as i64
    }

    /// `+1.41 GiB/h`.
    fn change(&self, rate: f64) -> String {
        format!("{}/{}", self.unit.format_change(self.amount(rate)), self.per)
    }
}

/// What an inconclusive rate rests on, and what would decide it.
pub(crate) fn lack(outcome: &RateOutcome) -> String {
    let report = &outcome.report;
    match outcome.needs {
        Some(RateNeeds::Snapshots(needed)) => format!(
            "it rests on {}, a rate takes {}",
            match report.items {
                None => quantity::counted(outcome.snapshots(), "snapshot"),
                Some(_) =>
                    format!("{} with items between them", quantity::counted(outcome.snapshots(), "snapshot")),
            },
            quantity::count(needed)
        ),
        Some(RateNeeds::Times) => "the snapshots do not say when they were taken".to_owned(),
        Some(RateNeeds::Samples(needed)) => format!(
            "it rests on {}, some {} would decide",
            quantity::counted(report.total.figures.samples.unwrap_or(0), "sample"),
            quantity::count(needed)
        ),
        Some(RateNeeds::Seconds(seconds)) => format!(
            "it rests on {}, some {} would decide",
            duration(outcome.seconds().unwrap_or(0.0)),
            duration(seconds)
        ),
        Some(RateNeeds::Items(needed)) => {
            let name = report.items.as_ref().and_then(|series| series.name.as_deref());
            format!(
                "it rests on {}, some {} would decide",
                items(outcome.extent().unwrap_or(0.0), name),
                items(needed, None).trim_end_matches(" items")
            )
        }
        None => "the rate is so close to the limit that no longer series would decide".to_owned(),
    }
}

fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let nanos = (seconds * 1e9) as u64;
    quantity::duration(nanos)
}

fn verdict(verdict: BudgetVerdict) -> &'static str {
    match verdict {
        BudgetVerdict::Exceeded => "exceeded",
        BudgetVerdict::Inconclusive => "inconclusive",
        BudgetVerdict::Held => "held",
    }
}

/// The worst of those that grew as [`Words::culprit`], and its [`Words::place`].
fn blame(
    growers: &[Grower],
    frames: &FrameTable,
    source_root: Option<&str>,
) -> (String, Option<(String, i64)>) {
    let Some(frame) = growers.first().map(|grower| frames.frame(grower.frame)) else {
        return (String::new(), None);
    };
    let file = Some(shorten(frame.file, source_root)).filter(|file| !file.is_empty());
    (culprit(frame, source_root), file.map(|file| (file.to_owned(), frame.line)))
}

fn culprit(frame: Frame<'_>, source_root: Option<&str>) -> String {
    let name = short_name(frame.function);
    let file = shorten(frame.file, source_root);
    if file.is_empty() { name } else { format!("{name} ({file}:{})", frame.line) }
}
