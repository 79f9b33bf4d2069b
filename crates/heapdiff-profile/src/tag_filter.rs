//! Filters that look at the labels of a sample: words by regular expression, numbers by range.
//!
//! **Source:** `compileTagFilter` of google/pprof. Beyond it, an expression is compared with numbers too, as they are
//! written in decimal.

use crate::error::AnalysisError;
use crate::filter::compile;
use crate::profile::{Label, LabelValue, Profile};
use regex::Regex;

/// A question about the labels of a sample.
#[derive(Clone, Debug)]
pub(crate) struct TagFilter {
    /// As the user wrote it.
    pub(crate) source: String,
    /// The only label that is looked at; `None` for all.
    key: Option<String>,
    question: Question,
}

#[derive(Clone, Debug)]
enum Question {
    /// Both ends inclusive.
    Range {
        low: Option<Quantity>,
        high: Option<Quantity>,
    },
    Words(Vec<Regex>),
}

/// A number with the unit that it was written with; empty where there was none.
#[derive(Clone, Debug, PartialEq)]
struct Quantity {
    value: f64,
    unit: String,
}

impl TagFilter {
    /// Reads `range`, `words`, `key=range` or `key=words`, which the user knows as `--name`.
    pub(crate) fn new(name: &'static str, source: &str) -> Result<Self, AnalysisError> {
        let (key, value) = match source.split_once('=') {
            Some((key, value)) => (Some(key).filter(|key| !key.is_empty()).map(str::to_owned), value),
            None => (None, source),
        };
        let question = match range(value) {
            Some((low, high)) => {
                let is_empty = low
                    .as_ref()
                    .zip(high.as_ref())
                    .is_some_and(|(low, high)| in_unit(low, &high.unit).is_some_and(|low| low > high.value));
                if is_empty {
                    return Err(AnalysisError::EmptyTagRange { filter: name, range: source.to_owned() });
                }
                Question::Range { low, high }
            }
            None => {
                Question::Words(value.split(',').map(|word| compile(name, word)).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { source: source.to_owned(), key, question })
    }

    /// Whether these labels of a sample of `profile` answer the question with yes.
    pub(crate) fn is_match(&self, profile: &Profile, labels: &[Label]) -> bool {
        let labels = || {
            labels
                .iter()
                .map(|label| (profile.strings.get(label.key), &label.value))
                .filter(|(key, _)| self.key.as_deref().is_none_or(|wanted| wanted == *key))
        };
        match &self.question {
            Question::Range { low, high } => labels().any(|(key, value)| match *value {
                LabelValue::Number { value, unit } => {
                    let unit = number_unit(key, profile.strings.get(unit));
                    let number = Quantity { value: value as f64, unit: unit.to_owned() };
                    holds(low.as_ref(), high.as_ref(), &number)
                }
                LabelValue::Text(_) => false,
            }),
            // Without a key every expression must find some label; with one, any expression will do.
            Question::Words(patterns) if self.key.is_none() => patterns.iter().all(|pattern| {
                labels().any(|(key, value)| pattern.is_match(&format!("{key}:{}", word(profile, value))))
            }),
            Question::Words(patterns) => labels().any(|(_, value)| {
                let word = word(profile, value);
                patterns.iter().any(|pattern| pattern.is_match(&word))
            }),
        }
    }
}

/// The unit of a numeric label: where none is stated, that which its name is.
///
/// **Source:** `NumLabelUnits` of google/pprof.
pub(crate) fn number_unit<'a>(key: &'a str, unit: &'a str) -> &'a str {
    match (unit, key) {
        ("", "request" | "alignment") => "bytes",
        ("", key) => key,
        (unit, _) => unit,
    }
}

/// A label's value as a word.
fn word<'a>(profile: &'a Profile, value: &LabelValue) -> std::borrow::Cow<'a, str> {
    match *value {
        LabelValue::Text(text) => profile.strings.get(text).into(),
        LabelValue::Number { value, .. } => value.to_string().into(),
    }
}

fn holds(low: Option<&Quantity>, high: Option<&Quantity>, number: &Quantity) -> bool {
    let end = |quantity: Option<&Quantity>, is_within: fn(f64, f64) -> bool| match quantity {
        Some(end) => in_unit(number, &end.unit).is_some_and(|number| is_within(number, end.value)),
        None => true,
    };
    end(low, |number, low| number >= low) && end(high, |number, high| number <= high)
}

/// Reads `64kb`, `1kb:`, `:64kb` or `1kb:64kb`; `None` for what is an expression.
fn range(text: &str) -> Option<(Option<Quantity>, Option<Quantity>)> {
    match text.split_once(':') {
        None => quantity(text).map(|exact| (Some(exact.clone()), Some(exact))),
        Some((low, "")) => Some((Some(quantity(low)?), None)),
        Some(("", high)) => Some((None, Some(quantity(high)?))),
        Some((low, high)) => Some((Some(quantity(low)?), Some(quantity(high)?))),
    }
}

fn quantity(text: &str) -> Option<Quantity> {
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = text.get(sign..)?.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(sign + digits)?;
    if digits == 0 || !unit.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        return None;
    }
    Some(Quantity { value: number.parse().ok()?, unit: unit.to_owned() })
}

