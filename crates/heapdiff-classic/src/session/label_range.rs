//! Ranges of numbers with units: `32kb`, `:64kb`, `4mb:`, `12kb:64mb`.

use super::error::SessionError;
use crate::measurement::scale;

/// Numbers from one to another, both included, in the unit of the first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LabelRange {
    unit: String,
    least: Option<f64>,
    most: Option<f64>,
}

impl LabelRange {
    /// Reads a range; what is none will be taken for a regular expression.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, SessionError> {
        let Some((before, first, rest)) = find_quantity(text) else { return Ok(None) };
        let second = find_quantity(rest);
        let number = parse_number(first.number)?;
        let start = scale(number, first.unit, first.unit);
        let (value, unit) = (start.value, start.unit.into_owned());
        let range = |least, most| Some(Self { unit: unit.clone(), least, most });
        let Some((between, second, after)) = second else {
            return Ok(match (before, rest) {
                ("", "") => range(Some(value), Some(value)),
                ("", ":") => range(Some(value), None),
                (":", "") => range(None, Some(value)),
                _ => None,
            });
        };
        if (before, between, after) != ("", ":", "") {
            return Ok(None);
        }
        let end = scale(parse_number(second.number)?, second.unit, &unit);
        Ok(if end.unit == unit.as_str() { range(Some(value), Some(end.value)) } else { None })
    }

    /// Whether `value`, which is in `unit`, lies in the range.
    pub(super) fn contains(&self, value: i64, unit: &str) -> bool {
        let scaled = scale(value, unit, &self.unit);
        scaled.unit == self.unit.as_str()
            && self.least.is_none_or(|least| scaled.value >= least)
            && self.most.is_none_or(|most| scaled.value <= most)
    }
}

/// A number with the letters behind it.
struct Quantity<'t> {
    number: &'t str,
    unit: &'t str,
}

/// The first quantity in `text`, with what is before and behind it.
fn find_quantity(text: &str) -> Option<(&str, Quantity<'_>, &str)> {
    let digit = text.find(|c: char| c.is_ascii_digit())?;
    let has_sign = text.get(..digit).is_some_and(|before| before.ends_with(['+', '-']));
    let (before, rest) = text.split_at(digit - usize::from(has_sign));
    let end = rest.trim_start_matches(['+', '-']).trim_start_matches(|c: char| c.is_ascii_digit());
    let (number, behind) = rest.split_at(rest.len() - end.len());
    let end = behind.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let (unit, after) = behind.split_at(behind.len() - end.len());
    Some((before, Quantity { number, unit }, after))
}

fn parse_number(text: &str) -> Result<i64, SessionError> {
    text.parse().map_err(|_| SessionError::RangeTooLarge(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(range: &str, value: i64, unit: &str) -> bool {
        LabelRange::parse(range).unwrap().unwrap().contains(value, unit)
    }

    #[test]
    fn both_ends_are_included() {
        assert!(contains("32kb", 32 << 10, "bytes"));
        assert!(!contains("32kb", 33 << 10, "bytes"));
        assert!(contains(":64kb", 64 << 10, "bytes") && contains(":64kb", -1, "bytes"));
        assert!(contains("4mb:", 4 << 20, "bytes") && !contains("4mb:", 4, "seconds"));
        assert!(contains("12kb:64mb", 1, "megabyte") && !contains("12kb:64mb", 1, "byte"));
        assert!(contains("-5", -5, ""));
    }

    #[test]
    fn other_words_are_none() {
        for text in ["key", "a32kb", "32kb.*", "1:2:3", "32kb-64kb", "1s:2kb", ""] {
            assert_eq!(LabelRange::parse(text).unwrap(), None, "{text}");
        }
    }
}
