//! Budgets as they are written in `heapdiff.toml`.

use crate::arguments::parse_per;
use crate::failure::Failure;
use heapdiff_profile::{Budget, Confidence, Limit, Per, RateBudget, RateLimit, RateUnit};
use serde::Deserialize;
use std::path::Path;

/// The file that is looked for where none is named.
pub(crate) const DEFAULT_NAME: &str = "heapdiff.toml";

/// Budgets of growth between two profiles, and of rates over a series.
#[derive(Debug, Default)]
pub(crate) struct Budgets {
    /// By how much.
    pub(crate) growth: Vec<Budget>,
    /// How fast.
    pub(crate) rates: Vec<RateBudget>,
}

impl Budgets {
    pub(crate) fn is_empty(&self) -> bool {
        self.growth.is_empty() && self.rates.is_empty()
    }

    /// What is kept for each item over a series is a rate: the slope against their number, not what first and last
    /// snapshot happen to differ by.
    pub(crate) fn of_series(self) -> Self {
        let mut found = Self { rates: self.rates, ..Self::default() };
        for Budget { pattern, limit, confidence, samples_min } in self.growth {
            match limit {
                Limit::PerItem { limit, per } => {
                    let limit = RateLimit::PerItem { limit, per };
                    found.rates.push(RateBudget { pattern, limit, confidence, samples_min });
                }
                limit => found.growth.push(Budget { pattern, limit, confidence, samples_min }),
            }
        }
        found
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.growth.extend(more.growth);
        self.rates.extend(more.rates);
    }
}

/// The file. What it does not know is refused: a limit that is mistyped must not look like one that is held.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetFile {
    #[serde(default)]
    budget: Vec<Entry>,
}

/// One budget, or several with one pattern: each limit is judged by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "match")]
    pattern: Option<String>,
    max_growth: Option<String>,
    relative: Option<String>,
    per_item: Option<String>,
    per: Option<String>,
    max_rate: Option<String>,
    confidence: Option<f64>,
    #[serde(default)]
    min_samples: u64,
}

/// Reads the budgets of a file.
///
/// # Errors
/// If it cannot be read, or says something that is not understood, or a limit for each item where nobody said of
/// what.
pub(crate) fn read(path: &Path, per: Option<&Per>) -> Result<Budgets, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::unreadable(path, &crate::directory::reason(&error), None))?;
    let file: BudgetFile = toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        in_file(path, &format!("line {line}: {message}"))
    })?;
    if file.budget.is_empty() {
        return Err(in_file(path, "found no `[[budget]]`, expected at least one"));
    }
    let mut budgets = Budgets::default();
    for (number, entry) in (1..).zip(&file.budget) {
        let of_entry =
            entry.budgets(per).map_err(|message| in_file(path, &format!("budget {number}: {message}")))?;
        budgets.extend(of_entry);
    }
    Ok(budgets)
}

fn in_file(path: &Path, message: &str) -> Failure {
    Failure::usage(
        format!("`{}`: {message}", path.display()),
        "a budget has `match`, `max_growth`, `relative`, `per_item` with `per`, `max_rate`, `confidence` and `min_samples`",
    )
}

impl Entry {
    fn budgets(&self, per: Option<&Per>) -> Result<Budgets, String> {
        let confidence = match self.confidence {
            None => Confidence::default(),
            Some(chance) => confidence(chance)?,
        };
        let mut limits = Vec::new();
        if let Some(text) = &self.max_growth {
            limits.push(limit(text)?);
        }
        if let Some(text) = &self.relative {
            limits.push(Limit::Relative(share(text)?));
        }
        if let Some(text) = &self.per_item {
            let own = self.per.as_deref().map(parse_per).transpose()?;
            let per = own.or_else(|| per.cloned());
            let per = per.ok_or("`per_item` needs to know of what: say `per = \"requests\"`, or `--per`")?;
            limits.push(Limit::PerItem { limit: bytes(text)?, per });
        } else if self.per.is_some() {
            return Err("`per` says what `per_item` is about: expected both".to_owned());
        }
        if let Some(text) = &self.max_rate {
            if !limits.is_empty() {
                return Err("`max_rate` takes a `[[budget]]` of its own, without other limits".to_owned());
            }
            let rate = RateBudget {
                pattern: self.pattern.clone(),
                limit: rate(text)?,
                confidence,
                samples_min: self.min_samples,
            };
            return Ok(Budgets { growth: Vec::new(), rates: vec![rate] });
        }
        if limits.is_empty() {
            return Err("expected `max_growth`, `relative`, `per_item` or `max_rate`".to_owned());
        }
        let budget = |limit| Budget {
            pattern: self.pattern.clone(),
            limit,
            confidence,
            samples_min: self.min_samples,
        };
        Ok(Budgets { growth: limits.into_iter().map(budget).collect(), rates: Vec::new() })
    }
}

/// `1MiB` or `2%`.
pub(crate) fn limit(text: &str) -> Result<Limit, String> {
    if text.trim_end().ends_with('%') {
        return share(text).map(Limit::Relative);
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole bytes; `as` saturates")]
    let limit = bytes(text)? as i64;
    Ok(Limit::Absolute(limit))
}

/// `1MiB/h`.
pub(crate) fn rate(text: &str) -> Result<RateLimit, String> {
    let parts = text.rsplit_once('/').and_then(|(amount, unit)| {
        let unit = RateUnit::ALL.into_iter().find(|known| known.symbol() == unit.trim())?;
        Some((bytes(amount.trim()).ok()?, unit))
    });
    let (amount, unit) = parts.ok_or_else(|| {
        format!("found `{text}`, expected an amount by `/s`, `/min`, `/h` or `/day`, such as `1MiB/h`")
    })?;
    #[expect(clippy::cast_possible_truncation, reason = "whole bytes; `as` saturates")]
    let amount = amount as i64;
    Ok(RateLimit::InTime { amount, unit })
}

/// `512KiB`.
pub(crate) fn bytes(text: &str) -> Result<f64, String> {
    parse_size::Config::new()
        .with_binary()
        .parse_size(text)
        .map(|bytes| bytes as f64)
        .map_err(|_| format!("found `{text}`, expected an amount such as `512KiB`"))
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    number
        .filter(|number| number.is_finite() && *number >= 0.0)
        .map(|percent| percent / 100.0)
        .ok_or_else(|| format!("found `{text}`, expected a percentage such as `2%`"))
}

/// A confidence that intervals can have.
pub(crate) fn confidence(chance: f64) -> Result<Confidence, String> {
    Confidence::new(chance)
        .ok_or_else(|| format!("found `{chance}`, expected a confidence from 0.5 to less than 1"))
}