/// A number in another unit: of bytes or time as far as the two go together; as it is where one has no unit, or both
/// have the same.
fn in_unit(quantity: &Quantity, unit: &str) -> Option<f64> {
    match (scale(&quantity.unit), scale(unit)) {
        (Some((kind, from)), Some((other, to))) => (kind == other).then(|| quantity.value * from / to),
        // A range without a unit is in the label's smallest, as is a label without one.
        (Some((_, from)), None) if unit.is_empty() => Some(quantity.value * from),
        (None, Some((_, to))) if quantity.unit.is_empty() => Some(quantity.value / to),
        (None, None) if unit.is_empty() || quantity.unit.is_empty() => Some(quantity.value),
        _ => quantity.unit.eq_ignore_ascii_case(unit).then_some(quantity.value),
    }
}

/// What a unit measures and how many bytes or nanoseconds it is.
fn scale(unit: &str) -> Option<(Dimension, f64)> {
    let lower = unit.to_ascii_lowercase();
    let singular = lower.strip_suffix('s').filter(|rest| rest.len() > 2).unwrap_or(&lower);
    let power = |exponent: i32| Some((Dimension::Bytes, 1024_f64.powi(exponent)));
    let nanos = |nanos: f64| Some((Dimension::Time, nanos));
    match singular {
        "b" | "byte" => power(0),
        "kb" | "kib" | "kbyte" | "kilobyte" => power(1),
        "mb" | "mib" | "mbyte" | "megabyte" => power(2),
        "gb" | "gib" | "gbyte" | "gigabyte" => power(3),
        "tb" | "tib" | "tbyte" | "terabyte" => power(4),
        "pb" | "pib" | "pbyte" | "petabyte" => power(5),
        "ns" | "nanosecond" => nanos(1.0),
        "us" | "microsecond" => nanos(1e3),
        "ms" | "millisecond" => nanos(1e6),
        "s" | "sec" | "second" => nanos(1e9),
        "min" | "minute" => nanos(60e9),
        "h" | "hr" | "hour" => nanos(3600e9),
        "d" | "day" => nanos(86_400e9),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Bytes,
    Time,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile_builder::ProfileBuilder;

    fn matches(filter: &str, labels: &[(&str, i64, &str)]) -> bool {
        let profile = ProfileBuilder::with_types(&[("space", "bytes")]).sample(&["f"], &[1], labels).build();
        TagFilter::new("tag-focus", filter).unwrap().is_match(&profile, &profile.samples[0].labels)
    }

    #[test]
    fn numbers_lie_in_ranges_whatever_their_unit() {
        for (filter, labels, expected) in [
            ("bytes=1kb:64kb", ("bytes", 1024, ""), true),
            ("bytes=1kb:64kb", ("bytes", 64 << 10, "bytes"), true),
            ("bytes=1kb:64kb", ("bytes", (64 << 10) + 1, "bytes"), false),
            ("bytes=1kb:64kb", ("bytes", 1023, "bytes"), false),
            ("1KiB:", ("bytes", 4096, ""), true),
            (":1kb", ("bytes", 4096, ""), false),
            ("4kb", ("bytes", 4096, ""), true),
            ("4", ("size", 4096, "bytes"), false),
            ("size=4096", ("size", 4, "kilobytes"), true),
            ("epoch=3", ("epoch", 3, "count"), true),
            ("epoch=3", ("epoch", 31, "count"), false),
            ("epoch=2:", ("bytes", 3, ""), false),
            ("1s:", ("wait", 2000, "milliseconds"), true),
            ("1s:", ("bytes", 2000, "bytes"), false),
            ("align=4kb", ("alignment", 4096, ""), false),
            ("alignment=4kb", ("alignment", 4096, ""), true),
        ] {
            assert_eq!(matches(filter, &[labels]), expected, "{filter} {labels:?}");
        }
    }

    #[test]
    fn words_are_expressions_of_one_label_or_of_name_and_value() {
        let mut profile = ProfileBuilder::with_types(&[("space", "bytes")]).sample(&["f"], &[1], &[]).build();
        for (key, value) in [("thread", "main"), ("kind", "cache")] {
            let (key, value) = (profile.strings.intern(key), profile.strings.intern(value));
            profile.samples[0].labels.push(Label { key, value: LabelValue::Text(value) });
        }
        for (filter, expected) in [
            ("thread=^ma", true),
            ("thread=cache", false),
            ("thread=cache,main", true),
            ("main", true),
            ("^main", false),
            ("thread:main,kind:c", true),
            ("thread:main,kind:x", false),
            ("nowhere=main", false),
        ] {
            let compiled = TagFilter::new("tag-focus", filter).unwrap();
            assert_eq!(compiled.is_match(&profile, &profile.samples[0].labels), expected, "{filter}");
        }
        assert!(matches("epoch=^3", &[("epoch", 31, "")]), "numbers are words too");
    }

    #[test]
    fn what_no_label_can_answer_is_refused() {
        let error = TagFilter::new("tag-focus", "bytes=64kb:1kb").unwrap_err();
        assert_eq!(error.to_string(), "`--tag-focus bytes=64kb:1kb` is an empty range");
        assert!(TagFilter::new("tag-ignore", "key=(").is_err());
    }
}
