//! The outcome of one budget in words, the same in every form of report.

use crate::quantity::{self, Unit};
use crate::row_title::counted_items;
use crate::source_path::shorten;
use heapdiff_profile::{
    BudgetOutcome, BudgetReport, BudgetVerdict, Frame, FrameId, FrameTable, ItemCounts, Limit, RateNeeds,
    RateOutcome, short_name,
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
        let unit = Unit::from_name(&report.sample_type.unit);
        let per = outcome.budget.limit.per;
        let amount = |per_second: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "rounds; `as` saturates")]
            let amount = (per_second * per.seconds()).round() as i64;
            amount
        };
        let in_unit = |per_second: f64| unit.format_change(amount(per_second));
        let what = outcome.budget.pattern.clone().unwrap_or_else(|| "everything".to_owned());
        let (rate, is_known) = (outcome.rate, report.has_times);
        let growth =
            if is_known { format!("{}/{}", in_unit(rate.per_second), per.symbol()) } else { "-".to_owned() };
        let interval = if is_known && rate.low < rate.high {
            unit.format_change_range(amount(rate.low), amount(rate.high))
        } else {
            String::new()
        };
        let allowed = format!("{}/{}", unit.format(outcome.budget.limit.amount), per.symbol());
        let verdict = verdict(outcome.verdict);
        // The most suspect first, as in a trend.
        let growers = report.rows.iter().filter(|row| is_known && row.rate.per_second > 0.0);
        let growers: Vec<Grower> = growers
            .take(GROWERS_MAX)
            .map(|row| Grower {
                frame: row.frame,
                growth: format!("{}/{}", in_unit(row.rate.per_second), per.symbol()),
            })
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
            sentence: format!("{what} {grows}, {allowed} allowed: {verdict}{lack}"),
            culprit,
            place,
            growers,
            outcome: outcome.verdict,
            samples: report.total.figures.samples,
            what,
            growth,
            interval,
            limit: allowed.clone(),
            allowed,
            basis: String::new(),
            verdict,
        }
    }
}

/// What an inconclusive rate rests on, and what would decide it.
pub(crate) fn lack(outcome: &RateOutcome) -> String {
    let report = &outcome.report;
    match outcome.needs {
        Some(RateNeeds::Snapshots(needed)) => format!(
            "it rests on {}, a rate takes {}",
            quantity::counted(report.points.len() as u64, "snapshot"),
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
