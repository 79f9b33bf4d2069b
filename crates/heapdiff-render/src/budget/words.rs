//! The outcome of one budget in words, the same in every form of report.

use crate::quantity::{self, Unit};
use crate::source_path::shorten;
use heapdiff_profile::{BudgetOutcome, BudgetVerdict, Frame, Limit, short_name};

/// The words for one budget.
pub(crate) struct Words {
    /// What it is about: its pattern, or `everything`.
    pub(crate) what: String,
    /// `+20.0 MiB`.
    pub(crate) growth: String,
    /// `+14.0 MiB to +27.2 MiB`; empty where the growth is exact or its error is not known.
    pub(crate) interval: String,
    /// `1.00 MiB`.
    pub(crate) allowed: String,
    /// What that is reckoned from: `2 %`, or `64.0 KiB for each of 1,000`; empty where it is stated as it is.
    pub(crate) basis: String,
    /// Both: `360 KiB (2 %)`.
    pub(crate) limit: String,
    /// `exceeded`.
    pub(crate) verdict: &'static str,
    /// All of it as a sentence.
    pub(crate) sentence: String,
    /// The line of the program that grew most, as `function (file:line)`; empty where nothing grew.
    pub(crate) culprit: String,
    /// Its file and line, where they are known.
    pub(crate) place: Option<(String, i64)>,
}

impl Words {
    /// The words, with source files relative to `source_root`.
    pub(crate) fn of(outcome: &BudgetOutcome, source_root: Option<&str>) -> Self {
        let report = &outcome.report;
        let unit = Unit::from_name(&report.sample_type.unit);
        let figures = &report.total.shown;
        let what = outcome.budget.pattern.clone().unwrap_or_else(|| "everything".to_owned());
        let growth = unit.format_change(figures.value.delta());
        let interval = match figures.interval {
            Some(interval) if interval.low < interval.high => {
                format!(
                    "{} to {}",
                    Unit::Bytes.format_change(interval.low),
                    Unit::Bytes.format_change(interval.high)
                )
            }
            _ => String::new(),
        };
        let allowed = unit.format(outcome.allowed);
        let basis = match outcome.budget.limit {
            Limit::Absolute(_) => String::new(),
            Limit::Relative(share) => format!("{} %", share * 100.0),
            Limit::PerItem { items, .. } => {
                format!("{} for each of {}", unit.format(per_item(outcome, items)), quantity::count(items))
            }
        };
        let limit = if basis.is_empty() { allowed.clone() } else { format!("{allowed} ({basis})") };
        let verdict = match outcome.verdict {
            BudgetVerdict::Exceeded => "exceeded",
            BudgetVerdict::Inconclusive => "inconclusive",
            BudgetVerdict::Held => "held",
        };
        let grower = report.rows.first().filter(|row| row.figures.value.delta() > 0);
        let frame = grower.map(|row| report.frames.frame(row.frame));
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
            culprit: frame.map_or(String::new(), |frame| culprit(frame, source_root)),
            place: frame
                .filter(|frame| !frame.file.is_empty())
                .map(|frame| (shorten(frame.file, source_root).to_owned(), frame.line)),
            what,
            growth,
            interval,
            allowed,
            basis,
            limit,
            verdict,
        }
    }
}

fn per_item(outcome: &BudgetOutcome, items: u64) -> i64 {
    i64::try_from(items).ok().and_then(|items| outcome.allowed.checked_div(items)).unwrap_or(0)
}

fn culprit(frame: Frame<'_>, source_root: Option<&str>) -> String {
    let name = short_name(frame.function);
    let file = shorten(frame.file, source_root);
    if file.is_empty() { name } else { format!("{name} ({file}:{})", frame.line) }
}
