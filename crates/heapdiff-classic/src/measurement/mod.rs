//! Units, and numbers as pprof prints them.
//!
//! A profile names the unit of its values in free text. Three families of units are understood (memory, time and
//! compute units); any other text is carried along behind the number as it is.

mod number;
mod unit;

pub(crate) use number::{decimal, general};
use std::borrow::Cow;
use unit::families;
pub use unit::is_compatible;

/// A value in some unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled<'a> {
    /// The value, counted in `unit`.
    pub value: f64,
    /// The unit; empty where printing it would tell nothing, as for counts.
    pub unit: Cow<'a, str>,
}

/// Converts `value` from the unit `from` to the unit `to`.
///
/// With `minimum` or `auto` as `to` the unit becomes the largest in which the value is at least 1. A unit that is not of
/// the family of `from` is answered with the family's default unit, one of no family at all with the value as it is.
#[must_use]
pub fn scale<'a>(value: i64, from: &str, to: &'a str) -> Scaled<'a> {
    if value < 0 && value != i64::MIN {
        let Scaled { value, unit } = scale(-value, from, to);
        return Scaled { value: -value, unit };
    }
    for family in families() {
        if let Some((value, unit)) = family.convert(value, from, to) {
            return Scaled { value, unit: Cow::Borrowed(unit) };
        }
    }
    let unit = match to {
        "count" | "sample" | "unit" | "minimum" | "auto" => "",
        to => to,
    };
    Scaled { value: as_f64(value), unit: Cow::Borrowed(unit) }
}

/// `value`, which is in the unit `from`, as text in the unit `to`: at most two decimals, the unit right behind.
#[must_use]
pub fn scaled_label(value: i64, from: &str, to: &str) -> String {
    if from.is_empty() && to == "count" {
        return value.to_string();
    }
    let scaled = scale(value, from, to);
    let mut text = decimal(scaled.value, 2);
    if text.ends_with(".00") {
        text.truncate(text.len() - 3);
    }
    if text == "0" || text == "-0" {
        return "0".to_owned();
    }
    text.push_str(&scaled.unit);
    text
}

/// `value`, which is in `unit`, as text in the unit that suits its size.
#[must_use]
pub fn label(value: i64, unit: &str) -> String {
    scaled_label(value, unit, "auto")
}

/// How much `value` is of `total`, as text that fills a column of six characters; signs are dropped.
#[must_use]
pub fn percentage(value: i64, total: i64) -> String {
    let ratio = if total == 0 { 0.0 } else { (as_f64(value) / as_f64(total)).abs() * 100.0 };
    if (99.95..=100.05).contains(&ratio) {
        "  100%".to_owned()
    } else if ratio >= 1.0 {
        format!("{:>5}%", decimal(ratio, 2))
    } else {
        format!("{:>5}%", general(ratio, 2))
    }
}

/// The nearest floating-point number, as every computation with ratios begins.
#[expect(clippy::cast_precision_loss, reason = "values beyond 2^53 lose their last bits in pprof too")]
pub(crate) fn as_f64(value: i64) -> f64 {
    value as f64
}

/// The integer part. What fits in no `i64` is the smallest one, as the conversion instruction of x86-64 has it.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked just before")]
pub(crate) fn as_i64(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i64 } else { i64::MIN }
}

/// The absolute value; the smallest number, which has none, stays as it is.
pub(crate) fn magnitude(value: i64) -> i64 {
    value.wrapping_abs()
}

/// How many `to` one `from` is, and 1 where the two have nothing to do with each other.
#[must_use]
pub fn ratio(from: &str, to: &str) -> f64 {
    scale(1, from, to).value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_find_the_largest_unit_that_leaves_at_least_one() {
        assert_eq!(label(0, "bytes"), "0");
        assert_eq!(label(1023, "bytes"), "1023B");
        assert_eq!(label(1024, "bytes"), "1kB");
        assert_eq!(label(-1536, "Bytes"), "-1.50kB");
        assert_eq!(label(1, "kilobytes"), "1kB");
        assert_eq!(label(i64::MIN, "count"), "-9223372036854775808");
        assert_eq!(label(90_000_000_000, "ns"), "90s");
        assert_eq!(label(7_200, "seconds"), "2hrs");
        assert_eq!(label(5, "widgets"), "5");
    }

    #[test]
    fn a_unit_of_another_family_becomes_the_default_unit() {
        assert_eq!(scaled_label(2048, "bytes", "seconds"), "2048B");
        assert_eq!(scaled_label(1_500_000_000, "nanoseconds", "bytes"), "1.50s");
        assert_eq!(scaled_label(7, "widgets", "gadgets"), "7gadgets");
        assert_eq!(scaled_label(7, "widgets", "count"), "7");
    }

    #[test]
    fn a_plural_s_counts_only_in_words_of_more_than_two_bytes() {
        assert_eq!(scaled_label(1, "s", "ms"), "1000ms");
        // Greek mu takes two bytes, so the word loses its `s` and is no unit any more.
        assert_eq!(scaled_label(1, "μs", "ns"), "1ns");
    }

    #[test]
    fn percentages_are_unsigned_and_show_two_digits() {
        assert_eq!(percentage(0, 0), "    0%");
        assert_eq!(percentage(-1, 2), "50.00%");
        assert_eq!(percentage(9_995, 10_000), "  100%");
        assert_eq!(percentage(9_994, 10_000), "99.94%");
        assert_eq!(percentage(1, 200), "  0.5%");
        assert_eq!(percentage(1, 10_000_000), "1e-05%");
        assert_eq!(percentage(996, 100_000), "    1%");
        assert_eq!(percentage(3, 1), "300.00%");
    }

    #[test]
    fn what_is_no_integer_becomes_the_smallest() {
        assert_eq!(as_i64(f64::NAN), i64::MIN);
        assert_eq!(as_i64(1e300), i64::MIN);
        assert_eq!(as_i64(-2.9), -2);
    }
}
